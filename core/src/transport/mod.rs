//! The transport: authorization, time limits, retries, redirects, error mapping and tracing of every request.

mod encoding;
mod http_client;
mod http_connect;
mod observe;
mod operation;
mod proxy;
mod record_id;
mod redact;
mod redirect;
mod request;
mod response;
mod retry;
mod settings;
mod sleep_watch;
mod tls;
mod token;
#[cfg(feature = "opentelemetry")]
mod trace_context;

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use aod_sse::{Clock, Connection, Network};
use bytes::Bytes;
use futures::future::select;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HOST,
    TRANSFER_ENCODING,
};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span};
use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::models::{Secret, Validate, check};

pub(crate) use http_client::{HttpClient, HttpClientConfig, is_loopback, parse_url};
pub use http_connect::HttpConnect;
pub use observe::ResponseInfo;
pub(crate) use observe::ResponseObserver;
pub use operation::Operation;
pub(crate) use proxy::Route;
pub use record_id::RecordId;
use redact::Secrets;
pub(crate) use request::Request;
use response::CompleteResponse;
pub use settings::RetryPolicy;
pub(crate) use settings::{Settings, require_time};
pub(crate) use sleep_watch::SleepWatch;
use token::Authorization;
pub use token::TokenProvider;
pub(crate) use token::Tokens;

/// Sends requests to one server with one token. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Transport {
    server: Arc<Server>,
    settings: Arc<Settings>,
}

/// The state shared by transports with different settings.
pub(crate) struct Server {
    pub(crate) base_url: Url,
    pub(crate) tokens: Tokens,
    pub(crate) http: HttpClient,
    pub(crate) network: Network,
    pub(crate) clock: Clock,
    pub(crate) sleep_watch: Mutex<Weak<SleepWatch>>,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("base_url", &self.server.base_url.as_str())
            .finish_non_exhaustive()
    }
}

impl Transport {
    pub(crate) fn new(server: Server, settings: Settings) -> Self {
        Self {
            server: Arc::new(server),
            settings: Arc::new(settings),
        }
    }

    /// Returns a transport with other settings that shares the connections.
    pub(crate) fn with_settings(&self, settings: Settings) -> Self {
        Self {
            server: Arc::clone(&self.server),
            settings: Arc::new(settings),
        }
    }

    pub(crate) fn base_url(&self) -> &Url {
        &self.server.base_url
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn network(&self) -> &Network {
        &self.server.network
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.server.clock
    }

    /// Closes the connections that are not in use, and opens new ones for the requests from now on.
    pub(crate) fn renew_connections(&self) {
        self.server.clock.observe();
        self.server.http.renew(self.server.clock.skipped());
    }

    /// Observes the clock as long as the result is kept, so that sleep is found soon after the machine wakes.
    pub(crate) fn watch_sleep(&self) -> Arc<SleepWatch> {
        let current = self.server.sleep_watch.lock();
        let mut current = current.unwrap_or_else(PoisonError::into_inner);
        let running = current.upgrade().filter(|watch| watch.is_running());
        running.unwrap_or_else(|| {
            let watch = Arc::new(SleepWatch::start(self.server.clock.clone()));
            *current = Arc::downgrade(&watch);
            watch
        })
    }

    /// Validates a request body and sends it.
    pub(crate) async fn send_checked<T: DeserializeOwned + Send>(
        &self,
        request: Request,
        body: &(impl Validate + Serialize),
    ) -> Result<T> {
        if self.settings.validate {
            check(body)?;
        }
        self.call(request.json(body)?).await
    }

    /// Sends a request and decodes the JSON response.
    pub(crate) async fn call<T: DeserializeOwned + Send>(&self, request: Request) -> Result<T> {
        self.with_retries(&request, |response| response.decode())
            .await
    }

    /// Like [`call`](Self::call), with one attempt.
    pub(crate) async fn call_once<T: DeserializeOwned>(&self, request: &Request) -> Result<T> {
        let exchange = async { self.exchange(request).await?.decode() };
        let deadline = self.server.clock.after(self.settings.timeout);
        self.with_timeout(deadline, exchange).await
    }

    /// Sends a request and decodes the records of a list response.
    pub(crate) async fn call_list<T: DeserializeOwned + Send>(
        &self,
        request: Request,
    ) -> Result<Vec<T>> {
        self.with_retries(&request, |response| response.decode_list())
            .await
    }

    /// Sends a request and returns the JSON text of the response, which is empty if it has no content.
    pub(crate) async fn call_json(&self, request: Request) -> Result<Bytes> {
        self.with_retries(&request, CompleteResponse::into_json)
            .await
    }

    /// Sends a request whose response has no content.
    pub(crate) async fn send_no_content(&self, request: Request) -> Result<()> {
        self.with_retries(&request, |_| Ok(())).await
    }

    /// Makes one attempt to open an event stream. The head of the response must arrive within the idle timeout of the
    /// stream.
    pub(crate) async fn open(&self, request: &Request) -> Result<Connection<Error>> {
        let deadline = self.server.clock.after(self.settings.stream_idle_timeout);
        let attempt = self.with_timeout(deadline, self.connect(request)).await;
        attempt.map_err(|error| self.describe(error.with_attempts(1), request))
    }

    async fn connect(&self, request: &Request) -> Result<Connection<Error>> {
        let secrets = self.secrets(request);
        response::connection(self.send(request).await?, &secrets).await
    }

    /// Makes one attempt: sends the request and reads the response.
    async fn exchange(&self, request: &Request) -> Result<CompleteResponse> {
        let response = self.send(request).await?;
        CompleteResponse::read(response, self.settings.max_response_bytes).await
    }

    /// Sends a request once, and converts a status that is not a success into an error.
    async fn send(&self, request: &Request) -> Result<reqwest::Response> {
        let tokens = &self.server.tokens;
        let authorization = tokens.current().await?;
        let mut response = self.send_as(request, &authorization).await?;
        if response.status() == StatusCode::UNAUTHORIZED
            && let Some(renewed) = tokens.renewed(&authorization).await?
        {
            // A rejected request had no effect, so a write is sent again too.
            response = self.send_as(request, &renewed).await?;
        }
        if response.status().is_success() {
            return Ok(response);
        }
        let error = response::status_error(response, &self.secrets(request)).await;
        Err(if request.recent {
            error.for_recent_endpoint()
        } else {
            error
        })
    }

    async fn send_as(
        &self,
        request: &Request,
        authorization: &Authorization,
    ) -> Result<reqwest::Response> {
        let prepare = |url| self.prepare(request, url, authorization);
        self.server.clock.observe();
        let slept = self.server.clock.skipped();
        let http = self.server.http.current(request.streams, slept)?;
        let response = redirect::send(&http, self.url(request), prepare).await?;
        if let Some(observer) = &self.settings.on_response
            && !request.streams
        {
            observer.observe(&ResponseInfo::new(&request.method, &response));
        }
        Ok(response)
    }

    /// Returns the secrets of a request, which a server may echo.
    fn secrets(&self, request: &Request) -> Secrets {
        let tokens = self.server.tokens.known().into_iter();
        tokens
            .fold(Secrets::default(), |secrets, token| {
                secrets.with(token.expose())
            })
            .with_headers(&self.settings.headers)
            .with_proxy(self.server.http.proxy.as_ref().map(Secret::expose))
            .with_body(request.body.as_deref())
    }

    /// Completes an error of a request: with its method and URL, and without its secrets.
    pub(crate) fn describe(&self, error: Error, request: &Request) -> Error {
        error
            .redacted(|text| self.secrets(request).redact(text))
            .with_request(&request.method, &self.url(request))
    }

    fn prepare(
        &self,
        request: &Request,
        url: Url,
        authorization: &Authorization,
    ) -> reqwest::Request {
        let mut prepared = reqwest::Request::new(request.method.clone(), url);
        let headers = prepared.headers_mut();
        headers.clone_from(&self.settings.headers);
        for framing in [ACCEPT_ENCODING, CONTENT_LENGTH, HOST, TRANSFER_ENCODING] {
            headers.remove(framing);
        }
        #[cfg(feature = "opentelemetry")]
        trace_context::inject(headers);
        headers.insert(AUTHORIZATION, authorization.header.clone());
        if request.streams {
            headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            if let Some(since) = request.since() {
                headers.insert("last-event-id", since.into());
            }
        } else {
            headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate"));
        }
        if let Some(body) = &request.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *prepared.body_mut() = Some(body.clone().into());
        } else if request.method != http::Method::GET {
            // Some proxies refuse a write without a `Content-Length`.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        prepared
    }

    pub(crate) fn url(&self, request: &Request) -> Url {
        request.url(&self.server.base_url)
    }

    /// Sends a request and decodes the response. Retries until an attempt succeeds, the policy is exhausted, or the
    /// deadline passes.
    async fn with_retries<T: Send>(
        &self,
        request: &Request,
        decode: impl Fn(CompleteResponse) -> Result<T> + Send + Sync,
    ) -> Result<T> {
        let mut decoded = None;
        let mut read = |response| {
            decoded = Some(decode(response)?);
            Ok(())
        };
        self.retry(request, &mut read).await?;
        Ok(decoded.expect("an attempt that succeeds has decoded its response"))
    }

    /// Compiled once for all types of responses, because it is a large part of the code of a call.
    async fn retry(
        &self,
        request: &Request,
        read: &mut (dyn FnMut(CompleteResponse) -> Result<()> + Send),
    ) -> Result<()> {
        let deadline = self.server.clock.after(self.settings.timeout);
        let span = self.span(request);
        let tries = async {
            let mut number = 0;
            loop {
                number += 1;
                let span = tracing::debug_span!("aod.attempt", number);
                let attempt = async { read(self.exchange(request).await?) };
                let attempt = self.with_timeout(deadline, attempt);
                let error = match attempt.instrument(span).await {
                    Ok(()) => return Ok(()),
                    Err(error) => error.with_attempts(number),
                };
                let wait = retry::wait(&self.settings.retry, &request.method, &error);
                let wait = wait.filter(|wait| self.server.clock.after(*wait) < deadline);
                let (status, kind) = (error.status(), error.kind());
                tracing::debug!(attempt = number, status, ?kind, ?wait, "failed");
                match wait {
                    Some(wait) => self.wait_to_retry(wait, error.retry_after()).await,
                    None => return Err(self.describe(error, request)),
                }
            }
        };
        let outcome = tries.instrument(span.clone()).await;
        if let Err(error) = &outcome {
            if let Some(status) = error.status() {
                span.record("http.response.status_code", status);
            }
            span.record("error.type", error.kind().as_str());
            span.record("otel.status_code", "ERROR");
        }
        outcome
    }

    /// Waits for this time. A report that there is a network ends the delay, unless the server ordered it.
    async fn wait_to_retry(&self, time: Duration, ordered: Option<Duration>) {
        let delay = pin!(self.server.clock.sleep(time));
        if ordered.is_some() {
            delay.await;
        } else {
            select(delay, pin!(self.server.network.restored())).await;
        }
    }

    /// Returns the span of a call, with the attributes of OpenTelemetry for an HTTP client.
    fn span(&self, request: &Request) -> Span {
        let span = tracing::info_span!(
            "aod.call",
            otel.name = Empty,
            otel.kind = "client",
            otel.status_code = Empty,
            http.request.method = %request.method,
            url.template = request.route,
            server.address = self.server.base_url.host_str(),
            server.port = self.server.base_url.port_or_known_default(),
            http.response.status_code = Empty,
            error.type = Empty,
        );
        if !span.is_disabled() {
            let name = format!("{} {}", request.method, request.route);
            span.record("otel.name", name);
        }
        span
    }

    /// Runs one attempt within its own time limit and the deadline of the call.
    async fn with_timeout<T>(
        &self,
        deadline: Instant,
        attempt: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        // Options are not checked when they are set.
        self.settings.check()?;
        let until = self.settings.attempt_timeout.map_or(deadline, |limit| {
            self.server.clock.after(limit).min(deadline)
        });
        let started = Instant::now();
        let limited = self.server.clock.timeout_at(until, attempt);
        let outcome = limited.await.unwrap_or_else(|| {
            Err(Error::new(
                ErrorKind::Timeout,
                "no response within the time limit",
            ))
        });
        tracing::debug!(elapsed = ?started.elapsed(), succeeded = outcome.is_ok(), "done");
        outcome
    }
}

/// Spawns a future in the active `tracing` span and the active context of OpenTelemetry.
pub(crate) fn spawn_in_context<F>(runtime: &Handle, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let future = future.in_current_span();
    #[cfg(feature = "opentelemetry")]
    let future = opentelemetry::context::FutureExt::with_current_context(future);
    runtime.spawn(future)
}
