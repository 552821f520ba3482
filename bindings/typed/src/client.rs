//! The client.

use std::future::Future;
use std::sync::Arc;

use aod::models::Health;
use aod::{Client, ClientBuilder};
use aod_bridge::cancel::{self, CancelScope};
use futures::FutureExt as _;

use super::call::{CancellationToken, RUNTIME, run};
use super::config::{CallOptions, ClientConfig};
use super::error::CallError;

/// A client of one server, with one token. Clients made from one another share connections.
#[derive(uniffi::Object)]
pub struct NativeClient {
    pub(super) client: Client,
    pub(super) closed: cancel::CancellationToken,
}

#[uniffi::export]
impl NativeClient {
    /// A client as set up. What is malformed fails with the kind configuration.
    #[uniffi::constructor]
    pub fn new(config: ClientConfig) -> Result<Arc<Self>, CallError> {
        Self::build(Client::builder(), config)
    }

    /// A client with the base URL and token of `AOD_API_URL` and `AOD_API_TOKEN`, where the config has none.
    #[uniffi::constructor]
    pub fn from_env(config: ClientConfig) -> Result<Arc<Self>, CallError> {
        Self::build(ClientBuilder::from_env(), config)
    }

    /// A client over the same connections with other settings. Shutting this one down shuts it down too.
    pub fn with_options(&self, options: CallOptions) -> Result<Arc<Self>, CallError> {
        Ok(Arc::new(Self {
            client: self.client.with_options(options.try_into()?),
            closed: self.closed.child_token(),
        }))
    }

    /// Where the server is, without a trailing slash.
    pub fn base_url(&self) -> String {
        self.client.base_url().to_owned()
    }

    /// Ends all calls and streams of this client and of those made from it, with an error of kind closed; later ones
    /// fail so at once.
    pub fn shut_down(&self) {
        self.closed.cancel();
    }

    /// How the server is (`GET /health`).
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
        // Connections are made on the runtime; so is what prepares them.
        let handle = RUNTIME.handle()?;
        let _guard = handle.enter();
        Ok(Arc::new(Self {
            client: config.apply(builder)?.build()?,
            closed: cancel::CancellationToken::new(),
        }))
    }

    /// Makes one call of the core.
    pub(super) fn call<T, F>(
        &self,
        cancellation: Option<Arc<CancellationToken>>,
        work: impl FnOnce(Client) -> F,
    ) -> impl Future<Output = Result<T, CallError>>
    where
        T: Send + 'static,
        F: Future<Output = aod::Result<T>> + Send + 'static,
    {
        // On the heap once, as it moves from here to its task.
        let work = work(self.client.clone()).boxed();
        let cancelled = cancellation.map(|token| token.0.clone());
        let scope = CancelScope::new(cancelled, &self.closed);
        run(scope.run(async move { Ok(work.await?) }))
    }
}
