//! The one place that sends: authorization, deadlines, retries, redirects, error mapping and tracing.

pub(crate) mod redirect;
mod request;
pub(crate) mod response;
mod retry;

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HOST,
    TRANSFER_ENCODING,
};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::Instrument;

use crate::client::{Client, sensitive};
use crate::error::{Error, ErrorKind, Result};
use crate::sse::Connection;

pub(crate) use request::Request;

impl Client {
    /// Sends a request and reads the JSON of its answer.
    pub(crate) async fn call<T: DeserializeOwned>(&self, request: Request) -> Result<T> {
        let exchange = || async { response::decode(&self.exchange(&request).await?) };
        self.with_retries(&request, exchange).await
    }

    /// Sends a request and returns the body of its answer.
    pub(crate) async fn call_raw(&self, request: Request) -> Result<Bytes> {
        self.with_retries(&request, || self.exchange(&request))
            .await
    }

    /// Sends a request whose answer says nothing beyond its status.
    pub(crate) async fn call_discarding(&self, request: Request) -> Result<()> {
        self.call_raw(request).await.map(drop)
    }

    /// Opens an event stream: returns once its head has arrived.
    pub(crate) async fn open(&self, request: &Request) -> Result<Connection> {
        self.with_retries(request, || self.connect(request)).await
    }

    /// One attempt to open an event stream.
    pub(crate) async fn open_once(&self, request: &Request) -> Result<Connection> {
        let deadline = after(self.settings.timeout);
        let attempt = self.bounded(deadline, self.connect(request)).await;
        attempt.map_err(|error| {
            error
                .with_attempts(1)
                .with_request(&request.method, &self.url(request))
        })
    }

    async fn connect(&self, request: &Request) -> Result<Connection> {
        response::connection(self.send(request).await?).await
    }

    /// One attempt at a whole exchange.
    async fn exchange(&self, request: &Request) -> Result<Bytes> {
        let response = self.send(request).await?;
        response::read(response, self.settings.max_response_bytes).await
    }

    /// Sends once, and turns a status that is no success into an error.
    async fn send(&self, request: &Request) -> Result<reqwest::Response> {
        let prepare = |url| self.prepare(request, url);
        let response = redirect::send(&self.server.http, self.url(request), prepare).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let cap = self.settings.max_response_bytes;
        Err(response::status_error(response, &[self.server.token.expose()], cap).await)
    }

    fn prepare(&self, request: &Request, url: url::Url) -> reqwest::Request {
        let mut prepared = reqwest::Request::new(request.method.clone(), url);
        let headers = prepared.headers_mut();
        *headers = sensitive(&self.settings.headers);
        for framing in [ACCEPT_ENCODING, CONTENT_LENGTH, HOST, TRANSFER_ENCODING] {
            headers.remove(framing);
        }
        headers.insert(AUTHORIZATION, self.server.authorization.clone());
        if request.streams {
            headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            if let Some(since) = request.since() {
                headers.insert("last-event-id", since.into());
            }
        } else {
            headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        }
        if let Some(body) = &request.body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *prepared.body_mut() = Some(body.clone().into());
        } else if request.method != http::Method::GET {
            // Some proxies refuse a write that does not declare its length.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        prepared
    }

    pub(crate) fn url(&self, request: &Request) -> url::Url {
        request.url(&self.server.base_url)
    }

    /// Tries until it succeeds, the policy gives up or the deadline passes.
    async fn with_retries<T, F>(&self, request: &Request, attempt: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let deadline = after(self.settings.timeout);
        let span =
            tracing::debug_span!("aod.call", method = %request.method, route = request.route);
        let tries = async {
            let mut number = 0;
            loop {
                number += 1;
                let span = tracing::debug_span!("aod.attempt", number);
                let outcome = self.bounded(deadline, attempt()).instrument(span).await;
                let error = match outcome {
                    Ok(value) => return Ok(value),
                    Err(error) => error.with_attempts(number),
                };
                let wait = retry::wait(&self.settings.retry, &request.method, &error);
                let wait = wait.filter(|wait| after(*wait) < deadline);
                let (status, kind) = (error.status(), error.kind());
                tracing::debug!(attempt = number, status, ?kind, ?wait, "failed");
                match wait {
                    Some(wait) => sleep(wait).await,
                    None => return Err(error.with_request(&request.method, &self.url(request))),
                }
            }
        };
        tries.instrument(span).await
    }

    /// Runs one attempt within its own time and what is left of the call's.
    async fn bounded<T>(
        &self,
        deadline: Instant,
        attempt: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let until = self
            .settings
            .attempt_timeout
            .map_or(deadline, |limit| after(limit).min(deadline));
        let started = Instant::now();
        let outcome = timeout_at(until, attempt)
            .await
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::Timeout, "no answer in time")));
        tracing::debug!(elapsed = ?started.elapsed(), succeeded = outcome.is_ok(), "done");
        outcome
    }
}

/// The moment this long from now. A time too long to reckon with is as good as never.
fn after(time: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    let now = Instant::now();
    now + time.min(NEVER)
}
