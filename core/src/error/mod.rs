//! The error type of the crate.

mod conflict;
mod detail;
mod sse;

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use aod_transcript::write_visible;
use bytes::Bytes;
use uuid::Uuid;

pub use conflict::ConflictReason;
use detail::is_page;
pub use detail::{Detail, FieldError, LocationPart};

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Arc<dyn std::error::Error + Send + Sync>;

/// The error of a failed call.
///
/// [`kind`](Self::kind) classifies the failure; the other methods return what is known about it, such as the status,
/// the request and the number of attempts.
///
/// `Display` is one line with the request, the status and the server's message, which may contain a value, such as the
/// name of an unknown model; secrets of the request are redacted. Neither `Display` nor `Debug` shows the request that
/// a server repeats in a 422 response, because it may contain secrets; [`Error::detail`] and [`Error::body`] return it.
///
/// See [Errors and retries](https://ravi-hq.github.io/agent-on-demand/latest/guide/errors/).
///
/// # Errors of every call
///
/// Every call to the server can fail with one of these kinds, after the [retries](crate::RetryPolicy) of the client:
///
/// - [`Auth`](ErrorKind::Auth): the token is missing, unknown, inactive or expired (401, 403);
/// - [`Connection`](ErrorKind::Connection): the connection could not be established, or it broke;
/// - [`Timeout`](ErrorKind::Timeout): a [time limit](crate::ClientBuilder::timeout) expired;
/// - [`Server`](ErrorKind::Server): the server failed (5xx);
/// - [`Status`](ErrorKind::Status): an unexpected status;
/// - [`Decode`](ErrorKind::Decode) or [`Protocol`](ErrorKind::Protocol): the response is not what the API specifies.
///
/// # Examples
///
/// ```
/// # async fn demo(client: aod::Client, id: uuid::Uuid) -> aod::Result<()> {
/// use aod::{ConflictReason, ErrorKind};
///
/// match client.sessions().prompt(id, "and now the tests").await {
///     Ok(ack) => println!("turn {:?} is queued", ack.current_turn),
///     Err(error) if error.kind() == ErrorKind::NotFound => println!("no such session"),
///     Err(error) if error.conflict() == Some(ConflictReason::Running) => println!("still busy"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<ErrorInner>);

/// Defines the kinds of errors, each with its stable name.
macro_rules! error_kinds {
    ($($(#[$meta:meta])* $kind:ident = $name:literal,)+) => {
        /// The kind of failure that an [`Error`] reports.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$meta])* $kind,)+
        }

        impl ErrorKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// Returns the stable name of the kind, for logs and for other languages.
            ///
            /// # Examples
            ///
            /// ```
            /// assert_eq!(aod::ErrorKind::NotFound.as_str(), "not_found");
            /// ```
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }
        }
    };
}

error_kinds! {
    /// The configuration of the client is invalid: no token, a malformed URL, an unreadable certificate.
    Configuration = "configuration",
    /// The request is invalid and was not sent, because every server would reject it.
    InvalidRequest = "invalid_request",
    /// 400: a body that is not JSON, an unknown runtime, a missing credential of the model provider, a malformed
    /// cursor.
    BadRequest = "bad_request",
    /// 401 or 403: the token is missing, unknown, inactive or expired. Or the [token provider](crate::TokenProvider)
    /// failed: then the error has no status, and the error of the provider is the source.
    Auth = "auth",
    /// 404: the resource does not exist, or belongs to another user.
    NotFound = "not_found",
    /// 404 for an endpoint that only newer servers have: the server does not have the endpoint, and the body of its
    /// response is not an error of the API.
    Unsupported = "unsupported",
    /// 409: see [`Error::conflict`].
    Conflict = "conflict",
    /// 422: the server rejected fields or their combination; see [`Error::detail`].
    Validation = "validation",
    /// 429: the limit of concurrent sessions is reached; see [`Error::quota`].
    RateLimit = "rate_limit",
    /// 500 and above.
    Server = "server",
    /// Any other status that is not a success.
    Status = "status",
    /// The connection could not be established, or it broke.
    Connection = "connection",
    /// A time limit expired.
    Timeout = "timeout",
    /// The body of a successful response does not have the documented format, or its compression is corrupt.
    Decode = "decode",
    /// The response violates the protocol: it is not valid HTTP, redirects to another origin, has a wrong content type
    /// or an unsupported content encoding, exceeds a size limit, or is the stream of another session.
    Protocol = "protocol",
}

impl ErrorKind {
    /// Returns the kind for the status of a response that is not a success.
    pub fn of_status(status: u16) -> Self {
        match status {
            400 => Self::BadRequest,
            401 | 403 => Self::Auth,
            404 => Self::NotFound,
            409 => Self::Conflict,
            422 => Self::Validation,
            429 => Self::RateLimit,
            500.. => Self::Server,
            _ => Self::Status,
        }
    }
}

/// The session quota reported with a 429 response; see [`Error::quota`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The maximum number of sessions in the states `pending` and `running`.
    pub limit: i64,
    /// The current number of such sessions; may exceed the limit.
    pub active: i64,
}

struct ErrorInner {
    kind: ErrorKind,
    summary: Cow<'static, str>,
    status: Option<u16>,
    detail: Option<Detail>,
    body: Bytes,
    quota: Option<Quota>,
    /// Parsed before the text of the detail is redacted.
    conflict: Option<ConflictReason>,
    method: Option<String>,
    url: Option<String>,
    body_truncated: bool,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    attempts: u32,
    unsent: bool,
    /// Whether another attempt may succeed; `None` if the kind decides.
    retryable: Option<bool>,
    session: Option<Uuid>,
    source: Option<Source>,
    /// Whether the source is an error of the calling program, which may contain secrets.
    hides_source: bool,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, summary: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(ErrorInner {
            kind,
            summary: summary.into(),
            status: None,
            detail: None,
            body: Bytes::new(),
            quota: None,
            conflict: None,
            method: None,
            url: None,
            body_truncated: false,
            request_id: None,
            retry_after: None,
            attempts: 0,
            unsent: false,
            retryable: None,
            session: None,
            source: None,
            hides_source: false,
        }))
    }

    /// Returns the kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the HTTP status, if the server responded.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns the content of the error response, or the invalid fields of an
    /// [`InvalidRequest`](ErrorKind::InvalidRequest); `None` if there is neither. Secrets of the request are redacted
    /// in it, except in [`FieldError::input`], which **may contain the request, including secrets**.
    pub fn detail(&self) -> Option<&Detail> {
        self.0.detail.as_ref()
    }

    /// Returns the server's message, if the body has a `detail` text.
    pub fn detail_text(&self) -> Option<&str> {
        match self.detail() {
            Some(Detail::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns the decompressed body of the error response, at most 1 MiB of JSON or 64 KiB of any other content; empty
    /// if the response has no body. **May contain the request, including secrets**, which are not redacted here.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// Returns whether the body of the error response is incomplete: it was longer than the part that is read, 1 MiB of
    /// JSON or 64 KiB of any other content, it did not arrive within 5 s, no data arrived for 2 s, or the connection
    /// broke.
    pub fn is_body_truncated(&self) -> bool {
        self.0.body_truncated
    }

    /// Returns the reason of a 409 response; `None` for every other error.
    pub fn conflict(&self) -> Option<ConflictReason> {
        (self.kind() == ErrorKind::Conflict)
            .then(|| self.0.conflict.clone().unwrap_or(ConflictReason::Other))
    }

    /// Returns the session quota of a 429 response; `None` for every other error, or if the server did not report it.
    pub fn quota(&self) -> Option<Quota> {
        self.0.quota
    }

    /// Returns the id of the session that [`Sessions::run`](crate::Sessions::run),
    /// [`Sessions::ask`](crate::Sessions::ask) or [`Sessions::follow`](crate::Sessions::follow) was following when it
    /// failed, or whose stream failed in [`Sessions::watch`](crate::Sessions::watch). The session may still be active.
    /// `None` for every other error.
    pub fn session_id(&self) -> Option<Uuid> {
        self.0.session
    }

    /// Returns the HTTP method of the request, if there was a request.
    pub fn method(&self) -> Option<&str> {
        self.0.method.as_deref()
    }

    /// Returns the URL of the request without user information, and for an [`HttpConnect`](crate::sse::HttpConnect)
    /// without its query, if there was a request.
    pub fn url(&self) -> Option<&str> {
        self.0.url.as_deref()
    }

    /// Returns the `X-Request-Id` header of the response, if a server or proxy set it.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Returns how long the server asks to wait: its `Retry-After` header, in seconds or as a date.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the number of attempts to send the request, retries included; 0 if the call failed before the first
    /// attempt. For an open stream, it is the number of consecutive attempts to reconnect.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns whether the same call may succeed later: after a broken connection, a response that is not valid HTTP, a
    /// timeout, 408, 429 or 5xx, but not after a failed TLS handshake.
    ///
    /// It does not say whether a write took effect; see [`Error::is_unsent`].
    pub fn is_retryable(&self) -> bool {
        self.0.retryable.unwrap_or(match self.kind() {
            ErrorKind::Connection
            | ErrorKind::Timeout
            | ErrorKind::RateLimit
            | ErrorKind::Server => true,
            _ => self.0.status == Some(408),
        })
    }

    /// Returns whether it is certain that no byte of the request reached the server, so that a write had no effect.
    pub fn is_unsent(&self) -> bool {
        self.0.unsent
    }
}

/// Setters for the modules that create errors.
impl Error {
    /// Changes the error of a missing page for an endpoint that older servers do not have.
    pub(crate) fn for_recent_endpoint(mut self) -> Self {
        if self.kind() == ErrorKind::NotFound
            && matches!(self.detail(), None | Some(Detail::Body(_)))
        {
            self.0.kind = ErrorKind::Unsupported;
            self.0.summary =
                "the server does not have this endpoint; only newer servers have it".into();
        }
        self
    }

    pub(crate) fn with_session(mut self, id: Uuid) -> Self {
        self.0.session = Some(id);
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into().into());
        self
    }

    /// Sets an error of the calling program as the source. `Debug` does not show it, because it may contain secrets.
    pub(crate) fn with_hidden_source(mut self, source: Source) -> Self {
        self.0.source = Some(source);
        self.0.hides_source = true;
        self
    }

    /// Redacts the summary, which may quote a header or a name from the response.
    pub(crate) fn redacted(mut self, redact: impl FnOnce(&str) -> String) -> Self {
        if let Cow::Owned(summary) = &self.0.summary {
            self.0.summary = redact(summary).into();
        }
        self
    }

    pub(crate) fn with_request(mut self, method: &http::Method, url: &url::Url) -> Self {
        self.0.method = Some(method.to_string());
        let mut url = url.clone();
        // Fails only for URLs that cannot have user information.
        let _ = url.set_username("").and_then(|()| url.set_password(None));
        self.0.url = Some(url.into());
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_detail(mut self, detail: Option<Detail>) -> Self {
        self.0.detail = detail;
        self
    }

    pub(crate) fn with_body(mut self, body: Bytes) -> Self {
        self.0.body = body;
        self
    }

    pub(crate) fn with_truncated_body(mut self, truncated: bool) -> Self {
        self.0.body_truncated = truncated;
        self
    }

    pub(crate) fn with_conflict(mut self, conflict: Option<ConflictReason>) -> Self {
        self.0.conflict = conflict;
        self
    }

    pub(crate) fn with_quota(mut self, quota: Option<Quota>) -> Self {
        self.0.quota = quota;
        self
    }

    pub(crate) fn with_request_id(mut self, id: Option<String>) -> Self {
        self.0.request_id = id;
        self
    }

    pub(crate) fn with_retry_after(mut self, delay: Option<Duration>) -> Self {
        self.0.retry_after = delay;
        self
    }

    pub(crate) fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Marks that no byte of the request was sent.
    pub(crate) fn unsent(mut self) -> Self {
        self.0.unsent = true;
        self
    }

    /// Sets whether another attempt may succeed, regardless of the kind.
    pub(crate) fn retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = Some(retryable);
        self
    }
}

impl Error {
    /// Returns the part of the `Display` text after the request and the status: one line of at most 2 KiB.
    fn message(&self) -> Limited {
        let mut message = Limited::default();
        // Text over the limit is left out, and writing to a string cannot fail.
        let _ = self.write_message(&mut message);
        message
    }

    fn write_message(&self, message: &mut Limited) -> fmt::Result {
        match self.detail() {
            Some(Detail::Text(text)) if !text.trim().is_empty() && !is_page(text) => {
                write_visible(message, text)?;
            }
            Some(Detail::Fields(fields)) => {
                for (index, field) in fields.iter().take(MAX_FIELDS).enumerate() {
                    message.write_str(if index == 0 { "" } else { "; " })?;
                    write_visible(message, &field.path())?;
                    message.write_str(": ")?;
                    write_visible(message, &field.description)?;
                }
                if let Some(left @ 1..) = fields.len().checked_sub(MAX_FIELDS) {
                    write!(message, "; and {left} more")?;
                }
            }
            _ => message.write_str(&self.0.summary)?,
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(method), Some(url)) = (self.method(), self.url()) {
            write!(f, "{method} {url} -> ")?;
        }
        if let Some(status) = self.status() {
            write!(f, "{status}: ")?;
        }
        f.write_str(&self.message().0)?;
        if self.is_body_truncated() {
            f.write_str(" (the response body is incomplete)")?;
        }
        Ok(())
    }
}

/// The maximum number of invalid fields that `Display` shows.
const MAX_FIELDS: usize = 20;

/// A text of at most 2 KiB. A longer one is truncated and ends with an ellipsis.
#[derive(Default)]
struct Limited(String);

impl Limited {
    const MAX_BYTES: usize = 2048;
    const ELLIPSIS: &str = "…";
}

impl fmt::Write for Limited {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = Self::MAX_BYTES - Self::ELLIPSIS.len() - self.0.len();
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        let kept = (0..=room).rev().find(|end| text.is_char_boundary(*end));
        self.0.push_str(&text[..kept.unwrap_or(0)]);
        self.0.push_str(Self::ELLIPSIS);
        Err(fmt::Error)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind())
            .field("summary", &self.0.summary)
            .field("status", &self.0.status)
            .field("detail", &self.0.detail)
            .field("quota", &self.0.quota)
            .field("method", &self.0.method)
            .field("url", &self.0.url)
            .field("request_id", &self.0.request_id)
            .field("retry_after", &self.0.retry_after)
            .field("attempts", &self.0.attempts)
            .field(
                "source",
                &self.0.source.as_ref().filter(|_| !self.0.hides_source),
            )
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_one_line_of_limited_length() {
        let field = FieldError::new("x", vec!["a\n\u{1b}[2J".into()], "no\nway");
        let error = Error::new(ErrorKind::Validation, "")
            .with_detail(Some(Detail::Fields(vec![field; 10_000])));
        let shown = error.to_string();
        assert!(!shown.contains(char::is_control), "{shown:?}");
        assert!(shown.ends_with("; and 9980 more"), "{shown:?}");
    }

    #[test]
    fn display_is_truncated_at_two_kibibytes_and_shows_no_format_character() {
        for text in [
            "é\u{202e}".repeat(5000),
            "x".repeat(2046),
            "x".repeat(1 << 20),
        ] {
            let error = Error::new(ErrorKind::Server, "").with_detail(Some(Detail::Text(text)));
            let shown = error.to_string();
            assert!(
                shown.len() <= 2048 && shown.ends_with('…'),
                "{} bytes",
                shown.len()
            );
            assert!(!shown.contains('\u{202e}'));
        }
        let error =
            Error::new(ErrorKind::Server, "").with_detail(Some(Detail::Text("x".repeat(2045))));
        assert_eq!(error.to_string().len(), 2045);
    }

    #[test]
    fn maps_each_status_to_its_kind() {
        for (status, kind) in [
            (302, ErrorKind::Status),
            (400, ErrorKind::BadRequest),
            (401, ErrorKind::Auth),
            (403, ErrorKind::Auth),
            (404, ErrorKind::NotFound),
            (405, ErrorKind::Status),
            (409, ErrorKind::Conflict),
            (422, ErrorKind::Validation),
            (429, ErrorKind::RateLimit),
            (500, ErrorKind::Server),
            (503, ErrorKind::Server),
        ] {
            assert_eq!(ErrorKind::of_status(status), kind, "{status}");
        }
    }

    #[test]
    fn the_url_has_no_user_information() {
        let url = "https://ann:hunter2@h/feed?a=1".parse().unwrap();
        let error = Error::new(ErrorKind::Connection, "").with_request(&http::Method::GET, &url);
        assert_eq!(error.url(), Some("https://h/feed?a=1"));
    }
}
