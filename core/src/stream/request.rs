//! The request that opens a stream, and the connector that reconnects it.

use std::future::{IntoFuture, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use aod_sse::{Attempt, Connect, Connection, EventSource, Observer, Reconnect};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde::Deserialize;

use super::position::Position;
use super::selection::{Held, Queued};
use super::{ConnectionState, EventStream};
use crate::error::{Error, ErrorKind, Result};
use crate::models::SessionStatus;
use crate::models::event::StreamEvent;
use crate::transport::{Operation, RecordId, Request, SleepWatch, Transport};

/// After how many bodies without a new event and without a terminal event the server is asked whether the session has
/// ended.
const ENDS_BEFORE_ASKING: u32 = 2;

/// The options of an event stream (`GET /sessions/{id}/stream`), from [`Sessions::stream`](crate::Sessions::stream).
/// Await it to open the stream.
///
/// If a connection breaks before the head of the response, or the head takes longer than
/// [`stream_idle_timeout`](crate::ClientBuilder::stream_idle_timeout), opening continues according to the [reconnection
/// policy](Self::reconnect). If the server cannot be reached, or answers with 408, 429 or 5xx, opening fails after as
/// many retries as a call ([`RetryPolicy::max_retries`](crate::RetryPolicy::max_retries)). Unlike in a call, a 429 is
/// retried here even without `Retry-After`.
///
/// See [Options](https://ravi-hq.github.io/agent-on-demand/latest/options/#streams).
///
/// # Errors
///
/// Opening fails with [`NotFound`](ErrorKind::NotFound) if the session does not exist, or with
/// [the errors of every call](crate::Error#errors-of-every-call).
///
/// # Examples
///
/// ```no_run
/// # async fn demo(client: aod::Client, id: uuid::Uuid) -> aod::Result<()> {
/// use std::time::Duration;
/// use aod::sse::Reconnect;
///
/// let events = client
///     .sessions()
///     .stream(id)
///     .since(41230)
///     .deadline(Duration::from_secs(3600))
///     .reconnect(Reconnect::new().max_attempts(30))
///     .on_state(|state| eprintln!("{state:?}"))
///     .await?;
/// # let _ = events;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a stream is opened by awaiting its request"]
pub struct StreamRequest<'a> {
    transport: &'a Transport,
    id: RecordId,
    since: Option<i64>,
    reconnect: Option<Reconnect>,
    deadline: Option<Duration>,
    resume_stale: bool,
    observer: Option<Observer<Error>>,
}

impl<'a> StreamRequest<'a> {
    pub(crate) fn new(transport: &'a Transport, id: RecordId) -> Self {
        Self {
            transport,
            id,
            since: None,
            reconnect: Some(Reconnect::new()),
            deadline: None,
            resume_stale: false,
            observer: None,
        }
    }

    /// Skips the `stage` and `output` events up to and including the one with this id, usually the
    /// [`cursor`](EventStream::cursor) of an earlier stream. Default: no event is skipped.
    ///
    /// Other events that the earlier stream delivered arrive again: `start`; the `turn_start` of the turn that was read
    /// last, if more of its output follows; the terminal event, if no turn is queued or running; and an event of an
    /// unknown type, if no event with a higher id had arrived. [Resuming in another
    /// process](https://github.com/ravi-hq/agent-on-demand/blob/main/docs/stream-rules.md#resuming-in-another-process)
    /// describes how to apply each event once.
    pub fn since(mut self, id: i64) -> Self {
        self.since = Some(id);
        self
    }

    /// Sets the reconnection policy. Default [`Reconnect::new`]: the stream gives up after 10 min without a healthy
    /// connection, with no limit of attempts. The delays between attempts are random; their upper bound doubles from
    /// 250 ms to 30 s.
    pub fn reconnect(mut self, policy: Reconnect) -> Self {
        self.reconnect = Some(policy);
        self
    }

    /// Disables reconnection: the stream uses one connection, delivers its repeated events too, and ends with an error
    /// when the connection drops or cannot be established. Opening is not retried, and the terminal event is not
    /// confirmed.
    pub fn no_reconnect(mut self) -> Self {
        self.reconnect = None;
        self
    }

    /// Sets the time limit of the whole stream, including the time to open it. When it expires, the stream ends with an
    /// error of the kind [`Timeout`](ErrorKind::Timeout). Default: no limit.
    pub fn deadline(mut self, after: Duration) -> Self {
        self.deadline = Some(after);
        self
    }

    /// Sets whether to reconnect after `stale`, which the server sends after ten minutes without output although the
    /// session is still active; `stale` is not delivered then. Default false: `stale` ends the stream like every
    /// terminal event.
    pub fn resume_stale(mut self, on: bool) -> Self {
        self.resume_stale = on;
        self
    }

    /// Calls `observe` with each change of the connection state, in order, from the task that polls the stream. It must
    /// not block. The request that confirms the terminal event is not reported. Default: no observer.
    pub fn on_state(mut self, observe: impl Fn(ConnectionState) + Send + Sync + 'static) -> Self {
        self.observer = Some(Observer::new(observe));
        self
    }

    async fn open(self) -> Result<EventStream> {
        let opening = Arc::new(Opening::default());
        let session = SessionLog {
            server: Some((self.transport.clone(), self.id.clone())),
            position: Position::after(self.since),
            held: None,
            is_quiet: false,
            queued: None,
            observer: self.observer.clone(),
            opening: Arc::clone(&opening),
            _sleep_watch: Some(self.transport.watch_sleep()),
        };
        let no_reconnect = Reconnect::new().max_attempts(0);
        let mut source = EventSource::new(session)
            .resume_after(self.since.map(|id| id.to_string()).unwrap_or_default())
            .reconnect(self.reconnect.clone().unwrap_or(no_reconnect))
            .clock(self.transport.clock().clone())
            .idle_timeout(self.transport.settings().stream_idle_timeout)
            .observer(self.observer);
        if self.reconnect.is_some() {
            source = source.network(self.transport.network().clone());
        }
        if let Some(after) = self.deadline {
            source = source.deadline(after);
        }
        let opened = poll_fn(|context| source.poll_open(context)).await;
        opened.map_err(|error| {
            let error = source.connector().with_request_context(error);
            if opening.gave_up.load(Ordering::Relaxed) {
                error.retryable(true)
            } else {
                error
            }
        })?;
        Ok(EventStream::from_source(
            source,
            self.reconnect.is_none(),
            self.resume_stale,
        ))
    }
}

impl<'a> IntoFuture for StreamRequest<'a> {
    type Output = Result<EventStream>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.open().boxed()
    }
}

/// The connector of one session, and the position of the stream in its event log.
pub(super) struct SessionLog {
    /// `None` for a stream over a single body, which cannot reconnect.
    pub(super) server: Option<(Transport, RecordId)>,
    pub(super) position: Position,
    /// The terminal event that is held until it is confirmed.
    pub(super) held: Option<Held>,
    /// Whether the connections were healthy, but brought no event.
    pub(super) is_quiet: bool,
    /// A row to deliver before the next frame is read.
    pub(super) queued: Option<Queued>,
    pub(super) observer: Option<Observer<Error>>,
    pub(super) opening: Arc<Opening>,
    pub(super) _sleep_watch: Option<Arc<SleepWatch>>,
}

/// The state of opening a stream.
#[derive(Debug, Default)]
pub(super) struct Opening {
    /// Whether a connection was established; from then on, only the reconnection policy applies.
    opened: AtomicBool,
    /// The number of attempts that did not reach the server, or that the server answered with an error.
    failures: AtomicU32,
    /// Whether opening failed because there were too many failures.
    gave_up: AtomicBool,
}

impl Opening {
    /// Checks the outcome of an attempt. If the server is unreachable or answers with an error, there are as many
    /// attempts as for a call; the error of the last one becomes permanent.
    fn check(
        &self,
        max_retries: u32,
        outcome: Result<Connection<Error>>,
    ) -> Result<Connection<Error>> {
        if outcome.is_ok() {
            self.opened.store(true, Ordering::Relaxed);
        }
        let error = match outcome {
            Err(error) if self.opened.load(Ordering::Relaxed) && is_of_the_network(&error) => {
                return Err(error.retryable(true));
            }
            Err(error) if !self.opened.load(Ordering::Relaxed) && error.is_retryable() => error,
            outcome => return outcome,
        };
        if !error.is_unsent() && error.status().is_none() {
            return Err(error);
        }
        let failures = self
            .failures
            .fetch_add(1, Ordering::Relaxed)
            .saturating_add(1);
        if failures <= max_retries {
            return Err(error);
        }
        self.gave_up.store(true, Ordering::Relaxed);
        Err(error.with_attempts(failures).retryable(false))
    }
}

/// Returns whether a failed attempt to reconnect says nothing about the session: the token provider may have no network
/// either, and a captive portal answers with a page, a redirect or a certificate of its own.
fn is_of_the_network(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Auth => error.status().is_none(),
        ErrorKind::Protocol | ErrorKind::Connection => true,
        _ => false,
    }
}

impl SessionLog {
    /// Returns a permanent error if a `start` event belongs to another session.
    pub(super) fn wrong_session(&self, event: &StreamEvent) -> Option<Error> {
        let requested = self.server.as_ref()?.1.as_uuid()?;
        let StreamEvent::Start(start) = event else {
            return None;
        };
        let started = start.session_id.filter(|started| *started != requested)?;
        Some(Error::new(
            ErrorKind::Protocol,
            format!("the stream of session {requested} belongs to session {started}"),
        ))
    }

    /// Adds the method and URL of the request to an error of the open stream.
    pub(super) fn with_request_context(&self, error: Error) -> Error {
        match &self.server {
            Some((transport, id)) if error.url().is_none() => {
                let request = request(id.clone(), self.position.cursor());
                transport.describe(error, &request)
            }
            _ => error,
        }
    }
}

impl Connect for SessionLog {
    type Error = Error;

    fn connect(&mut self, attempt: Attempt<'_>) -> BoxFuture<'static, Result<Connection<Error>>> {
        let since = self.position.resume_after(attempt.last_event_id);
        let server = self.server.clone();
        let opening = Arc::clone(&self.opening);
        let may_be_over = attempt.ends >= ENDS_BEFORE_ASKING;
        // The attempts are counted from the last healthy connection, the ends from the last event.
        self.is_quiet = may_be_over && (self.is_quiet || attempt.number <= 1);
        let is_quiet = self.is_quiet;
        async move {
            match server {
                Some((transport, id)) => {
                    let is_over = may_be_over && is_over(&transport, id.clone(), is_quiet).await;
                    let outcome = transport.open(&request(id, since)).await;
                    let outcome = opening.check(transport.settings().retry.max_retries, outcome);
                    if is_over {
                        tracing::warn!(
                            "the stream ends without a terminal event: the session is not active"
                        );
                        // Opened after the session has ended, it has all events.
                        outcome.map(Connection::last)
                    } else {
                        outcome
                    }
                }
                None => Err(Error::new(
                    ErrorKind::Protocol,
                    "this stream cannot reconnect",
                )),
            }
        }
        .boxed()
    }
}

/// Asks the server whether the session has ended or does not exist (`GET /sessions/{id}`). A server that cannot be
/// reached is asked again before the next attempt. After healthy connections without events, only the session proves
/// that it has ended.
async fn is_over(transport: &Transport, id: RecordId, is_quiet: bool) -> bool {
    #[derive(Deserialize)]
    struct Session {
        status: SessionStatus,
    }
    let request = Request::new(Operation::GetSession).id(id);
    match transport.call_once::<Session>(&request).await {
        Ok(session) => !session.status.is_active(),
        // 405 and 501: the server has streams, but no sessions.
        Err(error) => {
            !is_quiet
                && (error.kind() == ErrorKind::Decode
                    || matches!(error.status(), Some(404 | 405 | 410 | 501)))
        }
    }
}

fn request(id: RecordId, since: Option<i64>) -> Request {
    Request::new(Operation::StreamSession).id(id).after(since)
}
