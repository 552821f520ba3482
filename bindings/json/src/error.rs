//! The error type of the exported functions, with its details as JSON.

use std::borrow::Cow;
use std::time::Duration;

use aod::{ConflictReason, Detail, FieldError, LocationPart, StatusCode};
use aod_bridge::error::{ErrorInfo, ErrorKind};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::token::failure_of;

/// A failed call.
#[derive(Debug, Clone, thiserror::Error, uniffi::Error)]
pub enum CallError {
    /// The only variant.
    #[error("{facts}")]
    Failed {
        /// The details as a JSON object: `kind`, `text`, and the other fields of `Details` that are known.
        facts: String,
    },
}

/// The details from which Python creates its exceptions.
#[derive(Serialize)]
struct Details<'e> {
    kind: &'static str,
    /// The message: one line, in which secrets are redacted.
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
    is_body_truncated: bool,
    /// What a message shows of the body, without secrets and of limited length.
    shown: Value,
    method: Option<&'e str>,
    url: Option<&'e str>,
    request_id: Option<&'e str>,
    retry_after: Option<f64>,
    attempts: u32,
    is_retryable: bool,
    is_unsent: bool,
    /// The number under which Python keeps the exception that the token provider raised.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_failure: Option<u64>,
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
            is_body_truncated: error.is_body_truncated(),
            shown: shown(error),
            method: error.method(),
            url: error.url(),
            request_id: error.request_id(),
            retry_after: error.retry_after().as_ref().map(Duration::as_secs_f64),
            attempts: error.attempts(),
            is_retryable: error.is_retryable(),
            is_unsent: error.is_unsent(),
            token_failure: failure_of(error),
        }
    }
}

/// The maximum number of characters, and of fields, of a response that a message shows.
const MAX_SHOWN: usize = 2048;
const MAX_FIELDS: usize = 20;

/// Returns what a message shows of an error response, in the form of its `detail`: a string, or a list of fields with
/// `loc` and `msg`. Values that the server repeats are left out.
fn shown(error: &aod::Error) -> Value {
    let cut = |text: &str| Value::from(text.chars().take(MAX_SHOWN).collect::<String>());
    match error.detail() {
        None => Value::Null,
        Some(detail) if detail.is_page() => {
            let status = error
                .status()
                .and_then(|status| StatusCode::from_u16(status).ok());
            let reason = status.and_then(|status| status.canonical_reason());
            Value::from(reason.unwrap_or("an HTML page"))
        }
        Some(Detail::Text(text) | Detail::Body(text)) => cut(text),
        Some(Detail::Fields(fields)) => fields.iter().take(MAX_FIELDS).map(field).collect(),
        Some(Detail::Json(Value::Array(values))) => {
            Value::Array(vec![Value::Null; values.len().min(MAX_FIELDS)])
        }
        Some(Detail::Json(Value::Object(_))) => Value::Object(Map::new()),
        Some(Detail::Json(scalar)) => scalar.clone(),
    }
}

fn field(field: &FieldError) -> Value {
    let location = field.location.iter().map(|part| match part {
        LocationPart::Index(index) => Value::from(*index),
        LocationPart::Key(key) => Value::from(key.as_str()),
    });
    json!({"loc": location.collect::<Value>(), "msg": field.description})
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
