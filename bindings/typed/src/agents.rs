//! The endpoints under `/agents`.

use std::sync::Arc;

use aod::models::{Agent, AgentVersion, CreateAgent, UpdateAgent};
use uuid::Uuid;

use super::call::CancellationToken;
use super::client::NativeClient;
use super::error::CallError;

#[uniffi::export]
impl NativeClient {
    /// Lists the agents that are not archived, newest first (`GET /agents`).
    #[uniffi::method(default(cancellation = None))]
    pub async fn list_agents(
        &self,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Vec<Agent>, CallError> {
        self.call(cancellation, |client| async move {
            client.agents().list().await
        })
        .await
    }

    /// Creates an agent at version 1 (`POST /agents`).
    #[uniffi::method(default(cancellation = None))]
    pub async fn create_agent(
        &self,
        request: CreateAgent,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Agent, CallError> {
        self.call(cancellation, |client| async move {
            client.agents().create(request).await
        })
        .await
    }

    /// Retrieves an agent, archived or not (`GET /agents/{id}`).
    #[uniffi::method(default(cancellation = None))]
    pub async fn get_agent(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Agent, CallError> {
        self.call(cancellation, |client| async move {
            client.agents().get(id).await
        })
        .await
    }

    /// Updates an agent and returns it (`PUT /agents/{id}`). An update that changes nothing keeps the version. Fails
    /// with a conflict if the version in the request is not the current one, or the agent is archived.
    #[uniffi::method(default(cancellation = None))]
    pub async fn update_agent(
        &self,
        id: Uuid,
        request: UpdateAgent,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Agent, CallError> {
        self.call(cancellation, |client| async move {
            client.agents().update(id, request).await
        })
        .await
    }

    /// Returns the agent with the name of the request, and creates or updates it if necessary (`GET /agents`, then
    /// `POST /agents` or `PUT /agents/{id}`). Fields that the request does not set keep their values.
    #[uniffi::method(default(cancellation = None))]
    pub async fn ensure_agent(
        &self,
        request: CreateAgent,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Agent, CallError> {
        self.call(cancellation, |client| async move {
            client.agents().ensure(request).await
        })
        .await
    }

    /// Archives an agent permanently and returns it (`POST /agents/{id}/archive`). Fails with a conflict if it is
    /// archived already.
    #[uniffi::method(default(cancellation = None))]
    pub async fn archive_agent(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Agent, CallError> {
        self.call(cancellation, |client| async move {
            client.agents().archive(id).await
        })
        .await
    }

    /// Archives an agent permanently if it is not archived yet, and returns it (`POST /agents/{id}/archive`,
    /// `GET /agents/{id}`).
    #[uniffi::method(default(cancellation = None))]
    pub async fn ensure_agent_archived(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Agent, CallError> {
        self.call(cancellation, |client| async move {
            client.agents().ensure_archived(id).await
        })
        .await
    }

    /// Lists the versions of an agent, highest first (`GET /agents/{id}/versions`).
    #[uniffi::method(default(cancellation = None))]
    pub async fn list_agent_versions(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Vec<AgentVersion>, CallError> {
        self.call(cancellation, |client| async move {
            client.agents().versions(id).await
        })
        .await
    }
}
