//! The client of the API.

mod builder;
mod network;
mod options;

use std::fmt;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::error::{Error, ErrorKind, Result};
use crate::models::{
    CreateAgent, CreateEnvironment, CreateSession, Health, Prompt, UpdateAgent, UpdateEnvironment,
    Validate, check,
};
use crate::resources::{Agents, Environments, Sessions};
use crate::transport::{Operation, RecordId, Request, Transport, is_loopback};

pub use builder::ClientBuilder;
pub use network::Network;
pub use options::Options;

/// An asynchronous client for one AoD server, with one API token.
///
/// Cloning is cheap and shares the connection pool. Methods take `&self`, so any number of tasks can use a client at
/// the same time. It requires a tokio runtime with the time and I/O drivers enabled.
///
/// See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/).
///
/// # Examples
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

    /// Returns a builder with the default settings. It reads no environment variables except those of the proxy.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// Creates a client from the environment: the base URL in `AOD_API_URL` (default `http://localhost:8777`) and the
    /// token in `AOD_API_TOKEN`, which is required. An empty variable counts as not set.
    ///
    /// # Errors
    ///
    /// Returns an error of the kind [`Configuration`](ErrorKind::Configuration) if the token is missing or a value is
    /// malformed.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn main() -> aod::Result<()> {
    /// let client = aod::Client::from_env()?;
    /// println!("{}", client.base_url());
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_env() -> Result<Self> {
        ClientBuilder::from_env().build()
    }

    /// Returns the base URL of the server, without a trailing slash.
    pub fn base_url(&self) -> &str {
        self.transport.base_url().as_str().trim_end_matches('/')
    }

    /// Returns whether requests, and the token in them, are sent unencrypted to another machine: the base URL is plain
    /// `http`, and its host is not this machine. [`https_only`](ClientBuilder::https_only) rejects such a URL.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> aod::Result<()> {
    /// let client = aod::Client::builder().token("aod_x");
    /// assert!(client.base_url("http://192.0.2.1").build()?.sends_clear_text());
    /// # Ok(()) }
    /// ```
    pub fn sends_clear_text(&self) -> bool {
        let url = self.transport.base_url();
        url.scheme() == "http" && !is_loopback(url)
    }

    /// The warning that is logged for a client that [sends clear text](Self::sends_clear_text).
    pub const CLEAR_TEXT_WARNING: &'static str =
        "the base URL is plain http to another machine: the token is sent in clear text";

    /// Returns a client with other options, which shares the connection pool of this one.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client) -> aod::Result<()> {
    /// use std::time::Duration;
    ///
    /// let fail_fast = client.with_options(aod::Options::new().timeout(Duration::from_secs(2)).max_retries(0));
    /// fail_fast.health().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_options(&self, options: Options) -> Self {
        let settings = options.apply_to(self.transport.settings());
        Self::new(self.transport.with_settings(settings))
    }

    /// Returns the endpoints of agents: configurations of a model with its skills and MCP servers.
    pub fn agents(&self) -> Agents<'_> {
        Agents::new(&self.transport)
    }

    /// Returns the endpoints of environments: the packages, variables and network rules of sandboxes.
    pub fn environments(&self) -> Environments<'_> {
        Environments::new(&self.transport)
    }

    /// Returns the endpoints of sessions: sandboxes in which agents work on prompts.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions::new(&self.transport)
    }

    /// Returns the object that passes reports about the network to the streams of this client.
    pub fn network(&self) -> Network<'_> {
        Network::new(&self.transport)
    }

    /// Closes the connections of all streams for which reconnection is enabled, and the idle connections of the pool.
    ///
    /// An app calls this when it goes to the background, where connections die unnoticed and cost battery. The streams
    /// keep their cursors and stay disconnected until [`resume`](Self::resume), in the state
    /// [`WaitingForNetwork`](crate::ConnectionState::WaitingForNetwork); their deadlines still apply. Calls still work,
    /// over new connections. Streams without [reconnection](crate::StreamRequest::no_reconnect) stay connected.
    pub fn suspend(&self) {
        self.transport.renew_connections();
        self.transport.network().suspend();
    }

    /// Lets the streams reconnect after [`suspend`](Self::suspend): within 250 ms, at random times, unless the
    /// [network](Self::network) is reported as offline.
    pub fn resume(&self) {
        self.transport.renew_connections();
        self.transport.network().resume();
    }

    /// Checks the health of the server (`GET /health`). The server does not check the token for this call.
    ///
    /// # Errors
    ///
    /// - [`Server`](ErrorKind::Server) if the server is degraded, which it reports with the status 503 (servers since
    ///   2026-04-30);
    /// - [the errors of every call](crate::Error#errors-of-every-call).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client) -> aod::Result<()> {
    /// assert_eq!(client.health().await?.status, "ok");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn health(&self) -> Result<Health> {
        self.transport.call(Request::new(Operation::Health)).await
    }

    /// Calls an endpoint with a JSON body and returns the JSON text of the response, which is empty if it has no
    /// content.
    ///
    /// This is for callers with their own models. Timeouts, retries, errors and
    /// [validation](ClientBuilder::validate_requests) are the same as in the typed methods; a body that is not a
    /// valid request object is sent unvalidated. `id` replaces `{id}` in the [route](Operation::route); endpoints
    /// without `{id}` ignore it.
    ///
    /// The text is returned verbatim, except where common parsers reject it: a byte order mark is removed; lone
    /// surrogates and ill-formed UTF-8 become U+FFFD; numbers that do not fit into a double, and values that are nested
    /// more than 100 levels deep, become strings. The text of an object is not parsed: it may be malformed.
    ///
    /// # Errors
    ///
    /// - [`Decode`](ErrorKind::Decode) if the response is not JSON, such as an HTML page;
    /// - [`InvalidRequest`](ErrorKind::InvalidRequest) if the endpoint needs an id and `id` is `None`, or for
    ///   [`Operation::StreamSession`], which returns no JSON;
    /// - the other errors of the typed method of the endpoint.
    ///
    /// # Examples
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
        id: Option<RecordId>,
        body: Option<Bytes>,
    ) -> Result<Bytes> {
        if operation == Operation::StreamSession {
            return Err(invalid(
                "the stream endpoint returns no JSON: use sessions().stream",
            ));
        }
        let mut request = Request::new(operation);
        if operation.route().contains("{id}") {
            request = request.id(id.ok_or_else(|| invalid("this endpoint requires an id"))?);
        }
        if self.transport.settings().validate {
            validate(operation, body.as_deref().unwrap_or_default())?;
        }
        request.body = body;
        self.transport.call_json(request).await
    }
}

/// Validates the body of a request, if it has the form of one.
fn validate(operation: Operation, body: &[u8]) -> Result<()> {
    fn check_as<T: Validate + DeserializeOwned>(body: &[u8]) -> Result<()> {
        serde_json::from_slice::<T>(body).map_or(Ok(()), |request| check(&request))
    }
    match operation {
        Operation::CreateAgent => check_as::<CreateAgent>(body),
        Operation::UpdateAgent => check_as::<UpdateAgent>(body),
        Operation::CreateEnvironment => check_as::<CreateEnvironment>(body),
        Operation::UpdateEnvironment => check_as::<UpdateEnvironment>(body),
        Operation::CreateSession => check_as::<CreateSession>(body),
        Operation::PromptSession => check_as::<Prompt>(body),
        Operation::Health
        | Operation::ListAgents
        | Operation::GetAgent
        | Operation::ArchiveAgent
        | Operation::ListAgentVersions
        | Operation::ListEnvironments
        | Operation::GetEnvironment
        | Operation::ArchiveEnvironment
        | Operation::DeleteEnvironment
        | Operation::ListEnvironmentVersions
        | Operation::ListSessions
        | Operation::GetSession
        | Operation::ListSessionTurns
        | Operation::TerminateSession
        | Operation::InterruptSession
        | Operation::DeleteSession
        | Operation::StreamSession => Ok(()),
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
