//! The events of a session, pulled in batches.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aod::Client;
use aod::models::event::StreamEvent;
use aod::sse::{CancelHandle, Reconnect};
use futures::FutureExt as _;
use futures::future::{self, BoxFuture};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::ahead::ReadAhead;
use super::call::{Cancellation, Ends, OnRuntime, run};
use super::client::NativeClient;
use super::config::set;
use super::error::{CallError, ErrorFacts, ErrorKind};

/// How a stream is opened. What is left out has its default.
#[derive(uniffi::Record)]
pub struct StreamOptions {
    /// Leaves out the events up to and including the one with this id, such as another stream's cursor.
    #[uniffi(default)]
    pub since: Option<i64>,
    /// Keeps only `start`, the `turn_start` and `output` events of this turn, and the terminal event.
    #[uniffi(default)]
    pub turn: Option<i64>,
    /// Whether a connection that drops is followed by another. Off: one connection, its events as they come.
    #[uniffi(default = true)]
    pub reconnect: bool,
    /// How many attempts in a row may bring nothing new before the stream fails. Default 10.
    #[uniffi(default)]
    pub max_attempts: Option<u32>,
    /// The longest delay before the first attempt; it doubles with each further one. Default 250 ms.
    #[uniffi(default)]
    pub base_delay: Option<Duration>,
    /// The cap of that doubling. Default 30 s.
    #[uniffi(default)]
    pub max_delay: Option<Duration>,
    /// The time for the whole stream. Default: as long as the session takes.
    #[uniffi(default)]
    pub deadline: Option<Duration>,
    /// Goes on after `stale`, which else ends the stream.
    #[uniffi(default = false)]
    pub resume_stale: bool,
}

/// Where a stream is with its connection.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum ConnectionState {
    /// The first connection is being made.
    Connecting,
    /// A connection is there, and events come as the server sends them.
    Live,
    /// The connection dropped, or an attempt to make one failed; the next is made after the delay.
    Resuming {
        /// How many attempts in a row this is, from 1, since the last healthy connection.
        attempt: u32,
        /// How long until it is made.
        delay: Duration,
        /// Why it is needed.
        cause: Box<ErrorFacts>,
    },
    /// The stream has ended.
    Closed,
}

impl From<aod::ConnectionState> for ConnectionState {
    fn from(state: aod::ConnectionState) -> Self {
        match state {
            aod::ConnectionState::Connecting => Self::Connecting,
            aod::ConnectionState::Live => Self::Live,
            aod::ConnectionState::Resuming {
                attempt,
                delay,
                cause,
            } => Self::Resuming {
                attempt,
                delay,
                cause: Box::new(cause.as_ref().into()),
            },
            aod::ConnectionState::Closed => Self::Closed,
        }
    }
}

/// A failure of a listener or observer.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum ListenerError {
    /// It threw.
    #[error("{reason}")]
    Threw {
        /// What it threw.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ListenerError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Threw {
            reason: error.reason,
        }
    }
}

/// Told of a stream's connection.
#[uniffi::export(rust, foreign)]
pub trait ConnectionObserver: Send + Sync {
    /// Called with each change of state, in order. It must return at once. What it throws is passed over.
    fn on_state(&self, state: ConnectionState) -> Result<(), ListenerError>;
}

/// Some events, in order.
#[derive(uniffi::Record)]
pub struct EventBatch {
    /// The events; at least one.
    pub events: Vec<StreamEvent>,
    /// The cursor after each of them: to be passed as `since`, and none of them comes again.
    pub cursors: Vec<Option<i64>>,
}

/// A stream. It is read a little ahead of what is pulled. Dropping it closes its connection; so does `cancel`, at once
/// and from anywhere.
#[derive(uniffi::Object)]
pub struct EventStream {
    source: tokio::sync::Mutex<Source>,
    cursor: Mutex<Option<i64>>,
    /// Of the connection, once there is one.
    cut: OnceLock<CancelHandle>,
    cancelled: CancellationToken,
    closed: CancellationToken,
}

enum Source {
    /// Not open yet; whoever comes next goes on with it.
    Opening(BoxFuture<'static, Result<aod::EventStream, CallError>>),
    Open(ReadAhead),
    /// It could not be opened.
    Refused,
}

#[uniffi::export]
impl EventStream {
    /// Waits for events, and takes those that are there, `max` at most; nothing at the end of the stream. The first pull
    /// opens a stream that is not open yet, and fails as opening it does.
    pub async fn next_batch(self: Arc<Self>, max: u32) -> Result<Option<EventBatch>, CallError> {
        let this = Arc::clone(&self);
        let ends = Ends::new(Some(self.cancelled.clone()), &self.closed);
        let pull = OnRuntime::new(ends.or(async move {
            let mut source = this.source.lock().await;
            this.open(&mut source).await?;
            let batch = match &mut *source {
                Source::Open(events) => events.events(max).await?,
                Source::Opening(_) | Source::Refused => None,
            };
            if let Some(cursor) = batch.as_ref().and_then(|batch| batch.cursors.last()) {
                *this.cursor.lock().unwrap_or_else(PoisonError::into_inner) = *cursor;
            }
            Ok(batch)
        }))?;
        match pull.await {
            Ok(batch) => Ok(batch),
            Err(CallError::Failed { facts }) if facts.kind == ErrorKind::Cancelled => Ok(None),
            Err(error) => {
                // One that was closed is still connected.
                self.cancel();
                Err(error)
            }
        }
    }

    /// The position behind what was pulled, to resume from.
    pub fn cursor(&self) -> Option<i64> {
        *self.cursor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the stream and closes its connection at once, whoever is waiting on it; the stream then ends without an
    /// error.
    pub fn cancel(&self) {
        self.cancelled.cancel();
        if let Some(cut) = self.cut.get() {
            cut.cancel();
        }
    }
}

impl EventStream {
    /// Opens what is not open yet. It can be left at any point, and gone on with later.
    async fn open(&self, source: &mut Source) -> Result<(), CallError> {
        let Source::Opening(opening) = source else {
            return Ok(());
        };
        match opening.await {
            Ok(events) => {
                let cut = self.cut.get_or_init(|| events.cancel_handle());
                // A cancel may have come before there was anything to cut.
                if self.cancelled.is_cancelled() {
                    cut.cancel();
                }
                *source = Source::Refused;
                *source = Source::Open(ReadAhead::of(future::ready(Ok(events)), None)?);
                Ok(())
            }
            Err(error) => {
                *source = Source::Refused;
                Err(error)
            }
        }
    }
}

#[uniffi::export]
impl NativeClient {
    /// The event stream of a session (`GET /sessions/{id}/stream`), to be opened by the first pull.
    ///
    /// For languages that drop a call to cancel it: a stream that a dropped call has just opened would stay open.
    #[uniffi::method(default(observer = None))]
    pub fn prepare_stream(
        &self,
        id: Uuid,
        options: StreamOptions,
        observer: Option<Arc<dyn ConnectionObserver>>,
    ) -> Arc<EventStream> {
        let cursor = Mutex::new(options.since);
        // The connection is made by a task of the runtime, not on the thread that pulls: that may be an app's main one.
        let observer = observer.map(|observer| {
            move |state| {
                // An observer that throws has itself to blame, and the stream goes on.
                let _ = observer.on_state(state);
            }
        });
        let opening = open(self.client.clone(), id, options, observer);
        let cancelled = CancellationToken::new();
        let ends = Ends::new(Some(cancelled.clone()), &self.closed);
        let opening = async { run(ends.or(opening)).await };
        Arc::new(EventStream {
            cursor,
            source: tokio::sync::Mutex::new(Source::Opening(opening.boxed())),
            cut: OnceLock::new(),
            cancelled,
            closed: self.closed.clone(),
        })
    }

    /// Opens the event stream of a session (`GET /sessions/{id}/stream`). What the server answers to the request
    /// itself, such as 404, is an error of this call.
    #[uniffi::method(default(observer = None, cancellation = None))]
    pub async fn open_stream(
        &self,
        id: Uuid,
        options: StreamOptions,
        observer: Option<Arc<dyn ConnectionObserver>>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<Arc<EventStream>, CallError> {
        let stream = self.prepare_stream(id, options, observer);
        let ends = Ends::new(
            cancellation.map(|cancellation| cancellation.0.clone()),
            &self.closed,
        );
        run(ends.or(async move {
            let mut source = stream.source.lock().await;
            stream.open(&mut source).await?;
            drop(source);
            Ok(stream)
        }))
        .await
    }
}

/// Opens a stream, on whatever runtime polls it.
pub(super) async fn open(
    client: Client,
    id: Uuid,
    options: StreamOptions,
    observer: Option<impl Fn(ConnectionState) + Send + Sync + 'static>,
) -> Result<aod::EventStream, CallError> {
    let StreamOptions {
        since,
        turn,
        reconnect,
        max_attempts,
        base_delay,
        max_delay,
        deadline,
        resume_stale,
    } = options;
    let mut policy = Reconnect::new();
    policy = set(policy, max_attempts, Reconnect::max_attempts);
    policy = set(policy, base_delay, Reconnect::base_delay);
    policy = set(policy, max_delay, Reconnect::max_delay);
    let sessions = client.sessions();
    let mut request = sessions
        .stream(id)
        .reconnect(policy)
        .resume_stale(resume_stale);
    if !reconnect {
        request = request.no_reconnect();
    }
    request = set(request, since, aod::StreamRequest::since);
    request = set(request, deadline, aod::StreamRequest::deadline);
    request = set(request, observer, |request, observer| {
        request.on_state(move |state| observer(state.into()))
    });
    let events = request.await?;
    Ok(set(events, turn, aod::EventStream::turn))
}
