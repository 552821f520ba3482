//! The builder of a client.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aod_sse::{Clock, Network};
use http::{HeaderName, HeaderValue};
use url::Url;

use super::Client;
use crate::error::{Error, ErrorKind, Result};
use crate::models::Secret;
use crate::transport::{
    HttpClientConfig, RetryPolicy, Route, Server, Settings, TokenProvider, Tokens, Transport,
    parse_url, require_time,
};

const DEFAULT_BASE_URL: &str = "http://localhost:8777";

/// Builds a [`Client`]. Invalid values are reported by [`build`](Self::build).
///
/// See [Configuration](https://ravi-hq.github.io/agent-on-demand/latest/guide/configuration/).
///
/// # Examples
///
/// ```
/// # fn main() -> aod::Result<()> {
/// use std::time::Duration;
///
/// let client = aod::Client::builder()
///     .base_url("https://aod.example.com/api")
///     .token("aod_secret")
///     .timeout(Duration::from_secs(60))
///     .https_only(true)
///     .build()?;
/// assert!(!format!("{client:?}").contains("aod_secret"));
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct ClientBuilder {
    base_url: Option<String>,
    token: Option<Secret>,
    token_provider: Option<Arc<dyn TokenProvider>>,
    settings: Settings,
    http: HttpClientConfig,
    https_only: bool,
    clock: Clock,
}

impl ClientBuilder {
    /// Creates a builder with the base URL and the token from the environment; see [`Client::from_env`].
    pub fn from_env() -> Self {
        // A value that is not valid Unicode is kept, so that it is rejected as malformed instead of ignored.
        Self::from_variables(|name| {
            std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    fn from_variables(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name| lookup(name).filter(|value| !value.is_empty());
        Self {
            base_url: variable("AOD_API_URL"),
            token: variable("AOD_API_TOKEN").map(Into::into),
            ..Self::default()
        }
    }

    /// Sets the base URL of the server. A path prefix is kept; trailing slashes are removed. Default
    /// `http://localhost:8777`.
    #[must_use]
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// Sets the API token. Required, unless a [provider](Self::token_provider) is set.
    #[must_use]
    pub fn token(mut self, token: impl Into<Secret>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sets a provider of API tokens that expire, which takes precedence over [`token`](Self::token). Default: none; the
    /// client sends its one token with every request.
    #[must_use]
    pub fn token_provider(mut self, provider: impl TokenProvider) -> Self {
        self.token_provider = Some(Arc::new(provider));
        self
    }

    /// Sets the time limit of a whole call, including all attempts and the delays between them. Default 30 s. Streams
    /// are limited by [`stream_idle_timeout`](Self::stream_idle_timeout) instead.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// Sets the time limit of one attempt. It also applies to each attempt to open a stream, until the head of the
    /// response arrives. Default: the rest of [`timeout`](Self::timeout) for calls, and
    /// [`stream_idle_timeout`](Self::stream_idle_timeout) for streams.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.settings.attempt_timeout = Some(timeout);
        self
    }

    /// Sets the time limit to connect, including the TLS handshake. Default 5 s.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.http.connect_timeout = Some(timeout);
        self
    }

    /// Sets how long a stream may receive no byte before it reconnects, and how long the head of its response may take.
    /// The server sends a heartbeat every 15 s. Default 45 s.
    #[must_use]
    pub fn stream_idle_timeout(mut self, timeout: Duration) -> Self {
        self.settings.stream_idle_timeout = timeout;
        self
    }

    /// Sets the retry policy of failed requests. Default [`RetryPolicy::default`]: two retries. It also limits the
    /// retries when a stream is opened; an open stream has its own [policy](crate::StreamRequest::reconnect).
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.settings.retry = policy;
        self
    }

    /// Sets a header to send with every request, replacing an earlier one of the same name. Its value is kept out of
    /// logs.
    ///
    /// The client's own `Authorization`, `Accept`, `Accept-Encoding` and `Content-Type` take precedence.
    #[must_use]
    pub fn header(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        self.settings.headers.insert(name, value);
        self
    }

    /// Appends text to the `User-Agent` header, for example `my-app/1.4`.
    #[must_use]
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.http.user_agent_suffix = Some(suffix.into());
        self
    }

    /// Sets a proxy for all requests. Default: the proxy from `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`
    /// in the environment, or else that of the operating system. The scheme of the URL is `http`, `https`, `socks4`,
    /// `socks4a`, `socks5` or `socks5h`; it may contain a user name and a password.
    #[must_use]
    pub fn proxy(mut self, url: impl Into<Secret>) -> Self {
        self.http.route = Some(Route::Proxy(url.into()));
        self
    }

    /// Disables proxies, including those of the environment and the operating system.
    #[must_use]
    pub fn no_proxy(mut self) -> Self {
        self.http.route = Some(Route::Direct);
        self
    }

    /// Adds trusted CA certificates in PEM format to those of the platform (on Android, to the bundled ones).
    #[must_use]
    pub fn ca_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.http.ca_pem.push(pem.into());
        self
    }

    /// Sets the client certificate chain and its private key, in one PEM text, for mutual TLS.
    #[must_use]
    pub fn client_certificate(mut self, pem: impl Into<Secret>) -> Self {
        self.http.identity_pem = Some(pem.into());
        self
    }

    /// Sets the maximum number of idle connections in a pool for each host. Default: no limit.
    ///
    /// Over `https`, calls and streams have separate pools, and this limit and
    /// [`pool_idle_timeout`](Self::pool_idle_timeout) apply to each. Over plain `http`, or with
    /// [`http1_only`](Self::http1_only), they share one pool.
    #[must_use]
    pub fn pool_max_idle(mut self, connections: usize) -> Self {
        self.http.pool_max_idle = Some(connections);
        self
    }

    /// Sets how long an idle connection is kept in the pool. Default 90 s.
    #[must_use]
    pub fn pool_idle_timeout(mut self, timeout: Duration) -> Self {
        self.http.pool_idle_timeout = Some(timeout);
        self
    }

    /// Sets whether to use HTTP/1.1 only, even if the server offers HTTP/2. Default false: calls use HTTP/2 if the
    /// server offers it over `https`. Streams always use HTTP/1.1, and each stream has its own connection.
    #[must_use]
    pub fn http1_only(mut self, on: bool) -> Self {
        self.http.http1_only = on;
        self
    }

    /// Sets whether [`build`](Self::build) rejects a base URL that is not `https`. Default false: plain `http` to
    /// another machine is logged as a warning; see [`Client::sends_clear_text`].
    #[must_use]
    pub fn https_only(mut self, on: bool) -> Self {
        self.https_only = on;
        self
    }

    /// Sets whether requests are validated before they are sent, against limits that all servers enforce. Default true.
    /// Turn it off for a server with other limits.
    #[must_use]
    pub fn validate_requests(mut self, on: bool) -> Self {
        self.settings.validate = on;
        self
    }

    /// Sets the size limit of the body of a successful response, in bytes, before and after decompression. A larger one
    /// is an error of the kind [`Protocol`](ErrorKind::Protocol). Default 64 MiB. The limit does not apply to streams.
    #[must_use]
    pub fn max_response_bytes(mut self, bytes: usize) -> Self {
        self.settings.max_response_bytes = bytes;
        self
    }

    /// Sets the clock of all time limits, except those to connect and for idle connections of the pool. Default: a new
    /// [`Clock`], which counts the time in which the machine sleeps. Tests move it forward.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the client. It does not connect to the server.
    ///
    /// # Errors
    ///
    /// Returns an error of the kind [`Configuration`](ErrorKind::Configuration) that names the invalid setting: a
    /// missing or malformed token, an invalid URL, an unreadable certificate, an invalid proxy, a time limit of zero
    /// (other than [`pool_idle_timeout`](Self::pool_idle_timeout)), or a base URL that is not `https` while
    /// [`https_only`](Self::https_only) is set.
    pub fn build(self) -> Result<Client> {
        let base_url = parse_base_url(self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL))?;
        let tokens = match self.token_provider {
            Some(provider) => Tokens::provided(provider),
            None => Tokens::fixed(self.token.unwrap_or_default())?,
        };
        let secure = base_url.scheme() == "https";
        if self.https_only && !secure {
            return Err(configuration(
                "the base URL is not https, and https_only is on",
            ));
        }

        self.settings.check()?;
        if let Some(limit) = self.http.connect_timeout {
            require_time(limit, "connect timeout")?;
        }
        let http = self.http.build(&base_url)?;
        let server = Server {
            base_url,
            tokens,
            http,
            network: Network::new(),
            clock: self.clock,
            sleep_watch: Mutex::default(),
        };
        let client = Client::new(Transport::new(server, self.settings));
        if client.sends_clear_text() {
            tracing::warn!("{}", Client::CLEAR_TEXT_WARNING);
        }
        Ok(client)
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}

fn parse_base_url(text: &str) -> Result<Url> {
    let mut url = parse_url(text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(configuration("the base URL has a query or a fragment"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

fn configuration(summary: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Configuration, summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(builder: ClientBuilder) -> String {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        error.to_string()
    }

    #[test]
    fn reads_the_environment_and_ignores_empty_variables() {
        let full = |name: &str| match name {
            "AOD_API_URL" => Some("https://aod.example.com/api//".to_owned()),
            "AOD_API_TOKEN" => Some("aod_x".to_owned()),
            _ => None,
        };
        let client = ClientBuilder::from_variables(full).build().unwrap();
        assert_eq!(client.base_url(), "https://aod.example.com/api");

        let token_only =
            |name: &str| Some(if name == "AOD_API_TOKEN" { "aod_x" } else { "" }.to_owned());
        let client = ClientBuilder::from_variables(token_only).build().unwrap();
        assert_eq!(client.base_url(), "http://localhost:8777");

        let message = refusal(ClientBuilder::from_variables(|_| None));
        assert!(message.contains("AOD_API_TOKEN"), "{message}");
    }

    #[test]
    fn errors_do_not_repeat_the_malformed_value() {
        let with = |url: &str| Client::builder().token("aod_x").base_url(url);
        for url in [
            "",
            "localhost:8777",
            "ftp://hunter2",
            "http://u:hunter2@h",
            "http://h/?hunter2",
            "http://h/#hunter2",
        ] {
            assert!(!refusal(with(url)).contains("hunter2"), "{url}");
        }
        for token in ["hunter2\n", "hunter2 hunter2", "\0hunter2", "hunter2é"] {
            assert!(
                !refusal(Client::builder().token(token)).contains("hunter2"),
                "{token}"
            );
        }
        refusal(with("http://h").https_only(true));
        refusal(with("http://h").proxy("::hunter2"));
        refusal(with("https://h").ca_certificate("hunter2"));
        refusal(with("https://h").client_certificate("hunter2"));
        refusal(with("http://h").user_agent_suffix("a\nb"));
    }

    #[test]
    fn a_time_limit_of_zero_is_refused() {
        let with = || Client::builder().token("aod_x");
        for builder in [
            with().timeout(Duration::ZERO),
            with().attempt_timeout(Duration::ZERO),
            with().connect_timeout(Duration::ZERO),
            with().stream_idle_timeout(Duration::ZERO),
        ] {
            assert!(refusal(builder).ends_with("is zero"));
        }
        with().pool_idle_timeout(Duration::ZERO).build().unwrap();
    }
}
