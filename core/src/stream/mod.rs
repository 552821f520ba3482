//! The typed event stream of a session.

mod history;
mod lazy;
mod position;
mod pretty;
mod request;
mod selection;
mod transcript;

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

pub use lazy::LazyEvent;
use position::Position;
pub use pretty::PrettyStream;
use request::SessionLog;
pub use request::StreamRequest;
use selection::Selection;
pub use transcript::TranscriptStream;

/// The state of a stream's connection.
pub type ConnectionState = aod_sse::ConnectionState<Error>;

/// The event stream of a session. It delivers each event exactly once and in order, up to and including the
/// [terminal](StreamEvent::is_terminal) event: `exit`, `error`, `terminated` or `stale`. A stream that is limited by
/// [`turn`](Self::turn) or [`until_turn`](Self::until_turn) can end with the start of a later turn instead.
///
/// **Reconnection.** When a connection drops, ends without a terminal event, or is idle for longer than
/// [`stream_idle_timeout`](crate::ClientBuilder::stream_idle_timeout), the stream reconnects and resumes from the last
/// delivered event. Events that the server repeats are dropped: `start`, the `turn_start` of a turn that has already
/// started, and every `stage` and `output` event (a row of the session's log) that was already delivered, even if the
/// server replays everything. [`StreamRequest::on_state`] reports the state of the connection;
/// [`StreamRequest::no_reconnect`] disables reconnection.
///
/// **History.** When the ids of a session's rows start again at a lower number, for example after its database was
/// restored, the rows are delivered after [`ConnectionState::HistoryReset`], and the [`cursor`](Self::cursor) moves back
/// to them. A row counts as a repeat only if it was delivered with the same text; of a long history, the first 32 and the
/// latest 512 rows are compared, and others count as repeats.
///
/// **Confirmation.** The server reads the events of a session before its status, so events that are written in between
/// follow only on the next connection. The stream therefore holds `exit`, `error` and `terminated` until one more
/// request has brought no new event, has failed, or has taken 5 s. If that request brings the start of another turn,
/// the held event is delivered at once. A stream that is limited to this turn or a later one drops the held event
/// instead and continues, as does a stream without a limit that has not read a turn yet. Without reconnection, the
/// terminal event is delivered at once.
///
/// **Termination.** A stream ends in one of these ways, and then yields `None` permanently:
///
/// - after the terminal event;
/// - with [`turn`](Self::turn) or [`until_turn`](Self::until_turn), after the start of a later turn;
/// - after one error: the [reconnection policy](StreamRequest::reconnect) gives up (the error of the last attempt), the
///   server refuses the connection permanently ([`ErrorKind::NotFound`] if the session was deleted), the
///   [`deadline`](StreamRequest::deadline) passed ([`ErrorKind::Timeout`]), an event exceeds
///   [`MAX_EVENT_SIZE`](crate::sse::MAX_EVENT_SIZE), or `start` names another session ([`ErrorKind::Protocol`]);
/// - without an error, by [`cancel`](CancelHandle::cancel);
/// - without an error, when the server responds with 204;
/// - without an error, when the server ends one body after another without a terminal event and without a new event,
///   and the session is not active or does not exist. From the second such body on, the stream asks the server
///   (`GET /sessions/{id}`), and then reads one more body for the last events. A session that does not exist counts
///   only if the connections were short (less than 10 s).
///
/// **Reading.** The stream does not read ahead, so a slow consumer applies backpressure to the server and memory use
/// stays constant. An event that cannot be parsed is delivered as [`Unknown`](StreamEvent::Unknown) with its text.
/// Every method is cancel-safe; dropping the stream closes its connection. While a client has streams, it runs one
/// task, which detects that the machine has slept.
///
/// **Captive portals.** While an open stream reconnects, connection and protocol errors of an attempt, such as an HTML
/// page or a failed TLS handshake, lead to another attempt.
///
/// **Networks.** While the [network](crate::Client::network) is reported as offline, and while the client is
/// [suspended](crate::Client::suspend), the stream is not connected and makes no attempt. The idle timeout, the delays
/// between attempts and the deadline include the time in which the machine sleeps.
///
/// See [Streaming](https://ravi-hq.github.io/agent-on-demand/latest/guide/streaming/).
///
/// # Examples
///
/// ```no_run
/// # async fn demo(client: aod::Client, id: uuid::Uuid) -> aod::Result<()> {
/// use aod::models::event::StreamEvent;
/// use futures::TryStreamExt;
///
/// let mut events = client.sessions().stream(id).await?;
/// while let Some(event) = events.try_next().await? {
///     match event {
///         StreamEvent::Output(output) => print!("{}", output.data),
///         StreamEvent::Exit(exit) => println!("exit code {:?}", exit.code),
///         other => println!("{}", other.event_type()),
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct EventStream {
    source: EventSource<SessionLog>,
    selection: Selection,
}

impl EventStream {
    /// Creates a stream from a `text/event-stream` body, such as a recording or the response of another HTTP client. It
    /// never reconnects, and it also delivers repeated events.
    ///
    /// An error of the body that is an [`Error`] of this crate is returned unchanged; any other error becomes the
    /// source of an error of the kind [`ErrorKind::Connection`].
    ///
    /// # Examples
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
            held: None,
            is_quiet: false,
            queued: None,
            observer: None,
            opening: Arc::default(),
            _sleep_watch: None,
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
                is_filtered: false,
                raw,
                resume_stale,
            },
        }
    }

    /// Returns the cursor: the id to resume from, in this process or another one. A stream that [starts after
    /// it](StreamRequest::since) neither repeats nor misses a `stage` or `output` event. Some other events arrive
    /// again, as [`since`](StreamRequest::since) describes. Before the first event with an id, the cursor is the value
    /// of `since`, or `None`.
    pub fn cursor(&self) -> Option<i64> {
        self.source.connector().position.cursor()
    }

    /// Returns a handle that cancels the stream from another task or thread and closes its connection immediately.
    ///
    /// # Examples
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

    /// Filters the stream to one turn: its `turn_start` and `output` events, plus `start` and the event that ends the
    /// stream. That is the terminal event or, if a later turn has started, the `turn_start` of that turn: the server
    /// sends no terminal event between the turns that it replays.
    ///
    /// Without this limit, a stream contains all turns of the session. To read the output of one prompt only, pass the
    /// `current_turn` of its [acknowledgement](crate::models::SessionAck). To build the transcript of the turn, use
    /// [`transcript`](Self::transcript): [`Transcript::apply`](crate::transcript::Transcript::apply) would begin the
    /// later turn.
    #[must_use]
    pub fn turn(mut self, turn: i64) -> Self {
        self.selection.turn = Some(turn);
        self.selection.is_filtered = true;
        self
    }

    /// Ends the stream like [`turn`](Self::turn), but filters nothing: earlier turns, stages and other events are
    /// delivered too. The last call of `turn` or `until_turn` applies.
    #[must_use]
    pub fn until_turn(mut self, turn: i64) -> Self {
        self.selection.turn = Some(turn);
        self.selection.is_filtered = false;
        self
    }

    /// Formats the agent's output as human-readable lines, with the formatter of its runtime.
    ///
    /// # Examples
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

    /// Converts the stream into a stream of the changes of a [`Transcript`](crate::transcript::Transcript): the agent's
    /// messages, tool calls and plans as data.
    pub fn transcript(self) -> TranscriptStream {
        TranscriptStream::new(self)
    }

    /// Reads the stream to its end and returns the complete stdout of the agent.
    ///
    /// # Errors
    ///
    /// Fails with the error that ends the stream; the output so far is discarded.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> aod::Result<()> {
    /// let body = "data: {\"type\": \"output\", \"data\": \"hi\"}\n\ndata: {\"type\": \"exit\", \"code\": 0}\n\n";
    /// let events = aod::EventStream::new(futures::stream::iter([Ok::<_, std::io::Error>(body.into())]));
    /// assert_eq!(events.collect_stdout().await?, "hi");
    /// # Ok(()) }
    /// ```
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
        if let Some(row) = take_queued(source) {
            return Poll::Ready(Some(Ok(row)));
        }
        let polled = source.poll_with(context, |log, frame| {
            selection.dispose(log, frame, |event, _| event)
        });
        match take_unconfirmed(source, &polled) {
            Some(event) => Poll::Ready(Some(Ok(event))),
            None => with_request_context(source, polled),
        }
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

/// Takes the row that follows the event delivered last, unless the stream was cancelled.
fn take_queued(source: &mut EventSource<SessionLog>) -> Option<StreamEvent> {
    if source.connector().queued.is_none() || source.cancel_handle().is_cancelled() {
        return None;
    }
    source.connector_mut().take_queued()
}

/// Takes the terminal event that is still held after the source has ended, because the request to confirm it failed.
fn take_unconfirmed<T>(
    source: &mut EventSource<SessionLog>,
    polled: &Poll<Option<Result<T>>>,
) -> Option<StreamEvent> {
    let has_ended = matches!(polled, Poll::Ready(None | Some(Err(_))));
    if !has_ended || source.cancel_handle().is_cancelled() {
        return None;
    }
    let held = source.connector_mut().held.take()?;
    Some(held.event)
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
