//! Connections to a URL.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, COOKIE, PROXY_AUTHORIZATION,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::{Connect, Connection};
use crate::client::{http_client, parse_url, sensitive};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{redirect, response};

/// How much of an error's body is read.
const ERROR_BODY_BYTES: usize = 64 << 10;
/// How long the head of a response may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Connects to a URL with GET, as the standard says: `Accept: text/event-stream`, no cache, `Last-Event-ID` where
/// there is one. The response must be `text/event-stream`, or 204. Redirects are followed within the origin.
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
    http: reqwest::Client,
    url: Url,
    headers: HeaderMap,
}

impl HttpConnect {
    /// Connects to that URL, over the environment's proxy where it names one. A URL that is malformed, not HTTP or holds
    /// user information is an error of kind [`Configuration`](crate::ErrorKind::Configuration).
    pub fn new(url: &str) -> Result<Self> {
        let url = parse_url(url)?;
        Ok(Self {
            http: http_client(&url)?,
            url,
            headers: HeaderMap::new(),
        })
    }

    /// A header to send with every attempt. It is kept out of logs.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    fn prepare(&self, url: Url, last_event_id: &str) -> reqwest::Request {
        let mut request = reqwest::Request::new(http::Method::GET, url);
        let headers = request.headers_mut();
        *headers = sensitive(&self.headers);
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        // An id is any text; the standard sends its UTF-8.
        match HeaderValue::from_bytes(last_event_id.as_bytes()) {
            Ok(id) if !id.is_empty() => drop(headers.insert("last-event-id", id)),
            _ => {}
        }
        request
    }

    async fn attempt(self, last_event_id: String) -> Result<Connection> {
        let prepare = |url| self.prepare(url, &last_event_id);
        let response = redirect::send(&self.http, self.url.clone(), prepare).await?;
        if response.status().is_success() {
            return response::connection(response).await;
        }
        Err(response::status_error(response, &self.credentials(), ERROR_BODY_BYTES).await)
    }

    /// What a server may echo and must not be shown: the last word of each header that authorizes, which leaves its
    /// scheme out.
    fn credentials(&self) -> Vec<&str> {
        [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE]
            .iter()
            .filter_map(|name| {
                self.headers
                    .get(name)?
                    .to_str()
                    .ok()?
                    .split(' ')
                    .next_back()
            })
            .collect()
    }
}

impl Connect for HttpConnect {
    fn connect(&mut self, last_event_id: &str) -> BoxFuture<'static, Result<Connection>> {
        let url = self.url.clone();
        let attempt = self.clone().attempt(last_event_id.to_owned());
        async move {
            let outcome = tokio::time::timeout(HEAD_TIMEOUT, attempt).await;
            outcome
                .unwrap_or_else(|_| Err(Error::new(ErrorKind::Timeout, "no answer in time")))
                .map_err(|error| error.with_request(&http::Method::GET, &url))
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
