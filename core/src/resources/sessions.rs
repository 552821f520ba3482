//! `/sessions`.

use uuid::Uuid;

use super::List;
use crate::client::Client;
use crate::error::Result;
use crate::http::Request;
use crate::models::{CreateSession, Prompt, Session, SessionAck, SessionTurn};

/// The calls under `/sessions`.
#[derive(Debug, Clone, Copy)]
pub struct Sessions<'a> {
    client: &'a Client,
}

impl<'a> Sessions<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// All sessions, ended ones too, newest first (`GET /sessions`).
    pub async fn list(&self) -> Result<Vec<Session>> {
        let list: List<Session> = self.client.call(Request::get("/sessions")).await?;
        Ok(list.data)
    }

    /// Accepts a session with its first prompt (`POST /sessions`); it is set up and run after this returns.
    pub async fn create(&self, request: CreateSession) -> Result<SessionAck> {
        self.client.check(&request)?;
        self.client
            .call(Request::post("/sessions").json(&request)?)
            .await
    }

    /// One session (`GET /sessions/{id}`).
    pub async fn get(&self, id: Uuid) -> Result<Session> {
        self.client
            .call(Request::get("/sessions/{id}").id(id))
            .await
    }

    /// Gives a session its next prompt (`POST /sessions/{id}/prompt`); the acknowledgement names the turn.
    pub async fn prompt(&self, id: Uuid, prompt: impl Into<Prompt>) -> Result<SessionAck> {
        let request = prompt.into();
        self.client.check(&request)?;
        self.client
            .call(
                Request::post("/sessions/{id}/prompt")
                    .id(id)
                    .json(&request)?,
            )
            .await
    }

    /// All turns of a session, in order (`GET /sessions/{id}/turns`).
    pub async fn turns(&self, id: Uuid) -> Result<Vec<SessionTurn>> {
        let list: List<SessionTurn> = self
            .client
            .call(Request::get("/sessions/{id}/turns").id(id))
            .await?;
        Ok(list.data)
    }

    /// Ends a session for good and destroys its sandbox (`POST /sessions/{id}/terminate`).
    pub async fn terminate(&self, id: Uuid) -> Result<SessionAck> {
        self.client
            .call(Request::post("/sessions/{id}/terminate").id(id))
            .await
    }

    /// Stops the running turn and keeps the sandbox (`POST /sessions/{id}/interrupt`, S2 servers; others answer
    /// 404). The acknowledgement has the status of before.
    pub async fn interrupt(&self, id: Uuid) -> Result<SessionAck> {
        self.client
            .call(Request::post("/sessions/{id}/interrupt").id(id))
            .await
    }

    /// Deletes a session with its turns and its log (`DELETE /sessions/{id}/delete`). Refused while it runs.
    pub async fn delete(&self, id: Uuid) -> Result<()> {
        self.client
            .call_discarding(Request::delete("/sessions/{id}/delete").id(id))
            .await
    }
}
