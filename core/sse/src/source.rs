//! A source of events that reconnects.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{Stream, StreamExt as _};
use http::response::Parts;
use tokio::time::Instant;

use super::clock::Timer;
use super::error::{ConnectError, Error};
use super::idle_timer::IdleTimer;
use super::network::jitter;
use super::reconnect::ordered_delay;
use super::shared_connection::{CancelHandle, Phase, SharedConnection};
use super::state::{Observer, ReadyState};
use super::{
    Attempt, Clock, Connect, Connection, ConnectionState, Decoder, Frame, Network, Reconnect,
};

/// The number of chunks without an item to deliver that one poll reads before it yields to other tasks.
const CHUNKS_PER_POLL: u32 = 32;

/// A stream of server-sent events that reconnects automatically.
///
/// It implements the `EventSource` of the HTML standard, with the deviations that the [table](crate#the-standard)
/// lists:
///
/// - When a connection drops, ends or fails with a [retryable](ConnectError::is_retryable) error, the source reconnects
///   and resumes after the last event id. [`Reconnect`] sets the delays between attempts, and when the source gives up.
/// - A 204 response ends the source without an error. Any other failure ends it with one error.
/// - An incomplete event is not delivered.
///
/// The source does not read ahead, so a slow consumer applies backpressure to the server. Dropping the source closes
/// its connection. The source does not detect repeated events; a protocol on top does so with
/// [`poll_with`](Self::poll_with).
///
/// # Examples
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
    deadline: Option<Timer>,
    clock: Clock,
    network: Option<Network>,
    /// The [path](Network::path) of the network that the connection uses.
    path: u64,
    /// Until when the server forbids the next attempt (`Retry-After`).
    not_before: Option<Instant>,
    observer: Option<Observer<C::Error>>,
    /// The number of attempts since the last healthy connection.
    attempts: u32,
    /// The time when the last healthy connection was lost, plus the delays that the server has requested since.
    failing_since: Option<Instant>,
    /// The number of connections since the last progress whose bodies ended, but not within an event.
    ends: u32,
    /// Whether the end of the current connection ends the source. Progress resets it.
    is_last: bool,
    closed: bool,
    /// The time limit of the last connection, once it has started.
    confirm_by: Option<Timer>,
    /// When an item of the last connection was delivered: the time limit does not include the consumer's time.
    delivered_at: Option<Instant>,
}

/// One event with owned fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The event type: the value of the last `event` line, or `message`.
    pub event: String,
    /// The values of the `data` lines, joined by line feeds.
    pub data: String,
    /// The last event id; empty if no event has set one.
    pub id: String,
}

/// The decision of a protocol on top of SSE about one frame; see [`EventSource::poll_with`].
#[derive(Debug)]
pub enum Disposition<T, E> {
    /// Deliver the item. The frame is progress: the connection counts as healthy.
    Deliver(T),
    /// Deliver nothing, but count the frame as progress, as for an event that the caller filters out.
    Skip,
    /// Deliver the item, but do not count the frame as progress: it may be a repeat.
    DeliverWithoutProgress(T),
    /// Deliver nothing, and do not count the frame as progress, as for a repeat.
    Ignore,
    /// Deliver the item and end the source.
    End(T),
    /// Drop the connection and reconnect, with this error as the cause. If the error is not retryable, the source ends
    /// with it.
    Reconnect(E),
    /// Drop the connection and open a last one, which resumes after the last event id. It is not retried: if it fails
    /// or ends, the source ends with the error; if this time passes first, with [`Error::DeadlineExceeded`]. Until
    /// then, no connection state is reported.
    Confirm(Duration),
    /// End the [confirmation](Self::Confirm): deliver the item, if any, count the frame as progress, and reconnect as
    /// usual when the connection drops.
    Continue(Option<T>),
}

type Result<T, C> = std::result::Result<T, <C as Connect>::Error>;

impl<C: Connect> EventSource<C> {
    /// Creates a source that connects when it is first polled.
    pub fn new(connect: C) -> Self {
        let clock = Clock::new();
        Self {
            connect,
            connection: SharedConnection::new(),
            response: None,
            decoder: Decoder::new(),
            policy: Reconnect::new(),
            idle: IdleTimer::new(clock.clone(), None),
            deadline: None,
            clock,
            network: None,
            path: 0,
            not_before: None,
            observer: None,
            attempts: 0,
            failing_since: None,
            ends: 0,
            is_last: false,
            closed: false,
            confirm_by: None,
            delivered_at: None,
        }
    }

    /// Creates a source from a connection that is already established. Later connections come from `connect`.
    pub fn with_connection(connect: C, first: Connection<C::Error>) -> Self {
        let mut source = Self::new(connect);
        source.response = first.response;
        source.is_last = first.is_last;
        source
            .connection
            .set(first.body.map_or(Phase::Ended, Phase::Live));
        source
    }

    /// Sets the last event id, so that the first connection resumes after that event. Default: none.
    #[must_use]
    pub fn resume_after(mut self, id: impl Into<String>) -> Self {
        self.decoder.set_last_event_id(id);
        self
    }

    /// Sets the reconnection policy. Default: [`Reconnect::new`].
    #[must_use]
    pub fn reconnect(mut self, policy: Reconnect) -> Self {
        self.policy = policy;
        self
    }

    /// Sets how long a connection may receive no byte before the source drops it and reconnects. Default: no limit.
    ///
    /// Every byte counts as activity, comments included. An idle connection is detected after 1 to 4/3 of the limit.
    /// Time in which the source is not polled counts for at most a third of the limit.
    #[must_use]
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle = IdleTimer::new(self.clock.clone(), Some(limit));
        self
    }

    /// Sets the total time limit, counted from this call. When it passes, the source ends with
    /// [`Error::DeadlineExceeded`]. Default: no limit.
    #[must_use]
    pub fn deadline(mut self, after: Duration) -> Self {
        self.deadline = Some(Timer::after(&self.clock, after));
        self
    }

    /// Follows what the program reports about the network; see [`Network`]. Default: no reports.
    ///
    /// While there is no network, the source makes no attempt. After a report that the network is available again or
    /// has changed, it connects within 250 ms, at a random time, and earlier attempts do not count. Any other report
    /// that there is a network only ends the delay before an attempt. No report shortens a `Retry-After`.
    #[must_use]
    pub fn network(mut self, network: Network) -> Self {
        self.path = network.path();
        self.connection.follow(&network);
        self.network = Some(network);
        self
    }

    /// Sets the clock of all time limits and delays. Default: a new [`Clock`].
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.idle.set_clock(clock.clone());
        self.deadline = self.deadline.take().map(|deadline| deadline.on(&clock));
        self.clock = clock;
        self
    }

    /// Sets the size limit of one event, in bytes. A larger event ends the source with [`Error::Decode`]. Default
    /// [`MAX_EVENT_SIZE`](super::MAX_EVENT_SIZE).
    #[must_use]
    pub fn max_event_size(mut self, bytes: usize) -> Self {
        self.decoder = std::mem::take(&mut self.decoder).max_event_size(bytes);
        self
    }

    /// Calls `observe` with each change of the connection state, in order, from the task that polls the source. It must
    /// not block. Default: no observer.
    #[must_use]
    pub fn on_state(
        self,
        observe: impl Fn(ConnectionState<C::Error>) + Send + Sync + 'static,
    ) -> Self {
        self.observer(Some(Observer::new(observe)))
    }

    /// Sets the observer of the connection state, or removes it. Default: none.
    #[must_use]
    pub fn observer(mut self, observer: Option<Observer<C::Error>>) -> Self {
        self.observer = observer;
        self
    }

    /// Calls `handle` with the text of each comment, as [`Decoder::on_comment`] does. Default: comments are discarded
    /// and only count as activity.
    #[must_use]
    pub fn on_comment(mut self, handle: impl FnMut(&str) + Send + 'static) -> Self {
        self.decoder = std::mem::take(&mut self.decoder).on_comment(handle);
        self
    }

    /// Returns the last event id, which the next connection resumes after; empty if no id was received or set.
    pub fn last_event_id(&self) -> &str {
        self.decoder.last_event_id()
    }

    /// Returns the reconnection time that the server requested last (`retry`), if any.
    pub fn retry(&self) -> Option<Duration> {
        self.decoder.retry()
    }

    /// Returns the head of the current response, if the connector [attached it](Connection::with_response); `None`
    /// while disconnected.
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

    /// Returns a handle that cancels the source from another task or thread.
    pub fn cancel_handle(&self) -> CancelHandle {
        self.connection.handle()
    }

    /// Returns the connector, to modify it.
    pub fn connector_mut(&mut self) -> &mut C {
        &mut self.connect
    }

    /// Returns the connector.
    pub fn connector(&self) -> &C {
        &self.connect
    }

    /// Polls for the next item of a protocol on top of SSE.
    ///
    /// `dispose` receives each frame once, together with the connector, and returns what to do with it. The [`Stream`]
    /// implementation of the source yields every frame as an owned [`Event`].
    ///
    /// # Errors
    ///
    /// Yields one error and then ends: a connector's error that is not retryable or that exhausts the [`Reconnect`]
    /// policy, [`Error::Decode`], or [`Error::DeadlineExceeded`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), aod_sse::Error> {
    /// use aod_sse::{Attempt, Connection, Disposition, Error, EventSource};
    /// use std::future::poll_fn;
    ///
    /// let connect = |_: Attempt<'_>| async {
    ///     let body = "data: 1\n\ndata: not a number\n\ndata: 2\n\nevent: end\ndata: 3\n\n";
    ///     Ok::<_, Error>(Connection::body(futures::stream::iter([Ok(body.into())])))
    /// };
    /// let mut source = EventSource::new(connect);
    /// let mut sum = 0;
    /// while let Some(number) = poll_fn(|context| {
    ///     source.poll_with(context, |_, frame| match frame.data.parse::<u32>() {
    ///         Ok(number) if frame.event == "end" => Disposition::End(number),
    ///         Ok(number) => Disposition::Deliver(number),
    ///         Err(_) => Disposition::Skip,
    ///     })
    /// })
    /// .await
    /// {
    ///     sum += number?;
    /// }
    /// assert_eq!(sum, 6);
    /// # Ok(()) }
    /// ```
    pub fn poll_with<T>(
        &mut self,
        context: &mut Context<'_>,
        mut dispose: impl FnMut(&mut C, Frame<'_>) -> Disposition<T, C::Error>,
    ) -> Poll<Option<Result<T, C>>> {
        if let (Some(at), Some(by)) = (self.delivered_at.take(), &mut self.confirm_by) {
            by.delay(at.elapsed());
        }
        let mut chunks = 0;
        loop {
            if self.closed || self.connection.is_cancelled() {
                self.close();
                return Poll::Ready(None);
            }
            let disposition = match self.decoder.next_frame() {
                Some(Ok(frame)) => dispose(&mut self.connect, frame),
                Some(Err(error)) => return self.fail(Error::Decode(error).into()),
                None => {
                    if chunks == 0 {
                        self.connection.register(context.waker());
                    } else if chunks == CHUNKS_PER_POLL {
                        context.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    match ready!(self.poll_chunk(context)) {
                        Some(Ok(chunk)) => {
                            self.decoder.feed(chunk);
                            chunks += 1;
                        }
                        Some(Err(error)) => return self.fail(error),
                        None => {}
                    }
                    continue;
                }
            };
            match disposition {
                Disposition::Ignore => {}
                Disposition::Skip => self.record_progress(),
                Disposition::Deliver(item) => {
                    self.record_progress();
                    return self.deliver(item);
                }
                Disposition::DeliverWithoutProgress(item) => return self.deliver(item),
                Disposition::End(item) => {
                    self.close();
                    return Poll::Ready(Some(Ok(item)));
                }
                Disposition::Confirm(within) => self.confirm(within),
                Disposition::Continue(item) => {
                    self.record_progress();
                    self.confirm_by = None;
                    if let Some(item) = item {
                        return self.deliver(item);
                    }
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

    fn deliver<T>(&mut self, item: T) -> Poll<Option<Result<T, C>>> {
        self.delivered_at = self.confirm_by.is_some().then(Instant::now);
        Poll::Ready(Some(Ok(item)))
    }

    /// Returns the next bytes, from this connection or the next one; `None` once the source is closed.
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, C>>> {
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
    /// Failed attempts are followed by further ones according to the [policy](Self::reconnect). Calling this is
    /// optional: polling for events opens the connection too.
    ///
    /// # Errors
    ///
    /// Returns the error with which the source ended.
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
        if self.connection.take_interruption() {
            self.follow_network();
        }
        match ready!(self.poll_phase(context)) {
            Step::Chunk(chunk) => return Poll::Ready(Ok(Some(chunk))),
            Step::Attempt => self.attempt(),
            Step::Opened(Connection {
                body: Some(body),
                response,
                is_last,
            }) => {
                self.idle.restart();
                self.response = response;
                self.is_last = is_last;
                self.connection.set(Phase::Live(body));
                self.notify(|| ConnectionState::Live);
            }
            Step::Dropped { cause, healthy } => self.dropped(cause, healthy)?,
            Step::Opened(Connection { body: None, .. }) | Step::Ended => self.close(),
        }
        Poll::Ready(Ok(None))
    }

    /// Returns whether the deadline has passed.
    fn deadline_passed(&mut self, context: &mut Context<'_>) -> bool {
        [&mut self.deadline, &mut self.confirm_by]
            .into_iter()
            .flatten()
            .any(|timer| timer.has_passed(context))
    }

    /// Polls the current phase.
    fn poll_phase(&mut self, context: &mut Context<'_>) -> Poll<Step<C::Error>> {
        let mut phase = self.connection.take();
        let polled = match &mut phase {
            Phase::Idle => Poll::Ready(Step::Attempt),
            Phase::Waiting(delay) => delay.poll(context).map(|()| {
                // The source was not polled for this time, or the machine slept.
                let late = delay.lateness();
                self.failing_since = self.failing_since.and_then(|since| since.checked_add(late));
                Step::Attempt
            }),
            Phase::Offline => Poll::Pending,
            Phase::Connecting(attempt) => {
                attempt.as_mut().poll(context).map(|outcome| match outcome {
                    Ok(connection) => Step::Opened(connection),
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
                Poll::Ready(None) => {
                    // A body that ends within an event was cut.
                    let is_complete = self.decoder.is_between_events();
                    self.ends = self.ends.saturating_add(is_complete.into());
                    Poll::Ready(if is_complete && self.is_last {
                        Step::Ended
                    } else {
                        self.lost(Error::Ended.into())
                    })
                }
                Poll::Pending if self.idle.poll_exceeded(context) => {
                    Poll::Ready(self.lost(Error::IdleTimeout.into()))
                }
                Poll::Pending => Poll::Pending,
            },
            // Interrupted while it was polled, right after the source looked at the network.
            Phase::Interrupted => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
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
            retry: self.decoder.retry(),
            ends: self.ends,
            path: self.path,
        });
        self.connection.set(Phase::Connecting(attempt));
    }

    /// Schedules the next attempt, or returns the error with which the source ends.
    fn dropped(&mut self, cause: C::Error, healthy: bool) -> Result<(), C> {
        if healthy {
            self.record_health();
        }
        self.response = None;
        self.decoder.reset();
        let now = Instant::now();
        let failing_since = *self.failing_since.get_or_insert(now);
        let failing = now.saturating_duration_since(failing_since);
        let Reconnect {
            mut max_attempts,
            give_up_after,
            max_retry_after,
            ..
        } = self.policy;
        if self.confirm_by.is_some() {
            max_attempts = Some(0);
        }
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
        self.not_before = retry_after.map(|delay| self.clock.after(delay));
        self.wait(attempt, delay, cause);
        Ok(())
    }

    fn wait(&mut self, attempt: u32, delay: Duration, cause: C::Error) {
        self.connection
            .set(Phase::Waiting(Timer::after(&self.clock, delay)));
        self.notify(|| ConnectionState::Resuming {
            attempt,
            delay,
            cause: Arc::new(cause),
        });
    }

    /// Adapts the connection to what the program reported about the network.
    fn follow_network(&mut self) {
        let Some(network) = &self.network else {
            return;
        };
        let condition = network.condition();
        let is_same_path = std::mem::replace(&mut self.path, condition.path) == condition.path;
        let phase = self.connection.take();
        match phase {
            Phase::Ended | Phase::Borrowed => {
                self.connection.set(phase);
                return;
            }
            Phase::Offline if !condition.is_available() => {
                self.connection.set(phase);
                return;
            }
            Phase::Idle if condition.is_available() => {
                self.connection.set(phase);
                return;
            }
            Phase::Live(_) | Phase::Connecting(_) if condition.is_available() && is_same_path => {
                self.connection.set(phase);
                return;
            }
            Phase::Waiting(_) if condition.is_available() && is_same_path => {
                // The attempt that follows is the same one, but sooner.
                drop(phase);
                let timer = Timer::after(&self.clock, self.report_delay());
                self.connection.set(Phase::Waiting(timer));
                return;
            }
            _ => drop(phase),
        }
        self.response = None;
        self.decoder.reset();
        self.attempts = 0;
        self.failing_since = None;
        if !condition.is_available() {
            tracing::debug!("waiting for the network");
            self.connection.set(Phase::Offline);
            self.notify(|| ConnectionState::WaitingForNetwork);
            return;
        }
        self.attempts = 1;
        let delay = self.report_delay();
        self.wait(1, delay, Error::NetworkChanged.into());
    }

    /// Returns the delay before an attempt after a report.
    fn report_delay(&self) -> Duration {
        let now = self.clock.now();
        let forbidden = self.not_before.map(|at| at.saturating_duration_since(now));
        jitter().max(forbidden.unwrap_or_default())
    }

    /// Starts the last connection. Further confirmations share its time limit.
    fn confirm(&mut self, within: Duration) {
        self.response = None;
        self.decoder.reset();
        self.attempts = 0;
        self.confirm_by
            .get_or_insert_with(|| Timer::after(&self.clock, within));
        self.connection.set(Phase::Idle);
    }

    fn record_progress(&mut self) {
        self.record_health();
        self.ends = 0;
        self.is_last = false;
    }

    fn record_health(&mut self) {
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
        if let Some(observer) = &self.observer
            && (self.closed || self.confirm_by.is_none())
        {
            observer.notify(state());
        }
    }
}

impl<C: Connect> Drop for EventSource<C> {
    fn drop(&mut self) {
        // The observer may be what panicked; a second panic during unwinding would abort the process.
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
    Opened(Connection<E>),
    Dropped { cause: E, healthy: bool },
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
