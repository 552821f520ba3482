//! The endpoints under `/sessions`, except the event stream.

use std::sync::Arc;

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

    /// Waits until no turn of a session is queued or running, and returns the session (`GET /sessions/{id}`,
    /// `GET /sessions/{id}/stream`). A failed turn is not an error. There is no time limit.
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
