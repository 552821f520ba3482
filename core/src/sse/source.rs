//! Events from connections that drop.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{BoxStream, Stream, StreamExt as _};
use tokio::time::{Instant, Sleep, sleep};

use super::link::{CancelHandle, Link, Phase};
use super::silence::Silence;
use super::state::Observer;
use super::{Connect, Connection, ConnectionState, DecodeError, Decoder, Frame, Reconnect};
use crate::error::{Error, ErrorKind, Result};

/// How many chunks one poll reads with nothing to deliver, before other tasks have their turn.
const CHUNKS_PER_POLL: u32 = 32;

/// The events of any event source, across as many connections as it takes.
///
/// It behaves as the standard's `EventSource` does, with what that leaves open made firm: a connection that drops,
/// ends or is refused with a status that may pass is followed by another, from after the last event id in force;
/// attempts without anything new are bounded and ever further apart ([`Reconnect`]); 204 ends it in order; and every
/// other refusal ends it with one error. An event that was cut is not delivered.
///
/// Nothing is read ahead: a caller that stops polling stops the server. Dropping the source closes its connection.
/// The same events coming twice, after a server resumed too early, is for the layer above to see.
///
/// ```no_run
/// # async fn demo() -> aod::Result<()> {
/// use aod::sse::{EventSource, HttpConnect};
/// use futures::TryStreamExt;
///
/// let mut events = EventSource::new(HttpConnect::new("https://example.com/feed")?);
/// while let Some(event) = events.try_next().await? {
///     println!("{}: {}", event.event, event.data);
/// }
/// # Ok(()) }
/// ```
pub struct EventSource<C> {
    connect: C,
    link: Link,
    decoder: Decoder,
    /// What the server asked for last, on whatever connection.
    retry: Option<Duration>,
    max_event_size: usize,
    policy: Reconnect,
    silence: Silence,
    deadline: Option<Pin<Box<Sleep>>>,
    observer: Option<Observer>,
    /// Attempts since the last healthy connection.
    attempts: u32,
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

/// What the layer above makes of a frame.
pub(crate) enum Taken<T> {
    /// It is new; to be delivered, or left out.
    New(Option<T>),
    /// It is to be delivered, but nothing says that it is new: it is no progress.
    Untold(T),
    /// It was delivered before, or says nothing.
    Old,
    /// It is new, and the last one.
    Last(T),
    /// The connection is done with, for this reason; another should follow.
    Reconnect(Error),
}

impl<C: Connect> EventSource<C> {
    /// A source that makes its first connection when it is first polled.
    pub fn new(connect: C) -> Self {
        Self::over(connect, Link::default())
    }

    /// A source whose first connection is there.
    pub(crate) fn connected(connect: C, connection: Connection) -> Self {
        Self::over(connect, Link::connected(connection))
    }

    fn over(connect: C, link: Link) -> Self {
        Self {
            connect,
            link,
            decoder: Decoder::new(),
            retry: None,
            max_event_size: super::MAX_EVENT_SIZE,
            policy: Reconnect::new(),
            silence: Silence::new(None),
            deadline: None,
            observer: None,
            attempts: 0,
            closed: false,
        }
    }

    /// Starts from after the event of that id.
    #[must_use]
    pub fn resume_after(mut self, id: impl Into<String>) -> Self {
        self.decoder.set_last_event_id(id);
        self
    }

    /// How a connection that drops is followed by another.
    #[must_use]
    pub fn reconnect(mut self, policy: Reconnect) -> Self {
        self.policy = policy;
        self
    }

    /// How long a connection may bring no byte, comments included, before it counts as dropped. It is noticed up to a
    /// third later, and only the time spent polling counts. Default: no limit.
    #[must_use]
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.silence = Silence::new(Some(limit));
        self
    }

    /// Ends the source with an error of kind [`Timeout`](ErrorKind::Timeout) this long from now, whatever it does
    /// then. Default: never.
    #[must_use]
    pub fn deadline(mut self, after: Duration) -> Self {
        self.deadline = Some(Box::pin(sleep(after)));
        self
    }

    /// The largest event taken, in bytes; a larger one ends the source with an error of kind
    /// [`Protocol`](ErrorKind::Protocol). Default [`MAX_EVENT_SIZE`](super::MAX_EVENT_SIZE).
    #[must_use]
    pub fn max_event_size(mut self, bytes: usize) -> Self {
        self.max_event_size = bytes;
        self.decoder = std::mem::take(&mut self.decoder).max_event_size(bytes);
        self
    }

    /// Tells each change of the connection's state, in order, from the task that polls; it must not block.
    #[must_use]
    pub fn on_state(self, observe: impl Fn(ConnectionState) + Send + Sync + 'static) -> Self {
        self.observed_by(Some(Observer::new(observe)))
    }

    pub(crate) fn observed_by(mut self, observer: Option<Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// The id to resume after: what the next connection asks for. Empty if there is none.
    pub fn last_event_id(&self) -> &str {
        self.decoder.last_event_id()
    }

    /// The reconnection time the server asked for last.
    pub fn retry(&self) -> Option<Duration> {
        self.decoder.retry().or(self.retry)
    }

    /// A handle that ends the source from elsewhere.
    pub fn cancel_handle(&self) -> CancelHandle {
        self.link.handle()
    }

    /// Whether it has ended.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(crate) fn connector(&self) -> &C {
        &self.connect
    }

    /// The next thing that `take` makes of the frames.
    pub(crate) fn poll_with<T>(
        &mut self,
        context: &mut Context<'_>,
        mut take: impl FnMut(&mut C, Frame<'_>) -> Taken<T>,
    ) -> Poll<Option<Result<T>>> {
        let mut chunks = 0;
        loop {
            if self.closed || self.link.is_cancelled() {
                self.close();
                return Poll::Ready(None);
            }
            let taken = match self.decoder.next_frame() {
                Some(Ok(frame)) => take(&mut self.connect, frame),
                Some(Err(error)) => return self.fail(too_large(error)),
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
            match taken {
                Taken::Old => {}
                Taken::New(item) => {
                    self.attempts = 0;
                    if let Some(item) = item {
                        return Poll::Ready(Some(Ok(item)));
                    }
                }
                Taken::Untold(item) => return Poll::Ready(Some(Ok(item))),
                Taken::Last(item) => {
                    self.close();
                    return Poll::Ready(Some(Ok(item)));
                }
                Taken::Reconnect(cause) => {
                    let healthy = self.silence.was_healthy();
                    if let Err(error) = self.dropped(cause, healthy) {
                        return self.fail(error);
                    }
                }
            }
        }
    }

    /// The next bytes, from this connection or the next; `None` when the source has been closed meanwhile.
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes>>> {
        self.link.register(context.waker());
        loop {
            if self.deadline_passed(context) {
                let error = Error::new(ErrorKind::Timeout, "the stream's deadline passed");
                return Poll::Ready(Some(Err(error)));
            }
            match ready!(self.poll_phase(context)) {
                Step::Chunk(chunk) => return Poll::Ready(Some(Ok(chunk))),
                Step::Attempt => self.attempt(),
                Step::Opened(body) => {
                    self.silence.reopened();
                    self.link.set(Phase::Live(body));
                    self.tell(|| ConnectionState::Live);
                }
                Step::Dropped { cause, healthy } => {
                    if let Err(error) = self.dropped(cause, healthy) {
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                Step::Ended => {
                    self.close();
                    return Poll::Ready(None);
                }
            }
        }
    }

    /// Looks at the clock itself: a timer that is polled too often in one turn of its task says that it is pending.
    fn deadline_passed(&mut self, context: &mut Context<'_>) -> bool {
        self.deadline.as_mut().is_some_and(|deadline| {
            deadline.deadline() <= Instant::now() || deadline.as_mut().poll(context).is_ready()
        })
    }

    /// Pushes on whatever the source is doing.
    fn poll_phase(&mut self, context: &mut Context<'_>) -> Poll<Step> {
        let mut phase = self.link.take();
        let polled = match &mut phase {
            Phase::Idle => Poll::Ready(Step::Attempt),
            Phase::Waiting(delay) => delay.as_mut().poll(context).map(|()| Step::Attempt),
            Phase::Connecting(attempt) => {
                attempt.as_mut().poll(context).map(|outcome| match outcome {
                    Ok(Connection::Body(body)) => Step::Opened(body),
                    Ok(Connection::NoContent) => Step::Ended,
                    Err(error) => Step::Dropped {
                        cause: error,
                        healthy: false,
                    },
                })
            }
            Phase::Live(body) => match body.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(chunk))) => {
                    self.silence.heard();
                    Poll::Ready(Step::Chunk(chunk))
                }
                Poll::Ready(Some(Err(error))) => Poll::Ready(self.lost(error)),
                Poll::Ready(None) => Poll::Ready(self.lost(Error::new(
                    ErrorKind::Connection,
                    "the stream ended before its last event",
                ))),
                Poll::Pending if self.silence.poll_exceeded(context) => Poll::Ready(self.lost(
                    Error::new(ErrorKind::Timeout, "the stream was silent for too long"),
                )),
                Poll::Pending => Poll::Pending,
            },
            Phase::Ended | Phase::Taken => Poll::Ready(Step::Ended),
        };
        if matches!(polled, Poll::Pending | Poll::Ready(Step::Chunk(_))) {
            self.link.set(phase);
        }
        if polled.is_pending() && self.link.is_cancelled() {
            return Poll::Ready(Step::Ended);
        }
        polled
    }

    fn lost(&self, cause: Error) -> Step {
        Step::Dropped {
            cause,
            healthy: self.silence.was_healthy(),
        }
    }

    fn attempt(&mut self) {
        if self.attempts == 0 {
            self.tell(|| ConnectionState::Connecting);
        }
        let attempt = self.connect.connect(self.decoder.last_event_id());
        self.link.set(Phase::Connecting(attempt));
    }

    /// Plans the next attempt, or says with which error the source ends.
    fn dropped(&mut self, cause: Error, healthy: bool) -> Result<()> {
        if healthy {
            self.attempts = 0;
        }
        self.retry = self.retry();
        // What was read of the connection and not yet taken goes with it.
        let id = self.decoder.last_event_id().to_owned();
        self.decoder = Decoder::with_last_event_id(id).max_event_size(self.max_event_size);
        let too_long = cause
            .retry_after()
            .is_some_and(|delay| delay > self.policy.max_retry_after);
        if !cause.is_retryable() || self.attempts >= self.policy.max_attempts || too_long {
            let attempts = self.attempts.max(cause.attempts());
            return Err(cause.with_attempts(attempts));
        }
        self.attempts += 1;
        let delay = self
            .policy
            .delay(self.attempts, self.retry, cause.retry_after());
        tracing::debug!(attempt = self.attempts, ?delay, kind = ?cause.kind(), status = cause.status(), "resuming");
        self.link.set(Phase::Waiting(Box::pin(sleep(delay))));
        let attempt = self.attempts;
        self.tell(|| ConnectionState::Resuming {
            attempt,
            delay,
            cause: Arc::new(cause),
        });
        Ok(())
    }

    fn fail<T>(&mut self, error: Error) -> Poll<Option<Result<T>>> {
        self.close();
        Poll::Ready(Some(Err(error)))
    }
}

impl<C> EventSource<C> {
    /// Ends for good and lets go of the connection.
    fn close(&mut self) {
        if !std::mem::replace(&mut self.closed, true) {
            self.link.set(Phase::Ended);
            self.tell(|| ConnectionState::Closed);
        }
    }

    fn tell(&self, state: impl FnOnce() -> ConnectionState) {
        if let Some(observer) = &self.observer {
            observer.tell(state());
        }
    }
}

impl<C> Drop for EventSource<C> {
    fn drop(&mut self) {
        self.close();
    }
}

/// What came of pushing on.
enum Step {
    Chunk(Bytes),
    Attempt,
    Opened(BoxStream<'static, Result<Bytes>>),
    Dropped { cause: Error, healthy: bool },
    Ended,
}

impl<C: Connect + Unpin> Stream for EventSource<C> {
    type Item = Result<Event>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_with(context, |_, frame| {
            Taken::New(Some(Event {
                event: frame.event.to_owned(),
                data: frame.data.to_owned(),
                id: frame.id.to_owned(),
            }))
        })
    }
}

impl<C> fmt::Debug for EventSource<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSource")
            .field("last_event_id", &self.decoder.last_event_id())
            .field("attempts", &self.attempts)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

fn too_large(error: DecodeError) -> Error {
    Error::new(ErrorKind::Protocol, error.to_string()).with_source(error)
}
