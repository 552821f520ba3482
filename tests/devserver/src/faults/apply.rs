//! Applies faults: instead of a response, to the events of a stream, and to the bytes of a body.

use std::{io, io::Write as _, pin::Pin, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};
use futures::{Stream, StreamExt, stream};
use serde_json::{Map, Value};

use super::{CutHow, Effect};
use crate::{clock::Time, connection::Connection, python, server::Shared};

/// The faults that apply to the events of a stream.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent fault"
)]
pub(crate) struct StreamFaults {
    pub(crate) replay_all: bool,
    pub(crate) repeat_at_cursor: bool,
    pub(crate) duplicate: bool,
    pub(crate) crlf: bool,
    merges: Vec<(Option<String>, Map<String, Value>)>,
    inserts: Vec<(usize, String)>,
    malformed: Vec<usize>,
    cut_after: Option<(usize, CutHow)>,
}

impl StreamFaults {
    pub(crate) fn from(effects: &[Effect]) -> Self {
        let mut stream_faults = Self::default();
        for effect in effects {
            match effect {
                Effect::ReplayAll {} => stream_faults.replay_all = true,
                Effect::RepeatAtCursor {} => stream_faults.repeat_at_cursor = true,
                Effect::Duplicate {} => stream_faults.duplicate = true,
                Effect::Crlf {} => stream_faults.crlf = true,
                Effect::Merge { fields, event_type } => {
                    stream_faults
                        .merges
                        .push((event_type.clone(), fields.clone()));
                }
                Effect::Insert { before_event, text } => {
                    stream_faults.inserts.push((*before_event, text.clone()));
                }
                Effect::MalformedJson { event } => stream_faults.malformed.push(*event),
                Effect::CutAfterEvents { events, how } => {
                    stream_faults.cut_after = Some((*events, *how));
                }
                _ => {}
            }
        }
        stream_faults
    }

    /// Raw texts to insert before the event with this number.
    pub(crate) fn inserted_before(&self, event: usize) -> Vec<String> {
        self.inserts
            .iter()
            .filter(|(before, _)| *before == event)
            .map(|(_, text)| text.clone())
            .collect()
    }

    pub(crate) fn malforms(&self, event: usize) -> bool {
        self.malformed.contains(&event)
    }

    pub(crate) fn cut_after_event(&self, events: usize) -> Option<CutHow> {
        self.cut_after
            .and_then(|(after, how)| (events >= after).then_some(how))
    }

    pub(crate) fn merge_into_event(&self, event: &mut Value) {
        for (kind, fields) in &self.merges {
            if kind
                .as_ref()
                .is_none_or(|kind| event["type"] == kind.as_str())
            {
                merge(event, fields);
            }
        }
    }
}

fn merge(into: &mut Value, fields: &Map<String, Value>) {
    if let Value::Object(object) = into {
        object.extend(fields.clone());
    }
}

/// Applies the faults that replace or delay the response to a request that arrived at this time.
pub(crate) async fn instead(
    effects: &[Effect],
    shared: &Shared,
    connection: &Connection,
    arrived: Time,
) -> Option<Response> {
    let mut due = arrived;
    for effect in effects {
        match effect {
            Effect::Delay { ms } => {
                due = due.plus(Duration::from_millis(*ms));
                shared.clock.sleep_until(due).await;
            }
            Effect::Stall { after_bytes: None } => std::future::pending().await,
            Effect::Drop { reset } => connection.close(*reset).await,
            Effect::Redirect { status, location } => {
                return Some(planned(
                    *status,
                    [("location", location.as_str())],
                    String::new(),
                ));
            }
            Effect::Status {
                status,
                headers,
                body,
            } => {
                let headers = headers
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()));
                return Some(planned(*status, headers, body.clone()));
            }
            _ => {}
        }
    }
    None
}

/// Header names and values are checked when the fault is planned.
fn planned<'a>(
    status: u16,
    headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    body: String,
) -> Response {
    let mut response = body.into_response();
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().remove(header::CONTENT_TYPE);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Applies the faults that change a response.
pub(crate) async fn tamper(
    mut response: Response,
    effects: Vec<Effect>,
    connection: &Arc<Connection>,
) -> Response {
    for effect in effects {
        let is_stream = response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind == "text/event-stream");
        response = match effect {
            Effect::DropAfterServing { reset } => {
                connection.close(reset).await;
                response
            }
            Effect::ContentType { value } => {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    response.headers_mut().insert(header::CONTENT_TYPE, value);
                }
                response
            }
            Effect::Merge { fields, .. } if !is_stream => {
                rewrite(response, |body| merge_into_body(body, &fields)).await
            }
            Effect::MalformedJson { .. } if !is_stream => {
                rewrite(response, |body| body.slice(..body.len() / 2)).await
            }
            Effect::Gzip {} => gzip(response),
            Effect::Drip { bytes, every_ms } => {
                let pause = Duration::from_millis(every_ms);
                rechunk(response, |chunks| drip(chunks, bytes.max(1), pause))
            }
            Effect::Stall {
                after_bytes: Some(after),
            } => rechunk(response, |chunks| {
                Box::pin(first_bytes(chunks, after, AfterBytes::Stall))
            }),
            Effect::Cut { after_bytes, how } => {
                let connection = Arc::clone(connection);
                rechunk(response, move |chunks| {
                    let end = stream::once(async move { cut_error(how, &connection) })
                        .filter_map(|error| async { error.map(Err) });
                    Box::pin(
                        first_bytes(chunks, after_bytes, AfterBytes::End)
                            .chain(flushed())
                            .chain(end),
                    )
                })
            }
            _ => response,
        };
    }
    response
}

async fn rewrite(response: Response, change: impl FnOnce(Bytes) -> Bytes) -> Response {
    let (mut parts, body) = response.into_parts();
    // The body is in memory, so reading it cannot fail.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(change(body)))
}

fn merge_into_body(body: Bytes, fields: &Map<String, Value>) -> Bytes {
    let Ok(mut json) = serde_json::from_slice::<Value>(&body) else {
        return body;
    };
    match json.get_mut("data") {
        Some(Value::Array(items)) => items.iter_mut().for_each(|item| merge(item, fields)),
        _ => merge(&mut json, fields),
    }
    python::dumps(&json).into()
}

fn rechunk(response: Response, change: impl FnOnce(Chunks) -> Chunks) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let chunks = Box::pin(
        body.into_data_stream()
            .map(|chunk| chunk.map_err(io::Error::other)),
    );
    Response::from_parts(parts, Body::from_stream(change(chunks)))
}

/// What follows the first bytes of a body.
#[derive(Clone, Copy, PartialEq)]
enum AfterBytes {
    End,
    Stall,
}

fn first_bytes(
    chunks: Chunks,
    limit: usize,
    then: AfterBytes,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::unfold((chunks, limit), move |(mut chunks, left)| async move {
        if left == 0 {
            if then == AfterBytes::Stall {
                // The body is kept open, but nothing more is sent.
                std::future::pending::<()>().await;
            }
            return None;
        }
        match chunks.next().await? {
            Ok(mut chunk) => {
                chunk.truncate(left);
                let left = left - chunk.len();
                Some((Ok(chunk), (chunks, left)))
            }
            Err(error) => Some((Err(error), (chunks, 0))),
        }
    })
}

/// Waits a moment, so that data sent before leaves the server's buffers.
fn flushed() -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::once(tokio::task::yield_now()).filter_map(|()| async { None })
}

fn drip(chunks: Chunks, size: usize, pause: Duration) -> Chunks {
    Box::pin(chunks.flat_map(move |chunk| {
        let pieces: Vec<io::Result<Bytes>> = match chunk {
            Ok(chunk) => (0..chunk.len())
                .step_by(size)
                .map(|from| Ok(chunk.slice(from..chunk.len().min(from + size))))
                .collect(),
            Err(error) => vec![Err(error)],
        };
        stream::iter(pieces).then(move |piece| async move {
            if pause.is_zero() {
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(pause).await;
            }
            piece
        })
    }))
}

/// Compresses each chunk separately, so that a live stream is not delayed.
fn gzip(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    rechunk(response, |chunks| {
        let encoder = Some(GzEncoder::new(Vec::new(), Compression::fast()));
        Box::pin(stream::unfold(
            (chunks, encoder),
            |(mut chunks, mut encoder)| async move {
                let mut active = encoder.take()?;
                let piece = match chunks.next().await {
                    Some(Ok(chunk)) => active
                        .write_all(&chunk)
                        .and_then(|()| active.flush())
                        .map(|()| Bytes::from(std::mem::take(active.get_mut()))),
                    Some(Err(error)) => Err(error),
                    None => return Some((active.finish().map(Bytes::from), (chunks, None))),
                };
                Some((piece, (chunks, Some(active))))
            },
        ))
    })
}

/// Returns the error that aborts a body, or `None` if it ends properly.
pub(crate) fn cut_error(how: CutHow, connection: &Connection) -> Option<io::Error> {
    match how {
        CutHow::End => return None,
        CutHow::Close => {}
        CutHow::Reset => connection.reset_on_close(),
    }
    Some(io::Error::other("the body is cut here"))
}
