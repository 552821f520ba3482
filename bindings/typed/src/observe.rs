//! Observing the responses to calls.

use aod::models::SecretMap;

use super::listener::ListenerError;

/// The status and the headers of a response. The values of the headers may be secret.
///
/// See [Responses](https://ravi-hq.github.io/agent-on-demand/latest/guide/observability/#responses).
#[derive(uniffi::Record)]
pub struct ResponseInfo {
    /// The method of the request.
    pub method: String,
    /// The URL that responded, without user information.
    pub url: String,
    /// The HTTP status code.
    pub status: i32,
    /// The headers, with names in lower case. The values of a header that occurs several times are joined by `, `.
    pub headers: SecretMap,
    /// The `X-Request-Id` header. Absent if neither the server nor a proxy set one.
    pub request_id: Option<String>,
}

/// Receives the head of each response to a call.
#[uniffi::export(foreign)]
pub trait ResponseListener: Send + Sync {
    /// Receives the head of a response, on a thread of the library and before the call ends. Errors that it throws are
    /// ignored.
    fn on_response(&self, response: ResponseInfo) -> Result<(), ListenerError>;
}

impl From<&aod::ResponseInfo> for ResponseInfo {
    fn from(response: &aod::ResponseInfo) -> Self {
        let headers = response.headers.keys().map(|name| {
            let values = response.headers.get_all(name).iter();
            let values: Vec<_> = values
                .map(|value| String::from_utf8_lossy(value.as_bytes()))
                .collect();
            (name.as_str(), values.join(", "))
        });
        Self {
            method: response.method.to_string(),
            url: response.url.to_string(),
            status: response.status.as_u16().into(),
            headers: headers.collect(),
            request_id: response.request_id().map(str::to_owned),
        }
    }
}
