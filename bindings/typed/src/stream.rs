//! Event streams that are pulled in batches.

use std::sync::Arc;
use std::time::Duration;

use aod::sse::Reconnect;
use aod_bridge::cancel::CancelScope;
use aod_bridge::error as bridge;
use aod_bridge::prefetch::{self, Item, Limits, Prefetcher};
use uuid::Uuid;

use super::batch::{EventBatch, EventRun};
use super::call::RUNTIME;
use super::client::NativeClient;
use super::config::set;
use super::error::{CallError, ErrorInfo};

/// How much is prefetched.
const LIMITS: Limits = Limits {
    events: 256,
    bytes: 1024 * 1024,
};

/// The options of a stream.
#[derive(uniffi::Record)]
#[uniffi(name = "NativeStreamOptions")]
pub struct StreamOptions {
    /// Leaves out the `stage` and `output` events up to and including the one with this ID, such as the cursor of an
    /// earlier stream. `start`, the `turn_start` of a turn that continues, and the terminal event of a session that has
    /// ended arrive again. Default: from the first event.
    #[uniffi(default)]
    pub since: Option<i64>,
    /// Delivers only `start`, the `turn_start` and `output` events of this turn, and the event that ends the stream: the
    /// terminal event, or the `turn_start` of a later turn. Default: all events.
    #[uniffi(default)]
    pub turn: Option<i64>,
    /// Whether to reconnect when the connection drops. If false, the stream uses one connection, delivers its events
    /// verbatim, repeated ones included, and fails when the connection cannot be opened or drops. Default true.
    #[uniffi(default = true)]
    pub reconnect: bool,
    /// The maximum number of consecutive attempts to reconnect without a healthy connection. 0 disables reconnection.
    /// Default: no limit.
    #[uniffi(default)]
    pub max_attempts: Option<u32>,
    /// How long the stream may be without a healthy connection before it fails. A connection is healthy once it has
    /// delivered a new event, or has stayed open for 10 s. Delays that the server asks for (`retry`, `Retry-After`) do
    /// not count. Default 10 min.
    #[uniffi(default)]
    pub give_up_after: Option<Duration>,
    /// The upper limit of the delay before the first attempt to reconnect. The limit doubles with each further attempt;
    /// the actual delay is partly random. Default 250 ms.
    #[uniffi(default)]
    pub base_delay: Option<Duration>,
    /// The maximum of the doubled limit. Default 30 s.
    #[uniffi(default)]
    pub max_delay: Option<Duration>,
    /// The longest `Retry-After` that is honored; a longer one ends the stream with the error that carries it.
    /// Default 120 s.
    #[uniffi(default)]
    pub max_retry_after: Option<Duration>,
    /// The time limit of the whole stream, including the time to open it. When it expires, the stream fails with an
    /// error of kind `Timeout`. Default: no limit.
    #[uniffi(default)]
    pub deadline: Option<Duration>,
    /// Whether to reconnect after a `stale` event instead of ending the stream. The server sends it after ten minutes
    /// without output, although the session is still active. Default false.
    #[uniffi(default = false)]
    pub resume_stale: bool,
}

/// The state of a stream's connection.
#[derive(Debug, Clone, uniffi::Enum)]
#[uniffi(name = "NativeState")]
pub enum ConnectionState {
    /// The first connection is being established.
    Connecting,
    /// The connection is established.
    Live,
    /// The connection dropped or could not be established; the next attempt follows after the delay.
    Resuming {
        /// The number of consecutive attempts since the last healthy connection, starting at 1.
        attempt: u32,
        /// The delay before the attempt.
        delay: Duration,
        /// The reason for reconnecting.
        cause: Box<ErrorInfo>,
    },
    /// There is no network, or the client is suspended: the stream connects when the network is available again.
    WaitingForNetwork,
    /// The IDs of the events have started again at a lower number: the next events are new. The connection does not
    /// change.
    HistoryReset,
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
                cause: Box::new(bridge::ErrorInfo::from(cause).into()),
            },
            aod::ConnectionState::WaitingForNetwork => Self::WaitingForNetwork,
            aod::ConnectionState::HistoryReset => Self::HistoryReset,
            aod::ConnectionState::Closed => Self::Closed,
        }
    }
}

/// An item of a stream.
#[derive(uniffi::Enum)]
pub enum StreamItem {
    /// A batch of events, in order.
    Events {
        /// The events in runs, at least one event.
        runs: Vec<EventRun>,
    },
    /// The connection state changed.
    State {
        /// The new state.
        state: ConnectionState,
    },
}

/// An event stream, which reads a bounded number of events ahead. Dropping it closes the connection.
#[derive(uniffi::Object)]
#[uniffi(name = "NativeStream")]
pub struct EventStream {
    pub(super) events: Prefetcher<EventBatch>,
    /// The number of the turn that the stream is limited to.
    pub(super) turn: Option<i64>,
}

#[uniffi::export(name = "NativeStream")]
impl EventStream {
    /// Waits for the next item and returns it, or nothing if the stream has ended. If the stream cannot be opened, the
    /// first call fails with the error.
    pub async fn next(&self) -> Result<Option<StreamItem>, CallError> {
        Ok(self.events.take().await?.map(Into::into))
    }

    /// Ends the stream without an error and closes its connection immediately. A waiting `next` returns nothing.
    pub fn cancel(&self) {
        self.events.cancel();
    }
}

impl From<Item<EventBatch>> for StreamItem {
    fn from(item: Item<EventBatch>) -> Self {
        match item {
            Item::Batch(batch) => Self::Events {
                runs: batch.into_runs(),
            },
            Item::State(state) => Self::State {
                state: state.into(),
            },
        }
    }
}

#[uniffi::export]
impl NativeClient {
    /// Opens the event stream of a session (`GET /sessions/{id}/stream`). Returns before the stream is connected; if
    /// the server responds with an error, such as 404, the first `next` fails with it.
    pub fn stream(&self, id: Uuid, options: StreamOptions) -> Result<Arc<EventStream>, CallError> {
        Ok(Arc::new(EventStream {
            turn: options.turn,
            events: open(self, id, options)?,
        }))
    }
}

/// Opens a stream on the runtime.
pub(super) fn open(
    client: &NativeClient,
    id: Uuid,
    options: StreamOptions,
) -> bridge::Result<Prefetcher<EventBatch>> {
    let (observe, states) = prefetch::states();
    let StreamOptions {
        since,
        turn,
        reconnect,
        max_attempts,
        give_up_after,
        base_delay,
        max_delay,
        max_retry_after,
        deadline,
        resume_stale,
    } = options;
    let mut policy = Reconnect::new();
    policy = set(policy, max_attempts, Reconnect::max_attempts);
    policy = set(policy, give_up_after, Reconnect::give_up_after);
    policy = set(policy, base_delay, Reconnect::base_delay);
    policy = set(policy, max_delay, Reconnect::max_delay);
    policy = set(policy, max_retry_after, Reconnect::max_retry_after);
    let scope = CancelScope::new(None, &client.closed);
    let client = client.client.clone();
    let opening = async move {
        let sessions = client.sessions();
        let mut request = sessions
            .stream(id)
            .reconnect(policy)
            .resume_stale(resume_stale)
            .on_state(observe);
        if !reconnect {
            request = request.no_reconnect();
        }
        request = set(request, since, aod::StreamRequest::since);
        request = set(request, deadline, aod::StreamRequest::deadline);
        Ok(set(request.await?, turn, aod::EventStream::turn))
    };
    Prefetcher::spawn(&RUNTIME, LIMITS, scope, opening, Some(states))
}
