//! The error type of the exported functions.

use std::time::Duration;

use aod::models::Secret;
use aod::{Detail, LocationPart, Quota};
use aod_bridge::error as bridge;
use uuid::Uuid;

use super::token::failure_of;

/// A failed call.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum CallError {
    /// The only case; the kind is in `info`.
    #[error("{}", info.text)]
    Failed {
        /// The details of the failure.
        info: Box<ErrorInfo>,
    },
}

/// The details of a failure.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ErrorInfo {
    /// The kind of failure.
    pub kind: ErrorKind,
    /// One line: the request, the status, the server's text and the causes. Secrets of the request are redacted.
    pub text: String,
    /// The HTTP status, if there was a response.
    pub status: Option<u16>,
    /// The content of the error response, or for the kind `InvalidRequest` the invalid fields. Absent if there is
    /// neither.
    pub detail: Option<ErrorDetail>,
    /// The reason for a 409.
    pub conflict: Option<ConflictReason>,
    /// The quota reported by a 429.
    pub quota: Option<Quota>,
    /// Whether the body of the error response is incomplete: it is too long, did not arrive in time, or the connection
    /// broke.
    pub is_body_truncated: bool,
    /// The session whose turn was followed when the call failed, or whose stream failed. The session may still be
    /// active.
    pub session_id: Option<Uuid>,
    /// The HTTP method of the request.
    pub method: Option<String>,
    /// The URL of the request, without credentials.
    pub url: Option<String>,
    /// The `X-Request-Id` of the response.
    pub request_id: Option<String>,
    /// The delay that the server asks for in `Retry-After`.
    pub retry_after: Option<Duration>,
    /// How many attempts were made; 0 if the call failed before the first. For an open stream, the number of
    /// consecutive attempts to reconnect.
    pub attempts: u32,
    /// Whether the same call may succeed later.
    pub is_retryable: bool,
    /// Whether it is certain that no byte of the request reached the server, so that it had no effect.
    pub is_unsent: bool,
    /// The number of the failure of the token source that caused this error.
    pub token_failure: Option<u64>,
}

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ErrorKind {
    /// The configuration of the client is invalid.
    Configuration,
    /// The request was rejected by validation before it was sent.
    InvalidRequest,
    /// HTTP 400.
    BadRequest,
    /// HTTP 401 or 403: the token is missing, unknown, inactive or expired. Or the token provider failed.
    Auth,
    /// HTTP 404: the record does not exist, or belongs to another user.
    NotFound,
    /// HTTP 404 without a message of the API: the server is too old for the endpoint.
    Unsupported,
    /// HTTP 409; `conflict` has the reason.
    Conflict,
    /// HTTP 422; `detail` lists the invalid fields.
    Validation,
    /// HTTP 429: too many active sessions.
    RateLimit,
    /// HTTP 500 or above.
    Server,
    /// Any other HTTP status outside 2xx.
    Status,
    /// The connection could not be established, or was lost.
    Connection,
    /// A time limit expired: of a call, an attempt or connecting, or the deadline of a stream.
    Timeout,
    /// The body of a successful response does not match the API.
    Decode,
    /// The response violates the protocol: it is not valid HTTP, redirects to another origin, has a wrong content type
    /// or an unsupported content encoding, exceeds a size limit, or is the stream of another session.
    Protocol,
    /// The client was closed before or during the call.
    Closed,
    /// The call was cancelled. Programs do not receive this kind: a cancelled call throws the `CancellationException`
    /// of Kotlin or the `CancellationError` of Swift.
    Cancelled,
    /// A listener, or a callback of `run`, `ask` or `follow`, threw an error.
    Listener,
    /// A kind that this version does not know, an internal error, or too many open files or threads.
    Other,
}

/// The parsed body of an error response. Parts that the server may have copied from the request are secret.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum ErrorDetail {
    /// A message of the server.
    Text {
        /// The message.
        text: String,
    },
    /// The invalid fields of the request, of a 422 response or of a request that was rejected before it was sent.
    Fields {
        /// One entry for each invalid field.
        fields: Vec<FieldError>,
    },
    /// Any other JSON: the value of `detail` if the body has one, otherwise the whole body.
    Json {
        /// The JSON text.
        json: Secret,
    },
    /// A body that is not JSON: its first 64 KiB, or 1 MiB if its content type is JSON.
    Body {
        /// The body.
        body: Secret,
    },
}

/// An invalid field of a request.
#[derive(Debug, Clone, uniffi::Record)]
pub struct FieldError {
    /// The server's name of the violated rule, for example `missing` or `string_too_long`; `invalid_request` if the
    /// request was rejected before it was sent.
    pub kind: String,
    /// The location of the field in the request body, outermost first.
    pub location: Vec<LocationPart>,
    /// The location as a path, for example `packages.apt[0]`; empty for the whole body.
    pub path: String,
    /// A description of the problem, for example `Field required`.
    pub description: String,
    /// The value that the server received, as JSON. May contain secrets. Absent if the response does not contain it.
    pub input: Option<Secret>,
}

/// A segment of the location of a field.
#[uniffi::remote(Enum)]
pub enum LocationPart {
    /// A position in a list, from 0.
    Index(#[uniffi(name = "index")] i64),
    /// A key of an object.
    Key(#[uniffi(name = "key")] String),
}

/// The session quota reported by a 429.
#[uniffi::remote(Record)]
pub struct Quota {
    /// The maximum number of active sessions: those that are pending or running.
    pub limit: i64,
    /// The current number of active sessions. It may exceed the limit.
    pub active: i64,
}

/// The reason for a 409 response.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum ConflictReason {
    /// The version in an update is not the current one. Retrieve the record again, and repeat the update.
    VersionMismatch {
        /// The server's current version.
        expected: i64,
        /// The version that was sent.
        got: i64,
    },
    /// The agent or environment is archived, so it cannot be changed or used.
    Archived,
    /// The agent or environment was archived before.
    AlreadyArchived,
    /// A turn of the session is running or, if the request is to delete the session, queued. Wait until the turn has
    /// ended, or interrupt it.
    Running,
    /// A turn of the session is queued. Wait until it has ended. Sent by servers since 2026-04-30.
    Pending,
    /// The session failed and accepts no further prompt. Create a new session.
    Failed,
    /// The session was terminated and accepts no further prompt. Create a new session.
    Terminated,
    /// The session was terminated before.
    AlreadyTerminated,
    /// The session's sandbox no longer exists: create a new session. A server can also send it while the sandbox is
    /// being provisioned. Sent by servers since 2026-04-30.
    BackendGone,
    /// No turn is queued or running, so no turn can be interrupted. Sent by servers since 2026-06-25.
    NoActiveTurn,
    /// Another active environment has the same name. Sent by servers since 2026-04-30.
    NameTaken,
    /// The environment has sessions, so it cannot be deleted.
    InUse,
    /// A reason that this version does not know; `detail` of the error has the server's message.
    Other,
}

impl CallError {
    /// Creates an error that has no request.
    pub(super) fn new(kind: aod::ErrorKind, text: impl Into<String>) -> Self {
        bridge::ErrorInfo::new(bridge::ErrorKind::Core(kind), text).into()
    }
}

impl From<bridge::ErrorInfo> for CallError {
    fn from(error: bridge::ErrorInfo) -> Self {
        Self::Failed {
            info: Box::new(error.into()),
        }
    }
}

impl From<aod::Error> for CallError {
    fn from(error: aod::Error) -> Self {
        bridge::ErrorInfo::from(error).into()
    }
}

impl From<bridge::ErrorInfo> for ErrorInfo {
    fn from(error: bridge::ErrorInfo) -> Self {
        let bridge::ErrorInfo { kind, text, source } = error;
        let source = source.as_deref();
        Self {
            kind: kind.into(),
            text,
            status: source.and_then(aod::Error::status),
            detail: source.and_then(aod::Error::detail).map(Into::into),
            conflict: source.and_then(aod::Error::conflict).map(Into::into),
            quota: source.and_then(aod::Error::quota),
            is_body_truncated: source.is_some_and(aod::Error::is_body_truncated),
            session_id: source.and_then(aod::Error::session_id),
            method: source.and_then(aod::Error::method).map(str::to_owned),
            url: source.and_then(aod::Error::url).map(str::to_owned),
            request_id: source.and_then(aod::Error::request_id).map(str::to_owned),
            retry_after: source.and_then(aod::Error::retry_after),
            attempts: source.map_or(0, aod::Error::attempts),
            is_retryable: source.is_some_and(aod::Error::is_retryable),
            is_unsent: source.is_some_and(aod::Error::is_unsent),
            token_failure: source.and_then(failure_of),
        }
    }
}

impl From<&Detail> for ErrorDetail {
    fn from(detail: &Detail) -> Self {
        match detail {
            Detail::Text(text) => Self::Text { text: text.clone() },
            Detail::Fields(fields) => Self::Fields {
                fields: fields.iter().map(Into::into).collect(),
            },
            Detail::Json(json) => Self::Json {
                json: json.to_string().into(),
            },
            Detail::Body(body) => Self::Body {
                body: body.clone().into(),
            },
        }
    }
}

impl From<&aod::FieldError> for FieldError {
    fn from(field: &aod::FieldError) -> Self {
        Self {
            kind: field.kind.clone(),
            location: field.location.clone(),
            path: field.path(),
            description: field.description.clone(),
            input: field.input().map(|input| input.to_string().into()),
        }
    }
}

impl From<bridge::ErrorKind> for ErrorKind {
    fn from(kind: bridge::ErrorKind) -> Self {
        use aod::ErrorKind as Core;
        let kind = match kind {
            bridge::ErrorKind::Core(kind) => kind,
            bridge::ErrorKind::Closed => return Self::Closed,
            bridge::ErrorKind::Cancelled => return Self::Cancelled,
            bridge::ErrorKind::Listener => return Self::Listener,
            bridge::ErrorKind::Other => return Self::Other,
        };
        match kind {
            Core::Configuration => Self::Configuration,
            Core::InvalidRequest => Self::InvalidRequest,
            Core::BadRequest => Self::BadRequest,
            Core::Auth => Self::Auth,
            Core::NotFound => Self::NotFound,
            Core::Unsupported => Self::Unsupported,
            Core::Conflict => Self::Conflict,
            Core::Validation => Self::Validation,
            Core::RateLimit => Self::RateLimit,
            Core::Server => Self::Server,
            Core::Status => Self::Status,
            Core::Connection => Self::Connection,
            Core::Timeout => Self::Timeout,
            Core::Decode => Self::Decode,
            Core::Protocol => Self::Protocol,
            _ => Self::Other,
        }
    }
}

/// Returns the name of an error kind, which is the same in every language, such as `not_found`.
#[uniffi::export]
pub fn error_kind_value(of: ErrorKind) -> String {
    bridge::ErrorKind::all()
        .find(|kind| ErrorKind::from(*kind) == of)
        .map_or("other", bridge::ErrorKind::as_str)
        .to_owned()
}

impl From<aod::ConflictReason> for ConflictReason {
    fn from(reason: aod::ConflictReason) -> Self {
        use aod::ConflictReason as Core;
        match reason {
            Core::VersionMismatch { expected, got } => Self::VersionMismatch { expected, got },
            Core::Archived => Self::Archived,
            Core::AlreadyArchived => Self::AlreadyArchived,
            Core::Running => Self::Running,
            Core::Pending => Self::Pending,
            Core::Failed => Self::Failed,
            Core::Terminated => Self::Terminated,
            Core::AlreadyTerminated => Self::AlreadyTerminated,
            Core::BackendGone => Self::BackendGone,
            Core::NoActiveTurn => Self::NoActiveTurn,
            Core::NameTaken => Self::NameTaken,
            Core::InUse => Self::InUse,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_keeps_its_name() {
        for kind in bridge::ErrorKind::all() {
            assert_eq!(error_kind_value(kind.into()), kind.as_str());
        }
    }
}
