//! The events of a session, read a little ahead and taken in batches of JSON.

use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aod::EventStream;
use aod::sse::Reconnect;
use serde::Deserialize;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::client::{duration, unusable};
use super::error::CallError;
use super::wakeups::Wakeups;
use crate::runtime;

/// How much is read ahead at most: as many events, or as many bytes and the event that exceeds them.
const EVENTS_AHEAD: usize = 512;
const BYTES_AHEAD: usize = 256 * 1024;
/// Events taken from the stream at once.
const BATCH: usize = 64;

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
async fn open(
    client: aod::Client,
    id: Uuid,
    since: Option<i64>,
    options: StreamOptions,
) -> Result<EventStream, CallError> {
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
    Ok(request.await?)
}

/// A stream. A task of its own opens it and reads it a little ahead; dropping this closes its connection.
#[derive(uniffi::Object)]
pub struct EventBatches {
    shared: Arc<Shared>,
    task: AbortHandle,
}

#[derive(Default)]
struct Shared {
    batch: Mutex<Batch>,
    /// There is something in the batch, or it is the last.
    filled: Condvar,
    /// The batch has been taken.
    taken: Notify,
}

/// What has been read and not been taken.
#[derive(Default)]
struct Batch {
    /// `[[event, …`, the beginning of what is given out; empty when there is no event.
    text: Vec<u8>,
    events: usize,
    /// The position behind the events, to resume from.
    cursor: Option<i64>,
    /// Nothing more will come, perhaps because of an error.
    end: Option<Result<(), CallError>>,
    /// Somebody is waiting on the condition.
    waited_for: bool,
    /// Whom to tell, and which number.
    waker: Option<(Arc<Wakeups>, u64)>,
}

impl EventBatches {
    pub(super) fn start(
        client: aod::Client,
        id: Uuid,
        since: Option<i64>,
        options: StreamOptions,
    ) -> Result<Arc<Self>, CallError> {
        let shared = Arc::new(Shared::default());
        let opening = open(client, id, since, options);
        let task = runtime::handle()
            .map_err(unusable)?
            .spawn(read(Arc::clone(&shared), opening));
        Ok(Arc::new(Self {
            shared,
            task: task.abort_handle(),
        }))
    }
}

#[uniffi::export]
impl EventBatches {
    /// Takes what has been read, as `[[event, …], cursor]` in JSON: `null` when the stream has ended, and nothing at
    /// all when there is nothing yet. Waits this many milliseconds at most.
    pub fn take(&self, milliseconds: u32) -> Result<Vec<u8>, CallError> {
        let mut batch = self.shared.lock();
        if milliseconds > 0 && batch.is_empty() {
            batch.waited_for = true;
            let limit = Duration::from_millis(milliseconds.into());
            let waited = self
                .shared
                .filled
                .wait_timeout_while(batch, limit, |batch| batch.is_empty());
            batch = waited.unwrap_or_else(PoisonError::into_inner).0;
            batch.waited_for = false;
        }
        if batch.events > 0 {
            let text = batch.take();
            drop(batch);
            self.shared.taken.notify_one();
            return Ok(text);
        }
        match batch.end.replace(Ok(())) {
            Some(Ok(())) => Ok(b"null".to_vec()),
            Some(Err(error)) => Err(error),
            None => {
                batch.end = None;
                Ok(Vec::new())
            }
        }
    }

    /// Tells a number once there is something to take; at once if there is.
    pub fn tell(&self, wakeups: Arc<Wakeups>, number: u64) {
        let mut batch = self.shared.lock();
        if batch.is_empty() {
            batch.waker = Some((wakeups, number));
        } else {
            drop(batch);
            wakeups.tell(number);
        }
    }

    /// Ends the stream and closes its connection, whoever is waiting on it. What has been read is gone.
    pub fn cancel(&self) {
        self.task.abort();
        let mut batch = self.shared.lock();
        batch.text = Vec::new();
        batch.events = 0;
        batch.end = Some(Ok(()));
        self.shared.wake(batch);
    }
}

impl Drop for EventBatches {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads a stream to its end.
async fn read(shared: Arc<Shared>, opening: impl Future<Output = Result<EventStream, CallError>>) {
    let outcome = match opening.await {
        Ok(events) => read_events(&shared, events).await,
        Err(error) => Err(error),
    };
    let mut batch = shared.lock();
    batch.end.get_or_insert(outcome);
    shared.wake(batch);
}

async fn read_events(shared: &Shared, mut events: EventStream) -> Result<(), CallError> {
    loop {
        while shared.lock().is_full() {
            shared.taken.notified().await;
        }
        let Some(items) = events.next_batch(BATCH).await else {
            return Ok(());
        };
        let cursor = events.cursor();
        let mut failure: Result<(), CallError> = Ok(());
        let mut batch = shared.lock();
        for item in items {
            match item {
                Ok(event) => batch.put(&event)?,
                Err(error) => failure = Err(error.into()),
            }
        }
        batch.cursor = cursor;
        if batch.events > 0 {
            shared.wake(batch);
        }
        failure?;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Batch> {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whoever waits for the batch.
    fn wake(&self, mut batch: MutexGuard<'_, Batch>) {
        let waited_for = batch.waited_for;
        let waker = batch.waker.take();
        drop(batch);
        if waited_for {
            self.filled.notify_one();
        }
        if let Some((wakeups, number)) = waker {
            wakeups.tell(number);
        }
    }
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.events == 0 && self.end.is_none()
    }

    fn is_full(&self) -> bool {
        self.events >= EVENTS_AHEAD || self.text.len() >= BYTES_AHEAD
    }

    fn put(&mut self, event: &aod::models::event::StreamEvent) -> Result<(), CallError> {
        self.text
            .extend_from_slice(if self.text.is_empty() { b"[[" } else { b"," });
        serde_json::to_writer(&mut self.text, event)
            .map_err(|_| CallError::of_kind("decode", "an event cannot be written as JSON"))?;
        self.events += 1;
        Ok(())
    }

    fn take(&mut self) -> Vec<u8> {
        let mut text = std::mem::take(&mut self.text);
        self.events = 0;
        let cursor = self.cursor;
        text.extend_from_slice(b"],");
        text.extend_from_slice(
            cursor
                .map_or_else(|| "null".to_owned(), |cursor| cursor.to_string())
                .as_bytes(),
        );
        text.push(b']');
        text
    }
}
