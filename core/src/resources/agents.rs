//! The endpoints under `/agents`.

use uuid::Uuid;

use super::update::Attempts;
use crate::error::{ConflictReason, Result};
use crate::models::{Agent, AgentVersion, CreateAgent, UpdateAgent};
use crate::transport::{Operation, Request, Transport};

/// The endpoints under `/agents`, from [`Client::agents`](crate::Client::agents).
///
/// An agent cannot be deleted; [`archive`](Self::archive) retires it.
///
/// See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#agents-and-environments).
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
    /// The list is not paginated. A record that cannot be decoded is logged and left out; if no record can be decoded,
    /// the call fails.
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
    /// - [`Conflict`](crate::ErrorKind::Conflict) with [`Archived`](crate::ConflictReason::Archived) if the environment
    ///   is archived (servers since 2026-04-30);
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
    ///   version of the request is not the current one, or [`Archived`](crate::ConflictReason::Archived) if the agent
    ///   is archived or, on servers since 2026-04-30, the new environment is;
    /// - [`InvalidRequest`](crate::ErrorKind::InvalidRequest), [`Validation`](crate::ErrorKind::Validation) or
    ///   [`BadRequest`](crate::ErrorKind::BadRequest) for invalid fields;
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the agent or the environment does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn update(&self, id: Uuid, request: UpdateAgent) -> Result<Agent> {
        self.transport
            .send_checked(Request::new(Operation::UpdateAgent).id(id), &request)
            .await
    }

    /// Retrieves an agent, updates it with the request that `change` returns, and returns the updated agent
    /// (`GET /agents/{id}`, `PUT /agents/{id}`).
    ///
    /// If another caller updates the agent in between, both requests are repeated, and `change` is called again with
    /// the current agent. There are at most ten attempts. The version of the request that `change` returns is replaced
    /// by that of the agent.
    ///
    /// # Errors
    ///
    /// Fails with the errors of [`get`](Self::get) and [`update`](Self::update). A version mismatch is returned only
    /// after ten attempts.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client, id: uuid::Uuid) -> aod::Result<()> {
    /// let agent = client
    ///     .agents()
    ///     .update_with(id, |agent| {
    ///         let system = agent.system.as_deref().unwrap_or_default();
    ///         agent.update().system(format!("{system}\nAnswer in English."))
    ///     })
    ///     .await?;
    /// # let _ = agent;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn update_with(
        &self,
        id: Uuid,
        mut change: impl FnMut(&Agent) -> UpdateAgent,
    ) -> Result<Agent> {
        let mut attempts = Attempts::default();
        loop {
            let agent = self.get(id).await?;
            let update = UpdateAgent {
                version: agent.version,
                ..change(&agent)
            };
            let updated = self.update(id, update).await;
            if !attempts.repeat_after(&updated) {
                return updated;
            }
        }
    }

    /// Returns the agent with the name of the request, and creates or updates it if necessary (`GET /agents`, then
    /// `POST /agents` or `PUT /agents/{id}`).
    ///
    /// Fields and metadata entries that the request does not set keep their values, and so do skills and MCP servers if
    /// the request has an empty list. An empty description or system text removes the current one. An agent that
    /// already has all values of the request is returned unchanged. If several agents have the name, the oldest one is
    /// used; archived agents are ignored. If several callers create the agent at the same time, each of them archives
    /// the agent that it created if the server lists an older one, and uses the older one.
    ///
    /// # Errors
    ///
    /// Fails with the errors of [`list`](Self::list), [`create`](Self::create), [`update`](Self::update) and
    /// [`ensure_archived`](Self::ensure_archived). A version mismatch is returned only after ten attempts.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client) -> aod::Result<()> {
    /// use aod::models::{CreateAgent, Runtime};
    ///
    /// let request = CreateAgent::new("reviewer", "claude-sonnet-4-6").runtime(Runtime::Claude);
    /// let agent = client.agents().ensure(request).await?;
    /// println!("{} is at version {}", agent.id, agent.version);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ensure(&self, request: CreateAgent) -> Result<Agent> {
        let mut attempts = Attempts::default();
        loop {
            let agent = if let Some(agent) = self.oldest_named(&request.name).await? {
                agent
            } else {
                let created = self.create(request.clone()).await?;
                match self.oldest_named(&request.name).await? {
                    Some(oldest) if oldest.id != created.id => {
                        self.ensure_archived(created.id).await?;
                        oldest
                    }
                    _ => return Ok(created),
                }
            };
            let Some(update) = request.update_of(&agent) else {
                return Ok(agent);
            };
            let updated = self.update(agent.id, update).await;
            if !attempts.repeat_after(&updated) {
                return updated;
            }
        }
    }

    async fn oldest_named(&self, name: &str) -> Result<Option<Agent>> {
        let agents = self.list().await?.into_iter();
        let named = agents.filter(|agent| agent.name == name);
        Ok(named.min_by_key(|agent| (agent.created_at, agent.id)))
    }

    /// Archives an agent permanently and returns it (`POST /agents/{id}/archive`).
    ///
    /// An archived agent is no longer listed, and cannot be updated or used by new sessions. Existing sessions are not
    /// affected.
    ///
    /// # Errors
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict) with [`AlreadyArchived`](crate::ConflictReason::AlreadyArchived) if
    ///   the agent is already archived;
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the agent does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn archive(&self, id: Uuid) -> Result<Agent> {
        self.transport
            .call(Request::new(Operation::ArchiveAgent).id(id))
            .await
    }

    /// Archives an agent like [`archive`](Self::archive), and returns it. An agent that is already archived is not an
    /// error: it is retrieved (`GET /agents/{id}`).
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the agent does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn ensure_archived(&self, id: Uuid) -> Result<Agent> {
        match self.archive(id).await {
            Err(error) if error.conflict() == Some(ConflictReason::AlreadyArchived) => {
                self.get(id).await
            }
            archived => archived,
        }
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
