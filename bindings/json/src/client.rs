//! The client, set up from JSON.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aod::{HeaderName, HeaderValue, Operation, Options};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::call::Calls;
use super::error::CallError;
use super::stream::EventBatches;
use super::wakeups::Wakeups;
use aod_bridge::error::ErrorInfo;
use aod_bridge::runtime::SharedRuntime;

/// What all calls and streams run on.
pub(super) static RUNTIME: SharedRuntime = SharedRuntime::new(2);

/// A client of one server, with one token.
#[derive(uniffi::Object)]
pub struct JsonClient {
    client: aod::Client,
    calls: Calls,
}

/// What a client is set up with, and what may differ from call to call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Setup {
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
    options: Overrides,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Overrides {
    timeout: Option<f64>,
    stream_idle_timeout: Option<f64>,
    max_retries: Option<u32>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

#[uniffi::export]
impl JsonClient {
    /// Sets up a client from a JSON object. What is malformed fails with the kind `configuration`.
    #[uniffi::constructor]
    pub fn new(setup: Vec<u8>) -> Result<Arc<Self>, CallError> {
        let setup: Setup = parse(&setup)?;
        // What the server would refuse is left to it: its own texts are part of the package's contract.
        let mut builder = aod::Client::builder()
            .base_url(setup.base_url)
            .token(setup.token)
            .user_agent_suffix(setup.user_agent)
            .validate_requests(false)
            .https_only(setup.https_only);
        if let Some(seconds) = setup.connect_timeout {
            builder = builder.connect_timeout(duration(seconds)?);
        }
        if let Some(url) = setup.proxy {
            builder = builder.proxy(url);
        }
        if let Some(pem) = setup.ca_certificate {
            builder = builder.ca_certificate(pem);
        }
        if let Some(pem) = setup.client_certificate {
            builder = builder.client_certificate(pem);
        }
        // Connections are made on the runtime; so is what prepares them.
        let handle = RUNTIME.handle().map_err(unusable)?;
        let _guard = handle.enter();
        let client = builder.build()?.with_options(setup.options.into_options()?);
        Ok(Arc::new(Self::over(client)))
    }

    /// A client over the same connections with other timeouts, retries or headers, given as a JSON object.
    pub fn with_options(&self, overrides: Vec<u8>) -> Result<Arc<Self>, CallError> {
        let overrides: Overrides = parse(&overrides)?;
        let client = self.client.with_options(overrides.into_options()?);
        Ok(Arc::new(Self::over(client)))
    }

    /// Sets the body of the call that this number is going to have.
    pub fn set_body(&self, number: u64, body: Vec<u8>) {
        self.calls.set_body(number, body);
    }

    /// Makes a call, under a number that no other call of this client has, and waits this many milliseconds at most for
    /// its answer. Without one, `wait` or `give_up` must follow. The id crosses as its upper and lower half; an endpoint
    /// that has none in its path does not look at it.
    pub fn call(
        &self,
        number: u64,
        operation: u8,
        upper: u64,
        lower: u64,
        milliseconds: u32,
    ) -> Result<Option<Vec<u8>>, CallError> {
        let answer = self.answer(number, operation, upper, lower)?;
        self.calls.begin(number, None, answer)?;
        self.calls.wait(number, milliseconds)
    }

    /// Starts a call as `call` does, and has its number told once there is an answer.
    pub fn begin(
        &self,
        number: u64,
        wakeups: Arc<Wakeups>,
        operation: u8,
        upper: u64,
        lower: u64,
    ) -> Result<(), CallError> {
        let answer = self.answer(number, operation, upper, lower)?;
        self.calls.begin(number, Some(wakeups), answer)
    }

    /// Waits this many milliseconds at most for the answer of a call, which is given once.
    pub fn wait(&self, number: u64, milliseconds: u32) -> Result<Option<Vec<u8>>, CallError> {
        self.calls.wait(number, milliseconds)
    }

    /// Gives a call up and closes its connection; one that was answered already is no matter.
    pub fn give_up(&self, number: u64) {
        self.calls.give_up(number);
    }

    /// Opens a stream, which is read from now on. The options are a JSON object.
    pub fn stream(
        &self,
        id: String,
        since: Option<i64>,
        options: Vec<u8>,
    ) -> Result<Arc<EventBatches>, CallError> {
        EventBatches::start(self.client.clone(), uuid(&id)?, since, parse(&options)?)
    }
}

impl JsonClient {
    fn over(client: aod::Client) -> Self {
        Self {
            client,
            calls: Calls::default(),
        }
    }

    fn answer(
        &self,
        number: u64,
        operation: u8,
        upper: u64,
        lower: u64,
    ) -> Result<impl Future<Output = Result<Vec<u8>, CallError>> + use<>, CallError> {
        let client = self.client.clone();
        let operation = endpoint(operation)?;
        let id = Uuid::from_u64_pair(upper, lower);
        let body = self.calls.body_of(number).map(Into::into);
        Ok(async move { Ok(client.call_json(operation, Some(id), body).await?.into()) })
    }
}

impl Overrides {
    fn into_options(self) -> Result<Options, CallError> {
        let mut options = Options::new();
        if let Some(seconds) = self.timeout {
            options = options.timeout(duration(seconds)?);
        }
        if let Some(seconds) = self.stream_idle_timeout {
            options = options.stream_idle_timeout(duration(seconds)?);
        }
        if let Some(count) = self.max_retries {
            options = options.max_retries(count);
        }
        for (name, value) in self.headers {
            let name = HeaderName::try_from(name)
                .map_err(|_| configuration("a header's name is malformed"))?;
            let value = HeaderValue::try_from(value)
                .map_err(|_| configuration("a header's value is malformed"))?;
            options = options.header(name, value);
        }
        Ok(options)
    }
}

pub(super) fn parse<T: DeserializeOwned>(json: &[u8]) -> Result<T, CallError> {
    // The text may hold the token, so the message names the place alone.
    serde_json::from_slice(json).map_err(|error| {
        configuration(&format!(
            "a setting is malformed at column {}",
            error.column()
        ))
    })
}

pub(super) fn duration(seconds: f64) -> Result<Duration, CallError> {
    if seconds == f64::INFINITY {
        return Ok(Duration::MAX);
    }
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| configuration("a timeout is negative or no number"))
}

/// Endpoints cross as their place in the core's table.
fn endpoint(index: u8) -> Result<Operation, CallError> {
    let operation = Operation::ALL.get(usize::from(index));
    operation
        .copied()
        .ok_or_else(|| configuration("there is no such endpoint"))
}

fn uuid(text: &str) -> Result<Uuid, CallError> {
    Uuid::try_parse(text).map_err(|_| CallError::of_kind("invalid_request", "the id is not a UUID"))
}

fn configuration(text: &str) -> CallError {
    CallError::of_kind("configuration", text)
}

pub(super) fn unusable(error: ErrorInfo) -> CallError {
    configuration(&error.text)
}

/// The names of the endpoints, in the order of their numbers.
#[uniffi::export]
pub fn endpoints() -> Vec<String> {
    Operation::ALL
        .iter()
        .map(|operation| format!("{operation:?}"))
        .collect()
}

/// Starts afresh in the child of a fork. To be called there before anything else.
#[uniffi::export]
pub fn after_fork_in_child() {
    RUNTIME.after_fork_in_child();
}

/// Ends all calls and streams of this process. To be called when the interpreter is about to go.
#[uniffi::export]
pub fn shut_down() {
    RUNTIME.shut_down(Duration::from_secs(1));
}
