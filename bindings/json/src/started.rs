//! Sessions whose turns have been started, until the caller knows their ids.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aod::models::SessionAck;
use aod::{Client, Operation, RecordId};
use aod_bridge::block;
use tokio::sync::watch;

use crate::config::Stop;
use crate::process::RUNTIME;

/// The sessions of a client that are stopped unless the caller claims them.
#[derive(Default)]
pub(crate) struct StartedSessions {
    sessions: Mutex<Vec<StartedSession>>,
    pending: Arc<watch::Sender<usize>>,
}

impl StartedSessions {
    /// Counts a request that starts a turn.
    pub(crate) fn begin(&self) -> Pending {
        self.pending.send_modify(|count| *count += 1);
        Pending(Arc::clone(&self.pending))
    }

    pub(crate) fn add(&self, session: StartedSession) {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.push(session);
    }

    /// Lets the sessions continue.
    pub(crate) fn claim(&self) {
        for mut session in self.take() {
            drop(session.stop.take());
        }
    }

    /// Stops the sessions, and waits up to a limit until they, and those that are being created, are stopped.
    pub(crate) fn stop(&self, limit: Duration) {
        drop(self.take());
        let mut pending = self.pending.subscribe();
        let mut stopped = pin!(pending.wait_for(|count| *count == 0));
        let _ = block::wait(limit, |context| stopped.as_mut().poll(context).map(drop));
    }

    fn take(&self) -> Vec<StartedSession> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *sessions)
    }
}

/// A session that is not claimed: it is being created, has been created, or is being stopped.
pub(crate) struct Pending(Arc<watch::Sender<usize>>);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
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
            let _pending = pending;
            if let Err(error) = client.call_json(operation, Some(id.clone()), None).await {
                tracing::warn!(session = %id, %error, "cannot stop an abandoned session");
            }
        });
    }
}
