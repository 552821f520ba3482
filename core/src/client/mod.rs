//! The client.

mod builder;

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use url::Url;

use crate::config::{Options, Settings};
use crate::error::Result;
use crate::models::{Health, Secret};
use crate::resources::{Agents, Environments, Sessions};

pub use builder::ClientBuilder;
pub(crate) use builder::{http_client, parse_url};

/// A client of one AoD server, with one token.
///
/// Cloning is cheap and shares the connection pool; every method takes `&self`, and a client can be used from any
/// number of tasks. It needs a tokio runtime with time and I/O.
///
/// ```no_run
/// # async fn demo() -> aod::Result<()> {
/// let client = aod::Client::from_env()?;
/// for session in client.sessions().list().await? {
///     println!("{} {}", session.id, session.status);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    pub(crate) server: Arc<Server>,
    pub(crate) settings: Arc<Settings>,
}

/// What clients made from one another share: where to send, as whom, and over which connections.
pub(crate) struct Server {
    pub(crate) base_url: Url,
    pub(crate) authorization: HeaderValue,
    pub(crate) http: reqwest::Client,
    pub(crate) token: Secret,
}

impl Client {
    /// A builder with the defaults of this crate; it reads no environment variable but the proxy's.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A client for the server at `AOD_API_URL` (default `http://localhost:8777`) with the token in
    /// `AOD_API_TOKEN`, which is required. An empty variable counts as absent.
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env().build()
    }

    /// Where the server is, without a trailing slash.
    pub fn base_url(&self) -> &str {
        self.server.base_url.as_str().trim_end_matches('/')
    }

    /// A client that shares this one's connections and differs in the given options.
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client) -> aod::Result<()> {
    /// use std::time::Duration;
    ///
    /// let hasty = client.with_options(aod::Options::new().timeout(Duration::from_secs(2)).max_retries(0));
    /// hasty.health().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_options(&self, options: Options) -> Self {
        Self {
            server: Arc::clone(&self.server),
            settings: Arc::new(self.settings.overridden(options)),
        }
    }

    /// Agents: the models and tools that sessions run.
    pub fn agents(&self) -> Agents<'_> {
        Agents::new(self)
    }

    /// Environments: what sandboxes are set up with.
    pub fn environments(&self) -> Environments<'_> {
        Environments::new(self)
    }

    /// Sessions: sandboxes in which agents work.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions::new(self)
    }

    /// How the server is (`GET /health`). A degraded server answers 503, which is an error of kind
    /// [`Server`](crate::ErrorKind::Server).
    pub async fn health(&self) -> Result<Health> {
        self.call(crate::http::Request::new(
            crate::operation::Operation::Health,
        ))
        .await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

/// The headers that a caller set, with each value kept out of any `Debug`.
pub(crate) fn sensitive(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for value in headers.values_mut() {
        value.set_sensitive(true);
    }
    headers
}
