//! The error type of the exported functions, with its details as JSON.

use std::borrow::Cow;
use std::time::Duration;

use aod::ConflictReason;
use aod_bridge::error::{ErrorInfo, ErrorKind};
use serde::Serialize;

/// A failed call.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum CallError {
    /// The only case.
    #[error("{facts}")]
    Failed {
        /// The details as a JSON object: `kind`, `text` and everything else that is known.
        facts: String,
    },
}

/// The details from which Python creates its exceptions.
#[derive(Serialize)]
struct Details<'e> {
    kind: &'static str,
    /// One line without secrets.
    text: &'e str,
    #[serde(flatten)]
    source: Option<SourceDetails<'e>>,
}

/// The details of an error of the core.
#[derive(Serialize)]
struct SourceDetails<'e> {
    status: Option<u16>,
    conflict: Option<Conflict>,
    /// The body of the response, which may contain secrets.
    body: Cow<'e, str>,
    method: Option<&'e str>,
    url: Option<&'e str>,
    request_id: Option<&'e str>,
    retry_after: Option<f64>,
    attempts: u32,
    is_retryable: bool,
    is_unsent: bool,
}

/// The reason for a 409, with both numbers of a version mismatch.
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
        let details = Details {
            kind: error.kind.as_str(),
            text: &error.text,
            source: error.source.as_deref().map(SourceDetails::of),
        };
        let facts = serde_json::to_string(&details)
            .unwrap_or_else(|_| format!(r#"{{"kind":"{}"}}"#, error.kind.as_str()));
        Self::Failed { facts }
    }
}

impl From<aod::Error> for CallError {
    fn from(error: aod::Error) -> Self {
        ErrorInfo::from(error).into()
    }
}

impl<'e> SourceDetails<'e> {
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
