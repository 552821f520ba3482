//! Following one turn of a session to its end.

use std::future::IntoFuture;

use futures::TryStreamExt as _;
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Sessions;
use crate::error::Result;
use crate::models::{Session, SessionAck};
use crate::transport::Transport;

/// The result of [`Sessions::run`] and [`Sessions::follow`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// The session after the turn.
    pub session: Session,
    /// The complete stdout of the agent in this turn, verbatim. The agents of all known runtimes print one JSON object
    /// per line; [`pretty`](crate::pretty) formats it.
    pub stdout: String,
}

/// What happens to a session on the server if [`Sessions::follow`] ends before the turn does: because it fails, or its
/// future is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnAbandon {
    /// The session continues.
    #[default]
    Continue,
    /// The turn is interrupted, as by [`Sessions::interrupt`]. Servers before 2026-06-25 cannot do that: the session
    /// continues.
    Interrupt,
    /// The session is terminated, as by [`Sessions::terminate`].
    Terminate,
}

/// A turn to follow to its end, from [`Sessions::follow`]. Await it to follow the turn.
///
/// # Errors
///
/// Fails with the errors of [`Sessions::stream`], [`EventStream`](crate::EventStream) and [`Sessions::get`].
/// [`Error::session_id`](crate::Error::session_id) is the session.
#[derive(Debug, Clone)]
#[must_use = "a turn is followed by awaiting the request"]
pub struct FollowRequest<'a> {
    transport: &'a Transport,
    id: Uuid,
    turn: Option<i64>,
    on_abandon: OnAbandon,
}

impl<'a> FollowRequest<'a> {
    pub(super) fn new(transport: &'a Transport, ack: &SessionAck) -> Self {
        Self {
            transport,
            id: ack.id,
            turn: ack.current_turn,
            on_abandon: OnAbandon::Continue,
        }
    }

    /// Sets what happens to the session if this request fails or is dropped before the turn has ended. The request to
    /// the server is sent in the background, and a failure of it is only logged. Default
    /// [`Continue`](OnAbandon::Continue).
    pub fn on_abandon(mut self, action: OnAbandon) -> Self {
        self.on_abandon = action;
        self
    }

    async fn follow(self) -> Result<RunResult> {
        let abandoned = Abandoned {
            transport: self.transport,
            id: self.id,
            action: self.on_abandon,
        };
        let result = self.read().await;
        if result.is_ok() {
            abandoned.disarm();
        }
        result.map_err(|error| error.with_session(self.id))
    }

    async fn read(&self) -> Result<RunResult> {
        let sessions = Sessions::new(self.transport);
        let mut events = sessions.stream(self.id).await?;
        let mut stdout = String::new();
        while let Some(event) = events.try_next().await? {
            let is_other_turn = event
                .turn()
                .is_some_and(|turn| self.turn.is_some_and(|own| turn != own));
            if !is_other_turn {
                stdout.push_str(event.stdout().unwrap_or_default());
            }
        }
        let session = sessions.get(self.id).await?;
        Ok(RunResult { session, stdout })
    }
}

impl<'a> IntoFuture for FollowRequest<'a> {
    type Output = Result<RunResult>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.follow())
    }
}

/// Interrupts or terminates the session when it is dropped.
struct Abandoned<'a> {
    transport: &'a Transport,
    id: Uuid,
    action: OnAbandon,
}

impl Abandoned<'_> {
    fn disarm(mut self) {
        self.action = OnAbandon::Continue;
    }
}

impl Drop for Abandoned<'_> {
    fn drop(&mut self) {
        let (id, action) = (self.id, self.action);
        if action == OnAbandon::Continue {
            return;
        }
        // Without a runtime, as while it shuts down, no request can be sent.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            tracing::warn!(session = %id, ?action, "no runtime to stop the session with");
            return;
        };
        let transport = self.transport.clone();
        runtime.spawn(async move {
            let sessions = Sessions::new(&transport);
            let stopped = match action {
                OnAbandon::Interrupt => sessions.interrupt(id).await,
                OnAbandon::Terminate | OnAbandon::Continue => sessions.terminate(id).await,
            };
            match stopped {
                Ok(_) => tracing::debug!(session = %id, ?action, "stopped an abandoned session"),
                Err(error) => tracing::warn!(session = %id, ?action, %error, "cannot stop an abandoned session"),
            }
        });
    }
}
