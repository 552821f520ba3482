//! Sessions whose turns have been started, until the caller knows their ids.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aod::models::SessionAck;
use aod::{Client, Operation, RecordId};
use tokio::sync::watch;

use crate::config::Stop;
use crate::process::RUNTIME;
use crate::token::TokenRequests;

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

    /// Stops the sessions, and those that are being created. Returns the failures once that has ended; `None` if it has
    /// not ended within the limit, or a token is requested.
    pub(crate) fn stop(&self, limit: Duration, tokens: &TokenRequests) -> Option<Vec<String>> {
        let mut state = self.lock();
        state.is_stopping = true;
        let sessions = std::mem::take(&mut state.sessions);
        drop(state);
        drop(sessions);
        let mut pending = self.progress.pending.subscribe();
        let mut ended = pin!(pending.wait_for(|count| *count == 0));
        let polled =
            tokens.wait_unless_asked(limit, |context| ended.as_mut().poll(context).map(drop));
        polled
            .is_ready()
            .then(|| std::mem::take(&mut *lock(&self.progress.failures)))
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
