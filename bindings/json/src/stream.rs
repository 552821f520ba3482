//! Event streams that are pulled in batches of JSON.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use aod::sse::Reconnect;
use aod::{ConnectionState, EventStream, RecordId, StreamRequest};
use aod_bridge::cancel::CancelScope;
use aod_bridge::error::ErrorInfo;
use aod_bridge::prefetch::{self, Item, Limits, Prefetcher};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::batch::JsonBatch;
use crate::config::{duration, set};
use crate::error::CallError;
use crate::process::RUNTIME;
use crate::token::TokenRequests;
use crate::wake::WakeQueue;

/// The limits of prefetching.
const LIMITS: Limits = Limits {
    events: 256,
    bytes: 64 * 1024,
};

/// The options of a stream.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamOptions {
    #[serde(default = "on")]
    reconnect: bool,
    max_attempts: Option<u32>,
    give_up_after: Option<f64>,
    /// The turn with which the stream ends.
    turn: Option<i64>,
    /// Whether to deliver the events before this turn too.
    #[serde(default)]
    earlier_turns: bool,
    base_delay: Option<f64>,
    max_delay: Option<f64>,
    max_retry_after: Option<f64>,
    deadline: Option<f64>,
    #[serde(default)]
    resume_stale: bool,
}

fn on() -> bool {
    true
}

/// An event stream, of which a bounded number of events is prefetched. Dropping it closes the connection.
#[derive(uniffi::Object)]
pub struct EventBatches {
    events: Prefetcher<JsonBatch>,
    tokens: Arc<TokenRequests>,
    last: Mutex<Last>,
}

/// The item that `take` has returned last, which is kept until the caller has stored it: a signal may interrupt Python
/// between the call and the assignment of its result.
#[derive(Default)]
struct Last {
    /// The number of the item, from 1.
    number: u64,
    item: Option<Result<String, CallError>>,
}

impl Last {
    fn replace(&mut self, item: Result<String, CallError>) -> Result<String, CallError> {
        self.number += 1;
        // The copy has no spare capacity.
        self.item = Some(item.clone());
        item
    }
}

impl EventBatches {
    pub(crate) fn of_session(
        client: aod::Client,
        tokens: Arc<TokenRequests>,
        id: RecordId,
        since: Option<i64>,
        options: StreamOptions,
    ) -> Result<Arc<Self>, CallError> {
        let (observe, states) = prefetch::states();
        let deadline = options.deadline.map(duration).transpose()?;
        let give_up_after = options.give_up_after.map(duration).transpose()?;
        let mut policy = set(
            Reconnect::new(),
            options.max_attempts,
            Reconnect::max_attempts,
        );
        policy = set(policy, give_up_after, Reconnect::give_up_after);
        let base_delay = options.base_delay.map(duration).transpose()?;
        policy = set(policy, base_delay, Reconnect::base_delay);
        let max_delay = options.max_delay.map(duration).transpose()?;
        policy = set(policy, max_delay, Reconnect::max_delay);
        let max_retry_after = options.max_retry_after.map(duration).transpose()?;
        policy = set(policy, max_retry_after, Reconnect::max_retry_after);
        let opening = async move {
            let sessions = client.sessions();
            let mut request = sessions
                .stream(id)
                .resume_stale(options.resume_stale)
                .reconnect(policy)
                .on_state(observe);
            request = set(request, since, StreamRequest::since);
            request = set(request, deadline, StreamRequest::deadline);
            if !options.reconnect {
                request = request.no_reconnect();
            }
            let limit = if options.earlier_turns {
                EventStream::until_turn
            } else {
                EventStream::turn
            };
            Ok(set(request.await?, options.turn, limit))
        };
        let scope = CancelScope::default();
        let events = Prefetcher::spawn(&RUNTIME, LIMITS, scope, opening, Some(states))?;
        let last = Mutex::default();
        Ok(Arc::new(Self {
            events,
            tokens,
            last,
        }))
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks until a poll is ready, the client asks for a token, or the time is over.
    fn wait<T>(&self, milliseconds: u32, poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        let limit = Duration::from_millis(milliseconds.into());
        self.tokens.wait_unless_asked(limit, poll)
    }
}

#[uniffi::export]
impl EventBatches {
    /// Returns the prefetched events as a JSON array, a change of the connection state as a JSON object, `null` if the
    /// stream has ended, or an empty string if nothing has arrived within `milliseconds`.
    ///
    /// Events, states and the end are numbered from 1. `stored` is the number of the last one that the caller has
    /// stored: the one after it is returned, again if it was returned before.
    pub fn take(&self, milliseconds: u32, stored: u64) -> Result<String, CallError> {
        let mut last = self.last();
        if let Some(item) = last.item.as_ref().filter(|_| stored < last.number) {
            return item.clone();
        }
        last.item = None;
        let taken = match milliseconds {
            0 => self.events.try_take(),
            _ => self.wait(milliseconds, |context| self.events.poll_take(context)),
        };
        let Poll::Ready(taken) = taken else {
            return Ok(String::new());
        };
        last.replace(match taken {
            Ok(Some(Item::Batch(batch))) => Ok(batch.into_json()),
            Ok(Some(Item::State(state))) => Ok(state_json(state).to_string()),
            Ok(None) => Ok("null".to_owned()),
            Err(error) => Err(error.into()),
        })
    }

    /// Adds an ID to the queue when the stream is open or has ended; immediately if it already is.
    pub fn notify_open(&self, queue: Arc<WakeQueue>, id: u64) {
        let waker = queue.waker(id);
        if self
            .events
            .poll_opened(&mut Context::from_waker(&waker))
            .is_ready()
        {
            waker.wake();
        }
    }

    /// Adds an ID to the queue when there is something to take; immediately if there already is.
    pub fn notify(&self, queue: Arc<WakeQueue>, id: u64) {
        let waker = queue.waker(id);
        if self
            .events
            .poll_ready(&mut Context::from_waker(&waker))
            .is_ready()
        {
            waker.wake();
        }
    }

    /// Ends the stream without an error, wakes its consumer and closes the connection. Prefetched events are discarded.
    pub fn cancel(&self) {
        self.events.cancel();
    }
}

/// Returns a connection state as JSON. `cause` has the details of the error, as those of [`CallError`].
fn state_json(state: ConnectionState) -> Value {
    match state {
        ConnectionState::Connecting => json!({"kind": "connecting"}),
        ConnectionState::Live => json!({"kind": "live"}),
        ConnectionState::Resuming {
            attempt,
            delay,
            cause,
        } => {
            let CallError::Failed { facts } = ErrorInfo::from(cause).into();
            json!({"kind": "resuming", "attempt": attempt, "delay": delay.as_secs_f64(), "cause": facts})
        }
        ConnectionState::WaitingForNetwork => json!({"kind": "waiting_for_network"}),
        ConnectionState::HistoryReset => json!({"kind": "history_reset"}),
        ConnectionState::Closed => json!({"kind": "closed"}),
    }
}
