//! Errors as facts.

use std::error::Error as _;
use std::time::Duration;

use aod::models::Secret;
use aod::{Detail, Error, LocationPart, Quota};

/// A call that failed.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum CallError {
    /// What is known of the failure.
    #[error("{}", facts.text)]
    Failed {
        /// The facts.
        facts: Box<ErrorFacts>,
    },
}

/// What is known of a failure.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ErrorFacts {
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
    Index(i64),
    /// A key of an object.
    Key(String),
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
    /// A failure on this side, with nothing of HTTP in it.
    pub(super) fn of_kind(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self::Failed {
            facts: Box::new(ErrorFacts {
                kind,
                text: text.into(),
                status: None,
                detail: None,
                conflict: None,
                quota: None,
                method: None,
                url: None,
                request_id: None,
                retry_after: None,
                attempts: 0,
                is_retryable: false,
                is_unsent: false,
            }),
        }
    }

    pub(super) fn into_facts(self) -> ErrorFacts {
        let Self::Failed { facts } = self;
        *facts
    }
}

impl From<Error> for CallError {
    fn from(error: Error) -> Self {
        Self::Failed {
            facts: Box::new((&error).into()),
        }
    }
}

impl From<&Error> for ErrorFacts {
    fn from(error: &Error) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self {
            kind: error.kind().into(),
            text,
            status: error.status(),
            detail: error.detail().map(Into::into),
            conflict: error.conflict().map(Into::into),
            quota: error.quota(),
            method: error.method().map(str::to_owned),
            url: error.url().map(str::to_owned),
            request_id: error.request_id().map(str::to_owned),
            retry_after: error.retry_after(),
            attempts: error.attempts(),
            is_retryable: error.is_retryable(),
            is_unsent: error.is_unsent(),
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

impl From<aod::ErrorKind> for ErrorKind {
    fn from(kind: aod::ErrorKind) -> Self {
        use aod::ErrorKind as Core;
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
