//! The client.

use std::future::Future;
use std::sync::Arc;

use aod::models::Health;
use aod::{Client, ClientBuilder};
use aod_bridge::cancel::{self, CancelScope};
use aod_bridge::error as bridge;
use futures::FutureExt as _;

use super::call::{CancellationToken, RUNTIME, run};
use super::config::{CallOptions, ClientConfig};
use super::error::CallError;

/// A client for one server, with one token. Clients derived from one another share connections.
#[derive(uniffi::Object)]
pub struct NativeClient {
    pub(super) client: Client,
    pub(super) closed: cancel::CancellationToken,
}

#[uniffi::export]
impl NativeClient {
    /// Creates a client. Fails with an error of kind `Configuration` if a setting is malformed or the token is missing.
    #[uniffi::constructor]
    pub fn new(config: ClientConfig) -> Result<Arc<Self>, CallError> {
        Self::build(Client::builder(), config)
    }

    /// Creates a client that takes the base URL from the environment variable `AOD_API_URL` and the token from
    /// `AOD_API_TOKEN`, unless the config sets them. An empty variable counts as not set. Fails like `new`.
    #[uniffi::constructor]
    pub fn from_env(config: ClientConfig) -> Result<Arc<Self>, CallError> {
        Self::build(ClientBuilder::from_env(), config)
    }

    /// Returns a client with other options that shares the connections of this one. Shutting down this client also
    /// shuts down the returned client. Shutting down the returned client does not affect this one.
    pub fn with_options(&self, options: CallOptions) -> Result<Arc<Self>, CallError> {
        Ok(Arc::new(Self {
            client: self.client.with_options(options.try_into()?),
            closed: self.closed.child_token(),
        }))
    }

    /// Returns the base URL of the server, without a trailing slash.
    pub fn base_url(&self) -> String {
        self.client.base_url().to_owned()
    }

    /// Ends all calls and streams of this client and of the clients derived from it with an error of kind `Closed`.
    /// Later calls fail with the same error.
    pub fn shut_down(&self) {
        self.closed.cancel();
    }

    /// Checks the server's health (`GET /health`). The server does not check the token. A degraded server (servers
    /// since 2026-04-30) is an error of kind `Server` with status 503.
    #[uniffi::method(default(cancellation = None))]
    pub async fn health(
        &self,
        cancellation: Option<Arc<CancellationToken>>,
    ) -> Result<Health, CallError> {
        self.call(cancellation, |client| async move { client.health().await })
            .await
    }
}

impl NativeClient {
    fn build(builder: ClientBuilder, config: ClientConfig) -> Result<Arc<Self>, CallError> {
        // Building the HTTP client needs the runtime too.
        let handle = RUNTIME.handle()?;
        let _guard = handle.enter();
        Ok(Arc::new(Self {
            client: config.apply(builder)?.build()?,
            closed: cancel::CancellationToken::new(),
        }))
    }

    /// Runs one call of the core on the runtime, with the cancellation of the caller and of this client.
    pub(super) fn call<T, F>(
        &self,
        cancellation: Option<Arc<CancellationToken>>,
        work: impl FnOnce(Client) -> F,
    ) -> impl Future<Output = Result<T, CallError>>
    where
        T: Send + 'static,
        F: Future<Output = aod::Result<T>> + Send + 'static,
    {
        // Boxed, because it is moved into its task.
        let work = work(self.client.clone()).boxed();
        self.run(cancellation, async move { Ok(work.await?) })
    }

    /// Runs work on the runtime, with the cancellation of the caller and of this client.
    pub(super) fn run<T: Send + 'static>(
        &self,
        cancellation: Option<Arc<CancellationToken>>,
        work: impl Future<Output = bridge::Result<T>> + Send + 'static,
    ) -> impl Future<Output = Result<T, CallError>> {
        let cancelled = cancellation.map(|token| token.0.clone());
        let scope = CancelScope::new(cancelled, &self.closed);
        run(scope.run(work))
    }
}
