//! The client, set up from JSON.

use std::future::Future;
use std::sync::Arc;

use aod::{ErrorKind, Operation};
use aod_bridge::error::{ErrorInfo, ErrorKind as AnyErrorKind, Result as BridgeResult};
use uuid::Uuid;

use crate::calls::PendingCalls;
use crate::config::{CallOptions, ClientConfig, parse};
use crate::error::CallError;
use crate::process::RUNTIME;
use crate::stream::EventBatches;
use crate::wake::WakeQueue;

/// A client of one server, with one token.
#[derive(uniffi::Object)]
pub struct JsonClient {
    client: aod::Client,
    calls: PendingCalls,
}

#[uniffi::export]
impl JsonClient {
    /// Creates a client from a JSON object. What is malformed fails with the kind `configuration`.
    #[uniffi::constructor]
    pub fn new(config: String) -> Result<Arc<Self>, CallError> {
        let config: ClientConfig = parse(&config)?;
        // Connections are made on the runtime; so is what prepares them.
        let handle = RUNTIME.handle()?;
        let _guard = handle.enter();
        Ok(Self::from_client(config.build()?))
    }

    /// Creates a client over the same connections with other timeouts, retries or headers, given as a JSON object.
    pub fn with_options(&self, options: String) -> Result<Arc<Self>, CallError> {
        let options: CallOptions = parse(&options)?;
        Ok(Self::from_client(
            self.client.with_options(options.build()?),
        ))
    }

    /// Sets the body of the call that is going to have this id.
    pub fn set_body(&self, id: u64, body: String) {
        self.calls.set_body(id, body);
    }

    /// Makes a call, under an id that no other call of this client has, and waits this many milliseconds at most for its
    /// answer. Without one, `wait` or `cancel` must follow. The record's id crosses as its upper and lower half; an
    /// endpoint that has none in its path ignores it.
    pub fn call(
        &self,
        id: u64,
        operation: u8,
        id_hi: u64,
        id_lo: u64,
        milliseconds: u32,
    ) -> Result<Option<String>, CallError> {
        let answer = self.answer(id, operation, id_hi, id_lo)?;
        Ok(self.calls.call(id, answer, milliseconds)?)
    }

    /// Starts a call as `call` does, and has its id queued once there is an answer.
    pub fn begin(
        &self,
        id: u64,
        queue: Arc<WakeQueue>,
        operation: u8,
        id_hi: u64,
        id_lo: u64,
    ) -> Result<(), CallError> {
        let answer = self.answer(id, operation, id_hi, id_lo)?;
        Ok(self.calls.begin(id, answer, queue)?)
    }

    /// Waits this many milliseconds at most for the answer of a call, which is given once.
    pub fn wait(&self, id: u64, milliseconds: u32) -> Result<Option<String>, CallError> {
        Ok(self.calls.wait(id, milliseconds)?)
    }

    /// Stops a call and closes its connection; one that was answered already is no matter.
    pub fn cancel(&self, id: u64) {
        self.calls.cancel(id);
    }

    /// Opens a stream, which is read from now on. The options are a JSON object.
    pub fn stream(
        &self,
        id: String,
        since: Option<i64>,
        options: String,
    ) -> Result<Arc<EventBatches>, CallError> {
        let id = Uuid::try_parse(&id)
            .map_err(|_| CallError::new(ErrorKind::InvalidRequest, "the id is not a UUID"))?;
        EventBatches::open(self.client.clone(), id, since, parse(&options)?)
    }
}

impl JsonClient {
    fn from_client(client: aod::Client) -> Arc<Self> {
        Arc::new(Self {
            client,
            calls: PendingCalls::default(),
        })
    }

    fn answer(
        &self,
        id: u64,
        operation: u8,
        id_hi: u64,
        id_lo: u64,
    ) -> Result<impl Future<Output = BridgeResult<String>> + use<>, CallError> {
        let body = self.calls.take_body(id).map(Into::into);
        let client = self.client.clone();
        // Endpoints cross as their place in the core's table.
        let operation = *Operation::ALL
            .get(usize::from(operation))
            .ok_or_else(|| CallError::configuration("there is no such endpoint"))?;
        let record = Uuid::from_u64_pair(id_hi, id_lo);
        Ok(async move {
            let answer = client.call_json(operation, Some(record), body).await?;
            String::from_utf8(answer.into()).map_err(|_| {
                let kind = AnyErrorKind::Core(ErrorKind::Decode);
                ErrorInfo::new(kind, "the answer is not UTF-8")
            })
        })
    }
}
