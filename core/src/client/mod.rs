//! The client.

mod builder;
mod options;

use std::fmt;

use bytes::Bytes;
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};
use crate::models::Health;
use crate::resources::{Agents, Environments, Sessions};
use crate::transport::{Operation, Request, Transport};

pub use builder::ClientBuilder;
pub use options::Options;

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
    transport: Transport,
}

impl Client {
    fn new(transport: Transport) -> Self {
        Self { transport }
    }

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
        self.transport.base_url().as_str().trim_end_matches('/')
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
        let settings = options.apply_to(self.transport.settings());
        Self::new(self.transport.with_settings(settings))
    }

    /// Agents: the models and tools that sessions run.
    pub fn agents(&self) -> Agents<'_> {
        Agents::new(&self.transport)
    }

    /// Environments: what sandboxes are set up with.
    pub fn environments(&self) -> Environments<'_> {
        Environments::new(&self.transport)
    }

    /// Sessions: sandboxes in which agents work.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions::new(&self.transport)
    }

    /// How the server is (`GET /health`). A degraded server answers 503, which is an error of kind
    /// [`Server`](crate::ErrorKind::Server).
    pub async fn health(&self) -> Result<Health> {
        self.transport.call(Request::new(Operation::Health)).await
    }

    /// Calls an endpoint with a body of JSON text, and returns the JSON text of the response, empty if it has no content.
    ///
    /// For callers with models of their own. Deadlines, retries and errors are those of the typed methods; what is sent
    /// is not checked. The text is the server's own, except where common parsers refuse it: a lone surrogate becomes
    /// U+FFFD; a number that no double holds, and what is nested more than 100 levels deep, become strings with their text.
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client) -> aod::Result<()> {
    /// use aod::Operation;
    ///
    /// let body = r#"{"name": "ci", "packages": {"pip": ["pytest"]}}"#;
    /// let answer = client.call_json(Operation::CreateEnvironment, None, Some(body.into())).await?;
    /// assert!(answer.starts_with(b"{"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn call_json(
        &self,
        operation: Operation,
        id: Option<Uuid>,
        body: Option<Bytes>,
    ) -> Result<Bytes> {
        if operation == Operation::StreamSession {
            return Err(invalid(
                "an event stream is no JSON answer: open it by sessions().stream",
            ));
        }
        let mut request = Request::new(operation);
        if operation.route().contains("{id}") {
            request = request.id(id.ok_or_else(|| invalid("this endpoint needs an id"))?);
        }
        request.body = body;
        self.transport.call_json(request).await
    }
}

fn invalid(summary: &'static str) -> Error {
    Error::new(ErrorKind::InvalidRequest, summary)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}
