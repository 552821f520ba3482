//! The endpoints under `/sessions`, except the event stream.

use std::sync::Arc;

use aod::models::{CreateSession, Prompt, Session, SessionAck, SessionTurn};
use aod::{OnAbandon, RunResult};
use aod_bridge::error as bridge;
use aod_bridge::runtime::blocking;
use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::{Either, select};
use uuid::Uuid;

use super::call::CancellationToken;
use super::client::NativeClient;
use super::error::CallError;
use super::listener::RunListener;

#[uniffi::export]
impl NativeClient {
    /// Lists all sessions, including those that have ended, newest first (`GET /sessions`).
    #[uniffi::method(default(cancellation = None))]
    pub async fn list_sessions(
        &self,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Vec<Session>, CallError> {
        self.call(cancellation, |client| async move {
            client.sessions().list().await
        })
        .await
    }

    /// Creates a session with its first prompt (`POST /sessions`). Returns when the server has accepted it; the sandbox
    /// is provisioned and the turn runs after that.
    #[uniffi::method(default(cancellation = None))]
    pub async fn create_session(
        &self,
        request: CreateSession,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<SessionAck, CallError> {
        self.call(cancellation, |client| async move {
            client.sessions().create(request).await
        })
        .await
    }

    /// Retrieves a session (`GET /sessions/{id}`).
    #[uniffi::method(default(cancellation = None))]
    pub async fn get_session(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Session, CallError> {
        self.call(cancellation, |client| async move {
            client.sessions().get(id).await
        })
        .await
    }

    /// Sends the next prompt to a session (`POST /sessions/{id}/prompt`). Returns when the turn is queued. Fails with a
    /// conflict if a turn is running or queued, or the session has failed or was terminated.
    #[uniffi::method(default(cancellation = None))]
    pub async fn prompt_session(
        &self,
        id: Uuid,
        request: Prompt,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<SessionAck, CallError> {
        self.call(cancellation, |client| async move {
            client.sessions().prompt(id, request).await
        })
        .await
    }

    /// Lists the turns of a session in order (`GET /sessions/{id}/turns`).
    #[uniffi::method(default(cancellation = None))]
    pub async fn list_session_turns(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Vec<SessionTurn>, CallError> {
        self.call(cancellation, |client| async move {
            client.sessions().turns(id).await
        })
        .await
    }

    /// Terminates a session permanently and destroys its sandbox (`POST /sessions/{id}/terminate`). Fails with a
    /// conflict if it is terminated already.
    #[uniffi::method(default(cancellation = None))]
    pub async fn terminate_session(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<SessionAck, CallError> {
        self.call(cancellation, |client| async move {
            client.sessions().terminate(id).await
        })
        .await
    }

    /// Terminates a session permanently if it is not terminated yet, and returns it (`POST /sessions/{id}/terminate`,
    /// `GET /sessions/{id}`).
    #[uniffi::method(default(cancellation = None))]
    pub async fn ensure_session_terminated(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Session, CallError> {
        self.call(cancellation, |client| async move {
            client.sessions().ensure_terminated(id).await
        })
        .await
    }

    /// Interrupts the queued or running turn and keeps the sandbox (`POST /sessions/{id}/interrupt`). Returns the
    /// status of the session before the interruption. Fails with a conflict if no turn is queued or running. Servers
    /// before 2026-06-25 respond with 404.
    #[uniffi::method(default(cancellation = None))]
    pub async fn interrupt_session(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<SessionAck, CallError> {
        self.call(cancellation, |client| async move {
            client.sessions().interrupt(id).await
        })
        .await
    }

    /// Deletes a session with its turns and its log (`DELETE /sessions/{id}/delete`). Fails with a conflict while a
    /// turn is running or, on servers since 2026-04-30, queued.
    #[uniffi::method(default(cancellation = None))]
    pub async fn delete_session(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<(), CallError> {
        self.call(cancellation, |client| async move {
            client.sessions().delete(id).await
        })
        .await
    }

    /// Creates a session, follows its first turn to the end, and retrieves the session. Returns the session and
    /// everything that the agent printed on stdout. A failed turn is not an error. While too many sessions are active,
    /// the call fails, or waits if `wait_for_quota` is true. If the listener throws, the call ends with an error of kind
    /// `Listener`.
    #[uniffi::method(default(cancellation = None))]
    pub async fn run_session(
        &self,
        request: CreateSession,
        wait_for_quota: bool,
        on_abandon: OnAbandon,
        listener: Arc<dyn RunListener>,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<RunResult, CallError> {
        let (failed, failure) = oneshot::channel();
        let on_created = move |ack: &SessionAck| {
            // The listener may block.
            if let Err(error) = blocking(|| listener.on_created(ack.clone())) {
                let _ = failed.send(error.to_string());
            }
        };
        let client = self.client.clone();
        let work = async move {
            let sessions = client.sessions();
            let run = sessions
                .run(request)
                .wait_for_quota(wait_for_quota)
                .on_created(on_created)
                .on_abandon(on_abandon);
            match select(run.into_future(), failure).await {
                Either::Left((result, _)) => Ok(result?),
                Either::Right((Ok(reason), _)) => Err(bridge::ErrorInfo::listener(reason)),
                // The listener has returned.
                Either::Right((Err(_), run)) => Ok(run.await?),
            }
        };
        self.run(cancellation, work.boxed()).await
    }

    /// Follows the turn that `create` or `prompt` started to its end, and retrieves the session. Returns the session
    /// and everything that the agent printed on stdout in this turn. A failed turn is not an error. The stream
    /// reconnects after `stale`, which the server sends after ten minutes without output.
    #[uniffi::method(default(cancellation = None))]
    pub async fn follow_session(
        &self,
        ack: SessionAck,
        on_abandon: OnAbandon,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<RunResult, CallError> {
        self.call(cancellation, |client| async move {
            client.sessions().follow(&ack).on_abandon(on_abandon).await
        })
        .await
    }

    /// Sends a prompt to a session, follows its turn to the end, and retrieves the session. Returns the session, the
    /// answer, and everything that the agent printed on stdout in this turn. While a turn is queued or running, the
    /// call fails with a conflict, or waits if `wait` is true. A failed turn is not an error.
    #[uniffi::method(default(cancellation = None))]
    pub async fn ask_session(
        &self,
        id: Uuid,
        prompt: Prompt,
        wait: bool,
        on_abandon: OnAbandon,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<RunResult, CallError> {
        self.call(cancellation, |client| async move {
            let sessions = client.sessions();
            let asked = sessions.ask(id, prompt).wait(wait);
            asked.on_abandon(on_abandon).await
        })
        .await
    }

    /// Waits until no turn of a session is queued or running, and returns the session (`GET /sessions/{id}` and the
    /// event stream). A failed turn is not an error. There is no time limit.
    #[uniffi::method(default(cancellation = None))]
    pub async fn wait_for_session(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Session, CallError> {
        self.call(cancellation, |client| async move {
            client.sessions().wait_for_completion(id).await
        })
        .await
    }
}
