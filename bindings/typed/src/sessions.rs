//! `/sessions`, but for its streams.

use std::sync::Arc;

use aod::RunResult;
use aod::models::{CreateSession, Prompt, Session, SessionAck, SessionTurn};
use uuid::Uuid;

use super::call::CancellationToken;
use super::client::NativeClient;
use super::error::CallError;

#[uniffi::export]
impl NativeClient {
    /// All sessions, ended ones too, newest first (`GET /sessions`).
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

    /// Accepts a session with its first prompt (`POST /sessions`); it is set up and run after this returns.
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

    /// One session (`GET /sessions/{id}`).
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

    /// Gives a session its next prompt (`POST /sessions/{id}/prompt`).
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

    /// All turns of a session, in order (`GET /sessions/{id}/turns`).
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

    /// Ends a session permanently and destroys its sandbox (`POST /sessions/{id}/terminate`).
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

    /// Stops the running turn and keeps the sandbox (`POST /sessions/{id}/interrupt`, S2 servers; others answer 404).
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

    /// Deletes a session with its turns and its log (`DELETE /sessions/{id}/delete`).
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

    /// Starts a session, stays with it to the end of its first turn, and gives the session as it ended, with all it
    /// printed on stdout.
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

    /// Waits until no turn of a session is queued or running, and gives the session as it is then.
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
