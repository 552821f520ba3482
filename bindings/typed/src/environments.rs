//! The endpoints under `/environments`.

use std::sync::Arc;

use aod::models::{CreateEnvironment, Environment, EnvironmentVersion, UpdateEnvironment};
use uuid::Uuid;

use super::call::CancellationToken;
use super::client::NativeClient;
use super::error::CallError;

#[uniffi::export]
impl NativeClient {
    /// Lists the environments that are not archived, newest first (`GET /environments`).
    #[uniffi::method(default(cancellation = None))]
    pub async fn list_environments(
        &self,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Vec<Environment>, CallError> {
        self.call(cancellation, |client| async move {
            client.environments().list().await
        })
        .await
    }

    /// Creates an environment at version 1 (`POST /environments`). Fails with a conflict if the name is taken; servers
    /// before 2026-04-30 respond with 500 instead.
    #[uniffi::method(default(cancellation = None))]
    pub async fn create_environment(
        &self,
        request: CreateEnvironment,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Environment, CallError> {
        self.call(cancellation, |client| async move {
            client.environments().create(request).await
        })
        .await
    }

    /// Retrieves an environment, archived or not (`GET /environments/{id}`).
    #[uniffi::method(default(cancellation = None))]
    pub async fn get_environment(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Environment, CallError> {
        self.call(cancellation, |client| async move {
            client.environments().get(id).await
        })
        .await
    }

    /// Updates an environment and returns it (`PUT /environments/{id}`). An update that changes nothing keeps the
    /// version. Fails with a conflict if the version in the request is not the current one, the environment is
    /// archived, or the name is taken.
    #[uniffi::method(default(cancellation = None))]
    pub async fn update_environment(
        &self,
        id: Uuid,
        request: UpdateEnvironment,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Environment, CallError> {
        self.call(cancellation, |client| async move {
            client.environments().update(id, request).await
        })
        .await
    }

    /// Returns the environment with the name of the request, and creates or updates it if necessary
    /// (`GET /environments`, then `POST /environments` or `PUT /environments/{id}`). Fields that the request does not
    /// set keep their values. Environment variables are not compared: they are sent only if the environment is created
    /// or another field differs.
    #[uniffi::method(default(cancellation = None))]
    pub async fn ensure_environment(
        &self,
        request: CreateEnvironment,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Environment, CallError> {
        self.call(cancellation, |client| async move {
            client.environments().ensure(request).await
        })
        .await
    }

    /// Archives an environment permanently if it is not archived yet, and returns it
    /// (`POST /environments/{id}/archive`, `GET /environments/{id}`).
    #[uniffi::method(default(cancellation = None))]
    pub async fn ensure_environment_archived(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Environment, CallError> {
        self.call(cancellation, |client| async move {
            client.environments().ensure_archived(id).await
        })
        .await
    }

    /// Archives an environment permanently and returns it (`POST /environments/{id}/archive`). Fails with a conflict if
    /// it is archived already.
    #[uniffi::method(default(cancellation = None))]
    pub async fn archive_environment(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Environment, CallError> {
        self.call(cancellation, |client| async move {
            client.environments().archive(id).await
        })
        .await
    }

    /// Deletes an environment and its versions (`DELETE /environments/{id}/delete`), and detaches the agents that refer
    /// to it. Fails with a conflict while the environment has sessions, active or not.
    #[uniffi::method(default(cancellation = None))]
    pub async fn delete_environment(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<(), CallError> {
        self.call(cancellation, |client| async move {
            client.environments().delete(id).await
        })
        .await
    }

    /// Lists the versions of an environment, highest first (`GET /environments/{id}/versions`).
    #[uniffi::method(default(cancellation = None))]
    pub async fn list_environment_versions(
        &self,
        id: Uuid,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Vec<EnvironmentVersion>, CallError> {
        self.call(cancellation, |client| async move {
            client.environments().versions(id).await
        })
        .await
    }
}
