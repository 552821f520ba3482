//! `/agents`.

use uuid::Uuid;

use crate::error::Result;
use crate::models::{Agent, AgentVersion, CreateAgent, UpdateAgent};
use crate::transport::{Operation, Request, Transport};

/// The calls under `/agents`. There is no delete: an agent is archived.
#[derive(Debug, Clone, Copy)]
pub struct Agents<'a> {
    transport: &'a Transport,
}

impl<'a> Agents<'a> {
    pub(crate) fn new(transport: &'a Transport) -> Self {
        Self { transport }
    }

    /// All agents that are not archived, newest first (`GET /agents`).
    pub async fn list(&self) -> Result<Vec<Agent>> {
        self.transport
            .call_list(Request::new(Operation::ListAgents))
            .await
    }

    /// Makes an agent, at version 1 (`POST /agents`).
    pub async fn create(&self, request: CreateAgent) -> Result<Agent> {
        self.transport
            .send_checked(Request::new(Operation::CreateAgent), &request)
            .await
    }

    /// One agent, archived or not (`GET /agents/{id}`).
    pub async fn get(&self, id: Uuid) -> Result<Agent> {
        self.transport
            .call(Request::new(Operation::GetAgent).id(id))
            .await
    }

    /// Changes an agent (`PUT /agents/{id}`). An update that changes nothing leaves the version as it is; one from
    /// another version than the current is [`VersionMismatch`](crate::ConflictReason::VersionMismatch).
    pub async fn update(&self, id: Uuid, request: UpdateAgent) -> Result<Agent> {
        self.transport
            .send_checked(Request::new(Operation::UpdateAgent).id(id), &request)
            .await
    }

    /// Archives an agent permanently (`POST /agents/{id}/archive`): it leaves the list and takes no new sessions.
    pub async fn archive(&self, id: Uuid) -> Result<Agent> {
        self.transport
            .call(Request::new(Operation::ArchiveAgent).id(id))
            .await
    }

    /// All versions of an agent, highest first (`GET /agents/{id}/versions`).
    pub async fn versions(&self, id: Uuid) -> Result<Vec<AgentVersion>> {
        self.transport
            .call_list(Request::new(Operation::ListAgentVersions).id(id))
            .await
    }
}
