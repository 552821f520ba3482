//! The endpoints under `/sessions`, except the event stream.

use std::sync::Arc;

use aod::RunResult;
use aod::models::{CreateSession, Prompt, Session, SessionAck, SessionTurn};
use uuid::Uuid;

use super::call::CancellationToken;
use super::client::NativeClient;
use super::error::CallError;

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

    /// Sends the next prompt to a session (`POST /sessions/{id}/prompt`). Returns when the turn is queued.
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

    /// Terminates a session permanently and destroys its sandbox (`POST /sessions/{id}/terminate`).
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

    /// Stops the running turn and keeps the sandbox (`POST /sessions/{id}/interrupt`). Returns the status before the
    /// turn ends. Servers before 2026-06-25 respond with 404.
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
    /// turn is running.
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

    /// Creates a session and follows it to the end of its first turn. Returns the session and everything that the agent
    /// printed on stdout. A failed turn is a result, not an error.
    #[uniffi::method(default(cancellation = None))]
    pub async fn run_session(
        &self,
        request: CreateSession,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<RunResult, CallError> {
        self.call(cancellation, |client| async move {
            client.sessions().run(request).await
        })
        .await
    }

    /// Polls a session until no turn is queued or running, and returns it. A failed turn is a result, not an error.
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
