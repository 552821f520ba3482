//! The connector of event sources over HTTP.

use std::sync::Arc;
use std::time::Duration;

use aod_sse::{Attempt, Connect, Connection};
use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use url::Url;

use super::redact::Secrets;
use super::{HttpClient, HttpClientConfig, parse_url, redirect, response};
use crate::error::{Error, ErrorKind, Result};
use crate::models::Secret;

/// The time limit until the head of a response arrives.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Connects an [`EventSource`](aod_sse::EventSource) to a URL according to the HTML standard: with
/// `Accept: text/event-stream`, `Cache-Control: no-cache`, and `Last-Event-ID` unless the last event id is empty.
///
/// The response must have the status 200 and the content type `text/event-stream`; any other response ends the source.
/// A [table](aod_sse#the-standard) lists the deviations from the standard. A gzip body is decompressed; any other
/// content encoding is an error. The head of the response must arrive within 30 s.
///
/// # Examples
///
/// ```
/// # fn main() -> aod::Result<()> {
/// use aod::sse::{EventSource, HttpConnect};
/// use aod::{HeaderName, HeaderValue};
///
/// let connect = HttpConnect::new("https://example.com/feed")?
///     .header(HeaderName::from_static("authorization"), HeaderValue::from_static("Bearer x"));
/// let events = EventSource::new(connect);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct HttpConnect {
    http: HttpClient,
    url: Url,
    method: Method,
    headers: HeaderMap,
    body: Option<Bytes>,
    is_retryable: Option<Arc<dyn Fn(StatusCode) -> bool + Send + Sync>>,
    /// The path of the network that the connections of the client use.
    path: u64,
}

impl HttpConnect {
    /// Creates a connector with the default connection settings of this crate: HTTP/1.1 with a connection for each
    /// source, a time limit of 5 s to connect, and the proxies of the environment or else of the operating system.
    ///
    /// # Errors
    ///
    /// Returns an error of the kind [`Configuration`](ErrorKind::Configuration) if the URL is malformed, is not HTTP,
    /// or contains user information, or if the proxy of the environment is invalid.
    pub fn new(url: &str) -> Result<Self> {
        let url = parse_url(url)?;
        let config = HttpClientConfig {
            http1_only: true,
            ..HttpClientConfig::default()
        };
        Ok(Self::from_parts(config.build(&url)?, url))
    }

    /// Creates a connector with an existing client and its settings. If that client follows redirects, its redirect
    /// policy applies, which may send the headers to another origin. Its pooled connections are used even after the
    /// [network](aod_sse::EventSource::network) changed; see [`with_client_factory`](Self::with_client_factory). If it
    /// uses HTTP/2, all its requests share one connection: sources that are not read can block the others.
    ///
    /// # Errors
    ///
    /// Returns an error of the kind [`Configuration`](ErrorKind::Configuration) if the URL is malformed, is not HTTP,
    /// or contains user information.
    pub fn with_client(http: reqwest::Client, url: &str) -> Result<Self> {
        Self::with_client_factory(move || Ok(http.clone()), url)
    }

    /// Creates a connector with the clients that `create` returns: one now, and another one each time that the
    /// [network](aod_sse::EventSource::network) has changed, so that the connections of the old path are not reused. If
    /// `create` fails then, the connector keeps its current client.
    ///
    /// # Errors
    ///
    /// Returns an error of the kind [`Configuration`](ErrorKind::Configuration) if the client cannot be created, or if
    /// the URL is malformed, is not HTTP, or contains user information.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn main() -> aod::Result<()> {
    /// use aod::sse::HttpConnect;
    ///
    /// let connect = HttpConnect::with_client_factory(
    ///     || reqwest::Client::builder().http1_only().build(),
    ///     "http://localhost:8777/feed",
    /// )?;
    /// # let _ = connect;
    /// # Ok(()) }
    /// ```
    pub fn with_client_factory(
        create: impl Fn() -> reqwest::Result<reqwest::Client> + Send + Sync + 'static,
        url: &str,
    ) -> Result<Self> {
        let url = parse_url(url)?;
        let http = HttpClient::new(move |_| create(), true, None)?;
        Ok(Self::from_parts(http, url))
    }

    fn from_parts(http: HttpClient, url: Url) -> Self {
        Self {
            http,
            url,
            method: Method::GET,
            headers: HeaderMap::new(),
            body: None,
            is_retryable: None,
            path: 0,
        }
    }

    /// Sets the HTTP method. Default `GET`.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Sets a header to send with every attempt, replacing an earlier one of the same name. Its value is kept out of
    /// logs.
    ///
    /// The connector's own `Accept`, `Accept-Encoding`, `Cache-Control` and `Last-Event-ID` take precedence.
    #[must_use]
    pub fn header(mut self, name: HeaderName, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        self.headers.insert(name, value);
        self
    }

    /// Sets the body to send with every attempt. Set its `Content-Type` with [`header`](Self::header). If it is not JSON,
    /// errors show no text of a response, because it may repeat a secret of the body. Default: no body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets after which statuses, other than 200 and 204, the source reconnects. Default: none, as in the standard.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> aod::Result<()> {
    /// use aod::sse::HttpConnect;
    ///
    /// let connect = HttpConnect::new("https://example.com/feed")?
    ///     .retryable_statuses(|status| status.as_u16() == 429 || status.is_server_error());
    /// # let _ = connect;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn retryable_statuses(
        mut self,
        is_retryable: impl Fn(StatusCode) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.is_retryable = Some(Arc::new(is_retryable));
        self
    }

    fn prepare(&self, url: Url, last_event_id: &HeaderValue) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.method.clone(), url);
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        // The id is sent in UTF-8, as the standard requires.
        if !last_event_id.is_empty() {
            headers.insert("last-event-id", last_event_id.clone());
        }
        *request.body_mut() = self.body.clone().map(Into::into);
        request
    }

    /// Returns the secrets of a request, which a server may echo.
    fn secrets(&self) -> Secrets {
        Secrets::default()
            .with_url(&self.url)
            .with_headers(&self.headers)
            .with_body(self.body.as_deref())
            .with_proxy(self.http.proxy.as_ref().map(Secret::expose))
    }

    async fn attempt(self, last_event_id: String) -> Result<Connection<Error>> {
        let id = HeaderValue::from_bytes(last_event_id.as_bytes()).map_err(|_| {
            let summary = "the last event id has a character that no header can hold";
            Error::new(ErrorKind::Protocol, summary)
        })?;
        let prepare = |url| self.prepare(url, &id);
        let http = self.http.current(true, Duration::ZERO)?;
        let response = redirect::send(&http, self.url.clone(), prepare).await?;
        let secrets = self.secrets();
        let status = response.status();
        if status.is_success() {
            return response::connection_with_head(response, &secrets).await;
        }
        let error = response::status_error(response, &secrets).await;
        let is_retryable = self
            .is_retryable
            .is_some_and(|is_retryable| is_retryable(status));
        Err(error.retryable(is_retryable))
    }
}

impl Connect for HttpConnect {
    type Error = Error;

    fn connect(&mut self, attempt: Attempt<'_>) -> BoxFuture<'static, Result<Connection<Error>>> {
        if std::mem::replace(&mut self.path, attempt.path) != attempt.path {
            self.http.renew(Duration::ZERO);
        }
        let connector = self.clone();
        let attempt = self.clone().attempt(attempt.last_event_id.to_owned());
        async move {
            // The rest of the URL may have a credential.
            let mut shown = connector.url.clone();
            shown.set_query(None);
            shown.set_fragment(None);
            let outcome = tokio::time::timeout(HEAD_TIMEOUT, attempt).await;
            outcome
                .unwrap_or_else(|_| {
                    Err(Error::new(
                        ErrorKind::Timeout,
                        "no response within the time limit",
                    ))
                })
                .map_err(|error| {
                    error
                        .redacted(|text| connector.secrets().redact(text))
                        .with_request(&connector.method, &shown)
                })
        }
        .boxed()
    }
}

impl std::fmt::Debug for HttpConnect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpConnect")
            .field("origin", &self.url.origin().ascii_serialization())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_url_that_no_request_can_be_sent_to_without_repeating_it() {
        for url in ["", "hunter2", "ftp://hunter2", "https://u:hunter2@h/feed"] {
            let error = HttpConnect::new(url).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }
}
