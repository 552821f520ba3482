//! The endpoints under `/environments`.

use uuid::Uuid;

use crate::error::Result;
use crate::models::{CreateEnvironment, Environment, EnvironmentVersion, UpdateEnvironment};
use crate::transport::{Operation, Request, Transport};

/// The endpoints under `/environments`, from [`Client::environments`](crate::Client::environments).
///
/// # Examples
///
/// ```no_run
/// # async fn demo(client: aod::Client) -> aod::Result<()> {
/// use aod::models::{CreateEnvironment, PackageManager};
///
/// let request = CreateEnvironment::new("ci").packages(PackageManager::Pip, ["pytest"]);
/// let environment = client.environments().create(request).await?;
/// println!("{} {}", environment.id, environment.name);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Environments<'a> {
    transport: &'a Transport,
}

impl<'a> Environments<'a> {
    pub(crate) fn new(transport: &'a Transport) -> Self {
        Self { transport }
    }

    /// Lists the environments that are not archived, newest first (`GET /environments`).
    ///
    /// The list is not paginated. A record that cannot be decoded is logged and left out; if none can be decoded, the
    /// call fails.
    ///
    /// # Errors
    ///
    /// Fails with [the errors of every call](crate::Error#errors-of-every-call) only.
    pub async fn list(&self) -> Result<Vec<Environment>> {
        self.transport
            .call_list(Request::new(Operation::ListEnvironments))
            .await
    }

    /// Creates an environment and returns it at version 1 (`POST /environments`).
    ///
    /// The returned environment does not contain the environment variables: they are write-only.
    ///
    /// # Errors
    ///
    /// - [`InvalidRequest`](crate::ErrorKind::InvalidRequest) or [`Validation`](crate::ErrorKind::Validation) for
    ///   invalid fields;
    /// - [`Conflict`](crate::ErrorKind::Conflict) with [`NameTaken`](crate::ConflictReason::NameTaken) (servers since
    ///   2026-04-30; earlier servers answer 500);
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn create(&self, request: CreateEnvironment) -> Result<Environment> {
        self.transport
            .send_checked(Request::new(Operation::CreateEnvironment), &request)
            .await
    }

    /// Retrieves an environment, archived or not (`GET /environments/{id}`).
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the environment does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn get(&self, id: Uuid) -> Result<Environment> {
        self.transport
            .call(Request::new(Operation::GetEnvironment).id(id))
            .await
    }

    /// Updates an environment and returns the new version (`PUT /environments/{id}`).
    ///
    /// Fields that are not set keep their values. An update without a change does not increase the version.
    ///
    /// # Errors
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict): [`VersionMismatch`](crate::ConflictReason::VersionMismatch) if the
    ///   version of the request is not the current one, [`Archived`](crate::ConflictReason::Archived), or
    ///   [`NameTaken`](crate::ConflictReason::NameTaken);
    /// - [`InvalidRequest`](crate::ErrorKind::InvalidRequest) or [`Validation`](crate::ErrorKind::Validation) for
    ///   invalid fields;
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the environment does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn update(&self, id: Uuid, request: UpdateEnvironment) -> Result<Environment> {
        self.transport
            .send_checked(Request::new(Operation::UpdateEnvironment).id(id), &request)
            .await
    }

    /// Archives an environment permanently and returns it (`POST /environments/{id}/archive`).
    ///
    /// An archived environment is no longer listed and cannot be used for new sessions. Its name becomes available.
    ///
    /// # Errors
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict) with [`AlreadyArchived`](crate::ConflictReason::AlreadyArchived);
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the environment does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn archive(&self, id: Uuid) -> Result<Environment> {
        self.transport
            .call(Request::new(Operation::ArchiveEnvironment).id(id))
            .await
    }

    /// Deletes an environment and its versions (`DELETE /environments/{id}/delete`).
    ///
    /// Agents that reference the environment lose the reference.
    ///
    /// # Errors
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict) with [`InUse`](crate::ConflictReason::InUse) while sessions reference
    ///   the environment;
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the environment does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn delete(&self, id: Uuid) -> Result<()> {
        self.transport
            .send_no_content(Request::new(Operation::DeleteEnvironment).id(id))
            .await
    }

    /// Lists the versions of an environment, highest first (`GET /environments/{id}/versions`).
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the environment does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn versions(&self, id: Uuid) -> Result<Vec<EnvironmentVersion>> {
        self.transport
            .call_list(Request::new(Operation::ListEnvironmentVersions).id(id))
            .await
    }
}
