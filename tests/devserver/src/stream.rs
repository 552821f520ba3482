//! `GET /sessions/{id}/stream`: the session's log as server-sent events.
//!
//! Rows are sent immediately; the real server polls every 0.5 s. As on the real server, the `id:` line and the `data:`
//! block of an event are sent in separate HTTP chunks.

use std::{io, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures::{Stream, StreamExt};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::{
    clock::Time,
    connection::Connection,
    faults::{CutHow, StreamFaults, cut_error},
    http::Call,
    python,
    server::Shared,
    store::{Content, Row, Session, StageOutcome, Status},
};

/// The interval of heartbeats, which does not depend on output.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long a connection lasts without a new row before it ends with `stale`.
const STALE: Duration = Duration::from_secs(600);

/// The number of rows read from the log at once.
const BATCH: usize = 100;

/// The start of a stream.
pub(crate) struct StreamStart {
    pub(crate) session: Uuid,
    pub(crate) engine: String,
    /// Notified when the session changes.
    pub(crate) changes: watch::Receiver<()>,
    /// Only rows with higher IDs are sent.
    pub(crate) cursor: i64,
}

pub(crate) fn open(call: Call, start: StreamStart) -> Response {
    let (sender, receiver) = mpsc::channel(64);
    let opened = call.shared.clock.now();
    let counted = call.shared.stats.open_stream();
    let writer = Writer {
        sender,
        sends_turn_start_id: call.shared.generation == crate::Generation::April21,
        stream_faults: call.stream_faults,
        connection: call.connection,
        events: 0,
    };
    tokio::spawn(follow(call.shared, start, opened, writer));
    let body = chunks(receiver).map(move |chunk| {
        // Counted as open until the body is dropped.
        let _ = &counted;
        chunk
    });
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    let mut response = (headers, Body::from_stream(body)).into_response();
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

fn chunks(receiver: mpsc::Receiver<io::Result<Bytes>>) -> impl Stream<Item = io::Result<Bytes>> {
    futures::stream::unfold(receiver, |mut receiver| async move {
        let chunk = receiver.recv().await?;
        if chunk.is_err() {
            // Lets the connection write what was sent before.
            tokio::task::yield_now().await;
        }
        Some((chunk, receiver))
    })
}

/// The stream is over: it ended, was cut, or has no reader.
struct StreamClosed;

/// A snapshot of the session's row and log.
struct LogSnapshot {
    rows: Vec<Row>,
    more: bool,
    status: Status,
    exit_code: Option<i64>,
}

async fn follow(shared: Arc<Shared>, start: StreamStart, opened: Time, writer: Writer) {
    // The task does not distinguish how the stream ended.
    let _ = write_events(&shared, start, opened, writer).await;
}

async fn write_events(
    shared: &Shared,
    start: StreamStart,
    opened: Time,
    mut writer: Writer,
) -> Result<(), StreamClosed> {
    let StreamStart {
        session,
        engine,
        mut changes,
        mut cursor,
    } = start;
    let replay_all = writer.stream_faults.replay_all;
    let mut inclusive = writer.stream_faults.repeat_at_cursor;
    if replay_all {
        cursor = 0;
    }
    let start =
        json!({"type": "start", shared.generation.engine_field(): engine, "session_id": session});
    writer.event(None, start).await?;
    let mut beat_at = opened;
    let mut row_at = opened;
    let mut turn = None;
    loop {
        let now = shared.clock.now();
        changes.borrow_and_update();
        let Some(snapshot) = snapshot(shared, session, cursor, inclusive) else {
            return writer.cut(CutHow::Close).await;
        };
        if !snapshot.rows.is_empty() {
            row_at = now;
        }
        for row in &snapshot.rows {
            inclusive = false;
            cursor = row.id;
            writer.row(row, &mut turn).await?;
        }
        if snapshot.more {
            continue;
        }
        if let Some(end) = terminal(&snapshot, cursor) {
            return writer.event(Some(cursor), end).await;
        }
        if now >= beat_at.plus(HEARTBEAT) {
            writer.comment(": heartbeat").await?;
            beat_at = now;
        }
        if now > row_at.plus(STALE) {
            let end = json!({"type": "stale", "id": cursor, "message": "No output for 600s"});
            return writer.event(Some(cursor), end).await;
        }
        wait(shared, &mut changes, &writer, beat_at, row_at).await?;
    }
}

/// Waits until there may be something to send.
async fn wait(
    shared: &Shared,
    changes: &mut watch::Receiver<()>,
    writer: &Writer,
    beat_at: Time,
    row_at: Time,
) -> Result<(), StreamClosed> {
    let just_over = STALE + Duration::from_micros(1);
    let due = beat_at.plus(HEARTBEAT).min(row_at.plus(just_over));
    tokio::select! {
        // The next snapshot shows whether the session was deleted.
        _ = changes.changed() => Ok(()),
        () = shared.clock.sleep_until(due) => Ok(()),
        () = writer.sender.closed() => Err(StreamClosed),
    }
}

/// Returns a snapshot of the rows and the status, or `None` if the session was deleted.
fn snapshot(shared: &Shared, id: Uuid, cursor: i64, inclusive: bool) -> Option<LogSnapshot> {
    let mut store = shared.store();
    let session: &Session = store.any_session(id)?;
    let rows = session.rows_after(cursor, inclusive);
    Some(LogSnapshot {
        more: rows.len() > BATCH,
        rows: rows.iter().take(BATCH).cloned().collect(),
        status: session.status,
        exit_code: session.exit_code,
    })
}

/// Returns the terminal event for the session's status, if any.
fn terminal(snapshot: &LogSnapshot, cursor: i64) -> Option<Value> {
    match snapshot.status {
        Status::Pending | Status::Running => None,
        Status::Terminated => {
            Some(json!({"type": "terminated", "id": cursor, "message": "Session terminated"}))
        }
        Status::Failed if snapshot.exit_code.is_none() => {
            Some(json!({"type": "error", "id": cursor, "message": "Session failed"}))
        }
        _ => Some(json!({"type": "exit", "id": cursor, "code": snapshot.exit_code})),
    }
}

/// Writes events to the connection and applies faults.
struct Writer {
    sender: mpsc::Sender<io::Result<Bytes>>,
    sends_turn_start_id: bool,
    stream_faults: StreamFaults,
    connection: Arc<Connection>,
    /// The number of events written so far, including `start`.
    events: usize,
}

impl Writer {
    async fn row(&mut self, row: &Row, last_turn: &mut Option<i64>) -> Result<(), StreamClosed> {
        let id = row.id;
        match &row.content {
            Content::Stage { name, outcome } => {
                self.event(Some(id), stage_event(id, name, outcome)).await
            }
            Content::Output { stream, data, turn } => {
                if turn.is_some() && turn != last_turn {
                    *last_turn = *turn;
                    let start = json!({"type": "turn_start", "id": id, "turn": turn});
                    self.event(self.sends_turn_start_id.then_some(id), start)
                        .await?;
                }
                let output = json!({
                    "type": "output", "id": id, "stream": stream, "data": data, "turn": turn,
                });
                self.event(Some(id), output).await
            }
        }
    }

    /// Formats an event. An ID of 0 has no `id:` line.
    async fn event(&mut self, id: Option<i64>, mut data: Value) -> Result<(), StreamClosed> {
        for text in self.stream_faults.inserted_before(self.events) {
            self.send(text).await?;
        }
        self.stream_faults.merge_into_event(&mut data);
        let mut data = python::dumps(&data);
        if self.stream_faults.malforms(self.events) {
            data.truncate(data.len() / 2);
        }
        let copies = if self.stream_faults.duplicate { 2 } else { 1 };
        for _ in 0..copies {
            if let Some(id) = id.filter(|id| *id != 0) {
                self.line(&format!("id: {id}\n")).await?;
            }
            self.line(&format!("data: {data}\n\n")).await?;
        }
        self.events += 1;
        match self.stream_faults.cut_after_event(self.events) {
            Some(how) => self.cut(how).await,
            None => Ok(()),
        }
    }

    async fn comment(&mut self, text: &str) -> Result<(), StreamClosed> {
        self.line(&format!("{text}\n\n")).await
    }

    async fn line(&mut self, text: &str) -> Result<(), StreamClosed> {
        let text = if self.stream_faults.crlf {
            text.replace('\n', "\r\n")
        } else {
            text.to_owned()
        };
        self.send(text).await
    }

    async fn send(&mut self, text: String) -> Result<(), StreamClosed> {
        self.sender
            .send(Ok(text.into()))
            .await
            .map_err(|_| StreamClosed)
    }

    /// Ends the body.
    async fn cut(&mut self, how: CutHow) -> Result<(), StreamClosed> {
        if let Some(error) = cut_error(how, &self.connection) {
            let _ = self.sender.send(Err(error)).await;
        }
        Err(StreamClosed)
    }
}

fn stage_event(id: i64, name: &str, outcome: &StageOutcome) -> Value {
    let mut event = json!({"type": "stage", "id": id, "stage": name});
    match outcome {
        StageOutcome::Started => event["state"] = json!("started"),
        StageOutcome::Done { duration_ms } => {
            event["state"] = json!("done");
            event["duration_ms"] = json!(duration_ms);
        }
        StageOutcome::Failed {
            duration_ms,
            message,
        } => {
            event["state"] = json!("failed");
            event["duration_ms"] = json!(duration_ms);
            if !message.is_empty() {
                event["message"] = json!(message);
            }
        }
    }
    event
}
