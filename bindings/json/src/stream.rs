//! The events of a session, read a little ahead and taken in batches of JSON.

use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aod::ConnectionState;
use aod::EventStream;
use aod::models::event::StreamEvent;
use aod::sse::Reconnect;
use futures::{FutureExt as _, StreamExt as _};
use serde::Deserialize;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use uuid::Uuid;

use super::call::given_up;
use super::client::{RUNTIME, duration, unusable};
use super::error::CallError;
use super::wakeups::Wakeups;

/// How much is read ahead at most: as many events, or as many bytes and the event that exceeds them.
const EVENTS_AHEAD: usize = 128;
const BYTES_AHEAD: usize = 32 * 1024;

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
    shared: Arc<Shared>,
) -> Result<EventStream, CallError> {
    let deadline = options.deadline.map(duration).transpose()?;
    let sessions = client.sessions();
    let mut request = sessions
        .stream(id)
        .resume_stale(options.resume_stale)
        .on_state(move |state| shared.note(&state));
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
    /// What became of the connection, for the caller's log.
    notes: Mutex<Vec<String>>,
}

/// How many notes are kept for a caller who does not ask for them.
const MOST_NOTES: usize = 64;

/// What has been read and not been taken.
#[derive(Default)]
struct Batch {
    /// `[[event, …`, the beginning of what is given out; empty when there is no event.
    text: Vec<u8>,
    /// The position behind each of the events, to resume from.
    cursors: Vec<Option<i64>>,
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
        let opening = open(client, id, since, options, Arc::clone(&shared));
        let task = RUNTIME
            .handle()
            .map_err(unusable)?
            .spawn(read(Reader(Arc::clone(&shared)), opening));
        Ok(Arc::new(Self {
            shared,
            task: task.abort_handle(),
        }))
    }
}

#[uniffi::export]
impl EventBatches {
    /// Takes what has been read, as `[[event, …], [cursor, …]]` in JSON, with the position behind each event: `null` when
    /// the stream has ended, and nothing at all when there is nothing yet. Waits this many milliseconds at most.
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
        if let Some(text) = batch.take() {
            drop(batch);
            self.shared.taken.notify_one();
            return text;
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

    /// What became of the connection since the last time this was asked, in words; the first 64 changes.
    pub fn notes(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.shared.notes))
    }

    /// Ends the stream and closes its connection, whoever is waiting on it. What has been read is gone.
    pub fn cancel(&self) {
        // Before the task is gone, whose end would else be an error.
        self.shared.lock().end = Some(Ok(()));
        self.task.abort();
        let mut batch = self.shared.lock();
        batch.text = Vec::new();
        batch.cursors = Vec::new();
        self.shared.wake(batch);
    }
}

impl Drop for EventBatches {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Who reads a stream. Dropping it ends the stream for whoever waits: a runtime that is shut down drops it.
struct Reader(Arc<Shared>);

impl Reader {
    fn end(&self, outcome: Result<(), CallError>) {
        let mut batch = self.0.lock();
        batch.end.get_or_insert(outcome);
        self.0.wake(batch);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.end(Err(given_up()));
    }
}

/// Reads a stream to its end.
async fn read(reader: Reader, opening: impl Future<Output = Result<EventStream, CallError>>) {
    reader.end(match opening.await {
        Ok(events) => read_events(&reader.0, events).await,
        Err(error) => Err(error),
    });
}

async fn read_events(shared: &Shared, mut events: EventStream) -> Result<(), CallError> {
    loop {
        while shared.lock().is_full() {
            shared.taken.notified().await;
        }
        // What is ready with it comes along, so that nobody is woken for each event.
        let mut next = events.next().await;
        let mut batch = shared.lock();
        loop {
            match next {
                Some(Ok(event)) => batch.put(&event, events.cursor())?,
                Some(Err(error)) => return Err(error.into()),
                None => return Ok(()),
            }
            if batch.is_full() {
                break;
            }
            match events.next().now_or_never() {
                Some(following) => next = following,
                None => break,
            }
        }
        shared.wake(batch);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Batch> {
        lock(&self.batch)
    }

    fn note(&self, state: &ConnectionState) {
        let mut notes = lock(&self.notes);
        if notes.len() < MOST_NOTES {
            notes.push(match state {
                ConnectionState::Resuming {
                    attempt,
                    delay,
                    cause,
                } => {
                    format!("resuming, attempt {attempt} in {delay:.1?}, after: {cause}")
                }
                other => format!("{other:?}").to_lowercase(),
            });
        }
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
        self.cursors.is_empty() && self.end.is_none()
    }

    fn is_full(&self) -> bool {
        self.cursors.len() >= EVENTS_AHEAD || self.text.len() >= BYTES_AHEAD
    }

    fn put(&mut self, event: &StreamEvent, cursor: Option<i64>) -> Result<(), CallError> {
        let before: &[u8] = if self.text.is_empty() { b"[[" } else { b"," };
        self.text.extend_from_slice(before);
        serde_json::to_writer(&mut self.text, event).map_err(|_| unwritable())?;
        self.cursors.push(cursor);
        Ok(())
    }

    fn take(&mut self) -> Option<Result<Vec<u8>, CallError>> {
        if self.cursors.is_empty() {
            return None;
        }
        let mut text = std::mem::take(&mut self.text);
        let cursors = std::mem::take(&mut self.cursors);
        text.extend_from_slice(b"],");
        let written = serde_json::to_writer(&mut text, &cursors);
        text.push(b']');
        Some(written.map(|()| text).map_err(|_| unwritable()))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unwritable() -> CallError {
    CallError::of_kind("decode", "an event cannot be written as JSON")
}
