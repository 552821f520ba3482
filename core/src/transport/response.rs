//! Responses: bodies with a size limit, and conversion of failures to errors.

use std::error::Error as StdError;
use std::time::{Duration, SystemTime};

use aod_sse::Connection;
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use http::StatusCode;
use http::header::{HeaderMap, RETRY_AFTER};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;

use crate::error::{Detail, Error, ErrorKind, Quota, Result};

/// The size of the excerpt of a body with the wrong content type.
const EXCERPT_BYTES: usize = 200;

/// The idle timeout of an error body. Short, because the status already classifies the error.
const ERROR_BODY_IDLE_TIMEOUT: Duration = Duration::from_secs(2);

/// Reads a complete body of at most `cap` bytes.
pub(crate) async fn read(mut response: reqwest::Response, cap: usize) -> Result<Bytes> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(transport_error)? {
        if chunk.len() > cap - body.len() {
            return Err(Error::new(
                ErrorKind::Protocol,
                "the response body is over its cap",
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Decodes the JSON of a successful response. An error contains the path in the document, but never a value.
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|_| {
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let summary = match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
            Err(error) => describe(&error),
            Ok(_) => "the response has text after its JSON".to_owned(),
        };
        Error::new(ErrorKind::Decode, summary)
    })
}

fn describe(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    if !error.inner().is_data() {
        return "the response is not JSON".to_owned();
    }
    let text = error.inner().to_string();
    // Other messages of serde may contain a value.
    let problem = match text
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split_once('`'))
    {
        Some((field, _)) => format!("lacks `{field}`"),
        None => "has an unexpected value".to_owned(),
    };
    format!("the response {problem} at `{}`", error.path())
}

/// Converts a successful response to a connection.
pub(crate) async fn connection(response: reqwest::Response) -> Result<Connection<Error>> {
    let status = response.status();
    if status == StatusCode::NO_CONTENT {
        return Ok(Connection::no_content());
    }
    let content_type = header_text(response.headers(), "content-type").unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("text/event-stream") {
        let chunks = response.bytes_stream();
        return Ok(Connection::body(
            chunks.map(|chunk| chunk.map_err(transport_error)),
        ));
    }
    let excerpt = read_start(response, EXCERPT_BYTES).await;
    Err(
        Error::new(ErrorKind::Protocol, "the response is not an event stream")
            .with_status(status.as_u16())
            .with_detail(Some(Detail::Body(
                String::from_utf8_lossy(&excerpt).into_owned(),
            ))),
    )
}

/// Converts a successful response to a connection that includes the head of the response.
pub(crate) async fn connection_with_head(response: reqwest::Response) -> Result<Connection<Error>> {
    let mut head = http::response::Response::new(()).into_parts().0;
    head.status = response.status();
    head.version = response.version();
    head.headers = response.headers().clone();
    Ok(connection(response).await?.with_response(head))
}

/// Returns the error of a response whose status is not a success. At most `cap` bytes of its body are read; secrets are
/// redacted from the displayed parts.
pub(crate) async fn status_error(
    response: reqwest::Response,
    secrets: &[&str],
    cap: usize,
) -> Error {
    let status = response.status();
    let request_id = header_text(response.headers(), "x-request-id");
    let retry_after = retry_after(response.headers(), SystemTime::now());
    // A 422 response repeats the request, and its JSON can only be parsed as a whole.
    let cap = if is_json(response.headers()) {
        cap
    } else {
        cap.min(Detail::MAX_BODY_BYTES)
    };
    let body = read_start(response, cap).await;
    let reason = status.canonical_reason().unwrap_or("unknown status");
    Error::new(ErrorKind::of_status(status.as_u16()), reason)
        .with_status(status.as_u16())
        .with_quota(
            (status == StatusCode::TOO_MANY_REQUESTS)
                .then(|| quota(&body))
                .flatten(),
        )
        .with_detail(Detail::parse(&body).map(|detail| redacted(detail, secrets)))
        .with_body(body.into())
        .with_request_id(request_id.map(|id| redact(secrets, &id)))
        .with_retry_after(retry_after)
}

/// Redacts the texts that `Display` shows: a proxy may echo the request headers, including the token.
fn redacted(detail: Detail, secrets: &[&str]) -> Detail {
    match detail {
        Detail::Text(text) => Detail::Text(redact(secrets, &text)),
        Detail::Fields(mut fields) => {
            for field in &mut fields {
                field.description = redact(secrets, &field.description);
            }
            Detail::Fields(fields)
        }
        other => other,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    header_text(headers, "content-type").is_some_and(|kind| {
        let essence = kind.split(';').next().unwrap_or_default().trim();
        let essence = essence.to_ascii_lowercase();
        essence == "application/json" || essence.ends_with("+json")
    })
}

/// Redacts secrets in a text from the network.
fn redact(secrets: &[&str], text: &str) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "[REDACTED]");
    }
    text
}

fn quota(body: &[u8]) -> Option<Quota> {
    let json: Value = serde_json::from_slice(body).ok()?;
    Some(Quota {
        limit: json.get("limit")?.as_i64()?,
        active: json.get("active")?.as_i64()?,
    })
}

/// Parses `Retry-After` in seconds or as a date; a date in the past is a zero delay.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Overflow saturates.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// Reads the start of a body, until it ends, breaks, is idle or reaches the size limit.
async fn read_start(mut response: reqwest::Response, cap: usize) -> Vec<u8> {
    let mut start = Vec::new();
    while start.len() < cap {
        match timeout(ERROR_BODY_IDLE_TIMEOUT, response.chunk()).await {
            Ok(Ok(Some(chunk))) => {
                start.extend_from_slice(&chunk[..chunk.len().min(cap - start.len())]);
            }
            Ok(Ok(None) | Err(_)) | Err(_) => break,
        }
    }
    start
}

/// Converts an error of the HTTP client.
pub(crate) fn transport_error(error: reqwest::Error) -> Error {
    let unsent = error.is_connect();
    let (kind, summary) = if error.is_timeout() {
        (ErrorKind::Timeout, "no connection in time")
    } else if unsent {
        (ErrorKind::Connection, "no connection")
    } else {
        (ErrorKind::Connection, "the connection broke")
    };
    let mut failure = Error::new(kind, summary);
    if is_tls(&error) {
        failure = failure.retryable(false);
    }
    if unsent {
        failure = failure.unsent();
    }
    failure.with_source(error.without_url())
}

/// Returns whether TLS failed, which a retry does not change.
fn is_tls(cause: &(dyn StdError + 'static)) -> bool {
    // The sources of an I/O error do not include the error that it wraps, so check that too.
    let wrapped = cause
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    cause.is::<rustls::Error>()
        || wrapped.is_some_and(|inner| is_tls(inner))
        || cause.source().is_some_and(is_tls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_forms_of_retry_after() {
        let now = httpdate::parse_http_date("Tue, 24 Nov 2026 10:00:00 GMT").unwrap();
        for (value, seconds) in [
            ("2", Some(2)),
            (" 120 ", Some(120)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Tue, 24 Nov 2026 10:01:30 GMT", Some(90)),
            ("Tue, 24 Nov 2026 09:00:00 GMT", Some(0)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            assert_eq!(
                retry_after(&headers, now),
                seconds.map(Duration::from_secs),
                "{value:?}"
            );
        }
    }

    #[test]
    fn a_body_of_the_wrong_shape_is_described_by_place_alone() {
        let error =
            decode::<Vec<crate::models::Health>>(br#"[{"status":{"hunter2":1}}]"#).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the response has an unexpected value at `[0].status`"
        );
        let error = decode::<Vec<crate::models::Health>>(b"[{}]").unwrap_err();
        assert_eq!(error.to_string(), "the response lacks `status` at `[0]`");
        let error = decode::<Vec<crate::models::Health>>(b"<html>hunter2").unwrap_err();
        assert_eq!(error.to_string(), "the response is not JSON");
    }
}
