//! Observing the responses to calls.

use std::fmt;
use std::sync::Arc;

use http::{HeaderMap, Method, StatusCode};
use url::Url;

/// The head of a response, as [`Options::on_response`](crate::Options::on_response) receives it.
///
/// `Debug` shows the names of the headers only, because values such as cookies may be secret.
///
/// See [Responses](https://ravi-hq.github.io/agent-on-demand/latest/guide/observability/#responses).
#[derive(Clone)]
#[non_exhaustive]
pub struct ResponseInfo {
    /// The method of the request.
    pub method: Method,
    /// The URL that responded, without user information.
    pub url: Url,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
}

impl ResponseInfo {
    pub(super) fn new(method: &Method, response: &reqwest::Response) -> Self {
        let mut url = response.url().clone();
        // Fails only for URLs that cannot have user information.
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        Self {
            method: method.clone(),
            url,
            status: response.status(),
            headers: response.headers().clone(),
        }
    }

    /// Returns the `X-Request-Id` header, if a server or proxy set it.
    pub fn request_id(&self) -> Option<&str> {
        self.headers.get("x-request-id")?.to_str().ok()
    }
}

impl fmt::Debug for ResponseInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.keys().collect();
        f.debug_struct("ResponseInfo")
            .field("method", &self.method)
            .field("url", &self.url.as_str())
            .field("status", &self.status)
            .field("headers", &names)
            .finish()
    }
}

/// A function that receives the head of each response.
#[derive(Clone)]
pub(crate) struct ResponseObserver(Arc<dyn Fn(&ResponseInfo) + Send + Sync>);

impl ResponseObserver {
    pub(crate) fn new(observe: impl Fn(&ResponseInfo) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }

    pub(super) fn observe(&self, response: &ResponseInfo) {
        (self.0)(response);
    }
}

impl fmt::Debug for ResponseObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseObserver")
    }
}
