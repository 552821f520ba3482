//! The development server's control interface over HTTP, as in every language.

use std::sync::Arc;

use aod_test_support::raw::{self, Request};
use serde_json::{Value, json};

use crate::Problem;

/// The URL of the control interface.
#[derive(Clone)]
pub(crate) struct Control(Arc<str>);

impl Control {
    pub(crate) fn of(url: &str) -> Self {
        Self(url.into())
    }

    /// Makes the call `[method, path, body]` and returns the response.
    pub(crate) async fn call(&self, call: &[Value]) -> Result<Value, Problem> {
        let (method, path, body) = match call {
            [Value::String(method), Value::String(path)] => (method, path, &json!({})),
            [Value::String(method), Value::String(path), body] => (method, path, body),
            _ => return Err(format!("no control call: {call:?}")),
        };
        let path = format!("/__dev/{path}");
        let request = Request {
            method,
            path: &path,
            headers: Vec::new(),
            body: body.to_string().into_bytes(),
        };
        let reply = raw::send(&self.0, request).await;
        let status = reply.status;
        let (answer, _) = reply.read().await;
        let answer = String::from_utf8_lossy(&answer);
        if status != 200 {
            return Err(format!("{method} {path}: {status} {answer}"));
        }
        Ok(serde_json::from_str(&answer).unwrap_or_default())
    }
}
