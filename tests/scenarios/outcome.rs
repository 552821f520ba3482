//! The results and errors of calls, as in transcripts.

use std::error::Error as _;
use std::fmt::Debug;

use aod::{ConflictReason, Detail, Error, ErrorKind};
use serde::Serialize;
use serde_json::{Value, json};

use crate::Problem;

/// The texts that must not appear anywhere.
pub(crate) struct Secrets(pub(crate) Vec<String>);

impl Secrets {
    /// Fails if a text contains a secret.
    pub(crate) fn absent(&self, place: &str, text: &str) -> Result<(), Problem> {
        if self.0.iter().any(|secret| text.contains(secret)) {
            return Err(format!("there is a secret in {place}"));
        }
        Ok(())
    }

    /// Converts a result to JSON.
    pub(crate) fn value(&self, result: &(impl Serialize + Debug)) -> Result<Value, Problem> {
        self.absent(
            "the debug output of a result",
            &format!("{result:?} {result:#?}"),
        )?;
        serde_json::to_value(result).map_err(|error| error.to_string())
    }

    /// Converts an error to JSON.
    pub(crate) fn error(&self, error: &Error) -> Result<Value, Problem> {
        self.absent("an error", &format!("{error} {error:?} {error:#?}"))?;
        let mut source = error.source();
        while let Some(cause) = source {
            self.absent("the cause of an error", &format!("{cause} {cause:?}"))?;
            source = cause.source();
        }
        let (name, retryable) = (kind(error.kind())?, error.is_retryable());
        if name == "decode" {
            return Ok(json!({"kind": name, "retryable": retryable}));
        }
        let conflict = error
            .conflict()
            .map(|reason| conflict(&reason))
            .transpose()?;
        let quota = error
            .quota()
            .map(|quota| json!({"limit": quota.limit, "active": quota.active}));
        let request = match (error.status(), error.method(), error.url()) {
            (Some(_), Some(method), Some(url)) => Some(format!("{method} {url}")),
            _ => None,
        };
        Ok(json!({
            "kind": name,
            "status": error.status(),
            "detail": error.detail().map(detail),
            "conflict": conflict,
            "quota": quota,
            "attempts": error.attempts(),
            "retryable": retryable,
            "retry_after": error.retry_after().map(|delay| delay.as_secs_f64()),
            "request_id": error.request_id(),
            "request": request,
        }))
    }
}

fn kind(kind: ErrorKind) -> Result<&'static str, Problem> {
    Ok(match kind {
        ErrorKind::BadRequest => "bad_request",
        ErrorKind::Unsupported => "unsupported",
        ErrorKind::Auth => "auth",
        ErrorKind::NotFound => "not_found",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Validation => "validation",
        ErrorKind::RateLimit => "rate_limit",
        ErrorKind::Server => "server",
        ErrorKind::Status => "status",
        ErrorKind::Connection => "connection",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Decode | ErrorKind::Protocol => "decode",
        other => return Err(format!("transcripts have no name for {other:?}")),
    })
}

fn conflict(reason: &ConflictReason) -> Result<Value, Problem> {
    let name = match reason {
        ConflictReason::VersionMismatch { expected, got } => {
            return Ok(json!({"reason": "version_mismatch", "expected": expected, "got": got}));
        }
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
        ConflictReason::Other => "other",
        unknown => return Err(format!("transcripts have no name for {unknown:?}")),
    };
    Ok(json!({"reason": name}))
}

/// Removes the values that the server repeats from the request.
fn detail(detail: &Detail) -> Value {
    match detail {
        Detail::Text(text) | Detail::Body(text) => json!(text),
        Detail::Json(value) => value.clone(),
        Detail::Fields(fields) => fields
            .iter()
            .map(|field| {
                let location: Vec<Value> = field
                    .location
                    .iter()
                    .map(|part| match part {
                        aod::LocationPart::Index(index) => json!(index),
                        aod::LocationPart::Key(key) => json!(key),
                    })
                    .collect();
                json!({"type": field.kind, "loc": location, "msg": field.description})
            })
            .collect(),
    }
}
