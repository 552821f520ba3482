//! A source of events that reconnects.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{BoxStream, Stream, StreamExt as _};
use http::response::Parts;
use tokio::time::{Instant, Sleep, sleep};

use super::error::{ConnectError, Error};
use super::idle_timer::IdleTimer;
use super::reconnect::ordered_delay;
use super::shared_connection::{CancelHandle, Phase, SharedConnection};
use super::state::{Observer, ReadyState};
use super::{Attempt, Connect, Connection, ConnectionState, Decoder, Frame, Reconnect};

/// How many chunks one poll reads with nothing to deliver, before other tasks have their turn.
const CHUNKS_PER_POLL: u32 = 32;

/// The events of any event source, across as many connections as it takes.
///
/// It behaves as the standard's `EventSource`, and settles what the standard leaves open: a connection that drops, ends
/// or fails with a [retryable](ConnectError::is_retryable) error is followed by another, which resumes after the last
/// event id; [`Reconnect`] bounds the attempts that bring nothing new and the delays between them; 204 ends the source
/// without an error; any other failure ends it with one error. An incomplete event is not delivered.
///
/// The source does not read ahead: a caller that stops polling slows the server down. Dropping the source closes its
/// connection. Recognizing repeated events, after a server resumed too early, is up to the layer above.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), aod_sse::Error> {
/// use aod_sse::{Attempt, Connection, Error, EventSource, Reconnect};
/// use futures::TryStreamExt;
///
/// let connect = |attempt: Attempt<'_>| {
///     let first = attempt.last_event_id.is_empty();
///     async move {
///         if first {
///             let body = futures::stream::iter([Ok("id: 1\ndata: hello\n\n".into())]);
///             Ok(Connection::body(body))
///         } else {
///             Err(Error::status(404, None))
///         }
///     }
/// };
/// let mut events = EventSource::new(connect).reconnect(Reconnect::new().max_attempts(3));
/// assert_eq!(events.try_next().await?.unwrap().data, "hello");
/// assert!(matches!(events.try_next().await, Err(Error::Status { status: 404, .. })));
/// # Ok(()) }
/// ```
pub struct EventSource<C: Connect> {
    connect: C,
    connection: SharedConnection<C::Error>,
    response: Option<Box<Parts>>,
    decoder: Decoder,
    policy: Reconnect,
    idle: IdleTimer,
    deadline: Option<Pin<Box<Sleep>>>,
    observer: Option<Observer<C::Error>>,
    /// Attempts since the last healthy connection.
    attempts: u32,
    /// Since when there was no healthy connection, moved on by each wait that the server ordered.
    failing_since: Option<Instant>,
    closed: bool,
}

/// One event, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its type: the last `event` line, or `message`.
    pub event: String,
    /// Its `data` lines, joined by line feeds.
    pub data: String,
    /// The last event id in force; empty if there is none.
    pub id: String,
}

/// What the layer above decides about a frame.
#[derive(Debug)]
pub enum Disposition<T, E> {
    /// Deliver it. It is new, which is progress: the connection counts as healthy.
    Deliver(T),
    /// It is new, but nobody wants it: progress without a delivery.
    Skip,
    /// Deliver it, but do not count it as progress: nothing shows that it is new.
    DeliverWithoutProgress(T),
    /// It was delivered before, or says nothing.
    Ignore,
    /// Deliver it and end the source.
    End(T),
    /// Drop the connection for this reason and make another.
    Reconnect(E),
}

type Result<T, C> = std::result::Result<T, <C as Connect>::Error>;

impl<C: Connect> EventSource<C> {
    /// Creates a source that makes its first connection when it is first polled.
    pub fn new(connect: C) -> Self {
        Self {
            connect,
            connection: SharedConnection::new(),
            response: None,
            decoder: Decoder::new(),
            policy: Reconnect::new(),
            idle: IdleTimer::new(None),
            deadline: None,
            observer: None,
            attempts: 0,
            failing_since: None,
            closed: false,
        }
    }

    /// Creates a source whose first connection is already made.
    pub fn with_connection(connect: C, first: Connection<C::Error>) -> Self {
        let mut source = Self::new(connect);
        source.response = first.response;
        source
            .connection
            .set(first.body.map_or(Phase::Ended, Phase::Live));
        source
    }

    /// Resumes after the event of that id.
    #[must_use]
    pub fn resume_after(mut self, id: impl Into<String>) -> Self {
        self.decoder.set_last_event_id(id);
        self
    }

    /// Sets the reconnection policy.
    #[must_use]
    pub fn reconnect(mut self, policy: Reconnect) -> Self {
        self.policy = policy;
        self
    }

    /// Sets how long a connection may bring no byte, comments included, before it counts as dropped. This is detected up
    /// to a third later. Time in which the source is not polled counts for at most a third of the limit. Default: no limit.
    #[must_use]
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle = IdleTimer::new(Some(limit));
        self
    }

    /// Ends the source with [`Error::DeadlineExceeded`] this long from now, whatever it does then. Default: never.
    #[must_use]
    pub fn deadline(mut self, after: Duration) -> Self {
        self.deadline = Some(Box::pin(sleep(after)));
        self
    }

    /// Sets the largest event taken, in bytes; a larger one ends the source with [`Error::Decode`]. Default
    /// [`MAX_EVENT_SIZE`](super::MAX_EVENT_SIZE).
    #[must_use]
    pub fn max_event_size(mut self, bytes: usize) -> Self {
        self.decoder = std::mem::take(&mut self.decoder).max_event_size(bytes);
        self
    }

    /// Calls `observe` with each change of the connection's state, in order, from the task that polls; it must not block.
    #[must_use]
    pub fn on_state(
        self,
        observe: impl Fn(ConnectionState<C::Error>) + Send + Sync + 'static,
    ) -> Self {
        self.observer(Some(Observer::new(observe)))
    }

    /// Sets the observer of the connection's state.
    #[must_use]
    pub fn observer(mut self, observer: Option<Observer<C::Error>>) -> Self {
        self.observer = observer;
        self
    }

    /// Calls `handle` with the text of each comment, as [`Decoder::on_comment`] does. By default comments only show that
    /// the connection is alive.
    #[must_use]
    pub fn on_comment(mut self, handle: impl FnMut(&str) + Send + 'static) -> Self {
        self.decoder = std::mem::take(&mut self.decoder).on_comment(handle);
        self
    }

    /// Returns the id to resume after, which the next connection asks for; empty if there is none.
    pub fn last_event_id(&self) -> &str {
        self.decoder.last_event_id()
    }

    /// Returns the reconnection time that the server asked for last.
    pub fn retry(&self) -> Option<Duration> {
        self.decoder.retry()
    }

    /// Returns the head of the response that the events come from, where the connector
    /// [keeps it](Connection::with_response).
    pub fn response(&self) -> Option<&Parts> {
        self.response.as_deref()
    }

    /// Returns the ready state of the standard's `EventSource`.
    pub fn ready_state(&self) -> ReadyState {
        if self.closed || self.connection.is_cancelled() {
            ReadyState::Closed
        } else if self.connection.is_live() {
            ReadyState::Open
        } else {
            ReadyState::Connecting
        }
    }

    /// Returns a handle that ends the source from elsewhere.
    pub fn cancel_handle(&self) -> CancelHandle {
        self.connection.handle()
    }

    /// Returns the connector.
    pub fn connector(&self) -> &C {
        &self.connect
    }

    /// Polls for the next item that a protocol on top of SSE makes of the frames.
    ///
    /// `dispose` sees each frame once, with the connector, and decides what becomes of it. An owned copy of each frame
    /// comes from the source's [`Stream`] implementation.
    pub fn poll_with<T>(
        &mut self,
        context: &mut Context<'_>,
        mut dispose: impl FnMut(&mut C, Frame<'_>) -> Disposition<T, C::Error>,
    ) -> Poll<Option<Result<T, C>>> {
        let mut chunks = 0;
        loop {
            if self.closed || self.connection.is_cancelled() {
                self.close();
                return Poll::Ready(None);
            }
            let disposition = match self.decoder.next_frame() {
                Some(Ok(frame)) => dispose(&mut self.connect, frame),
                Some(Err(error)) => return self.fail(Error::Decode(error).into()),
                None => match ready!(self.poll_chunk(context)) {
                    Some(Ok(chunk)) => {
                        self.decoder.feed(chunk);
                        chunks += 1;
                        if chunks == CHUNKS_PER_POLL {
                            context.waker().wake_by_ref();
                            return Poll::Pending;
                        }
                        continue;
                    }
                    Some(Err(error)) => return self.fail(error),
                    None => continue,
                },
            };
            match disposition {
                Disposition::Ignore => {}
                Disposition::Skip => self.record_progress(),
                Disposition::Deliver(item) => {
                    self.record_progress();
                    return Poll::Ready(Some(Ok(item)));
                }
                Disposition::DeliverWithoutProgress(item) => return Poll::Ready(Some(Ok(item))),
                Disposition::End(item) => {
                    self.close();
                    return Poll::Ready(Some(Ok(item)));
                }
                Disposition::Reconnect(cause) => {
                    let healthy = self.idle.was_healthy();
                    if let Err(error) = self.dropped(cause, healthy) {
                        return self.fail(error);
                    }
                }
            }
        }
    }

    /// Returns the next bytes, from this connection or the next; `None` when the source was closed meanwhile.
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, C>>> {
        self.connection.register(context.waker());
        loop {
            match ready!(self.poll_step(context)) {
                Ok(Some(chunk)) => return Poll::Ready(Some(Ok(chunk))),
                Ok(None) if self.closed => return Poll::Ready(None),
                Ok(None) => {}
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }

    /// Polls until a connection is open, without reading from it, or the source has ended.
    ///
    /// Attempts that fail are followed by others as after any lost connection. The events are read by polling as usual;
    /// a source that is polled for events first opens its connection itself.
    ///
    /// # Errors
    ///
    /// The error with which the source ended.
    pub fn poll_open(&mut self, context: &mut Context<'_>) -> Poll<Result<(), C>> {
        self.connection.register(context.waker());
        while !self.closed && !self.connection.is_live() {
            if self.connection.is_cancelled() {
                self.close();
            } else if let Err(error) = ready!(self.poll_step(context)) {
                self.close();
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Advances to the next phase, or returns the next bytes.
    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, C>> {
        if self.deadline_passed(context) {
            return Poll::Ready(Err(Error::DeadlineExceeded.into()));
        }
        match ready!(self.poll_phase(context)) {
            Step::Chunk(chunk) => return Poll::Ready(Ok(Some(chunk))),
            Step::Attempt => self.attempt(),
            Step::Opened { body, response } => {
                self.idle.restart();
                self.response = response;
                self.connection.set(Phase::Live(body));
                self.notify(|| ConnectionState::Live);
            }
            Step::Dropped { cause, healthy } => self.dropped(cause, healthy)?,
            Step::Ended => self.close(),
        }
        Poll::Ready(Ok(None))
    }

    /// Reads the clock itself: a timer that is polled too often in one run of its task reports that it is pending.
    fn deadline_passed(&mut self, context: &mut Context<'_>) -> bool {
        self.deadline.as_mut().is_some_and(|deadline| {
            deadline.deadline() <= Instant::now() || deadline.as_mut().poll(context).is_ready()
        })
    }

    /// Polls the current phase.
    fn poll_phase(&mut self, context: &mut Context<'_>) -> Poll<Step<C::Error>> {
        let mut phase = self.connection.take();
        let polled = match &mut phase {
            Phase::Idle => Poll::Ready(Step::Attempt),
            Phase::Waiting(delay) => delay.as_mut().poll(context).map(|()| Step::Attempt),
            Phase::Connecting(attempt) => {
                attempt.as_mut().poll(context).map(|outcome| match outcome {
                    Ok(Connection { body, response }) => match body {
                        Some(body) => Step::Opened { body, response },
                        None => Step::Ended,
                    },
                    Err(error) => Step::Dropped {
                        cause: error,
                        healthy: false,
                    },
                })
            }
            Phase::Live(body) => match body.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(chunk))) => {
                    self.idle.record_activity();
                    Poll::Ready(Step::Chunk(chunk))
                }
                Poll::Ready(Some(Err(error))) => Poll::Ready(self.lost(error)),
                Poll::Ready(None) => Poll::Ready(self.lost(Error::Ended.into())),
                Poll::Pending if self.idle.poll_exceeded(context) => {
                    Poll::Ready(self.lost(Error::IdleTimeout.into()))
                }
                Poll::Pending => Poll::Pending,
            },
            Phase::Ended | Phase::Borrowed => Poll::Ready(Step::Ended),
        };
        if matches!(polled, Poll::Pending | Poll::Ready(Step::Chunk(_))) {
            self.connection.set(phase);
        }
        if self.connection.is_cancelled() {
            return Poll::Ready(Step::Ended);
        }
        polled
    }

    fn lost(&self, cause: C::Error) -> Step<C::Error> {
        Step::Dropped {
            cause,
            healthy: self.idle.was_healthy(),
        }
    }

    fn attempt(&mut self) {
        if self.attempts == 0 {
            self.notify(|| ConnectionState::Connecting);
        }
        let attempt = self.connect.connect(Attempt {
            last_event_id: self.decoder.last_event_id(),
            number: self.attempts,
        });
        self.connection.set(Phase::Connecting(attempt));
    }

    /// Schedules the next attempt, or returns the error with which the source ends.
    fn dropped(&mut self, cause: C::Error, healthy: bool) -> Result<(), C> {
        if healthy {
            self.record_progress();
        }
        self.response = None;
        self.decoder.reset();
        let now = Instant::now();
        let failing_since = *self.failing_since.get_or_insert(now);
        let failing = now.saturating_duration_since(failing_since);
        let Reconnect {
            max_attempts,
            give_up_after,
            max_retry_after,
            ..
        } = self.policy;
        let retry_after = cause.retry_after();
        if !cause.is_retryable()
            || max_attempts.is_some_and(|attempts| self.attempts >= attempts)
            || give_up_after.is_some_and(|limit| failing >= limit)
            || retry_after.is_some_and(|delay| delay > max_retry_after)
        {
            return Err(cause.with_attempts(self.attempts));
        }
        self.attempts += 1;
        let attempt = self.attempts;
        let delay = self.policy.delay(attempt, self.retry(), retry_after);
        self.failing_since = failing_since.checked_add(ordered_delay(self.retry(), retry_after));
        tracing::debug!(attempt, ?delay, "resuming");
        self.connection.set(Phase::Waiting(Box::pin(sleep(delay))));
        self.notify(|| ConnectionState::Resuming {
            attempt,
            delay,
            cause: Arc::new(cause),
        });
        Ok(())
    }

    fn record_progress(&mut self) {
        self.attempts = 0;
        self.failing_since = None;
    }

    fn fail<T>(&mut self, error: C::Error) -> Poll<Option<Result<T, C>>> {
        self.close();
        Poll::Ready(Some(Err(error)))
    }

    /// Ends the source permanently and drops its connection.
    fn close(&mut self) {
        if !std::mem::replace(&mut self.closed, true) {
            self.connection.set(Phase::Ended);
            self.notify(|| ConnectionState::Closed);
        }
    }

    fn notify(&self, state: impl FnOnce() -> ConnectionState<C::Error>) {
        if let Some(observer) = &self.observer {
            observer.notify(state());
        }
    }
}

impl<C: Connect> Drop for EventSource<C> {
    fn drop(&mut self) {
        // If the observer is what panicked, another panic would abort the process.
        if std::thread::panicking() {
            self.observer = None;
        }
        self.close();
    }
}

/// The outcome of polling a phase.
enum Step<E> {
    Chunk(Bytes),
    Attempt,
    Opened {
        body: BoxStream<'static, std::result::Result<Bytes, E>>,
        response: Option<Box<Parts>>,
    },
    Dropped {
        cause: E,
        healthy: bool,
    },
    Ended,
}

impl<C: Connect + Unpin> Stream for EventSource<C> {
    type Item = Result<Event, C>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_with(context, |_, frame| {
            Disposition::Deliver(Event {
                event: frame.event.to_owned(),
                data: frame.data.to_owned(),
                id: frame.id.to_owned(),
            })
        })
    }
}

impl<C: Connect> fmt::Debug for EventSource<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSource")
            .field("last_event_id", &self.decoder.last_event_id())
            .field("attempts", &self.attempts)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}
