//! Responses: reading bodies up to a size limit, decoding them, and converting failures to errors.

use std::error::Error as StdError;
use std::time::{Duration, SystemTime};

use aod_sse::Connection;
use aod_transcript::write_visible;
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt as _;
use http::HeaderValue;
use http::StatusCode;
use http::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::encoding::Encoding;
use super::redact::Secrets;
use super::settings::LONGEST_TIME;
use crate::error::{ConflictReason, Detail, Error, ErrorKind, Quota, Result};
use crate::models::repair;

/// The size, in bytes, of the excerpt of a body with the wrong content type in an error.
const EXCERPT_BYTES: usize = 200;

/// The maximum number of bytes that are read of an error body.
const MAX_ERROR_BODY_BYTES: usize = 64 << 10;

/// The maximum for a JSON body. It is larger, because a 422 response repeats the request and incomplete JSON cannot be
/// parsed.
const MAX_ERROR_JSON_BYTES: usize = 1 << 20;

/// The idle timeout of an error body. Short, because the status already classifies the error.
const ERROR_BODY_IDLE_TIMEOUT: Duration = Duration::from_secs(2);

/// The time limit of a whole error body, for bodies that arrive in small pieces.
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// A successful response with its complete body.
pub(crate) struct CompleteResponse {
    status: StatusCode,
    content_type: Option<HeaderValue>,
    pub(crate) body: Bytes,
}

impl CompleteResponse {
    /// Reads a complete body of at most `cap` bytes, compressed and decompressed.
    pub(crate) async fn read(mut response: reqwest::Response, cap: usize) -> Result<Self> {
        let status = response.status();
        let content_type = response.headers().get(CONTENT_TYPE).cloned();
        let encoding = Encoding::of(response.headers())?;
        let over_cap = || {
            Error::new(
                ErrorKind::Protocol,
                format!("the response body is larger than {cap} bytes"),
            )
            .with_status(status.as_u16())
        };
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(transport_error)? {
            if chunk.len() > cap - body.len() {
                return Err(over_cap());
            }
            body.extend_from_slice(&chunk);
        }
        let body = encoding.decode(body.freeze(), cap)?;
        if body.len() > cap {
            return Err(over_cap());
        }
        Ok(Self {
            status,
            content_type,
            body,
        })
    }

    /// Decodes the JSON body. An error contains the path in the document, but never a value.
    pub(crate) fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        if let Ok(value) = serde_json::from_slice(&self.body) {
            return Ok(value);
        }
        let repaired = repair(&self.body);
        let json = repaired.as_deref().unwrap_or(&self.body);
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
            Ok(value) if deserializer.end().is_ok() => Ok(value),
            Ok(_) => Err(self.undecodable("the response has text after its JSON".to_owned())),
            Err(error) => Err(self.undecodable(describe(&error))),
        }
    }

    /// Decodes the records of a list. Records that cannot be decoded are logged and left out, unless none can be
    /// decoded.
    pub(crate) fn decode_list<T: DeserializeOwned>(&self) -> Result<Vec<T>> {
        #[derive(Deserialize)]
        struct List<T> {
            data: Vec<T>,
        }
        let error = match self.decode::<List<T>>() {
            Ok(list) => return Ok(list.data),
            Err(error) => error,
        };
        let Ok(list) = self.decode::<List<Value>>() else {
            return Err(error);
        };
        let total = list.data.len();
        let records: Vec<T> = list
            .data
            .into_iter()
            .filter_map(|record| {
                // As text, because for values the code that reads each model would be compiled again.
                let json = serde_json::to_vec(&record).ok()?;
                serde_json::from_slice(&json).ok()
            })
            .collect();
        if records.is_empty() {
            return Err(error);
        }
        let left_out = total - records.len();
        tracing::warn!("left out {left_out} of {total} records of a list that could not be read");
        Ok(records)
    }

    /// Returns the body, after repairing what common parsers reject. It may be empty.
    ///
    /// A body that begins and ends like an object, and has no other content type than JSON, is not parsed here, because
    /// the caller parses it anyway. Parsing took a tenth of the instructions of a call in Python that lists 1,000
    /// agents.
    pub(crate) fn into_json(self) -> Result<Bytes> {
        let repaired = repair(&self.body).map(Bytes::from);
        let json = repaired.as_ref().unwrap_or(&self.body);
        let declared = self.content_type.as_ref().map(HeaderValue::to_str);
        let is_declared = declared.is_none_or(|value| value.is_ok_and(is_json));
        let text = json.trim_ascii();
        let is_object = is_declared && text.starts_with(b"{") && text.ends_with(b"}");
        if json.is_empty() || is_object || serde_json::from_slice::<IgnoredAny>(json).is_ok() {
            return Ok(repaired.unwrap_or(self.body));
        }
        Err(self.undecodable("the response is not JSON".to_owned()))
    }

    fn undecodable(&self, mut summary: String) -> Error {
        let content_type = self
            .content_type
            .as_ref()
            .and_then(|value| value.to_str().ok());
        if let Some(content_type) = content_type.filter(|value| !is_json(value)) {
            summary.push_str(" but ");
            // Writing to a string cannot fail.
            let _ = write_visible(&mut summary, content_type);
        }
        Error::new(ErrorKind::Decode, summary)
            .with_status(self.status.as_u16())
            .with_body(self.body.slice(..self.body.len().min(MAX_ERROR_BODY_BYTES)))
    }
}

fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence == "application/json" || essence.ends_with("+json")
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

/// Converts a successful response to a connection. Only status 200 opens an event stream.
pub(crate) async fn connection(
    response: reqwest::Response,
    secrets: &Secrets,
) -> Result<Connection<Error>> {
    let status = response.status();
    if status == StatusCode::NO_CONTENT {
        return Ok(Connection::no_content());
    }
    let refused = |summary| Error::new(ErrorKind::Protocol, summary).with_status(status.as_u16());
    if status == StatusCode::OK && is_event_stream(response.headers()) {
        let encoding = Encoding::of(response.headers()).map_err(|error| error.with_status(200))?;
        let chunks = response.bytes_stream();
        let chunks = encoding.decode_stream(chunks.map_err(transport_error))?;
        return Ok(Connection::body(chunks));
    }
    // Redacted before it is truncated, which may cut a secret.
    let (excerpt, _) = read_start(response, MAX_ERROR_BODY_BYTES).await;
    let mut excerpt = secrets.redact(&String::from_utf8_lossy(&excerpt));
    let end = (0..=EXCERPT_BYTES.min(excerpt.len()))
        .rev()
        .find(|end| excerpt.is_char_boundary(*end));
    excerpt.truncate(end.unwrap_or(0));
    let summary = match status {
        StatusCode::OK => "the response is not an event stream",
        _ => "the status of the response does not open an event stream",
    };
    Err(refused(summary).with_detail(Some(Detail::Body(excerpt))))
}

/// Returns whether the content type is that of an event stream. Of several, the last valid one applies.
fn is_event_stream(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONTENT_TYPE).iter();
    let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let mut is_event_stream = false;
    for value in values {
        let mut quoted = false;
        let types = value.split(|character| {
            quoted ^= character == '"';
            character == ',' && !quoted
        });
        for essence in types.filter_map(media_type) {
            is_event_stream = essence.eq_ignore_ascii_case("text/event-stream");
        }
    }
    is_event_stream
}

/// Returns a media type without its parameters, if it is valid.
fn media_type(value: &str) -> Option<&str> {
    let essence = value.split(';').next()?.trim_ascii();
    let is_token = |text: &str| {
        let is_allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        !text.is_empty() && text.bytes().all(is_allowed)
    };
    let (kind, subtype) = essence.split_once('/')?;
    (is_token(kind) && is_token(subtype) && essence != "*/*").then_some(essence)
}

/// Converts a successful response to a connection that includes the head of the response.
pub(crate) async fn connection_with_head(
    response: reqwest::Response,
    secrets: &Secrets,
) -> Result<Connection<Error>> {
    let mut head = http::response::Response::new(()).into_parts().0;
    head.status = response.status();
    head.version = response.version();
    head.headers = response.headers().clone();
    Ok(connection(response, secrets).await?.with_response(head))
}

/// Returns the error of a response whose status is not a success. Secrets are redacted in the parts that are displayed.
pub(crate) async fn status_error(response: reqwest::Response, secrets: &Secrets) -> Error {
    let status = response.status();
    let request_id = header_text(response.headers(), "x-request-id");
    let retry_after = retry_after(response.headers(), SystemTime::now());
    let cap = match header_text(response.headers(), "content-type") {
        Some(content_type) if is_json(&content_type) => MAX_ERROR_JSON_BYTES,
        _ => MAX_ERROR_BODY_BYTES,
    };
    let (body, truncated) = read_start(response, cap).await;
    let json = parse_json(&body);
    let quota = match &json {
        Some(json) if status == StatusCode::TOO_MANY_REQUESTS => quota(json),
        _ => None,
    };
    let detail = Detail::parse(&body, json);
    let conflict = match &detail {
        Some(Detail::Text(text)) => Some(ConflictReason::parse(text)),
        _ => None,
    };
    let reason = status.canonical_reason().unwrap_or("unknown status");
    Error::new(ErrorKind::of_status(status.as_u16()), reason)
        .with_status(status.as_u16())
        .with_quota(quota)
        .with_conflict(conflict)
        .with_detail(detail.map(|detail| secrets.redact_detail(detail)))
        .with_body(body.into())
        .with_truncated_body(truncated)
        .with_request_id(request_id.map(|id| secrets.redact(&id)))
        .with_retry_after(retry_after)
}

/// Parses an error body as JSON, after repairing what the parser rejects; `None` if it is not JSON.
fn parse_json(body: &[u8]) -> Option<Value> {
    let parsed = serde_json::from_slice(body).ok();
    parsed.or_else(|| serde_json::from_slice(&repair(body)?).ok())
}

fn quota(json: &Value) -> Option<Quota> {
    Some(Quota {
        limit: json.get("limit")?.as_i64()?,
        active: json.get("active")?.as_i64()?,
    })
}

/// Parses `Retry-After` in seconds or as a date; a date in the past is a zero delay.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let date = |text: &str| httpdate::parse_http_date(text).ok();
    let delay = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Overflow saturates.
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        // By the clock of the server, if it is known: that of the device may be wrong.
        let sent = headers.get(DATE).and_then(|sent| date(sent.to_str().ok()?));
        date(value)?
            .duration_since(sent.unwrap_or(now))
            .unwrap_or_default()
    };
    Some(delay.min(LONGEST_TIME))
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// Reads the start of a body until it ends, breaks, is idle or reaches the size or time limit. The flag is whether the
/// body is incomplete.
async fn read_start(mut response: reqwest::Response, cap: usize) -> (Vec<u8>, bool) {
    // With an unsupported encoding, the status still classifies the error.
    let encoding = Encoding::of(response.headers()).unwrap_or(Encoding::Identity);
    let mut start = Vec::new();
    let end = Instant::now() + ERROR_BODY_TIMEOUT;
    let mut truncated = loop {
        let until = end.min(Instant::now() + ERROR_BODY_IDLE_TIMEOUT);
        let Ok(Ok(chunk)) = timeout_at(until, response.chunk()).await else {
            break true;
        };
        let Some(chunk) = chunk else {
            break false;
        };
        let room = cap - start.len();
        start.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            break true;
        }
    };
    let mut start = encoding.decode_start(start, cap);
    truncated |= start.len() > cap;
    start.truncate(cap);
    (start, truncated)
}

/// Converts an error of the HTTP client.
pub(crate) fn transport_error(error: reqwest::Error) -> Error {
    let unsent = error.is_connect();
    let (kind, summary) = if error.is_timeout() && unsent {
        (ErrorKind::Timeout, "no connection within the time limit")
    } else if error.is_timeout() {
        // Such as of an HTTP/2 connection that no longer answers.
        (ErrorKind::Timeout, "no response within the time limit")
    } else if unsent {
        (ErrorKind::Connection, "could not connect")
    } else if is_malformed(&error) {
        (ErrorKind::Protocol, "the response is not valid HTTP")
    } else {
        (ErrorKind::Connection, "the connection broke")
    };
    let mut failure = Error::new(kind, summary);
    if kind == ErrorKind::Protocol {
        // It may come from a proxy, or from another server for a moment.
        failure = failure.retryable(true);
    }
    // Only a failed handshake is permanent: a broken connection can be replaced.
    if is_tls(&error) && !error.is_decode() && !error.is_body() {
        failure = failure.retryable(false);
    }
    if unsent {
        failure = failure.unsent();
    }
    failure.with_source(error.without_url())
}

/// Returns whether the head of the response is not HTTP, or has too many or too large header fields.
fn is_malformed(cause: &(dyn StdError + 'static)) -> bool {
    cause
        .downcast_ref::<hyper::Error>()
        .is_some_and(hyper::Error::is_parse)
        || cause.source().is_some_and(is_malformed)
}

/// Returns whether TLS failed; a retry would fail again.
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
    use crate::models::Health;

    #[test]
    fn reads_both_forms_of_retry_after() {
        let now = httpdate::parse_http_date("Tue, 24 Nov 2026 10:00:00 GMT").unwrap();
        let longest = LONGEST_TIME.as_secs();
        for (value, seconds) in [
            ("2", Some(2)),
            (" 120 ", Some(120)),
            ("9223372036854775808", Some(longest)),
            ("99999999999999999999999", Some(longest)),
            ("Tue, 24 Nov 2026 10:01:30 GMT", Some(90)),
            ("Tue, 24 Nov 2026 09:00:00 GMT", Some(0)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(longest)),
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
    fn the_date_of_a_response_is_the_time_from_which_its_retry_after_counts() {
        let now = httpdate::parse_http_date("Tue, 24 Nov 2026 23:00:00 GMT").unwrap();
        for (date, value, seconds) in [
            (
                "Tue, 24 Nov 2026 10:00:00 GMT",
                "Tue, 24 Nov 2026 10:01:30 GMT",
                90,
            ),
            (
                "Tue, 24 Nov 2026 10:00:00 GMT",
                "Tue, 24 Nov 2026 09:00:00 GMT",
                0,
            ),
            ("Tue, 24 Nov 2026 10:00:00 GMT", "7", 7),
            ("today", "Tue, 24 Nov 2026 23:00:01 GMT", 1),
        ] {
            let headers = [(DATE, date), (RETRY_AFTER, value)];
            let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
            assert_eq!(
                retry_after(&HeaderMap::from_iter(headers), now),
                Some(Duration::from_secs(seconds)),
                "{date} {value}"
            );
        }
    }

    fn decode(content_type: &'static str, body: &'static [u8]) -> Result<Vec<Health>> {
        let response = CompleteResponse {
            status: StatusCode::OK,
            content_type: Some(HeaderValue::from_static(content_type)),
            body: Bytes::from_static(body),
        };
        response.decode()
    }

    #[test]
    fn a_body_of_the_wrong_shape_is_described_by_place_alone() {
        for (content_type, body, text) in [
            (
                "application/json",
                br#"[{"status":{"hunter2":1}}]"#.as_slice(),
                "200: the response has an unexpected value at `[0].status`",
            ),
            (
                "application/problem+json",
                b"[{}]",
                "200: the response lacks `status` at `[0]`",
            ),
            (
                "application/json",
                b"[]hunter2",
                "200: the response has text after its JSON",
            ),
            (
                "text/html; charset=utf-8",
                b"<html>hunter2",
                "200: the response is not JSON but text/html; charset=utf-8",
            ),
        ] {
            assert_eq!(decode(content_type, body).unwrap_err().to_string(), text);
        }
    }

    #[test]
    fn json_text_is_left_to_the_caller_and_anything_else_is_an_error() {
        let text_of = |content_type: Option<&'static str>, body: &'static str| {
            let response = CompleteResponse {
                status: StatusCode::OK,
                content_type: content_type.map(HeaderValue::from_static),
                body: Bytes::from_static(body.as_bytes()),
            };
            response.into_json()
        };
        for (content_type, body, text) in [
            (Some("application/json"), "", ""),
            (Some("application/json"), "{\"a\": [}\n", "{\"a\": [}\n"),
            (
                Some("application/json"),
                "\u{feff}\n{\"a\": 1e400}",
                "\n{\"a\": \"1e400\"}",
            ),
            (Some("text/plain"), "{\"a\": 1}", "{\"a\": 1}"),
            (None, "{}", "{}"),
            (Some("application/json"), "[1]", "[1]"),
        ] {
            assert_eq!(text_of(content_type, body).unwrap(), text);
        }
        for (content_type, body, message) in [
            (
                Some("text/html"),
                "<html>",
                "200: the response is not JSON but text/html",
            ),
            (
                Some("text/plain"),
                "{hunter2}",
                "200: the response is not JSON but text/plain",
            ),
            (
                Some("application/json"),
                "[1",
                "200: the response is not JSON",
            ),
            (None, "hunter2", "200: the response is not JSON"),
        ] {
            let error = text_of(content_type, body).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode);
            assert_eq!(error.to_string(), message);
        }
    }

    #[test]
    fn an_odd_record_does_not_spoil_a_list() {
        let list_of = |body: &'static [u8]| CompleteResponse {
            status: StatusCode::OK,
            content_type: None,
            body: Bytes::from_static(body),
        };
        let list = list_of(br#"{"data":[{"status":"ok"},{"status":5},7,{"status":"degraded"}]}"#);
        let records: Vec<Health> = list.decode_list().unwrap();
        assert_eq!(records.len(), 2);
        for body in [
            b"{}".as_slice(),
            b"[]",
            br#"{"data":[5]}"#,
            br#"{"data":{}}"#,
        ] {
            assert!(list_of(body).decode_list::<Health>().is_err());
        }
        assert!(
            list_of(br#"{"data":[]}"#)
                .decode_list::<Health>()
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn what_parsers_refuse_does_not_spoil_the_rest() {
        let body = b"\xEF\xBB\xBF[{\"status\":\"\\ud800\",\"x\":1e400}]";
        let health = decode("application/json", body).unwrap();
        assert_eq!(health[0].status, "\u{fffd}");
    }
}
