//! The configuration of a client and the options of calls, from JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use aod::{ClientBuilder, HeaderName, HeaderValue, Options};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::CallError;

/// The configuration of a client.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientConfig {
    base_url: String,
    token: String,
    user_agent: String,
    connect_timeout: Option<f64>,
    proxy: Option<String>,
    ca_certificate: Option<String>,
    client_certificate: Option<String>,
    #[serde(default)]
    https_only: bool,
    #[serde(default)]
    options: CallOptions,
}

/// The options that can differ between calls.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallOptions {
    timeout: Option<f64>,
    stream_idle_timeout: Option<f64>,
    max_retries: Option<u32>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

impl ClientConfig {
    pub(crate) fn build(self) -> Result<aod::Client, CallError> {
        // Requests are not validated here: the server's error texts are part of the Python package's contract.
        let mut builder = aod::Client::builder()
            .base_url(self.base_url)
            .token(self.token)
            .user_agent_suffix(self.user_agent)
            .validate_requests(false)
            .https_only(self.https_only);
        if let Some(seconds) = self.connect_timeout {
            builder = builder.connect_timeout(duration(seconds)?);
        }
        builder = set(builder, self.proxy, ClientBuilder::proxy);
        builder = set(builder, self.ca_certificate, ClientBuilder::ca_certificate);
        builder = set(
            builder,
            self.client_certificate,
            ClientBuilder::client_certificate,
        );
        Ok(builder.build()?.with_options(self.options.build()?))
    }
}

impl CallOptions {
    pub(crate) fn build(self) -> Result<Options, CallError> {
        let mut options = Options::new();
        if let Some(seconds) = self.timeout {
            options = options.timeout(duration(seconds)?);
        }
        if let Some(seconds) = self.stream_idle_timeout {
            options = options.stream_idle_timeout(duration(seconds)?);
        }
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
