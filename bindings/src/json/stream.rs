//! The events of a session, pulled in batches of JSON.

use std::sync::Arc;
use std::time::Duration;

use aod::models::event::StreamEvent;
use aod::sse::{CancelHandle, Reconnect};
use aod::{Client, EventStream};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::timeout;
use uuid::Uuid;

use super::call::{Pending, run};
use super::client::{duration, unusable};
use super::error::CallError;
use crate::runtime;

/// How a stream is opened.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StreamOptions {
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

/// Opens a stream, on whatever runtime polls it.
pub(super) async fn open(
    client: Client,
    id: Uuid,
    since: Option<i64>,
    options: StreamOptions,
) -> Result<Arc<EventBatches>, CallError> {
    let deadline = options.deadline.map(duration).transpose()?;
    let sessions = client.sessions();
    let mut request = sessions.stream(id).resume_stale(options.resume_stale);
    if let Some(since) = since {
        request = request.since(since);
    }
    if let Some(attempts) = options.max_attempts {
        request = request.reconnect(Reconnect::new().max_attempts(attempts));
    }
    if !options.reconnect {
        request = request.no_reconnect();
    }
    if let Some(after) = deadline {
        request = request.deadline(after);
    }
    let events = request.await?;
    Ok(Arc::new(EventBatches {
        cancel: events.cancel_handle(),
        state: Mutex::new(State {
            events,
            failure: None,
        }),
    }))
}

/// A stream being opened. Dropping it gives it up.
#[derive(uniffi::Object)]
pub struct StreamOpening(pub(super) Pending<Arc<EventBatches>>);

#[uniffi::export]
impl StreamOpening {
    /// Waits this many milliseconds at most; nothing when the stream is not open yet. It is given once.
    pub fn wait(&self, milliseconds: u32) -> Result<Option<Arc<EventBatches>>, CallError> {
        self.0.wait(milliseconds)
    }
}

/// An open stream. Nothing is read ahead of what is pulled.
#[derive(uniffi::Object)]
pub struct EventBatches {
    state: Mutex<State>,
    cancel: CancelHandle,
}

struct State {
    events: EventStream,
    /// The error behind the events of the last batch.
    failure: Option<CallError>,
}

/// One pull.
#[derive(uniffi::Record)]
pub struct Batch {
    /// A JSON array of events; empty when none came in time, and nothing at the end of the stream.
    pub events: Option<Vec<u8>>,
    /// The position behind these events, to resume from.
    pub cursor: Option<i64>,
}

impl State {
    async fn pull(&mut self, max: u32) -> Result<Batch, CallError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let Some(items) = self.events.next_batch(max as usize).await else {
            return Ok(Batch {
                events: None,
                cursor: self.events.cursor(),
            });
        };
        let mut events: Vec<StreamEvent> = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Ok(event) => events.push(event),
                Err(error) => self.failure = Some(error.into()),
            }
        }
        if let Some(failure) = self.failure.take_if(|_| events.is_empty()) {
            return Err(failure);
        }
        let json = serde_json::to_vec(&events)
            .map_err(|_| CallError::of_kind("decode", "an event cannot be written as JSON"))?;
        Ok(Batch {
            events: Some(json),
            cursor: self.events.cursor(),
        })
    }
}

#[uniffi::export]
impl EventBatches {
    /// Waits this many milliseconds at most for events, and takes those that are there, `max` at most.
    pub fn next_within(&self, max: u32, milliseconds: u32) -> Result<Batch, CallError> {
        let limit = Duration::from_millis(milliseconds.into());
        runtime::handle().map_err(unusable)?.block_on(async {
            let pull = async { self.state.lock().await.pull(max).await };
            let nothing = Batch {
                events: Some(Vec::new()),
                cursor: None,
            };
            timeout(limit, pull).await.unwrap_or(Ok(nothing))
        })
    }

    /// Waits for events, and takes those that are there, `max` at most.
    pub async fn next(self: Arc<Self>, max: u32) -> Result<Batch, CallError> {
        let this = Arc::clone(&self);
        run(async move { this.state.lock().await.pull(max).await }).await
    }

    /// Ends the stream and closes its connection at once, whoever is waiting on it.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}
