//! The endpoints under `/agents`.

use uuid::Uuid;

use crate::error::Result;
use crate::models::{Agent, AgentVersion, CreateAgent, UpdateAgent};
use crate::transport::{Operation, Request, Transport};

/// The endpoints under `/agents`, from [`Client::agents`](crate::Client::agents).
///
/// An agent cannot be deleted; [`archive`](Self::archive) retires it.
///
/// # Examples
///
/// ```no_run
/// # async fn demo(client: aod::Client) -> aod::Result<()> {
/// use aod::models::{CreateAgent, Runtime, UpdateAgent};
///
/// let request = CreateAgent::new("reviewer", "claude-sonnet-4-6").runtime(Runtime::Claude);
/// let agent = client.agents().create(request).await?;
/// let update = UpdateAgent::new(agent.version).system("You review pull requests.");
/// let agent = client.agents().update(agent.id, update).await?;
/// println!("{} is at version {}", agent.name, agent.version);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Agents<'a> {
    transport: &'a Transport,
}

impl<'a> Agents<'a> {
    pub(crate) fn new(transport: &'a Transport) -> Self {
        Self { transport }
    }

    /// Lists the agents that are not archived, newest first (`GET /agents`).
    ///
    /// The list is not paginated. A record that cannot be decoded is logged and left out; if none can be decoded, the
    /// call fails.
    ///
    /// # Errors
    ///
    /// Fails with [the errors of every call](crate::Error#errors-of-every-call) only.
    pub async fn list(&self) -> Result<Vec<Agent>> {
        self.transport
            .call_list(Request::new(Operation::ListAgents))
            .await
    }

    /// Creates an agent and returns it at version 1 (`POST /agents`).
    ///
    /// # Errors
    ///
    /// - [`InvalidRequest`](crate::ErrorKind::InvalidRequest) or [`Validation`](crate::ErrorKind::Validation) for
    ///   invalid fields, such as an unknown model;
    /// - [`BadRequest`](crate::ErrorKind::BadRequest) for an unknown runtime;
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the environment does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn create(&self, request: CreateAgent) -> Result<Agent> {
        self.transport
            .send_checked(Request::new(Operation::CreateAgent), &request)
            .await
    }

    /// Retrieves an agent, archived or not (`GET /agents/{id}`).
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the agent does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn get(&self, id: Uuid) -> Result<Agent> {
        self.transport
            .call(Request::new(Operation::GetAgent).id(id))
            .await
    }

    /// Updates an agent and returns the new version (`PUT /agents/{id}`).
    ///
    /// Fields that are not set keep their values. An update without a change does not increase the version.
    ///
    /// # Errors
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): [`VersionMismatch`](crate::ConflictReason::VersionMismatch) if the
    ///   version of the request is not the current one, or [`Archived`](crate::ConflictReason::Archived);
    /// - [`InvalidRequest`](crate::ErrorKind::InvalidRequest), [`Validation`](crate::ErrorKind::Validation) or
    ///   [`BadRequest`](crate::ErrorKind::BadRequest) for invalid fields;
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the agent or the environment does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn update(&self, id: Uuid, request: UpdateAgent) -> Result<Agent> {
        self.transport
            .send_checked(Request::new(Operation::UpdateAgent).id(id), &request)
            .await
    }

    /// Archives an agent permanently and returns it (`POST /agents/{id}/archive`).
    ///
    /// An archived agent is no longer listed and cannot be used for new sessions.
    ///
    /// # Errors
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict) with [`AlreadyArchived`](crate::ConflictReason::AlreadyArchived);
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the agent does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn archive(&self, id: Uuid) -> Result<Agent> {
        self.transport
            .call(Request::new(Operation::ArchiveAgent).id(id))
            .await
    }

    /// Lists the versions of an agent, highest first (`GET /agents/{id}/versions`).
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the agent does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn versions(&self, id: Uuid) -> Result<Vec<AgentVersion>> {
        self.transport
            .call_list(Request::new(Operation::ListAgentVersions).id(id))
            .await
    }
}
