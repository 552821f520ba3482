//! What a client is set up with, and what may differ from call to call.

use std::time::Duration;

use aod::models::{Secret, SecretMap};
use aod::{ClientBuilder, ErrorKind, HeaderName, HeaderValue, Options, RetryPolicy};

use super::error::CallError;

/// How a client is set up. What is left out has its default.
#[derive(uniffi::Record)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct ClientConfig {
    /// Where the server is. Default `http://localhost:8777`.
    #[uniffi(default)]
    pub base_url: Option<String>,
    /// The API token. Required.
    #[uniffi(default)]
    pub token: Option<Secret>,
    /// The time for a whole call, all attempts and the waits between them included. Default 30 s.
    #[uniffi(default)]
    pub timeout: Option<Duration>,
    /// The time for one attempt. Default: whatever is left of the whole call.
    #[uniffi(default)]
    pub attempt_timeout: Option<Duration>,
    /// The time to connect, TLS included. Default 5 s.
    #[uniffi(default)]
    pub connect_timeout: Option<Duration>,
    /// How long a stream may be silent. Default 45 s, three heartbeats.
    #[uniffi(default)]
    pub stream_idle_timeout: Option<Duration>,
    /// When and how often a failed request is retried.
    #[uniffi(default)]
    pub retry: Option<RetryPolicy>,
    /// Headers to send with every request. The client's own win over them.
    #[uniffi(default)]
    pub headers: SecretMap,
    /// Text put after the SDK's own `User-Agent`.
    #[uniffi(default)]
    pub user_agent_suffix: Option<String>,
    /// A proxy for all requests, instead of the environment's. May hold user information.
    #[uniffi(default)]
    pub proxy: Option<Secret>,
    /// No proxy, whatever the environment says.
    #[uniffi(default = false)]
    pub no_proxy: bool,
    /// PEM texts of certificates to trust besides the platform's.
    #[uniffi(default = [])]
    pub ca_certificates: Vec<String>,
    /// The client's certificate chain and private key, in one PEM text.
    #[uniffi(default)]
    pub client_certificate: Option<Secret>,
    /// How many idle connections are kept. Default: no limit.
    #[uniffi(default)]
    pub pool_max_idle: Option<u32>,
    /// How long an idle connection is kept. Default 90 s.
    #[uniffi(default)]
    pub pool_idle_timeout: Option<Duration>,
    /// Speaks HTTP/1.1 even where the server offers HTTP/2.
    #[uniffi(default = false)]
    pub http1_only: bool,
    /// Refuses a base URL that is not `https`.
    #[uniffi(default = false)]
    pub https_only: bool,
    /// Whether requests are checked before they are sent, for what the server would certainly refuse.
    #[uniffi(default = true)]
    pub validate_requests: bool,
    /// The longest response body that is read, in bytes. Default 64 MiB.
    #[uniffi(default)]
    pub max_response_bytes: Option<u64>,
}

/// What differs from the client's own settings; what is left out stays as it was.
#[derive(uniffi::Record)]
#[uniffi(name = "NativeCallOptions")]
pub struct CallOptions {
    /// The time for a whole call, all attempts and waits included.
    #[uniffi(default)]
    pub timeout: Option<Duration>,
    /// The time for one attempt.
    #[uniffi(default)]
    pub attempt_timeout: Option<Duration>,
    /// How long a stream may be silent.
    #[uniffi(default)]
    pub stream_idle_timeout: Option<Duration>,
    /// When and how often a failed request is retried.
    #[uniffi(default)]
    pub retry: Option<RetryPolicy>,
    /// How many times a failed request is retried.
    #[uniffi(default)]
    pub max_retries: Option<u32>,
    /// Headers to send, instead of earlier ones of their names.
    #[uniffi(default)]
    pub headers: SecretMap,
}

/// When and how often a failed request is retried.
#[uniffi::remote(Record)]
#[uniffi(name = "NativeRetryPolicy")]
pub struct RetryPolicy {
    /// How many times a request is retried after the first attempt.
    #[uniffi(default = 2)]
    pub max_retries: u32,
    /// The longest wait before the first further attempt; it doubles with each one.
    pub base_delay: Duration,
    /// The cap of that doubling.
    pub max_delay: Duration,
    /// The longest `Retry-After` that is honored; a longer one ends the call.
    pub max_retry_after: Duration,
}

impl ClientConfig {
    /// Sets what is given on a builder, which may have values of its own.
    pub(super) fn apply(self, builder: ClientBuilder) -> Result<ClientBuilder, CallError> {
        // Taken apart by name, so that a setting without a use does not compile.
        let Self {
            base_url,
            token,
            timeout,
            attempt_timeout,
            connect_timeout,
            stream_idle_timeout,
            retry,
            headers,
            user_agent_suffix,
            proxy,
            no_proxy,
            ca_certificates,
            client_certificate,
            pool_max_idle,
            pool_idle_timeout,
            http1_only,
            https_only,
            validate_requests,
            max_response_bytes,
        } = self;
        let mut builder = builder
            .http1_only(http1_only)
            .https_only(https_only)
            .validate_requests(validate_requests);
        builder = set(builder, base_url, ClientBuilder::base_url);
        builder = set(builder, token, ClientBuilder::token);
        builder = set(builder, timeout, ClientBuilder::timeout);
        builder = set(builder, attempt_timeout, ClientBuilder::attempt_timeout);
        builder = set(builder, connect_timeout, ClientBuilder::connect_timeout);
        builder = set(
            builder,
            stream_idle_timeout,
            ClientBuilder::stream_idle_timeout,
        );
        builder = set(builder, retry, ClientBuilder::retry);
        builder = set(builder, user_agent_suffix, ClientBuilder::user_agent_suffix);
        builder = set(builder, proxy, |builder, url| builder.proxy(url.expose()));
        builder = set(builder, client_certificate, |builder, pem| {
            builder.client_certificate(pem.expose())
        });
        builder = set(builder, pool_idle_timeout, ClientBuilder::pool_idle_timeout);
        builder = set(builder, pool_max_idle, |builder, count| {
            builder.pool_max_idle(count.try_into().unwrap_or(usize::MAX))
        });
        builder = set(builder, max_response_bytes, |builder, bytes| {
            builder.max_response_bytes(bytes.try_into().unwrap_or(usize::MAX))
        });
        if no_proxy {
            builder = builder.no_proxy();
        }
        for pem in ca_certificates {
            builder = builder.ca_certificate(pem);
        }
        for (name, value) in parse_headers(&headers)? {
            builder = builder.header(name, value);
        }
        Ok(builder)
    }
}

impl TryFrom<CallOptions> for Options {
    type Error = CallError;

    fn try_from(overrides: CallOptions) -> Result<Self, CallError> {
        let CallOptions {
            timeout,
            attempt_timeout,
            stream_idle_timeout,
            retry,
            max_retries,
            headers,
        } = overrides;
        let mut options = Self::new();
        options = set(options, timeout, Options::timeout);
        options = set(options, attempt_timeout, Options::attempt_timeout);
        options = set(options, stream_idle_timeout, Options::stream_idle_timeout);
        options = set(options, retry, Options::retry);
        options = set(options, max_retries, Options::max_retries);
        for (name, value) in parse_headers(&headers)? {
            options = options.header(name, value);
        }
        Ok(options)
    }
}

/// Sets what is there.
pub(super) fn set<B, T>(builder: B, value: Option<T>, setter: impl FnOnce(B, T) -> B) -> B {
    match value {
        Some(value) => setter(builder, value),
        None => builder,
    }
}

fn parse_headers(headers: &SecretMap) -> Result<Vec<(HeaderName, HeaderValue)>, CallError> {
    let refuse = |what| CallError::new(ErrorKind::Configuration, what);
    headers
        .iter()
        .map(|(name, value)| {
            let name =
                HeaderName::try_from(name).map_err(|_| refuse("a header's name is malformed"))?;
            let value = HeaderValue::try_from(value)
                .map_err(|_| refuse("a header's value is malformed"))?;
            Ok((name, value))
        })
        .collect()
}
