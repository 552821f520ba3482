//! Responses that repeat the request.

use std::fmt::Write as _;

use axum::{
    body::Bytes,
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{EchoForm, Effect};
use crate::python;

/// Returns the response of the first fault that echoes the request, if there is one.
pub(crate) fn echo(effects: &[Effect], parts: &Parts, body: &Bytes) -> Option<Response> {
    let (status, form) = effects.iter().find_map(|effect| match effect {
        Effect::Echo { status, form } => Some((*status, *form)),
        _ => None,
    })?;
    let (content_type, echoed) = form.body(&text(parts, body));
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, [(header::CONTENT_TYPE, content_type)], echoed).into_response();
    let one_line: Vec<u8> = parts.headers.values().fold(Vec::new(), |line, value| {
        [line.as_slice(), value.as_bytes()].join(b" ".as_slice())
    });
    if let Ok(value) = HeaderValue::from_bytes(&one_line) {
        let name = HeaderName::from_static("x-request-id");
        response.headers_mut().insert(name, value);
    }
    Some(response)
}

/// The request as text. Headers are read as Latin-1, as Django does.
fn text(parts: &Parts, body: &Bytes) -> String {
    let mut text = format!("{} {} {:?}\n", parts.method, parts.uri, parts.version);
    for (name, value) in &parts.headers {
        let value: String = value
            .as_bytes()
            .iter()
            .map(|byte| char::from(*byte))
            .collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    }
    text + "\n" + &String::from_utf8_lossy(body)
}

impl EchoForm {
    /// Returns the content type and the body.
    fn body(self, request: &str) -> (&'static str, String) {
        let json = |value: &Value| ("application/json", python::dumps(value));
        match self {
            Self::Detail => json(&json!({"detail": format!("refused: {request}")})),
            Self::Object => json(&json!({"detail": {request: request, "request": [request]}})),
            Self::Fields => {
                let entry = json!({"type": request, "loc": ["body", request], "msg": request, "input": request});
                json(&json!({"detail": [entry]}))
            }
            Self::Marked => {
                let (content_type, list) = Self::Fields.body(request);
                (content_type, format!("\u{feff}{list}"))
            }
            Self::String => json(&json!(request)),
            Self::Nested => json(&json!({"detail": python::dumps(&json!({"request": request}))})),
            Self::Truncated => {
                let mut text = python::dumps(&json!({"detail": request}));
                text.truncate(text.len() - 4);
                ("application/json", text)
            }
            Self::Text => ("text/plain; charset=utf-8", format!("refused: {request}")),
            Self::Encoded => {
                let encoded = utf8_percent_encode(request, NON_ALPHANUMERIC);
                ("text/plain; charset=utf-8", format!("refused: {encoded}"))
            }
            Self::Html => {
                let mut page = "<!doctype html>\n<pre>".to_owned();
                for char in request.chars() {
                    match char {
                        '&' => page += "&amp;",
                        '<' => page += "&lt;",
                        '>' => page += "&gt;",
                        '"' => page += "&quot;",
                        '\'' => page += "&#x27;",
                        other => page.push(other),
                    }
                }
                ("text/html; charset=utf-8", page + "</pre>")
            }
            Self::Start => {
                let start = json!({
                    "type": "start",
                    "session_id": request,
                    "runtime": request,
                    "provider": request,
                    "x": {request: request},
                });
                (
                    "text/event-stream",
                    format!("data: {}\n\n", python::dumps(&start)),
                )
            }
        }
    }
}
