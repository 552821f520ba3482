//! A minimal server of logs, which writes directly to the sockets.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aod_test_support::{Exchange, FakeServer};
use uuid::Uuid;

use super::log::{ResumeMode, Wire};

/// A session, and how it is served.
pub(crate) struct Session {
    pub(crate) wire: Arc<Wire>,
    pub(crate) resumes: ResumeMode,
    /// Returns how the n-th connection ends.
    pub(crate) ending: Box<dyn Fn(usize) -> Ending + Send + Sync>,
}

/// How a connection ends. Positions are offsets in the complete stream, even if the connection starts later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With the terminal event.
    Complete,
    /// With a close before the byte at this position.
    CloseAt(usize),
    /// With a reset before the byte at this position.
    ResetAt(usize),
    /// With a complete body that stops before the row at this position.
    EndAt(usize),
    /// With the terminal event instead of the row at this position, as if the rows from there on were written after the
    /// server had read them, and before it read the status.
    TerminalAt(usize),
    /// Never: everything except the terminal event is sent in small chunks.
    Drip,
}

/// Serves any number of sessions on several ports.
pub(crate) struct LogServer {
    server: FakeServer,
    sessions: Arc<Sessions>,
}

/// The sessions, each with the number of its connections so far.
#[derive(Default)]
struct Sessions(Mutex<HashMap<Uuid, (Arc<Session>, usize)>>);

impl LogServer {
    pub(crate) async fn start(ports: usize) -> Self {
        let sessions = Arc::new(Sessions::default());
        let shared = Arc::clone(&sessions);
        let server = FakeServer::start(ports, move |_, socket| {
            let sessions = Arc::clone(&shared);
            async move {
                let _ = socket.set_nodelay(true);
                let mut connection = Exchange::accept(socket).await;
                while let Some(exchange) = connection {
                    let Some(exchange) = respond(&sessions, exchange).await else {
                        break;
                    };
                    connection = exchange.next().await;
                }
            }
        })
        .await;
        Self { server, sessions }
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        self.server.urls()
    }

    /// Adds a session, which the caller must remove.
    pub(crate) fn add(&self, id: Uuid, session: Session) {
        self.sessions.lock().insert(id, (Arc::new(session), 0));
    }

    /// Removes a session and returns the number of its connections.
    pub(crate) fn remove(&self, id: Uuid) -> usize {
        let removed = self.sessions.lock().remove(&id);
        removed.map_or(0, |(_, connections)| connections)
    }

    /// Returns the number of sockets accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.server.accepted()
    }

    /// Waits until the client has closed all sockets.
    pub(crate) async fn all_closed(&self) {
        self.server.all_closed().await;
    }
}

impl Sessions {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, (Arc<Session>, usize)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the session of a path and the number of this connection.
    fn connect(&self, path: &str) -> Option<(Arc<Session>, usize)> {
        let id: Uuid = path.split(['/', '?']).find_map(|part| part.parse().ok())?;
        let mut sessions = self.lock();
        let (session, connections) = sessions.get_mut(&id)?;
        *connections += 1;
        Some((Arc::clone(session), *connections - 1))
    }
}

/// Handles a request. Returns the connection if it can be reused.
async fn respond(sessions: &Sessions, mut exchange: Exchange) -> Option<Exchange> {
    let Some((session, connection)) = sessions.connect(&exchange.request.target) else {
        let not_found = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
        return exchange
            .try_send(not_found)
            .await
            .is_ok()
            .then_some(exchange);
    };
    let Session { wire, resumes, .. } = &*session;

    let since = exchange.request.target.split_once("since=");
    let since = since.map(|(_, since)| since);
    let cursor = exchange.request.header("last-event-id").or(since);
    let cursor = cursor.map_or(0, |cursor| {
        cursor.parse().expect("the client sends a number")
    });
    let mut response = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n{}\r\n\r\n",
        if wire.format.chunked {
            "transfer-encoding: chunked"
        } else {
            "connection: close"
        }
    )
    .into_bytes();
    let ending = (session.ending)(connection);
    let end = wire.whole().len();
    let position = match ending {
        Ending::EndAt(position) | Ending::TerminalAt(position) if position < end => {
            wire.row_at(position)
        }
        Ending::CloseAt(position) | Ending::ResetAt(position) => position.min(end),
        Ending::EndAt(_) | Ending::TerminalAt(_) | Ending::Complete => end,
        Ending::Drip => wire.end(),
    };
    let mut body = wire.body(cursor, *resumes);
    let minimum = match ending {
        Ending::EndAt(_) | Ending::TerminalAt(_) => wire.start(),
        _ => 0,
    };
    // A client beyond the position receives only `start`.
    if matches!(ending, Ending::TerminalAt(_)) && cursor >= wire.last_before(position) {
        body.truncate(minimum);
    }
    body.truncate((body.len() + position).saturating_sub(end).max(minimum));
    response.extend(body);
    if position < end && matches!(ending, Ending::TerminalAt(_)) {
        response.extend(wire.terminal_at(position, cursor));
    }
    if wire.format.chunked
        && position < end
        && matches!(ending, Ending::EndAt(_) | Ending::TerminalAt(_))
    {
        response.extend_from_slice(b"0\r\n\r\n");
    }

    if ending == Ending::Drip {
        for piece in response.chunks(32) {
            if exchange.try_send(piece).await.is_err() {
                return None;
            }
            tokio::task::yield_now().await;
        }
        // The client closes the connection without another request.
        exchange.until_closed().await;
        return None;
    }
    let sent = exchange.try_send(&response).await;
    match ending {
        Ending::Complete | Ending::EndAt(_) | Ending::TerminalAt(_) if wire.format.chunked => {
            return sent.is_ok().then_some(exchange);
        }
        Ending::ResetAt(_) => exchange.reset(),
        _ => exchange.close().await,
    }
    None
}
