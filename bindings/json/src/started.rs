//! Sessions whose turns have been started, until the caller knows their ids.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aod::models::SessionAck;
use aod::{Client, Operation, RecordId};
use aod_bridge::error::Result;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::config::Stop;
use crate::process::RUNTIME;

/// How long a call that ends early waits until its sessions are stopped.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// The sessions of a client that are stopped unless the caller claims them.
#[derive(Default)]
pub(crate) struct StartedSessions {
    state: Mutex<State>,
    progress: Arc<Progress>,
}

#[derive(Default)]
struct State {
    sessions: Vec<StartedSession>,
    is_stopping: bool,
}

#[derive(Default)]
struct Progress {
    /// The number of sessions that are not claimed: they are being created, have been created, or are being stopped.
    pending: watch::Sender<usize>,
    /// Why sessions could not be stopped.
    failures: Mutex<Vec<String>>,
}

impl StartedSessions {
    /// Counts a request that starts a turn.
    pub(crate) fn begin(&self) -> Pending {
        self.progress.pending.send_modify(|count| *count += 1);
        Pending(Arc::clone(&self.progress))
    }

    pub(crate) fn add(&self, session: StartedSession) {
        let mut state = self.lock();
        if !state.is_stopping {
            state.sessions.push(session);
        }
    }

    /// Lets the sessions continue.
    pub(crate) fn claim(&self) {
        let sessions = std::mem::take(&mut self.lock().sessions);
        for mut session in sessions {
            drop(session.stop.take());
        }
    }

    /// Stops the sessions, and those that are being created, even if the future is not polled. The future returns the
    /// failures as a JSON array, or `null` if they are not known within the time limit.
    pub(crate) fn stop(&self) -> impl Future<Output = Result<String>> + Send + use<> {
        let mut state = self.lock();
        state.is_stopping = true;
        let sessions = std::mem::take(&mut state.sessions);
        drop(state);
        drop(sessions);
        let progress = Arc::clone(&self.progress);
        async move {
            let mut pending = progress.pending.subscribe();
            let ended = timeout(STOP_LIMIT, pending.wait_for(|count| *count == 0)).await;
            let failures = ended
                .is_ok()
                .then(|| std::mem::take(&mut *lock(&progress.failures)));
            Ok(json!(failures).to_string())
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// A session that is not claimed.
pub(crate) struct Pending(Arc<Progress>);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.pending.send_modify(|count| *count -= 1);
    }
}

/// A session that is stopped when this is dropped.
pub(crate) struct StartedSession {
    id: RecordId,
    /// What stops it; `None` if it was claimed.
    stop: Option<(Client, Operation, Pending)>,
}

impl StartedSession {
    /// Reads the id of the session from the response to the request that started a turn.
    pub(crate) fn read(
        response: &str,
        client: Client,
        stop: Stop,
        pending: Pending,
    ) -> Option<Self> {
        let ack: SessionAck = serde_json::from_str(response).ok()?;
        let operation = match stop {
            Stop::InterruptSession => Operation::InterruptSession,
            Stop::TerminateSession => Operation::TerminateSession,
        };
        Some(Self {
            id: ack.id.into(),
            stop: Some((client, operation, pending)),
        })
    }
}

impl Drop for StartedSession {
    fn drop(&mut self) {
        // There is no runtime once the interpreter exits.
        let (Some((client, operation, pending)), Ok(runtime)) =
            (self.stop.take(), RUNTIME.handle())
        else {
            return;
        };
        let id = self.id.clone();
        runtime.spawn(async move {
            if let Err(error) = client.call_json(operation, Some(id.clone()), None).await {
                lock(&pending.0.failures).push(format!("{id}: {error}"));
            }
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
