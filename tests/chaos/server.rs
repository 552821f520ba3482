//! A lean server of logs, with nothing between them and the socket.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aod_tests::{Received, read_request};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::log::{Resumes, Wire};

/// A session and how it is served.
pub(crate) struct Session {
    pub(crate) wire: Arc<Wire>,
    pub(crate) resumes: Resumes,
    /// How the n-th connection ends.
    pub(crate) ending: Box<dyn Fn(usize) -> Ending + Send + Sync>,
}

/// How a connection ends. Positions are those of the whole stream, however much of it the connection carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With the terminal event.
    Complete,
    /// In order, before the byte at this position.
    CloseAt(usize),
    /// By a reset, before the byte at this position.
    ResetAt(usize),
    /// With a body that is complete, but stops before the row at this position.
    EndAt(usize),
    /// Never: everything but the terminal event comes in small pieces, then nothing.
    Drip,
}

/// Serves any number of sessions on several ports.
pub(crate) struct LogServer {
    urls: Vec<String>,
    shared: Arc<Shared>,
    _accepting: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    sessions: Mutex<HashMap<Uuid, (Arc<Session>, usize)>>,
    accepted: AtomicUsize,
    open: watch::Sender<usize>,
}

impl LogServer {
    pub(crate) async fn start(ports: usize) -> Self {
        let shared = Arc::new(Shared::default());
        let mut urls = Vec::new();
        let mut accepting = JoinSet::new();
        for _ in 0..ports {
            let listener = TcpListener::bind("127.0.0.1:0")
                .await
                .expect("loopback has a free port");
            let address = listener.local_addr().expect("a listener has an address");
            urls.push(format!("http://{address}"));
            accepting.spawn(accept(listener, Arc::clone(&shared)));
        }
        Self {
            urls,
            shared,
            _accepting: accepting,
        }
    }

    pub(crate) fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Adds a session; the caller removes it when it is done.
    pub(crate) fn add(&self, id: Uuid, session: Session) {
        self.shared.sessions().insert(id, (Arc::new(session), 0));
    }

    /// Removes a session, and says how many connections it had.
    pub(crate) fn remove(&self, id: Uuid) -> usize {
        let removed = self.shared.sessions().remove(&id);
        removed.map_or(0, |(_, connections)| connections)
    }

    /// Sockets accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    /// Returns once the client has closed every socket.
    pub(crate) async fn all_closed(&self) {
        let mut open = self.shared.open.subscribe();
        let closed = open.wait_for(|open| *open == 0).await;
        drop(closed.expect("the server holds the sender"));
    }
}

impl Shared {
    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, (Arc<Session>, usize)>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((socket, _)) = listener.accept().await {
        shared.accepted.fetch_add(1, Ordering::Relaxed);
        shared.open.send_modify(|open| *open += 1);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let _ = socket.set_nodelay(true);
            let mut stream = BufReader::new(socket);
            while let Some(request) = read_request(&mut stream).await {
                if !respond(&shared, &request, &mut stream).await {
                    break;
                }
            }
            drop(stream);
            shared.open.send_modify(|open| *open -= 1);
        });
    }
}

/// Answers one request; whether the connection is good for another.
async fn respond(shared: &Shared, request: &Received, stream: &mut BufReader<TcpStream>) -> bool {
    let id = request
        .target
        .split(['/', '?'])
        .find_map(|part| part.parse().ok());
    let found = id.and_then(|id: Uuid| {
        let mut sessions = shared.sessions();
        let (session, connections) = sessions.get_mut(&id)?;
        *connections += 1;
        Some((Arc::clone(session), *connections - 1))
    });
    let Some((session, connection)) = found else {
        let gone = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
        return stream.write_all(gone.as_bytes()).await.is_ok();
    };
    let Session { wire, resumes, .. } = &*session;

    let since = request.target.split_once("since=").map(|(_, since)| since);
    let cursor = request.header("last-event-id").or(since);
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
        Ending::EndAt(position) if position < end => wire.row_at(position),
        Ending::CloseAt(position) | Ending::ResetAt(position) => position.min(end),
        Ending::EndAt(_) | Ending::Complete => end,
        Ending::Drip => wire.end(),
    };
    let mut body = wire.body(cursor, *resumes);
    let least = match ending {
        Ending::EndAt(_) => wire.start(),
        _ => 0,
    };
    // A client beyond the position gets no more than `start`.
    body.truncate((body.len() + position).saturating_sub(end).max(least));
    response.extend(body);
    if wire.format.chunked && position < end && matches!(ending, Ending::EndAt(_)) {
        response.extend_from_slice(b"0\r\n\r\n");
    }

    if ending == Ending::Drip {
        for piece in response.chunks(32) {
            if stream.write_all(piece).await.is_err() {
                return false;
            }
            tokio::task::yield_now().await;
        }
        // The client closes; it has nothing more to say.
        let _ = stream.read_u8().await;
        return false;
    }
    let sent = stream.write_all(&response).await;
    match ending {
        Ending::Complete | Ending::EndAt(_) if wire.format.chunked => sent.is_ok(),
        Ending::ResetAt(_) => {
            // With no time to linger, closing sends RST.
            let _ = stream.get_ref().set_zero_linger();
            false
        }
        _ => {
            let _ = stream.shutdown().await;
            false
        }
    }
}
