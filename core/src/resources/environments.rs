//! The endpoints under `/environments`.

use uuid::Uuid;

use super::update::{Attempts, may_be_name_taken};
use crate::error::{ConflictReason, Result};
use crate::models::{CreateEnvironment, Environment, EnvironmentVersion, UpdateEnvironment};
use crate::transport::{Operation, Request, Transport};

/// The endpoints under `/environments`, from [`Client::environments`](crate::Client::environments).
///
/// See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#agents-and-environments).
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
    /// The list is not paginated. A record that cannot be decoded is logged and left out; if no record can be decoded,
    /// the call fails.
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
    /// - [`Conflict`](crate::ErrorKind::Conflict) with [`NameTaken`](crate::ConflictReason::NameTaken) if the name is
    ///   in use (servers since 2026-04-30; earlier servers answer 500);
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
    ///   version of the request is not the current one, [`Archived`](crate::ConflictReason::Archived) if the
    ///   environment is archived, or [`NameTaken`](crate::ConflictReason::NameTaken) if the name is in use;
    /// - [`InvalidRequest`](crate::ErrorKind::InvalidRequest) or [`Validation`](crate::ErrorKind::Validation) for
    ///   invalid fields;
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the environment does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn update(&self, id: Uuid, request: UpdateEnvironment) -> Result<Environment> {
        self.transport
            .send_checked(Request::new(Operation::UpdateEnvironment).id(id), &request)
            .await
    }

    /// Retrieves an environment, updates it with the request that `change` returns, and returns the updated environment
    /// (`GET /environments/{id}`, `PUT /environments/{id}`).
    ///
    /// If another caller updates the environment in between, both requests are repeated, and `change` is called again
    /// with the current environment. There are at most ten attempts. The version of the request that `change` returns
    /// is replaced by that of the environment.
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
    /// use aod::models::PackageManager;
    ///
    /// let environment = client
    ///     .environments()
    ///     .update_with(id, |environment| {
    ///         let mut packages = environment.packages.clone();
    ///         packages.entry(PackageManager::Pip).or_default().push("ruff".to_owned());
    ///         environment.update().packages(packages)
    ///     })
    ///     .await?;
    /// # let _ = environment;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn update_with(
        &self,
        id: Uuid,
        mut change: impl FnMut(&Environment) -> UpdateEnvironment,
    ) -> Result<Environment> {
        let mut attempts = Attempts::default();
        loop {
            let environment = self.get(id).await?;
            let update = UpdateEnvironment {
                version: environment.version,
                ..change(&environment)
            };
            let updated = self.update(id, update).await;
            if !attempts.repeat_after(&updated) {
                return updated;
            }
        }
    }

    /// Returns the environment with the name of the request, and creates or updates it if necessary
    /// (`GET /environments`, then `POST /environments` or `PUT /environments/{id}`).
    ///
    /// Fields that the request does not set keep their values, and so do the packages if the request has no packages.
    /// An empty setup script removes the current one. An environment that already has all values of the request is
    /// returned unchanged; archived environments are ignored. The server does not return environment variables, so they
    /// cannot be compared: they are sent only if the environment is created or another field differs. Use
    /// [`update`](Self::update) to replace them. If several callers create the environment at the same time, one of
    /// them succeeds, and all get that environment.
    ///
    /// # Errors
    ///
    /// Fails with the errors of [`list`](Self::list), [`create`](Self::create) and [`update`](Self::update). A version
    /// mismatch is returned only after ten attempts.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client) -> aod::Result<()> {
    /// use aod::models::{CreateEnvironment, PackageManager};
    ///
    /// let request = CreateEnvironment::new("ci").packages(PackageManager::Pip, ["pytest"]);
    /// let environment = client.environments().ensure(request).await?;
    /// println!("{} is at version {}", environment.id, environment.version);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ensure(&self, request: CreateEnvironment) -> Result<Environment> {
        let mut attempts = Attempts::default();
        loop {
            let environment = match self.named(&request.name).await? {
                Some(environment) => environment,
                None => match self.create(request.clone()).await {
                    // Another caller may have created it in the meantime.
                    Err(error) if may_be_name_taken(&error) => {
                        self.named(&request.name).await?.ok_or(error)?
                    }
                    created => return created,
                },
            };
            let Some(update) = request.update_of(&environment) else {
                return Ok(environment);
            };
            let updated = self.update(environment.id, update).await;
            if !attempts.repeat_after(&updated) {
                return updated;
            }
        }
    }

    async fn named(&self, name: &str) -> Result<Option<Environment>> {
        let mut environments = self.list().await?.into_iter();
        Ok(environments.find(|environment| environment.name == name))
    }

    /// Archives an environment permanently and returns it (`POST /environments/{id}/archive`).
    ///
    /// An archived environment is no longer listed, and cannot be updated or used by new sessions. Its name becomes
    /// available again. Existing sessions are not affected.
    ///
    /// # Errors
    ///
    /// - [`Conflict`](crate::ErrorKind::Conflict) with [`AlreadyArchived`](crate::ConflictReason::AlreadyArchived) if
    ///   the environment is already archived;
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the environment does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn archive(&self, id: Uuid) -> Result<Environment> {
        self.transport
            .call(Request::new(Operation::ArchiveEnvironment).id(id))
            .await
    }

    /// Archives an environment like [`archive`](Self::archive), and returns it. An environment that is already archived
    /// is not an error: it is retrieved (`GET /environments/{id}`).
    ///
    /// # Errors
    ///
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the environment does not exist;
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    pub async fn ensure_archived(&self, id: Uuid) -> Result<Environment> {
        match self.archive(id).await {
            Err(error) if error.conflict() == Some(ConflictReason::AlreadyArchived) => {
                self.get(id).await
            }
            archived => archived,
        }
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
