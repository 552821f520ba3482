//! The typed events of one session, as a stream.

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::stream::{BoxStream, Stream, StreamExt as _};

use crate::models::event::StreamEvent;
use crate::sse::{DecodeError, Decoder};
use crate::{Error, ErrorKind, Result};

/// The events of a session, in the order of the server, up to and including the terminal one.
///
/// The stream ends in one of two ways:
///
/// - after the terminal event, whatever the server sends behind it;
/// - after one error: the connection broke ([`ErrorKind::Connection`]), the body ended before a terminal event (the
///   same kind, for the session has more to say), or an event is larger than [`MAX_EVENT_SIZE`]
///   ([`ErrorKind::Protocol`]).
///
/// Dropping it closes the connection. Nothing is read ahead: a caller that stops polling stops the server. Polling it
/// costs no task, and every method is safe to cancel.
///
/// [`MAX_EVENT_SIZE`]: crate::sse::MAX_EVENT_SIZE
pub struct EventStream {
    /// The rest of the body; `None` once the stream has ended.
    body: Option<BoxStream<'static, Result<Bytes>>>,
    decoder: Decoder,
    turn: Option<i64>,
}

impl EventStream {
    /// The events in a `text/event-stream` body from elsewhere: a recording, or a response of another HTTP client.
    ///
    /// An error of the body becomes the source of an [`ErrorKind::Connection`], unless it is this crate's own.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> aod::Result<()> {
    /// use aod::EventStream;
    /// use futures::{StreamExt, TryStreamExt};
    ///
    /// let body = "data: {\"type\": \"output\", \"data\": \"hi\"}\n\ndata: {\"type\": \"exit\", \"code\": 0}\n\n";
    /// let chunks = futures::stream::iter(body.split_inclusive(' ').map(|chunk| Ok::<_, std::io::Error>(chunk.into())));
    ///
    /// let mut events = EventStream::new(chunks);
    /// while let Some(event) = events.try_next().await? {
    ///     match event.text() {
    ///         Some(text) => println!("{text}"),
    ///         None => println!("{}: {:?}", event.event_type(), event.exit_code()),
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn new<S, E>(body: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        Self {
            body: Some(
                body.map(|chunk| chunk.map_err(|error| connection_error(error.into())))
                    .boxed(),
            ),
            decoder: Decoder::new(),
            turn: None,
        }
    }

    /// Keeps only the `turn_start` and `output` events of one turn, and the terminal event.
    ///
    /// Every connection replays all turns: this is how to read the answer to one prompt, with the `current_turn` of
    /// its acknowledgement.
    #[must_use]
    pub fn turn(mut self, turn: i64) -> Self {
        self.turn = Some(turn);
        self
    }

    /// Waits for one event at least, and takes all that are there already, `max` at most (0 counts as 1).
    /// `None` when the stream has ended.
    pub async fn next_batch(&mut self, max: usize) -> Option<Vec<Result<StreamEvent>>> {
        let max = max.max(1);
        poll_fn(|context| {
            let mut batch = Vec::new();
            while batch.len() < max {
                match self.poll_next_unpin(context) {
                    Poll::Ready(Some(event)) => batch.push(event),
                    Poll::Pending if batch.is_empty() => return Poll::Pending,
                    Poll::Ready(None) | Poll::Pending => break,
                }
            }
            Poll::Ready((!batch.is_empty()).then_some(batch))
        })
        .await
    }

    /// Reads to the end, and returns all that the agent printed on stdout.
    pub async fn collect_stdout(mut self) -> Result<String> {
        let mut stdout = String::new();
        while let Some(event) = self.next().await {
            stdout.push_str(event?.stdout().unwrap_or_default());
        }
        Ok(stdout)
    }

    fn keeps(&self, event: &StreamEvent) -> bool {
        self.turn.is_none() || event.turn() == self.turn || event.is_terminal()
    }

    fn fail(&mut self, error: Error) -> Poll<Option<Result<StreamEvent>>> {
        self.body = None;
        Poll::Ready(Some(Err(error)))
    }
}

impl Stream for EventStream {
    type Item = Result<StreamEvent>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            let Some(body) = &mut this.body else {
                return Poll::Ready(None);
            };
            match this.decoder.next_frame() {
                Some(Ok(frame)) => {
                    let event = StreamEvent::from_json(frame.data);
                    if event.is_terminal() {
                        this.body = None;
                    }
                    if this.keeps(&event) {
                        return Poll::Ready(Some(Ok(event)));
                    }
                }
                Some(Err(error)) => return this.fail(too_large(error)),
                None => match ready!(body.poll_next_unpin(context)) {
                    Some(Ok(chunk)) => this.decoder.feed(chunk),
                    Some(Err(error)) => return this.fail(error),
                    None => return this.fail(ended_early()),
                },
            }
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("ended", &self.body.is_none())
            .field("turn", &self.turn)
            .finish_non_exhaustive()
    }
}

fn connection_error(source: Box<dyn StdError + Send + Sync>) -> Error {
    match source.downcast::<Error>() {
        Ok(error) => *error,
        Err(source) => Error::new(ErrorKind::Connection, "the connection of the stream broke")
            .with_source(source),
    }
}

fn ended_early() -> Error {
    Error::new(
        ErrorKind::Connection,
        "the stream ended before its terminal event",
    )
}

fn too_large(error: DecodeError) -> Error {
    Error::new(ErrorKind::Protocol, error.to_string()).with_source(error)
}

#[cfg(test)]
mod tests;
