//! Errors as facts in JSON.

use std::error::Error as _;

use aod::ConflictReason;
use serde::Serialize;

/// A call that failed.
#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum CallError {
    /// The core's error: its facts as a JSON object.
    #[error("{facts}")]
    Failed {
        /// `kind`, `text` and whatever else is known.
        facts: String,
    },
}

/// The facts of a core error, for a façade that makes its own exceptions of them.
#[derive(Serialize)]
struct Facts<'e> {
    kind: &'static str,
    /// One line without secrets.
    text: String,
    status: Option<u16>,
    conflict: Option<Conflict>,
    /// The body of the response, which may hold secrets.
    body: std::borrow::Cow<'e, str>,
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

impl From<aod::Error> for CallError {
    fn from(error: aod::Error) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        let facts = Facts {
            kind: kind(error.kind()),
            text,
            status: error.status(),
            conflict: error.conflict().map(|reason| conflict(&reason)),
            body: String::from_utf8_lossy(error.body()),
            method: error.method(),
            url: error.url(),
            request_id: error.request_id(),
            retry_after: error.retry_after().map(|delay| delay.as_secs_f64()),
            attempts: error.attempts(),
            is_retryable: error.is_retryable(),
            is_unsent: error.is_unsent(),
        };
        Self::facts(&facts)
    }
}

impl CallError {
    pub(crate) fn of_kind(kind: &'static str, text: impl Into<String>) -> Self {
        Self::facts(&serde_json::json!({ "kind": kind, "text": text.into() }))
    }

    fn facts(facts: &impl Serialize) -> Self {
        let facts =
            serde_json::to_string(facts).unwrap_or_else(|_| r#"{"kind":"decode"}"#.to_owned());
        Self::Failed { facts }
    }
}

fn kind(kind: aod::ErrorKind) -> &'static str {
    match kind {
        aod::ErrorKind::Configuration => "configuration",
        aod::ErrorKind::InvalidRequest => "invalid_request",
        aod::ErrorKind::Connection => "connection",
        aod::ErrorKind::Timeout => "timeout",
        aod::ErrorKind::Decode => "decode",
        aod::ErrorKind::Protocol => "protocol",
        _ => "status",
    }
}

fn conflict(reason: &ConflictReason) -> Conflict {
    let (expected, got) = match reason {
        ConflictReason::VersionMismatch { expected, got } => (Some(*expected), Some(*got)),
        _ => (None, None),
    };
    let reason = match reason {
        ConflictReason::VersionMismatch { .. } => "version_mismatch",
        ConflictReason::Archived => "archived",
        ConflictReason::AlreadyArchived => "already_archived",
        ConflictReason::Running => "running",
        ConflictReason::Pending => "pending",
        ConflictReason::Failed => "failed",
        ConflictReason::Terminated => "terminated",
        ConflictReason::AlreadyTerminated => "already_terminated",
        ConflictReason::BackendGone => "backend_gone",
        ConflictReason::NoActiveTurn => "no_active_turn",
        ConflictReason::NameTaken => "name_taken",
        ConflictReason::InUse => "in_use",
        _ => "other",
    };
    Conflict {
        reason,
        expected,
        got,
    }
}
