//! The typed events of one session, as a stream.

mod json;
mod position;
mod pretty;
mod request;
mod selection;

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use aod_sse::{CancelHandle, Connection, EventSource, ReadyState, Reconnect};
use bytes::Bytes;
use futures::stream::{Stream, StreamExt as _};

use crate::error::{Error, ErrorKind, Result};
use crate::models::event::StreamEvent;

pub use json::JsonEvent;
use position::Position;
pub use pretty::PrettyStream;
use request::SessionLog;
pub use request::StreamRequest;
use selection::Selection;

/// The state of a stream's connection.
pub type ConnectionState = aod_sse::ConnectionState<Error>;

/// The events of a session, each once and in the order of the server, up to and including the terminal one.
///
/// **Connections.** One that drops, ends without a terminal event, or is silent for longer than
/// [`stream_idle_timeout`](crate::ClientBuilder::stream_idle_timeout) is followed by another from the last event that
/// was delivered. What the server then repeats is left out: `start`, the `turn_start` of a turn already begun, and
/// every row already delivered, even if it replays everything. [`StreamRequest::on_state`] tells of it;
/// [`StreamRequest::no_reconnect`] switches it off.
///
/// **The end.** A stream ends in one of these ways, and then yields `None` permanently:
///
/// - after the terminal event, whatever the server sends behind it;
/// - after one error: attempts without anything new have run out (the error of the last one), the server refuses for
///   good ([`ErrorKind::NotFound`] when the session was deleted meanwhile), the
///   [`deadline`](StreamRequest::deadline) passed ([`ErrorKind::Timeout`]), or an event is larger than
///   [`MAX_EVENT_SIZE`](crate::sse::MAX_EVENT_SIZE) ([`ErrorKind::Protocol`]);
/// - by [`cancel`](CancelHandle::cancel), without an error;
/// - when the server answers a new connection with 204, without an error.
///
/// **Reading.** Nothing is read ahead: a caller that stops polling stops the server, and memory stays as it is. An event
/// that cannot be read is [`Unknown`](StreamEvent::Unknown), with its text, and the stream goes on. Polling costs no
/// task; every method is safe to cancel; dropping the stream closes its connection.
pub struct EventStream {
    source: EventSource<SessionLog>,
    selection: Selection,
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
        let body = body.map(|chunk| chunk.map_err(|error| connection_error(error.into())));
        let log = SessionLog {
            server: None,
            position: Position::after(None),
            opening: Arc::default(),
        };
        let source = EventSource::with_connection(log, Connection::body(body));
        Self::from_source(
            source.reconnect(Reconnect::new().max_attempts(0)),
            true,
            false,
        )
    }

    fn from_source(source: EventSource<SessionLog>, raw: bool, resume_stale: bool) -> Self {
        Self {
            source,
            selection: Selection {
                turn: None,
                raw,
                resume_stale,
            },
        }
    }

    /// The id to resume from, in this process or another: pass it to [`StreamRequest::since`], and no event delivered
    /// so far comes again, and none is missed. `None` until an event has brought one.
    pub fn cursor(&self) -> Option<i64> {
        self.source.connector().position.cursor()
    }

    /// A handle that ends the stream from elsewhere, and closes its connection at once.
    ///
    /// ```no_run
    /// # async fn demo(mut events: aod::EventStream) {
    /// use futures::StreamExt;
    ///
    /// let handle = events.cancel_handle();
    /// tokio::spawn(async move {
    ///     tokio::signal::ctrl_c().await.ok();
    ///     handle.cancel();
    /// });
    /// while let Some(event) = events.next().await {
    ///     println!("{event:?}");
    /// }
    /// # }
    /// ```
    pub fn cancel_handle(&self) -> CancelHandle {
        self.source.cancel_handle()
    }

    /// Keeps only `start`, the `turn_start` and `output` events of one turn, and the terminal event.
    ///
    /// Every connection replays all turns: this is how to read the answer to one prompt, with the `current_turn` of
    /// its acknowledgement.
    #[must_use]
    pub fn turn(mut self, turn: i64) -> Self {
        self.selection.turn = Some(turn);
        self
    }

    /// Formats what the agent prints as human-readable lines, with the formatter of its runtime.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> aod::Result<()> {
    /// # let body = "data: {\"type\": \"start\", \"runtime\": \"codex\"}\n\ndata: {\"type\": \"output\", \"stream\": \"stdout\", \"data\": \"{\\\"type\\\":\\\"turn.completed\\\"}\"}\n\ndata: {\"type\": \"exit\", \"code\": 0}\n\n";
    /// # let events = aod::EventStream::new(futures::stream::iter([Ok::<_, std::io::Error>(body.into())]));
    /// use aod::pretty::Options;
    /// use futures::TryStreamExt;
    ///
    /// let mut lines = events.pretty().options(Options::new().plain(true));
    /// while let Some(line) = lines.try_next().await? {
    ///     println!("{line}");
    /// #   assert_eq!(line, "= Done");
    /// }
    /// assert_eq!(lines.exit_code(), Some(0));
    /// # Ok(()) }
    /// ```
    pub fn pretty(self) -> PrettyStream {
        PrettyStream::new(self)
    }

    /// Reads to the end, and returns all that the agent printed on stdout.
    pub async fn collect_stdout(mut self) -> Result<String> {
        let mut stdout = String::new();
        while let Some(event) = self.next().await {
            stdout.push_str(event?.stdout().unwrap_or_default());
        }
        Ok(stdout)
    }
}

impl Stream for EventStream {
    type Item = Result<StreamEvent>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { source, selection } = self.get_mut();
        let polled = source.poll_with(context, |log, frame| {
            selection.dispose(log, frame, |event, _| event)
        });
        with_request_context(source, polled)
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("ended", &(self.source.ready_state() == ReadyState::Closed))
            .field("cursor", &self.cursor())
            .field("turn", &self.selection.turn)
            .finish_non_exhaustive()
    }
}

/// Adds the request to an error that ends the stream.
fn with_request_context<T>(
    source: &EventSource<SessionLog>,
    polled: Poll<Option<Result<T>>>,
) -> Poll<Option<Result<T>>> {
    polled.map_err(|error| source.connector().with_request_context(error))
}

fn connection_error(source: Box<dyn StdError + Send + Sync>) -> Error {
    match source.downcast::<Error>() {
        Ok(error) => *error,
        Err(source) => Error::new(ErrorKind::Connection, "the connection of the stream broke")
            .with_source(source),
    }
}

#[cfg(test)]
mod tests;
