//! Splits chunks into lines, in linear time and bounded memory.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text;

/// The capacity of the buffer, in bytes, that is kept after a line is complete.
const KEPT_CAPACITY: usize = 64 * 1024;

/// Splits output into lines, with a size limit.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Lines {
    /// The size limit of a line, in bytes.
    max_line: usize,
    /// The incomplete line, up to the size limit.
    pending: String,
    /// The number of bytes of the incomplete line beyond the limit.
    cut: usize,
}

impl Lines {
    pub(crate) fn new(max_line: usize) -> Self {
        Self {
            max_line,
            pending: String::new(),
            cut: 0,
        }
    }

    /// Processes a chunk and visits each line that it completes, with the number of bytes that were cut. Lines end with
    /// LF or CRLF.
    pub(crate) fn feed(&mut self, chunk: &str, mut each: impl FnMut(&str, usize)) {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', chunk.as_bytes()) {
            let piece = &chunk[start..end];
            start = end + 1;
            if self.has_pending() {
                self.append(piece);
                let (line, cut) = self.take();
                each(line.trim_end_matches('\r'), cut);
                self.reuse(line);
            } else {
                let (line, rest) = piece.split_at(floor_char_boundary(piece, self.max_line));
                each(line.trim_end_matches('\r'), rest.len());
            }
        }
        self.append(&chunk[start..]);
    }

    /// Returns whether these are lines with this size limit.
    pub(crate) fn are_limited_to(&self, max_line: usize) -> bool {
        self.max_line == max_line && self.pending.len() <= max_line
    }

    /// Returns the number of bytes of the incomplete line beyond the limit.
    pub(crate) fn cut(&self) -> usize {
        self.cut
    }

    /// Returns whether the last line is incomplete.
    pub(crate) fn has_pending(&self) -> bool {
        !self.pending.is_empty() || self.cut > 0
    }

    /// Visits the incomplete line, including a CR at its end. A line of whitespace only is kept, because more of it may
    /// follow.
    pub(crate) fn flush(&mut self, each: impl FnOnce(&str, usize)) {
        if self.cut == 0 && text::strip(&self.pending).is_empty() {
            return;
        }
        let (line, cut) = self.take();
        each(&line, cut);
        self.reuse(line);
    }

    /// Appends a piece to the incomplete line up to the size limit, and counts the rest.
    fn append(&mut self, piece: &str) {
        let fits = if self.cut == 0 {
            floor_char_boundary(piece, self.max_line - self.pending.len())
        } else {
            0
        };
        self.pending.push_str(&piece[..fits]);
        self.cut += piece.len() - fits;
    }

    fn take(&mut self) -> (String, usize) {
        (
            std::mem::take(&mut self.pending),
            std::mem::take(&mut self.cut),
        )
    }

    /// Keeps the allocation of a processed line, up to [`KEPT_CAPACITY`].
    fn reuse(&mut self, mut line: String) {
        line.clear();
        line.shrink_to(KEPT_CAPACITY);
        self.pending = line;
    }
}

/// Shows the sizes only, because the content belongs to the caller.
impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("max_line", &self.max_line)
            .field("pending_bytes", &self.pending.len())
            .field("cut_bytes", &self.cut)
            .finish()
    }
}

/// Returns the largest character boundary in `piece` that is at most `room`.
pub(crate) fn floor_char_boundary(piece: &str, room: usize) -> usize {
    if piece.len() <= room {
        return piece.len();
    }
    (0..=room)
        .rev()
        .find(|&at| piece.is_char_boundary(at))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_no_more_than_the_size_limit() {
        let mut lines = Lines::new(1000);
        for _ in 0..1000 {
            lines.feed(&"x".repeat(700), |line, _| panic!("incomplete: {line}"));
            assert!(lines.pending.capacity() <= 2000);
        }
        assert_eq!(lines.cut, 699_000);
    }

    #[test]
    fn frees_the_memory_of_a_long_line() {
        let mut lines = Lines::new(usize::MAX);
        lines.feed(&"x".repeat(1 << 20), |line, _| panic!("incomplete: {line}"));
        let mut lengths = Vec::new();
        lines.feed("\n", |line, cut| lengths.push((line.len(), cut)));
        assert_eq!(lengths, [(1 << 20, 0)]);
        assert!(lines.pending.capacity() <= KEPT_CAPACITY);
    }

    #[test]
    fn debug_does_not_show_the_output() {
        let mut lines = Lines::new(usize::MAX);
        lines.feed("planted", |line, _| panic!("incomplete: {line}"));
        let shown = format!("{lines:?}");
        assert!(
            shown.contains("pending_bytes: 7") && !shown.contains("planted"),
            "{shown}"
        );
    }
}
