//! The event stream of a session as the changes of a transcript.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aod_transcript::{Change, Transcript};
use futures::stream::{Stream, StreamExt as _};

use super::EventStream;
use crate::error::Result;

/// The output of a session's agent as data: a stream of [`Change`]s, and the [`Transcript`] that they make. Created by
/// [`EventStream::transcript`].
///
/// The transcript contains all events received so far, including those whose changes are not delivered yet. If the
/// stream ends without a terminal event, or with an error, the current turn has no outcome: another stream can continue
/// the transcript with [`continue_from`](Self::continue_from). With a [turn](EventStream::turn) as its limit, the start
/// of a later turn ends the transcript: the outcome is then what the agent reported, or
/// [`Unknown`](crate::transcript::Outcome::Unknown).
///
/// See [Transcripts and user interfaces](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/).
///
/// # Examples
///
/// ```no_run
/// # async fn demo(client: aod::Client, id: uuid::Uuid) -> aod::Result<()> {
/// use aod::transcript::{Change, ItemKind};
/// use futures::TryStreamExt;
///
/// let mut changes = client.sessions().stream(id).await?.transcript();
/// while let Some(change) = changes.try_next().await? {
///     if let Change::ItemAdded { item, .. } = change
///         && let ItemKind::ToolCall(call) = item.kind
///     {
///         println!("{} {}", call.name, call.input);
///     }
/// }
/// println!("{}", changes.transcript().final_text().unwrap_or_default());
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing unless it is polled"]
pub struct TranscriptStream {
    events: EventStream,
    transcript: Transcript,
    /// Changes that are not delivered yet.
    ready: VecDeque<Change>,
}

impl TranscriptStream {
    pub(crate) fn new(events: EventStream) -> Self {
        Self {
            events,
            transcript: Transcript::new(),
            ready: VecDeque::new(),
        }
    }

    /// Sets the transcript to continue. Call it before the stream is polled.
    ///
    /// The stream must start after [`Transcript::cursor`]. A program that stores a [`snapshot`](Transcript::snapshot)
    /// can thus continue after it was killed, without a gap and without a repeated item.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client, id: uuid::Uuid, stored: Vec<u8>) -> Result<(), Box<dyn std::error::Error>> {
    /// use aod::transcript::Transcript;
    ///
    /// let transcript = Transcript::restore(&stored)?;
    /// let mut stream = client.sessions().stream(id);
    /// if let Some(cursor) = transcript.cursor() {
    ///     stream = stream.since(cursor);
    /// }
    /// let changes = stream.await?.transcript().continue_from(transcript);
    /// # Ok(())
    /// # }
    /// ```
    pub fn continue_from(mut self, transcript: Transcript) -> Self {
        self.transcript = transcript;
        self
    }

    /// Returns the transcript of the events received so far.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Returns the transcript, and closes the stream.
    pub fn into_transcript(self) -> Transcript {
        self.transcript
    }

    /// Returns the underlying stream, for its [`cancel_handle`](EventStream::cancel_handle).
    pub fn events(&self) -> &EventStream {
        &self.events
    }
}

impl Stream for TranscriptStream {
    type Item = Result<Change>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(change) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(change)));
            }
            match ready!(this.events.poll_next_unpin(context)) {
                Some(Ok(event)) => {
                    let turn = this.events.selection.turn;
                    this.ready.extend(this.transcript.apply_all(turn, [&event]));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl fmt::Debug for TranscriptStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TranscriptStream")
            .field("events", &self.events)
            .field("transcript", &self.transcript)
            .finish_non_exhaustive()
    }
}
