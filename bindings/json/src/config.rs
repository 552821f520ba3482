//! The settings of a client, and of some of its calls, from JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use aod::{ClientBuilder, HeaderName, HeaderValue, Options};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::CallError;

/// What a client is set up with.
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

/// What may differ from call to call.
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
        // What the server would refuse is left to it: its own texts are part of the package's contract.
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
                .map_err(|_| CallError::configuration("a header's name is malformed"))?;
            let value = HeaderValue::try_from(value)
                .map_err(|_| CallError::configuration("a header's value is malformed"))?;
            options = options.header(name, value);
        }
        Ok(options)
    }
}

/// Sets what is given.
pub(crate) fn set<B, T>(builder: B, value: Option<T>, set: impl FnOnce(B, T) -> B) -> B {
    match value {
        Some(value) => set(builder, value),
        None => builder,
    }
}

pub(crate) fn parse<T: DeserializeOwned>(json: &str) -> Result<T, CallError> {
    // The text may hold the token, so the message names the place alone.
    serde_json::from_str(json).map_err(|error| {
        CallError::configuration(format!(
            "a setting is malformed at column {}",
            error.column()
        ))
    })
}

/// A number of seconds; infinity is no limit.
pub(crate) fn duration(seconds: f64) -> Result<Duration, CallError> {
    if seconds == f64::INFINITY {
        return Ok(Duration::MAX);
    }
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| CallError::configuration("a timeout is negative or not a number"))
}
