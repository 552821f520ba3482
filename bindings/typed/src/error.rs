//! Errors as records.

use std::time::Duration;

use aod::models::Secret;
use aod::{Detail, LocationPart, Quota};
use aod_bridge::error as bridge;

/// A call that failed.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum CallError {
    /// What is known of the failure.
    #[error("{}", info.text)]
    Failed {
        /// What is known.
        info: Box<ErrorInfo>,
    },
}

/// What is known of a failure.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ErrorInfo {
    /// What sort of failure this is.
    pub kind: ErrorKind,
    /// One line without secrets: the request, the status, the server's own words, and the causes.
    pub text: String,
    /// The HTTP status, when the server answered.
    pub status: Option<u16>,
    /// What the body of the error response says.
    pub detail: Option<ErrorDetail>,
    /// Why a 409 was answered.
    pub conflict: Option<ConflictReason>,
    /// The numbers of a 429.
    pub quota: Option<Quota>,
    /// The HTTP method of the request.
    pub method: Option<String>,
    /// The URL of the request, without user information.
    pub url: Option<String>,
    /// The response's `X-Request-Id`.
    pub request_id: Option<String>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// How many times the request was tried.
    pub attempts: u32,
    /// Whether the same call may succeed later without any change.
    pub is_retryable: bool,
    /// Whether it is certain that no byte of the request reached the server.
    pub is_unsent: bool,
}

/// What sort of failure an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ErrorKind {
    /// The client was set up wrongly.
    Configuration,
    /// The request was refused before it was sent, because the server would certainly refuse it.
    InvalidRequest,
    /// 400.
    BadRequest,
    /// 401 or 403.
    Auth,
    /// 404.
    NotFound,
    /// 409; the reason is beside it.
    Conflict,
    /// 422; the detail lists the fields.
    Validation,
    /// 429: too many active sessions.
    RateLimit,
    /// 500 and above.
    Server,
    /// Any other status that is not a success.
    Status,
    /// No connection, or it broke.
    Connection,
    /// A deadline passed.
    Timeout,
    /// A success whose body is not what the API promises.
    Decode,
    /// The peer broke HTTP's or the API's rules.
    Protocol,
    /// The client was closed while this was under way, or before.
    Closed,
    /// The call was cancelled.
    Cancelled,
    /// A listener failed on what it was given.
    Listener,
    /// A sort that this version has no word for.
    Other,
}

/// What the body of an error response says. What the server may have copied from the request is secret.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum ErrorDetail {
    /// The server's own words.
    Text {
        /// The words.
        text: String,
    },
    /// The fields that were refused.
    Fields {
        /// One entry for each.
        fields: Vec<FieldError>,
    },
    /// Any other JSON.
    Json {
        /// Its text.
        json: Secret,
    },
    /// A body that is not JSON; at most its first 64 KiB.
    Body {
        /// The body.
        body: Secret,
    },
}

/// One field that was refused.
#[derive(Debug, Clone, uniffi::Record)]
pub struct FieldError {
    /// The kind of failure, for example `missing` or `string_too_long`.
    pub kind: String,
    /// Where the field is in the body, outermost first.
    pub location: Vec<LocationPart>,
    /// The location as a path, for example `packages.apt[0]`; empty for the body as a whole.
    pub path: String,
    /// The server's description, for example `Field required`.
    pub description: String,
    /// What the server says it was sent here, as JSON. May hold secrets.
    pub input: Option<Secret>,
}

/// A step on the way to a field.
#[uniffi::remote(Enum)]
pub enum LocationPart {
    /// A position in a list, from 0.
    Index(#[uniffi(name = "index")] i64),
    /// A key of an object.
    Key(#[uniffi(name = "key")] String),
}

/// The numbers a 429 carries.
#[uniffi::remote(Record)]
pub struct Quota {
    /// How many sessions may be pending or running at once.
    pub limit: i64,
    /// How many were; may exceed the limit.
    pub active: i64,
}

/// Why the server refused a request with 409.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum ConflictReason {
    /// The version of an update is not the current one: read the record again, then retry.
    VersionMismatch {
        /// The server's current version.
        expected: i64,
        /// The version that was sent.
        got: i64,
    },
    /// The agent or environment is archived and cannot be changed or used.
    Archived,
    /// A second archive: the record already is as asked for.
    AlreadyArchived,
    /// The session is running a turn: wait for it, or interrupt it.
    Running,
    /// The session has a turn queued (from S1 on): wait for it.
    Pending,
    /// The session failed and takes no further prompt: start a new one.
    Failed,
    /// The session was terminated and takes no further prompt: start a new one.
    Terminated,
    /// A second terminate: the session already is as asked for.
    AlreadyTerminated,
    /// The session's sandbox is gone: start a new session.
    BackendGone,
    /// There is no turn to interrupt (S2).
    NoActiveTurn,
    /// Another active environment has the name (from S1 on).
    NameTaken,
    /// The environment still has sessions and cannot be deleted.
    InUse,
    /// A text this version does not know; the detail has it.
    Other,
}

impl CallError {
    /// Creates an error of this side, without a request.
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
            method: source.and_then(aod::Error::method).map(str::to_owned),
            url: source.and_then(aod::Error::url).map(str::to_owned),
            request_id: source.and_then(aod::Error::request_id).map(str::to_owned),
            retry_after: source.and_then(aod::Error::retry_after),
            attempts: source.map_or(0, aod::Error::attempts),
            is_retryable: source.is_some_and(aod::Error::is_retryable),
            is_unsent: source.is_some_and(aod::Error::is_unsent),
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

/// The name of a kind, the same in every language.
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
    fn every_kind_is_its_own() {
        for kind in bridge::ErrorKind::all() {
            assert_eq!(error_kind_value(kind.into()), kind.as_str());
        }
    }
}
