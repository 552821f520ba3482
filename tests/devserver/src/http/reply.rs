//! Responses: JSON as Django formats it, and error bodies.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::python;

pub(super) const HTML: &str = "text/html; charset=utf-8";

/// A JSON response.
pub(crate) fn json(status: u16, value: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (status, headers, python::dumps(value)).into_response()
}

/// An error response.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// `{"detail": "<text>"}`.
    Detail(u16, String),
    /// The 422 that lists errors.
    Errors(Vec<Value>),
    /// The 429 of the session quota.
    Quota { limit: i64, active: i64 },
    /// An HTML page, as the web framework returns before or instead of the API.
    Html(u16),
}

impl Refusal {
    pub(crate) fn detail(status: u16, text: impl Into<String>) -> Self {
        Self::Detail(status, text.into())
    }

    pub(crate) fn invalid_json() -> Self {
        Self::detail(400, "Invalid JSON")
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::Detail(404, format!("{what} not found"))
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::detail(405, "Method not allowed")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Detail(status, text) => json(status, &json!({"detail": text})),
            Self::Errors(errors) => json(422, &json!({"detail": errors})),
            Self::Quota { limit, active } => {
                let text = format!(
                    "Concurrent session limit reached ({active}/{limit}). \
                     Terminate an active session before starting a new one."
                );
                json(
                    429,
                    &json!({"detail": text, "limit": limit, "active": active}),
                )
            }
            Self::Html(status) => {
                let status =
                    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let page = format!("<!doctype html>\n<title>{status}</title>\n<h1>{status}</h1>\n");
                (status, [(header::CONTENT_TYPE, HTML)], page).into_response()
            }
        }
    }
}
