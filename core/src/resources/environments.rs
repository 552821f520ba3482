//! `/environments`.

use uuid::Uuid;

use crate::error::Result;
use crate::models::{CreateEnvironment, Environment, EnvironmentVersion, UpdateEnvironment};
use crate::transport::{Operation, Request, Transport};

/// The calls under `/environments`.
#[derive(Debug, Clone, Copy)]
pub struct Environments<'a> {
    transport: &'a Transport,
}

impl<'a> Environments<'a> {
    pub(crate) fn new(transport: &'a Transport) -> Self {
        Self { transport }
    }

    /// All environments that are not archived, newest first (`GET /environments`).
    pub async fn list(&self) -> Result<Vec<Environment>> {
        self.transport
            .call_list(Request::new(Operation::ListEnvironments))
            .await
    }

    /// Makes an environment, at version 1 (`POST /environments`).
    pub async fn create(&self, request: CreateEnvironment) -> Result<Environment> {
        self.transport
            .send_checked(Request::new(Operation::CreateEnvironment), &request)
            .await
    }

    /// One environment, archived or not (`GET /environments/{id}`).
    pub async fn get(&self, id: Uuid) -> Result<Environment> {
        self.transport
            .call(Request::new(Operation::GetEnvironment).id(id))
            .await
    }

    /// Changes an environment (`PUT /environments/{id}`). An update that changes nothing leaves the version as it
    /// is; one from another version than the current is
    /// [`VersionMismatch`](crate::ConflictReason::VersionMismatch).
    pub async fn update(&self, id: Uuid, request: UpdateEnvironment) -> Result<Environment> {
        self.transport
            .send_checked(Request::new(Operation::UpdateEnvironment).id(id), &request)
            .await
    }

    /// Archives an environment permanently (`POST /environments/{id}/archive`): it leaves the list, takes no new
    /// sessions, and frees its name.
    pub async fn archive(&self, id: Uuid) -> Result<Environment> {
        self.transport
            .call(Request::new(Operation::ArchiveEnvironment).id(id))
            .await
    }

    /// Deletes an environment and its versions (`DELETE /environments/{id}/delete`). Refused while sessions point
    /// at it ([`InUse`](crate::ConflictReason::InUse)); agents that did so lose their environment.
    pub async fn delete(&self, id: Uuid) -> Result<()> {
        self.transport
            .send_no_content(Request::new(Operation::DeleteEnvironment).id(id))
            .await
    }

    /// All versions of an environment, highest first (`GET /environments/{id}/versions`).
    pub async fn versions(&self, id: Uuid) -> Result<Vec<EnvironmentVersion>> {
        self.transport
            .call_list(Request::new(Operation::ListEnvironmentVersions).id(id))
            .await
    }
}
