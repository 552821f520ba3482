//! The development server's control interface, over HTTP as every language reaches it.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::Problem;

/// Where the control interface is.
#[derive(Clone)]
pub(crate) struct Control(Arc<str>);

impl Control {
    pub(crate) fn of(url: &str) -> Self {
        Self(url.trim_start_matches("http://").into())
    }

    /// Carries out `[method, path, body]`; the answer.
    pub(crate) async fn call(&self, call: &[Value]) -> Result<Value, Problem> {
        let (method, path, body) = match call {
            [Value::String(method), Value::String(path)] => (method, path, &json!({})),
            [Value::String(method), Value::String(path), body] => (method, path, body),
            _ => return Err(format!("no control call: {call:?}")),
        };
        let (status, answer) = self
            .send(method, path, body)
            .await
            .map_err(|error| format!("{method} {path}: {error}"))?;
        if status != 200 {
            return Err(format!("{method} {path}: {status} {answer}"));
        }
        Ok(serde_json::from_str(&answer).unwrap_or_default())
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Result<(u16, String), Box<dyn std::error::Error + Send + Sync>> {
        let socket = TokioIo::new(TcpStream::connect(&*self.0).await?);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(socket).await?;
        let connection = tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(format!("/__dev/{path}"))
            .header("host", &*self.0)
            .body(Full::new(Bytes::from(body.to_string())))?;
        let response = sender.send_request(request).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        connection.abort();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}
