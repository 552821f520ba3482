//! Decodes the bytes of a `text/event-stream` body into frames.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use bstr::ByteSlice as _;
use bytes::Bytes;
use memchr::memchr2;
use thiserror::Error;

/// The default limit of a [`Decoder`] for the size of one event: 16 MiB.
pub const MAX_EVENT_SIZE: usize = 16 * 1024 * 1024;

/// The capacity, in bytes, that a buffer keeps after its event is delivered. A larger buffer is freed, so that one
/// large event does not hold memory while the stream is idle.
const KEPT_CAPACITY: usize = 8 * 1024;

/// The number of bytes kept of a comment besides its text: the colon, a space, and the byte after the limit, which
/// shows whether the text may be cut there.
const COMMENT_OVERHEAD: usize = 3;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One dispatched event. It borrows from the decoder, or directly from the chunk if the data lies within one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'d> {
    /// The event type: the value of the last `event` line, or `message`.
    pub event: &'d str,
    /// The values of the `data` lines, joined by line feeds.
    pub data: &'d str,
    /// The last event id, set by this event or by an earlier one; empty if no event has set one.
    pub id: &'d str,
    /// Whether this event has its own `id` line.
    pub own_id: bool,
}

/// An error that stops decoding. Malformed lines are not errors: the decoder ignores them, as the standard requires.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// An event exceeds the size limit.
    #[error("an event of the stream is larger than {limit} bytes")]
    EventTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}

/// Decodes a `text/event-stream` body, without I/O.
///
/// The text is UTF-8 regardless of the response's `charset`; each maximal ill-formed sequence becomes U+FFFD. An event
/// is dispatched with the byte that ends it, even if that is the CR of a CRLF. An event that is incomplete at the end
/// of the body is discarded together with its id.
///
/// Decoding takes linear time: each byte is scanned at most twice, regardless of the chunk sizes. Data on a single line
/// within one chunk is borrowed from that chunk, not copied.
///
/// # Examples
///
/// ```
/// use aod_sse::Decoder;
///
/// let mut decoder = Decoder::new();
/// decoder.feed("id: 7\ndata: hel".into());
/// assert!(decoder.next_frame().is_none(), "the event is not complete yet");
///
/// decoder.feed("lo\n\n: a comment\n".into());
/// let frame = decoder.next_frame().unwrap()?;
/// assert_eq!((frame.event, frame.data, frame.id), ("message", "hello", "7"));
/// assert!(decoder.next_frame().is_none());
/// # Ok::<(), aod_sse::DecodeError>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    chunk: Bytes,
    /// The offset of the next line in `chunk`.
    at: usize,
    /// Chunks fed but not read yet.
    waiting: VecDeque<Bytes>,
    /// The start of a line whose end has not been fed yet.
    unfinished: Vec<u8>,
    /// Whether the last line ended with a CR, so that an LF right after it belongs to the same line ending.
    after_cr: bool,
    /// Whether the next bytes may start or continue a byte order mark.
    at_start: bool,

    event: String,
    data: Data,
    /// The id of the block being read, empty unless `has_id`. After dispatch, the id that it replaced.
    id: String,
    has_id: bool,
    /// The lossily decoded data of a frame whose bytes are not valid UTF-8.
    repaired: String,

    last_event_id: String,
    retry: Option<Duration>,
    max_event_size: usize,
    comments: Option<CommentHandler>,
    state: State,
}

/// Called with the text of each comment.
struct CommentHandler(Box<dyn FnMut(&str) + Send>);

impl fmt::Debug for CommentHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CommentHandler(..)")
    }
}

#[derive(Debug)]
enum State {
    Reading,
    /// The block was dispatched and may be borrowed; it is cleared before the next line is read.
    Dispatched,
    Failed,
}

impl Decoder {
    /// Creates a decoder for a new body, without a last event id.
    pub fn new() -> Self {
        Self::with_last_event_id("")
    }

    /// Creates a decoder for a resumed body: events without their own id have this `id`.
    pub fn with_last_event_id(id: impl Into<String>) -> Self {
        Self {
            chunk: Bytes::new(),
            at: 0,
            waiting: VecDeque::new(),
            unfinished: Vec::new(),
            after_cr: false,
            at_start: true,
            event: String::new(),
            data: Data::default(),
            id: String::new(),
            has_id: false,
            repaired: String::new(),
            last_event_id: id.into(),
            retry: None,
            max_event_size: MAX_EVENT_SIZE,
            comments: None,
            state: State::Reading,
        }
    }

    /// Sets the size limit of one event, in bytes. Default [`MAX_EVENT_SIZE`].
    ///
    /// The size of an event is its data so far plus the line being read. Comments do not count.
    #[must_use]
    pub fn max_event_size(mut self, bytes: usize) -> Self {
        self.max_event_size = bytes;
        self
    }

    /// Calls `handle` with the text of each comment, without its leading space. Default: comments are discarded.
    ///
    /// The call happens within [`next_frame`](Self::next_frame), in order with the frames. A comment longer than the
    /// event size limit is truncated to that limit.
    ///
    /// # Examples
    ///
    /// ```
    /// use aod_sse::Decoder;
    ///
    /// let (sender, comments) = std::sync::mpsc::channel();
    /// let mut decoder = Decoder::new().on_comment(move |text| sender.send(text.to_owned()).unwrap());
    /// decoder.feed(": heartbeat\n\n".into());
    /// assert!(decoder.next_frame().is_none());
    /// assert_eq!(comments.try_recv().as_deref(), Ok("heartbeat"));
    /// ```
    #[must_use]
    pub fn on_comment(mut self, handle: impl FnMut(&str) + Send + 'static) -> Self {
        self.comments = Some(CommentHandler(Box::new(handle)));
        self
    }

    /// Prepares the decoder for another body, such as that of a resumed response.
    ///
    /// Input that was fed but not returned yet is discarded. The last event id, the reconnection time and the settings
    /// are kept.
    pub fn reset(&mut self) {
        let previous = std::mem::take(self);
        *self = Self {
            last_event_id: previous.last_event_id,
            retry: previous.retry,
            max_event_size: previous.max_event_size,
            comments: previous.comments,
            ..Self::new()
        };
    }

    /// Appends the next chunk of the body. Chunks may be split at any byte.
    #[inline]
    pub fn feed(&mut self, chunk: Bytes) {
        if !self.chunk.is_empty() {
            self.waiting.push_back(chunk);
        } else if !self.unfinished.is_empty() && !self.at_start && line_length(&chunk).is_none() {
            // The chunk only lengthens a line: moving it in and out of the decoder costs more than copying it.
            self.keep_unfinished(&chunk);
        } else {
            self.chunk = chunk;
        }
    }

    /// Returns the next complete event, or `None` if more input is needed.
    ///
    /// # Errors
    ///
    /// Returns [`DecodeError::EventTooLarge`] if an event exceeds the size limit. Every later call returns `None`,
    /// until [`reset`](Self::reset).
    pub fn next_frame(&mut self) -> Option<Result<Frame<'_>, DecodeError>> {
        match self.state {
            State::Reading => {}
            State::Dispatched => self.clear_block(),
            State::Failed => return None,
        }
        match self.read_lines() {
            Ok(false) => None,
            Ok(true) => Some(Ok(self.frame())),
            Err(error) => {
                self.state = State::Failed;
                Some(Err(error))
            }
        }
    }

    /// Returns the last event id, which a client sends as `Last-Event-ID` when it reconnects; empty if no id was
    /// received.
    ///
    /// A block with an id but no data sets it too, although it yields no frame.
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    pub(super) fn set_last_event_id(&mut self, id: impl Into<String>) {
        self.last_event_id = id.into();
    }

    /// Returns the reconnection time that the server requested last (`retry`), if any.
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Returns whether the input so far ends between two events, rather than within one.
    pub(super) fn is_between_events(&self) -> bool {
        self.unfinished.is_empty() && self.data.is_empty() && !self.has_id
    }

    /// Reads lines up to the end of an event (true) or the end of the input (false).
    fn read_lines(&mut self) -> Result<bool, DecodeError> {
        loop {
            if self.at == self.chunk.len() {
                self.check_size(&self.unfinished)?;
                if !self.next_chunk() {
                    return Ok(false);
                }
                continue;
            }
            if self.at_start {
                self.skip_byte_order_mark();
            }
            if self.unfinished.is_empty() {
                self.skip_ignored_lines();
            }
            let rest = &self.chunk[self.at..];
            let after_cr = std::mem::take(&mut self.after_cr);
            match line_length(rest) {
                Some(0) if after_cr && rest[0] == b'\n' => self.at += 1,
                Some(length) => {
                    self.after_cr = rest[length] == b'\r';
                    let line = self.at..self.at + length;
                    self.at = line.end + 1;
                    if self.end_line(line)? {
                        return Ok(true);
                    }
                }
                None => {
                    let start = self.chunk.slice(self.at..);
                    self.at = self.chunk.len();
                    self.keep_unfinished(&start);
                }
            }
        }
    }

    /// Replaces the chunk, which has been read, with the next one. Returns false if no chunk is waiting.
    fn next_chunk(&mut self) -> bool {
        if !self.chunk.is_empty() {
            self.data.keep(&self.chunk);
            // Drop a chunk as soon as it is read: it may keep a much larger buffer alive.
            self.chunk = Bytes::new();
            self.at = 0;
        }
        match self.waiting.pop_front() {
            Some(next) => {
                self.chunk = next;
                true
            }
            None => false,
        }
    }

    /// Skips a byte order mark, which may be split over chunks. Its first bytes are kept as an unfinished line, because
    /// they start a line if the rest of the mark does not follow.
    fn skip_byte_order_mark(&mut self) {
        let rest = &self.chunk[self.at..];
        let expected = &BYTE_ORDER_MARK[self.unfinished.len()..];
        if rest.starts_with(expected) {
            self.unfinished.clear();
            self.at += expected.len();
        } else if expected.starts_with(rest) {
            return;
        }
        self.at_start = false;
    }

    /// Skips empty lines and comments without a handler, which are most bytes of an idle stream. Between events they
    /// have no effect, and the LF of a CRLF reads as one more empty line.
    fn skip_ignored_lines(&mut self) {
        if !self.event.is_empty() || !self.is_between_events() {
            return;
        }
        let start = self.at;
        loop {
            let rest = &self.chunk[self.at..];
            match rest.first() {
                Some(b'\n' | b'\r') => self.at += 1,
                Some(b':') if self.comments.is_none() => match line_length(rest) {
                    Some(length) => self.at += length + 1,
                    None => break,
                },
                _ => break,
            }
        }
        if self.at > start {
            self.after_cr = false;
        }
    }

    /// Appends a part to the unfinished line. Without a comment handler, only the first bytes of a comment are kept,
    /// enough to recognize it.
    fn keep_unfinished(&mut self, mut part: &[u8]) {
        if self.unfinished.first() == Some(&b':') {
            let limit = self
                .comments
                .as_ref()
                .map_or(0, |_| self.max_event_size.saturating_add(COMMENT_OVERHEAD));
            let room = limit.saturating_sub(self.unfinished.len());
            part = &part[..part.len().min(room)];
        }
        match part {
            // A call of `memcpy` costs more than a push.
            [byte] => self.unfinished.push(*byte),
            _ => self.unfinished.extend_from_slice(part),
        }
    }

    /// Processes the line that ends with this range of the chunk. Returns true if it ends an event.
    fn end_line(&mut self, range: Range<usize>) -> Result<bool, DecodeError> {
        let in_chunk = self.unfinished.is_empty();
        if !in_chunk {
            self.keep_unfinished(&self.chunk.slice(range.clone()));
        }
        let line = if in_chunk {
            &self.chunk[range.clone()]
        } else {
            &self.unfinished[..]
        };
        self.check_size(line)?;
        if line.is_empty() {
            release(&mut self.unfinished);
            return Ok(self.end_block());
        }

        let (field, value) = split_field(line);
        match field {
            Field::Data if !self.data.is_empty() => self.data.append(&self.chunk, value),
            Field::Data if in_chunk => self.data.lend(range.end - value.len()..range.end),
            Field::Data => {
                let start = self.unfinished.len() - value.len();
                self.data.take(&mut self.unfinished, start);
            }
            Field::Event => {
                self.event.clear();
                self.event.push_str(&value.to_str_lossy());
            }
            Field::Id => {
                self.has_id |= replace_id(&mut self.id, value);
            }
            Field::Retry => {
                if let Some(milliseconds) = parse_digits(value) {
                    self.retry = Some(Duration::from_millis(milliseconds));
                }
            }
            Field::Comment => {
                if let Some(CommentHandler(handle)) = &mut self.comments {
                    handle(&cut(value, self.max_event_size).to_str_lossy());
                }
            }
            Field::Unknown => {}
        }
        release(&mut self.unfinished);
        Ok(false)
    }

    /// Commits the id of the block. Returns true if there is an event to dispatch.
    fn end_block(&mut self) -> bool {
        if self.has_id {
            std::mem::swap(&mut self.last_event_id, &mut self.id);
        }
        if self.data.is_empty() {
            self.clear_block();
            return false;
        }
        self.state = State::Dispatched;
        true
    }

    fn frame(&mut self) -> Frame<'_> {
        let data = self.data.bytes(&self.chunk);
        Frame {
            event: if self.event.is_empty() {
                "message"
            } else {
                &self.event
            },
            data: match data.to_str_lossy() {
                Cow::Borrowed(text) => text,
                Cow::Owned(text) => {
                    self.repaired = text;
                    &self.repaired
                }
            },
            id: &self.last_event_id,
            own_id: self.has_id,
        }
    }

    fn clear_block(&mut self) {
        release_text(&mut self.event);
        self.data.clear();
        release_text(&mut self.id);
        self.has_id = false;
        self.repaired = String::new();
        self.state = State::Reading;
    }

    fn check_size(&self, line: &[u8]) -> Result<(), DecodeError> {
        let limit = self.max_event_size;
        if self.data.len() + line.len() > limit && !line.starts_with(b":") {
            return Err(DecodeError::EventTooLarge { limit });
        }
        Ok(())
    }
}

/// Returns the start of a text: at most `limit` bytes, and up to three less so that no character is split.
fn cut(text: &[u8], limit: usize) -> &[u8] {
    let Some(next) = text.get(limit) else {
        return text;
    };
    let mut end = limit;
    if is_continuation(*next) {
        end = text[..limit]
            .iter()
            .rposition(|byte| !is_continuation(*byte))
            .filter(|start| limit - start < 4)
            .unwrap_or(limit);
    }
    &text[..end]
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

/// The data lines of one block. A single line within the current chunk is borrowed from it.
#[derive(Debug, Default)]
struct Data {
    place: Place,
    buffer: Vec<u8>,
}

#[derive(Debug, Default)]
enum Place {
    /// The block has no data line.
    #[default]
    Nowhere,
    /// In this range of the current chunk.
    Chunk(Range<usize>),
    /// In `buffer`, from this index.
    Buffer(usize),
}

impl Data {
    fn is_empty(&self) -> bool {
        matches!(self.place, Place::Nowhere)
    }

    fn len(&self) -> usize {
        match &self.place {
            Place::Nowhere => 0,
            Place::Chunk(range) => range.len(),
            Place::Buffer(start) => self.buffer.len() - start,
        }
    }

    fn bytes<'d>(&'d self, chunk: &'d [u8]) -> &'d [u8] {
        match &self.place {
            Place::Nowhere => &[],
            Place::Chunk(range) => &chunk[range.clone()],
            Place::Buffer(start) => &self.buffer[*start..],
        }
    }

    /// Sets the first line to a range of the current chunk.
    fn lend(&mut self, range: Range<usize>) {
        self.place = Place::Chunk(range);
    }

    /// Sets the first line to the end of `line`, from `start`, by swapping the buffers.
    fn take(&mut self, line: &mut Vec<u8>, start: usize) {
        std::mem::swap(&mut self.buffer, line);
        self.place = Place::Buffer(start);
    }

    /// Appends another line.
    fn append(&mut self, chunk: &[u8], line: &[u8]) {
        self.keep(chunk);
        self.buffer.push(b'\n');
        self.buffer.extend_from_slice(line);
    }

    /// Copies a borrowed line into the buffer before the current chunk is dropped.
    fn keep(&mut self, chunk: &[u8]) {
        if let Place::Chunk(range) = &self.place {
            self.buffer.extend_from_slice(&chunk[range.clone()]);
            self.place = Place::Buffer(0);
        }
    }

    fn clear(&mut self) {
        self.place = Place::Nowhere;
        release(&mut self.buffer);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Data,
    Event,
    Id,
    Retry,
    /// A line that starts with a colon.
    Comment,
    Unknown,
}

/// Returns the number of bytes before the end of the first line, or `None` if the line is not complete.
fn line_length(bytes: &[u8]) -> Option<usize> {
    if bytes.len() < 8 {
        // A call of `memchr2` costs more than a few comparisons.
        bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'))
    } else {
        memchr2(b'\n', b'\r', bytes)
    }
}

/// Splits a nonempty line into its field and value: the text after the colon and at most one space.
fn split_field(line: &[u8]) -> (Field, &[u8]) {
    let (field, rest) = match line {
        [b'd', b'a', b't', b'a', rest @ ..] => (Field::Data, rest),
        [b'i', b'd', rest @ ..] => (Field::Id, rest),
        [b'e', b'v', b'e', b'n', b't', rest @ ..] => (Field::Event, rest),
        [b'r', b'e', b't', b'r', b'y', rest @ ..] => (Field::Retry, rest),
        [b':', b' ', text @ ..] | [b':', text @ ..] => return (Field::Comment, text),
        _ => return (Field::Unknown, &[]),
    };
    match rest {
        [] => (field, rest),
        [b':', b' ', value @ ..] | [b':', value @ ..] => (field, value),
        _ => (Field::Unknown, &[]),
    }
}

/// Replaces an id in one pass. Returns false and leaves it unchanged if the value contains a NUL.
fn replace_id(id: &mut String, value: &[u8]) -> bool {
    let old = id.len();
    for character in value.chars() {
        if character == '\0' {
            id.truncate(old);
            return false;
        }
        id.push(character);
    }
    id.drain(..old);
    true
}

/// Parses a number that consists of ASCII digits only; overflow saturates.
fn parse_digits(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        Some(number.saturating_mul(10).saturating_add(digit))
    })
}

/// Empties a buffer, and frees it if a large line or event made it grow.
fn release(buffer: &mut Vec<u8>) {
    if buffer.capacity() > KEPT_CAPACITY {
        *buffer = Vec::new();
    } else {
        buffer.clear();
    }
}

/// Like [`release`].
fn release_text(text: &mut String) {
    if text.capacity() > KEPT_CAPACITY {
        *text = String::new();
    } else {
        text.clear();
    }
}

#[cfg(test)]
mod tests;
