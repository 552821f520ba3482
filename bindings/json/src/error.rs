//! Errors as facts in JSON.

use std::borrow::Cow;
use std::time::Duration;

use aod::ConflictReason;
use aod_bridge::error::{ErrorInfo, ErrorKind};
use serde::Serialize;

/// A call that failed.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum CallError {
    /// The facts as a JSON object.
    #[error("{facts}")]
    Failed {
        /// `kind`, `text` and whatever else is known.
        facts: String,
    },
}

/// What a façade makes its own exceptions of.
#[derive(Serialize)]
struct Facts<'e> {
    kind: &'static str,
    /// One line without secrets.
    text: &'e str,
    #[serde(flatten)]
    source: Option<SourceFacts<'e>>,
}

/// What only the core's error knows.
#[derive(Serialize)]
struct SourceFacts<'e> {
    status: Option<u16>,
    conflict: Option<Conflict>,
    /// The body of the response, which may hold secrets.
    body: Cow<'e, str>,
    method: Option<&'e str>,
    url: Option<&'e str>,
    request_id: Option<&'e str>,
    retry_after: Option<f64>,
    attempts: u32,
    is_retryable: bool,
    is_unsent: bool,
}

/// Why a 409 was answered, with both numbers where versions differ.
#[derive(Serialize)]
struct Conflict {
    reason: &'static str,
    expected: Option<i64>,
    got: Option<i64>,
}

impl CallError {
    pub(crate) fn new(kind: aod::ErrorKind, text: impl Into<String>) -> Self {
        ErrorInfo::new(ErrorKind::Core(kind), text).into()
    }

    pub(crate) fn configuration(text: impl Into<String>) -> Self {
        ErrorInfo::configuration(text).into()
    }
}

impl From<ErrorInfo> for CallError {
    fn from(error: ErrorInfo) -> Self {
        let facts = Facts {
            kind: error.kind.as_str(),
            text: &error.text,
            source: error.source.as_deref().map(SourceFacts::of),
        };
        let facts = serde_json::to_string(&facts)
            .unwrap_or_else(|_| format!(r#"{{"kind":"{}"}}"#, error.kind.as_str()));
        Self::Failed { facts }
    }
}

impl From<aod::Error> for CallError {
    fn from(error: aod::Error) -> Self {
        ErrorInfo::from(error).into()
    }
}

impl<'e> SourceFacts<'e> {
    fn of(error: &'e aod::Error) -> Self {
        Self {
            status: error.status(),
            conflict: error.conflict().map(|reason| Conflict::of(&reason)),
            body: String::from_utf8_lossy(error.body()),
            method: error.method(),
            url: error.url(),
            request_id: error.request_id(),
            retry_after: error.retry_after().as_ref().map(Duration::as_secs_f64),
            attempts: error.attempts(),
            is_retryable: error.is_retryable(),
            is_unsent: error.is_unsent(),
        }
    }
}

impl Conflict {
    fn of(reason: &ConflictReason) -> Self {
        let (expected, got) = match reason {
            ConflictReason::VersionMismatch { expected, got } => (Some(*expected), Some(*got)),
            _ => (None, None),
        };
        Self {
            reason: reason.as_str(),
            expected,
            got,
        }
    }
}
