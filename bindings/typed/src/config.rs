//! The configuration of a client, and the options that can differ between calls.

use std::sync::Arc;
use std::time::Duration;

use aod::models::{Secret, SecretMap};
use aod::{ClientBuilder, ErrorKind, HeaderName, HeaderValue, Options, RetryPolicy};
use aod_bridge::runtime::blocking;

use super::error::CallError;
use super::observe::ResponseListener;
use super::token::{TokenSource, provider};

/// The configuration of a client.
#[derive(uniffi::Record)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent option"
)]
pub struct ClientConfig {
    /// The base URL of the server. Default `http://localhost:8777`.
    #[uniffi(default)]
    pub base_url: Option<String>,
    /// The API token. Required, unless there is a token source.
    #[uniffi(default)]
    pub token: Option<Secret>,
    /// The timeout of a whole call, including all attempts and the delays between them. Default 30 s. It does not limit
    /// streams.
    #[uniffi(default)]
    pub timeout: Option<Duration>,
    /// The timeout of one attempt. Default: what remains of the call's timeout.
    #[uniffi(default)]
    pub attempt_timeout: Option<Duration>,
    /// The timeout for connecting, including TLS. Default 5 s.
    #[uniffi(default)]
    pub connect_timeout: Option<Duration>,
    /// How long a stream waits for bytes, or for the head of a response, before it reconnects. Default 45 s: the server
    /// sends a heartbeat every 15 s.
    #[uniffi(default)]
    pub stream_idle_timeout: Option<Duration>,
    /// When and how often failed requests are retried. Default: up to 2 retries.
    #[uniffi(default)]
    pub retry: Option<RetryPolicy>,
    /// Headers to send with every request. The client's own `Authorization`, `Accept`, `Accept-Encoding` and
    /// `Content-Type` take precedence.
    #[uniffi(default)]
    pub headers: SecretMap,
    /// Text to append to the SDK's `User-Agent`.
    #[uniffi(default)]
    pub user_agent_suffix: Option<String>,
    /// The URL of a proxy for all requests. May contain credentials. Default: the proxy of the environment variables
    /// `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, or else of the settings of macOS or Windows.
    #[uniffi(default)]
    pub proxy: Option<Secret>,
    /// Whether to use no proxy and ignore these variables and settings. Default false.
    #[uniffi(default = false)]
    pub no_proxy: bool,
    /// Certificates in PEM format to trust in addition to the platform's.
    #[uniffi(default = [])]
    pub ca_certificates: Vec<String>,
    /// The client's certificate chain and private key, in one PEM text, for mutual TLS.
    #[uniffi(default)]
    pub client_certificate: Option<Secret>,
    /// The maximum number of idle connections per host. Default: no limit.
    #[uniffi(default)]
    pub pool_max_idle: Option<u32>,
    /// How long an idle connection is kept open. Default 90 s.
    #[uniffi(default)]
    pub pool_idle_timeout: Option<Duration>,
    /// Whether calls use HTTP/1.1 even if the server offers HTTP/2. Streams always do. Default false.
    #[uniffi(default = false)]
    pub http1_only: bool,
    /// Whether to reject a base URL that is not `https`. Default false.
    #[uniffi(default = false)]
    pub https_only: bool,
    /// Whether to validate requests before they are sent, by the rules that every server enforces. Default true.
    #[uniffi(default = true)]
    pub validate_requests: bool,
    /// The maximum size of a response body in bytes; a larger one is an error of kind `Protocol`. It does not limit
    /// streams. Default 64 MiB.
    #[uniffi(default)]
    pub max_response_bytes: Option<u64>,
    /// Where tokens come from, for tokens that expire. It takes precedence over `token`.
    // The last field: in Kotlin, the handle of an object leaks if a field after it cannot be encoded.
    #[uniffi(default)]
    pub token_source: Option<Arc<dyn TokenSource>>,
}

/// Options that override the client's configuration. Those that are not set keep the client's value.
#[derive(uniffi::Record)]
#[uniffi(name = "NativeCallOptions")]
pub struct CallOptions {
    /// The timeout of a whole call, including all attempts and the delays between them.
    #[uniffi(default)]
    pub timeout: Option<Duration>,
    /// The timeout of one attempt.
    #[uniffi(default)]
    pub attempt_timeout: Option<Duration>,
    /// How long a stream waits for bytes, or for the head of a response, before it reconnects.
    #[uniffi(default)]
    pub stream_idle_timeout: Option<Duration>,
    /// When and how often failed requests are retried.
    #[uniffi(default)]
    pub retry: Option<RetryPolicy>,
    /// The maximum number of retries. Takes precedence over the number in `retry`.
    #[uniffi(default)]
    pub max_retries: Option<u32>,
    /// Headers to send in addition. They replace the client's headers of the same name.
    #[uniffi(default)]
    pub headers: SecretMap,
    /// Receives the head of each response to a call.
    #[uniffi(default)]
    pub on_response: Option<Arc<dyn ResponseListener>>,
}

/// When and how often failed requests are retried.
#[uniffi::remote(Record)]
#[uniffi(name = "NativeRetryPolicy")]
pub struct RetryPolicy {
    /// The maximum number of retries after the first attempt. Default 2.
    #[uniffi(default = 2)]
    pub max_retries: u32,
    /// The upper limit of the delay before the first retry. The limit doubles with each further retry; the actual delay
    /// is uniformly random between zero and the limit. The client's default is 500 ms.
    pub base_delay: Duration,
    /// The maximum of the doubled limit. The client's default is 8 s.
    pub max_delay: Duration,
    /// The longest `Retry-After` that is honored. The call fails if the server asks for a longer delay. The client's
    /// default is 120 s.
    pub max_retry_after: Duration,
}

impl ClientConfig {
    /// Applies the settings to a builder. Settings that are not set keep the builder's value.
    pub(super) fn apply(self, builder: ClientBuilder) -> Result<ClientBuilder, CallError> {
        // Destructured in full, so that an unused setting is a compile error.
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
            token_source,
        } = self;
        let mut builder = builder
            .http1_only(http1_only)
            .https_only(https_only)
            .validate_requests(validate_requests);
        builder = set(builder, base_url, ClientBuilder::base_url);
        builder = set(builder, token, ClientBuilder::token);
        builder = set(builder, token_source, |builder, source| {
            builder.token_provider(provider(source))
        });
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
            on_response,
        } = overrides;
        let mut options = Self::new();
        options = set(options, timeout, Options::timeout);
        options = set(options, attempt_timeout, Options::attempt_timeout);
        options = set(options, stream_idle_timeout, Options::stream_idle_timeout);
        options = set(options, retry, Options::retry);
        options = set(options, max_retries, Options::max_retries);
        options = set(options, on_response, |options, listener| {
            options.on_response(move |response| {
                let response = response.into();
                // The listener may block.
                let _ = blocking(|| listener.on_response(response));
            })
        });
        for (name, value) in parse_headers(&headers)? {
            options = options.header(name, value);
        }
        Ok(options)
    }
}

/// Calls a setter of a builder if there is a value.
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
            let name = HeaderName::try_from(name).map_err(|_| refuse("invalid header name"))?;
            let value = HeaderValue::try_from(value).map_err(|_| refuse("invalid header value"))?;
            Ok((name, value))
        })
        .collect()
}
