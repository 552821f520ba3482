//! Counters of connections and requests, and the recorded requests.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use axum::http::{header, request::Parts};
use serde::Serialize;
use tokio::sync::watch;

/// The maximum number of recorded requests. The oldest are dropped first.
const MAX_RECORDED: usize = 10_000;

/// A snapshot of the counters of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// The number of open connections.
    pub open_connections: usize,
    /// The number of connections accepted so far.
    pub accepted_connections: u64,
    /// The number of open event streams.
    pub open_streams: usize,
    /// The number of API requests received so far, without those of the control interface.
    pub requests: u64,
}

/// A received API request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeenRequest {
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, without `?`. Empty if the URL has no query.
    pub query: String,
    /// The headers in order, with lower-case names. The value of `authorization` is redacted.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    #[serde(skip)]
    pub body: Body,
}

/// A body that is not shown in `Debug`, because it may contain secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Body(String);

impl Body {
    /// Returns the text, verbatim.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}

impl SeenRequest {
    /// Returns the first value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }
}

/// The live counters.
pub(crate) struct Counters {
    accepted: AtomicU64,
    requests: watch::Sender<u64>,
    connections: watch::Sender<usize>,
    streams: watch::Sender<usize>,
    seen: Mutex<Vec<SeenRequest>>,
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self {
            accepted: AtomicU64::new(0),
            requests: watch::Sender::new(0),
            connections: watch::Sender::new(0),
            streams: watch::Sender::new(0),
            seen: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn snapshot(&self) -> Stats {
        Stats {
            open_connections: *self.connections.borrow(),
            accepted_connections: self.accepted.load(Ordering::Relaxed),
            open_streams: *self.streams.borrow(),
            requests: *self.requests.borrow(),
        }
    }

    pub(crate) fn open_connection(&self) -> Counted {
        self.accepted.fetch_add(1, Ordering::Relaxed);
        Counted::up(&self.connections)
    }

    pub(crate) fn open_stream(&self) -> Counted {
        Counted::up(&self.streams)
    }

    pub(crate) async fn streams_open(&self, wanted: usize) {
        let _ = self
            .streams
            .subscribe()
            .wait_for(|open| *open == wanted)
            .await;
    }

    pub(crate) async fn requests_received(&self, wanted: u64) {
        let _ = self
            .requests
            .subscribe()
            .wait_for(|count| *count >= wanted)
            .await;
    }

    pub(crate) async fn connections_open(&self, wanted: usize) {
        let _ = self
            .connections
            .subscribe()
            .wait_for(|open| *open == wanted)
            .await;
    }

    fn seen(&self) -> MutexGuard<'_, Vec<SeenRequest>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn requests(&self) -> Vec<SeenRequest> {
        self.seen().clone()
    }

    pub(crate) fn forget_requests(&self) {
        self.seen().clear();
    }

    pub(crate) fn record(&self, parts: &Parts, body: &[u8]) {
        let headers = parts.headers.iter().map(|(name, value)| {
            let value = if name == header::AUTHORIZATION {
                "<redacted>".to_owned()
            } else {
                String::from_utf8_lossy(value.as_bytes()).into_owned()
            };
            (name.as_str().to_owned(), value)
        });
        let request = SeenRequest {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: headers.collect(),
            body: Body(String::from_utf8_lossy(body).into_owned()),
        };
        let mut seen = self.seen();
        if seen.len() == MAX_RECORDED {
            seen.remove(0);
        }
        seen.push(request);
        drop(seen);
        self.requests.send_modify(|count| *count += 1);
    }
}

/// Counts a connection or stream as open until it is dropped.
pub(crate) struct Counted(watch::Sender<usize>);

impl Counted {
    fn up(counter: &watch::Sender<usize>) -> Self {
        counter.send_modify(|open| *open += 1);
        Self(counter.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}
