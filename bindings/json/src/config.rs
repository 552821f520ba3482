//! The configuration of a client and the options of calls, from JSON.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aod::{ClientBuilder, HeaderName, HeaderValue, Options, RetryPolicy};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::CallError;
use crate::token::TokenRequests;

/// The configuration of a client.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent option"
)]
pub(crate) struct ClientConfig {
    base_url: String,
    token: Option<String>,
    /// Whether the program provides tokens.
    #[serde(default)]
    provides_tokens: bool,
    user_agent: String,
    connect_timeout: Option<f64>,
    proxy: Option<String>,
    #[serde(default)]
    no_proxy: bool,
    ca_certificate: Option<String>,
    client_certificate: Option<String>,
    pool_max_idle: Option<usize>,
    pool_idle_timeout: Option<f64>,
    #[serde(default)]
    http1_only: bool,
    #[serde(default)]
    https_only: bool,
    #[serde(default)]
    validate_requests: bool,
    max_response_bytes: Option<usize>,
    #[serde(default)]
    pub(crate) options: CallOptions,
}

/// The options that can differ between calls.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallOptions {
    timeout: Option<f64>,
    attempt_timeout: Option<f64>,
    stream_idle_timeout: Option<f64>,
    retry: Option<Retry>,
    max_retries: Option<u32>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Whether the heads of responses are kept for `take_responses`.
    #[serde(default)]
    pub(crate) keep_responses: bool,
    /// Whether calls continue when they are cancelled.
    #[serde(default)]
    pub(crate) detached: bool,
    /// The endpoint that stops the sessions which calls start and the caller does not claim.
    pub(crate) stop: Option<Stop>,
}

/// How a session is stopped.
#[derive(Clone, Copy, Deserialize)]
pub(crate) enum Stop {
    InterruptSession,
    TerminateSession,
}

/// When and how often failed requests are retried.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Retry {
    max_retries: u32,
    base_delay: f64,
    max_delay: f64,
    max_retry_after: f64,
}

impl ClientConfig {
    pub(crate) fn build(self, tokens: &Arc<TokenRequests>) -> Result<aod::Client, CallError> {
        let mut builder = aod::Client::builder()
            .base_url(self.base_url)
            .user_agent_suffix(self.user_agent)
            .http1_only(self.http1_only)
            .https_only(self.https_only)
            .validate_requests(self.validate_requests);
        builder = set(builder, self.token, ClientBuilder::token);
        if self.provides_tokens {
            builder = builder.token_provider(tokens.provider());
        }
        let connect_timeout = self.connect_timeout.map(duration).transpose()?;
        builder = set(builder, connect_timeout, ClientBuilder::connect_timeout);
        let idle = self.pool_idle_timeout.map(duration).transpose()?;
        builder = set(builder, idle, ClientBuilder::pool_idle_timeout);
        builder = set(builder, self.pool_max_idle, ClientBuilder::pool_max_idle);
        let max_bytes = self.max_response_bytes;
        builder = set(builder, max_bytes, ClientBuilder::max_response_bytes);
        builder = set(builder, self.proxy, ClientBuilder::proxy);
        if self.no_proxy {
            builder = builder.no_proxy();
        }
        builder = set(builder, self.ca_certificate, ClientBuilder::ca_certificate);
        let certificate = self.client_certificate;
        builder = set(builder, certificate, ClientBuilder::client_certificate);
        Ok(builder.build()?.with_options(self.options.build()?))
    }
}

impl CallOptions {
    pub(crate) fn build(self) -> Result<Options, CallError> {
        let mut options = Options::new();
        let timeout = self.timeout.map(duration).transpose()?;
        options = set(options, timeout, Options::timeout);
        let attempt_timeout = self.attempt_timeout.map(duration).transpose()?;
        options = set(options, attempt_timeout, Options::attempt_timeout);
        let idle_timeout = self.stream_idle_timeout.map(duration).transpose()?;
        options = set(options, idle_timeout, Options::stream_idle_timeout);
        let retry = self.retry.map(RetryPolicy::try_from).transpose()?;
        options = set(options, retry, Options::retry);
        options = set(options, self.max_retries, Options::max_retries);
        for (name, value) in self.headers {
            let name = HeaderName::try_from(name)
                .map_err(|_| CallError::configuration("invalid header name"))?;
            let value = HeaderValue::try_from(value)
                .map_err(|_| CallError::configuration("invalid header value"))?;
            options = options.header(name, value);
        }
        Ok(options)
    }
}

impl TryFrom<Retry> for RetryPolicy {
    type Error = CallError;

    fn try_from(retry: Retry) -> Result<Self, CallError> {
        Ok(Self {
            max_retries: retry.max_retries,
            base_delay: duration(retry.base_delay)?,
            max_delay: duration(retry.max_delay)?,
            max_retry_after: duration(retry.max_retry_after)?,
        })
    }
}

/// Calls a setter of a builder if there is a value.
pub(crate) fn set<B, T>(builder: B, value: Option<T>, set: impl FnOnce(B, T) -> B) -> B {
    match value {
        Some(value) => set(builder, value),
        None => builder,
    }
}

pub(crate) fn parse<T: DeserializeOwned>(json: &str) -> Result<T, CallError> {
    // The text may contain the token, so the message names only the location.
    serde_json::from_str(json).map_err(|error| {
        CallError::configuration(format!("invalid setting at column {}", error.column()))
    })
}

/// Converts a number of seconds. Infinity means no limit.
pub(crate) fn duration(seconds: f64) -> Result<Duration, CallError> {
    if seconds == f64::INFINITY {
        return Ok(Duration::MAX);
    }
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| CallError::configuration("a timeout must be a non-negative number"))
}
