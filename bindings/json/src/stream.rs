//! The events of a session, taken in batches of JSON.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aod::StreamRequest;
use aod::sse::Reconnect;
use aod_bridge::cancel::CancelScope;
use aod_bridge::log::StateLog;
use aod_bridge::prefetch::{Item, Limits, Prefetcher};
use serde::Deserialize;
use uuid::Uuid;

use crate::batch::JsonBatch;
use crate::config::{duration, set};
use crate::error::CallError;
use crate::process::RUNTIME;
use crate::wake::WakeQueue;

/// How much is read ahead.
const LIMITS: Limits = Limits {
    events: 256,
    bytes: 64 * 1024,
};

/// How a stream is opened.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamOptions {
    #[serde(default = "on")]
    reconnect: bool,
    max_attempts: Option<u32>,
    deadline: Option<f64>,
    #[serde(default)]
    resume_stale: bool,
}

fn on() -> bool {
    true
}

/// A stream, read a little ahead. Dropping it closes its connection.
#[derive(uniffi::Object)]
pub struct EventBatches {
    events: Prefetcher<JsonBatch>,
    log: Arc<StateLog>,
}

impl EventBatches {
    pub(crate) fn open(
        client: aod::Client,
        id: Uuid,
        since: Option<i64>,
        options: StreamOptions,
    ) -> Result<Arc<Self>, CallError> {
        let log = Arc::new(StateLog::default());
        let recorder = Arc::clone(&log);
        let deadline = options.deadline.map(duration).transpose()?;
        let opening = async move {
            let sessions = client.sessions();
            let mut request = sessions
                .stream(id)
                .resume_stale(options.resume_stale)
                .on_state(move |state| recorder.record(&state));
            request = set(request, since, StreamRequest::since);
            request = set(request, deadline, StreamRequest::deadline);
            request = set(request, options.max_attempts, |request, attempts| {
                request.reconnect(Reconnect::new().max_attempts(attempts))
            });
            if !options.reconnect {
                request = request.no_reconnect();
            }
            Ok(request.await?)
        };
        let events = Prefetcher::spawn(&RUNTIME, LIMITS, CancelScope::default(), opening, None)?;
        Ok(Arc::new(Self { events, log }))
    }
}

#[uniffi::export]
impl EventBatches {
    /// Takes what has been read, as JSON: `null` when the stream has ended, and nothing at all when there is nothing yet.
    /// Waits this many milliseconds at most.
    pub fn take(&self, milliseconds: u32) -> Result<String, CallError> {
        let taken = match milliseconds {
            0 => self.events.try_take(),
            _ => self.events.wait(Duration::from_millis(milliseconds.into())),
        };
        match taken {
            Poll::Ready(Ok(Some(Item::Batch(batch)))) => Ok(batch.into_json()),
            // States are logged, not queued.
            Poll::Pending | Poll::Ready(Ok(Some(Item::State(_)))) => Ok(String::new()),
            Poll::Ready(Ok(None)) => Ok("null".to_owned()),
            Poll::Ready(Err(error)) => Err(error.into()),
        }
    }

    /// Has an id queued once there is something to take; at once if there is.
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

    /// Takes the lines for the caller's log: the changes of the connection's state, the first 64.
    pub fn state_log(&self) -> Vec<String> {
        self.log.take()
    }

    /// Ends the stream, wakes its consumer and closes the connection. Discards what was read.
    pub fn cancel(&self) {
        self.events.cancel();
    }
}
