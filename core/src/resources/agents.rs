//! `/agents`.

use uuid::Uuid;

use super::List;
use crate::client::Client;
use crate::error::Result;
use crate::http::Request;
use crate::models::{Agent, AgentVersion, CreateAgent, UpdateAgent};
use crate::operation::Operation;

/// The calls under `/agents`. There is no delete: an agent is archived.
#[derive(Debug, Clone, Copy)]
pub struct Agents<'a> {
    client: &'a Client,
}

impl<'a> Agents<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// All agents that are not archived, newest first (`GET /agents`).
    pub async fn list(&self) -> Result<Vec<Agent>> {
        let list: List<Agent> = self
            .client
            .call(Request::new(Operation::ListAgents))
            .await?;
        Ok(list.data)
    }

    /// Makes an agent, at version 1 (`POST /agents`).
    pub async fn create(&self, request: CreateAgent) -> Result<Agent> {
        self.client.check(&request)?;
        self.client
            .call(Request::new(Operation::CreateAgent).json(&request)?)
            .await
    }

    /// One agent, archived or not (`GET /agents/{id}`).
    pub async fn get(&self, id: Uuid) -> Result<Agent> {
        self.client
            .call(Request::new(Operation::GetAgent).id(id))
            .await
    }

    /// Changes an agent (`PUT /agents/{id}`). An update that changes nothing leaves the version as it is; one from
    /// another version than the current is [`VersionMismatch`](crate::ConflictReason::VersionMismatch).
    pub async fn update(&self, id: Uuid, request: UpdateAgent) -> Result<Agent> {
        self.client.check(&request)?;
        self.client
            .call(Request::new(Operation::UpdateAgent).id(id).json(&request)?)
            .await
    }

    /// Archives an agent for good (`POST /agents/{id}/archive`): it leaves the list and takes no new sessions.
    pub async fn archive(&self, id: Uuid) -> Result<Agent> {
        self.client
            .call(Request::new(Operation::ArchiveAgent).id(id))
            .await
    }

    /// All versions of an agent, highest first (`GET /agents/{id}/versions`).
    pub async fn versions(&self, id: Uuid) -> Result<Vec<AgentVersion>> {
        let list: List<AgentVersion> = self
            .client
            .call(Request::new(Operation::ListAgentVersions).id(id))
            .await?;
        Ok(list.data)
    }
}
