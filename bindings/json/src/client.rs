//! The client, configured with JSON.

use std::future::Future;
use std::sync::Arc;

use aod::{ErrorKind, Operation, Options, RecordId};
use aod_bridge::error::{ErrorInfo, ErrorKind as AnyErrorKind, Result as BridgeResult};
use futures::future::Either;
use uuid::Uuid;

use crate::calls::PendingCalls;
use crate::config::{CallOptions, ClientConfig, Stop, parse};
use crate::ensure::Ensure;
use crate::error::CallError;
use crate::process::RUNTIME;
use crate::started::{StartedSession, StartedSessions};
use crate::stream::EventBatches;
use crate::token::TokenRequests;
use crate::wake::WakeQueue;

/// A client for one server, with one token.
#[derive(uniffi::Object)]
pub struct JsonClient {
    client: aod::Client,
    calls: PendingCalls,
    tokens: Arc<TokenRequests>,
    /// Whether the heads of responses are kept.
    keep_responses: bool,
    /// Whether calls continue when they are cancelled.
    detached: bool,
    /// How sessions are stopped that calls have started and the caller does not know.
    stop: Option<Stop>,
    started: Arc<StartedSessions>,
}

#[uniffi::export]
impl JsonClient {
    /// Creates a client from a JSON object. Fails with an error of kind `configuration` if a setting is malformed.
    #[uniffi::constructor]
    pub fn new(config: String) -> Result<Arc<Self>, CallError> {
        let config: ClientConfig = parse(&config)?;
        // Building the HTTP client needs the runtime too.
        let handle = RUNTIME.handle()?;
        let _guard = handle.enter();
        let tokens = Arc::default();
        let client = config.build(&tokens)?;
        Ok(Arc::new(Self {
            client,
            calls: PendingCalls::default(),
            tokens,
            keep_responses: false,
            detached: false,
            stop: None,
            started: Arc::default(),
        }))
    }

    /// Returns a client with other timeouts, retries or headers, given as a JSON object, that shares the connections of
    /// this one.
    pub fn with_options(&self, options: String) -> Result<Arc<Self>, CallError> {
        let options: CallOptions = parse(&options)?;
        let (stop, started) = match options.stop {
            Some(stop) => (Some(stop), Arc::default()),
            None => (self.stop, Arc::clone(&self.started)),
        };
        Ok(Arc::new(Self {
            calls: PendingCalls::default(),
            tokens: Arc::clone(&self.tokens),
            keep_responses: self.keep_responses || options.keep_responses,
            detached: self.detached || options.detached,
            stop,
            started,
            client: self.client.with_options(options.build()?),
        }))
    }

    /// Returns the warning to log if the base URL sends the token unencrypted to another machine; otherwise `None`.
    pub fn clear_text_warning(&self) -> Option<String> {
        let clear = self.client.sends_clear_text();
        clear.then(|| aod::Client::CLEAR_TEXT_WARNING.to_owned())
    }

    /// Sets the request body of the call that will be started with this ID.
    pub fn set_body(&self, id: u64, body: String) {
        self.calls.set_body(id, body);
    }

    /// Sets the id in the path of the call that will be started with this ID. For ids that are not UUIDs.
    pub fn set_record(&self, id: u64, record: String) -> Result<(), CallError> {
        self.calls.set_record(id, RecordId::parse(&record)?);
        Ok(())
    }

    /// Makes a call and waits for its result for up to `milliseconds`. If there is no result yet, the caller must call
    /// `wait` or `cancel` later. `id` must be unique among the pending calls of this client; `operation` is an index
    /// into `endpoints()`; `id_hi` and `id_lo` are the halves of the UUID in the path, ignored by endpoints without
    /// one.
    pub fn call(
        &self,
        id: u64,
        operation: u8,
        id_hi: u64,
        id_lo: u64,
        milliseconds: u32,
    ) -> Result<Option<String>, CallError> {
        let response = self.respond(id, operation, id_hi, id_lo)?;
        Ok(self.calls.call(id, response, milliseconds, &self.tokens)?)
    }

    /// Starts a call like `call`, and adds its ID to the queue when there is a result.
    pub fn begin(
        &self,
        id: u64,
        queue: Arc<WakeQueue>,
        operation: u8,
        id_hi: u64,
        id_lo: u64,
    ) -> Result<(), CallError> {
        let response = self.respond(id, operation, id_hi, id_lo)?;
        self.calls.begin(id, response)?;
        self.calls.notify(id, queue);
        Ok(())
    }

    /// Waits for the result of a call for up to `milliseconds`, or until the client asks for a token. The result is
    /// returned once.
    pub fn wait(&self, id: u64, milliseconds: u32) -> Result<Option<String>, CallError> {
        Ok(self.calls.wait(id, milliseconds, &self.tokens)?)
    }

    /// Adds the ID of a call to the queue when there is a result; immediately if there already is.
    pub fn notify(&self, queue: Arc<WakeQueue>, id: u64) {
        self.calls.notify(id, queue);
    }

    /// Takes the request for a token, a JSON object with `rejected`, the token that the server rejected or `null`. A caller
    /// that takes it must call `answer_token`, `fail_token` or `return_token_request` with the same ticket, which is unique.
    pub fn take_token_request(&self, ticket: u64) -> Option<String> {
        self.tokens.take(ticket)
    }

    /// Answers the request for a token.
    pub fn answer_token(&self, ticket: u64, token: String) {
        self.tokens.answer(ticket, token);
    }

    /// Answers the request for a token with a failure. `number` is the number under which the caller keeps the
    /// exception of the provider, and `reason` describes the exception, without secrets.
    pub fn fail_token(&self, ticket: u64, number: u64, reason: String) {
        self.tokens.fail(ticket, number, reason);
    }

    /// Lets another caller take the request for a token. Does nothing if it has been answered, or was not taken with this
    /// ticket.
    pub fn return_token_request(&self, ticket: u64) {
        self.tokens.give_back(ticket);
    }

    /// Adds an ID to the queue when the client asks for a token; immediately if it already does.
    pub fn notify_token(&self, queue: Arc<WakeQueue>, id: u64) {
        self.tokens.wake(id, queue.waker(id));
    }

    /// Undoes `notify_token`.
    pub fn forget_token(&self, id: u64) {
        self.tokens.forget(id);
    }

    /// Reports that there is no network.
    pub fn network_offline(&self) {
        self.client.network().offline();
    }

    /// Reports that there is a network.
    pub fn network_online(&self) {
        self.client.network().online();
    }

    /// Reports that the network has changed.
    pub fn network_changed(&self) {
        self.client.network().changed();
    }

    /// Returns whether there is a network according to the reports, and the client is not suspended.
    pub fn is_network_available(&self) -> bool {
        self.client.network().is_available()
    }

    /// Closes the connections of all streams until `resume`.
    pub fn suspend(&self) {
        self.client.suspend();
    }

    /// Lets the streams reconnect after `suspend`.
    pub fn resume(&self) {
        self.client.resume();
    }

    /// Returns the heads of the responses to a call as a JSON array, once. Only clients with the option
    /// `keep_responses` keep them.
    pub fn take_responses(&self, id: u64) -> Result<String, CallError> {
        let responses = self.calls.take_responses(id);
        serde_json::to_string(&responses).map_err(|_| {
            CallError::new(ErrorKind::Decode, "a header cannot be represented as JSON")
        })
    }

    /// Lets the sessions that calls have started continue; only for clients with the option `stop`.
    pub fn claim_sessions(&self) {
        self.started.claim();
    }

    /// Stops the sessions that calls have started, unless they were claimed. The session of a call that was cancelled is
    /// stopped when the server has responded. Starts a call with this ID, which ends when the sessions have been stopped,
    /// or after 5 s. Its result is a JSON array that says what could not be stopped and why, or `null` after 5 s.
    pub fn stop_sessions(&self, id: u64) -> Result<(), CallError> {
        let stopped = self.started.stop();
        Ok(self.calls.begin(id, stopped)?)
    }

    /// Cancels a call and closes its connection. Does nothing if the call has finished.
    pub fn cancel(&self, id: u64) {
        self.calls.cancel(id);
    }

    /// Returns the method and the URL of the calls to an endpoint, for the error of a response that Python cannot read.
    pub fn request_line(&self, operation: u8, record: Option<String>) -> Result<String, CallError> {
        let operation = match call_of(operation)? {
            Call::Endpoint(operation) => operation,
            Call::Ensure(ensure) => ensure.endpoint(),
        };
        let record = record.as_deref().map(RecordId::parse).transpose()?;
        let record = record.map(|id| id.to_string()).unwrap_or_default();
        let path = operation.route().replace("{id}", &record);
        let base_url = self.client.base_url();
        Ok(format!("{} {base_url}{path}", operation.method()))
    }

    /// Opens the event stream of a session. Prefetching starts immediately. The options are a JSON object.
    pub fn stream(
        &self,
        id: String,
        since: Option<i64>,
        options: String,
    ) -> Result<Arc<EventBatches>, CallError> {
        let id = RecordId::parse(&id)?;
        let tokens = Arc::clone(&self.tokens);
        EventBatches::of_session(self.client.clone(), tokens, id, since, parse(&options)?)
    }
}

impl JsonClient {
    fn respond(
        &self,
        id: u64,
        operation: u8,
        id_hi: u64,
        id_lo: u64,
    ) -> Result<impl Future<Output = BridgeResult<String>> + use<>, CallError> {
        let body = self.calls.take_body(id);
        let client = if self.keep_responses {
            let keep = self.calls.response_keeper(id);
            self.client.with_options(Options::new().on_response(keep))
        } else {
            self.client.clone()
        };
        let call = call_of(operation)?;
        let starts_turn = matches!(
            call,
            Call::Endpoint(Operation::CreateSession | Operation::PromptSession)
        );
        let record = self.calls.take_record(id);
        let record = record.unwrap_or_else(|| Uuid::from_u64_pair(id_hi, id_lo).into());
        let call = async move {
            match call {
                Call::Endpoint(endpoint) => {
                    let body = body.map(Into::into);
                    let response = client.call_json(endpoint, Some(record), body).await?;
                    String::from_utf8(response.into()).map_err(|_| {
                        let kind = AnyErrorKind::Core(ErrorKind::Decode);
                        ErrorInfo::new(kind, "the response is not UTF-8")
                    })
                }
                Call::Ensure(ensure) => ensure.call(&client, &body.unwrap_or_default()).await,
            }
        };
        let stop = self.stop.filter(|_| starts_turn);
        if !self.detached && stop.is_none() {
            return Ok(Either::Left(call));
        }
        let (client, started) = (self.client.clone(), Arc::clone(&self.started));
        let pending = started.begin();
        // Spawned here: a call that is cancelled before its first poll would send nothing.
        let task = RUNTIME.handle()?.spawn(async move {
            let response = call.await?;
            let read = |stop| StartedSession::read(&response, client, stop, pending);
            let session = stop.and_then(read);
            BridgeResult::Ok((response, session))
        });
        Ok(Either::Right(async move {
            // If the call is cancelled first, the session is dropped with the task.
            let (response, session) = task.await.map_err(|_| ErrorInfo::cancelled())??;
            if let Some(session) = session {
                started.add(session);
            }
            Ok(response)
        }))
    }
}

/// What a call does.
#[derive(Clone, Copy)]
enum Call {
    Endpoint(Operation),
    Ensure(Ensure),
}

/// Returns the call with this index in `endpoints()`.
fn call_of(number: u8) -> Result<Call, CallError> {
    let number = usize::from(number);
    let endpoints = Operation::ALL.len();
    let call = match number.checked_sub(endpoints) {
        None => Some(Call::Endpoint(Operation::ALL[number])),
        Some(number) => Ensure::ALL.get(number).copied().map(Call::Ensure),
    };
    call.ok_or_else(|| CallError::configuration("unknown endpoint"))
}
