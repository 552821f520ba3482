//! Hostile servers do not delay other calls and streams of the same runtime.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use aod::{Client, ErrorKind};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::StreamExt as _;
use uuid::Uuid;

use crate::call;
use crate::cancel::CancelScope;
use crate::prefetch::{Item, Prefetcher};
use crate::runtime::{SharedRuntime, WORKERS};
use crate::testing::{ROOMY, Server, Texts, answer, assert_idle, block_on, outputs};

/// What the other client does while the hostile servers send.
const EVENTS: i64 = 40;
const DEADLINES: usize = 8;

/// Whether the servers stop: a connection is read, even if nobody waits for it, as long as its parser finds data.
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// What a server sends until it stops, or the client closes the connection, which is an error.
type Attack = fn(&mut TcpStream) -> io::Result<()>;

const ATTACKS: [(&str, Attack); 8] = [
    ("informational heads", |socket| {
        repeat(socket, "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(1000))
    }),
    ("informational heads with fields", |socket| {
        let head = format!("HTTP/1.1 100 Continue\r\n{}\r\n", "a: b\r\n".repeat(90));
        repeat(socket, head.repeat(100))
    }),
    ("header lines", |socket| {
        socket.write_all(b"HTTP/1.1 200 OK\r\n")?;
        repeat(socket, "a: b\r\n".repeat(1000))
    }),
    ("an endless header line", |socket| {
        socket.write_all(b"HTTP/1.1 200 OK\r\na: ")?;
        repeat(socket, "x".repeat(4096))
    }),
    ("a head byte by byte", |socket| {
        socket.write_all(b"HTTP/1.1 200 OK\r\na: ")?;
        while !IS_OVER.load(Ordering::Relaxed) {
            socket.write_all(b"x")?;
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }),
    ("empty lines before the head", |socket| {
        repeat(socket, "\r\n".repeat(1000))
    }),
    ("chunks of one byte", |socket| {
        start(socket, "transfer-encoding: chunked")?;
        repeat(socket, "1\r\n:\r\n".repeat(1000))
    }),
    ("a decompression bomb", |socket| {
        start(socket, "content-encoding: gzip")?;
        let mut member = GzEncoder::new(Vec::new(), Compression::fast());
        member.write_all(&vec![b':'; 10 << 20])?;
        repeat(socket, member.finish()?)
    }),
];

fn start(socket: &mut TcpStream, field: &str) -> io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream";
    write!(socket, "{head}\r\n{field}\r\n\r\n")
}

fn repeat(socket: &mut TcpStream, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    while !IS_OVER.load(Ordering::Relaxed) {
        socket.write_all(bytes.as_ref())?;
    }
    Ok(())
}

/// Starts a server that attacks every connection, and returns its URL.
fn attack(attack: Attack) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for connection in listener.incoming() {
            thread::spawn(move || {
                let mut socket = connection.expect("a connection");
                let mut request = [0; 4096];
                // Fails when the client closes the connection.
                let _ = socket.read(&mut request);
                let _ = attack(&mut socket);
            });
        }
    });
    url
}

fn client(url: &str, timeout: Duration) -> Client {
    let client = Client::builder().base_url(url).token("test").no_proxy();
    client.timeout(timeout).build().expect("valid settings")
}

/// Calls a hostile server, and reads a stream of it.
async fn endure(url: &str) -> [ErrorKind; 2] {
    let deadline = Duration::from_secs(2);
    let client = client(url, deadline);
    let sessions = client.sessions();
    let stream = async {
        let request = sessions.stream(Uuid::nil()).deadline(deadline);
        let mut events = request.await?;
        let ended = events.next().await.expect("an error");
        ended.map(drop)
    };
    let agents = client.agents();
    let call = agents.list().await.map(drop);
    [call, stream.await].map(|outcome| outcome.expect_err("it never answers").kind())
}

#[test]
fn hostile_servers_do_not_delay_the_deadlines_and_streams_of_other_servers() {
    let runtime: &SharedRuntime = Box::leak(Box::new(SharedRuntime::new(WORKERS)));
    let over = Arc::new(AtomicBool::new(false));
    let hostile: Vec<_> = ATTACKS
        .into_iter()
        .map(|(name, send)| {
            let (url, over) = (attack(send), Arc::clone(&over));
            let repeated = async move {
                let mut ends = Vec::new();
                while ends.is_empty() || !over.load(Ordering::Relaxed) {
                    ends.extend(endure(&url).await);
                }
                Ok((name, ends))
            };
            call::Call::spawn(runtime, repeated).expect("the runtime runs")
        })
        .collect();

    let server = Server::start(vec![answer("")]);
    let events = Prefetcher::<Texts>::spawn(
        runtime,
        ROOMY,
        CancelScope::default(),
        server.open(|_| ()),
        None,
    )
    .expect("the runtime runs");
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let silent = format!("http://{}", silent.local_addr().expect("an address"));
    let deadlines = call::Call::spawn(runtime, async move {
        let mut ends = Vec::new();
        for _ in 0..DEADLINES {
            let client = client(&silent, Duration::from_millis(100));
            ends.push(
                client
                    .agents()
                    .list()
                    .await
                    .map(drop)
                    .map_err(|error| error.kind()),
            );
        }
        Ok(ends)
    })
    .expect("the runtime runs");
    for id in 1..=EVENTS {
        server.send(&outputs([id]));
        let Some(Item::Batch(batch)) = block_on(events.take()).expect("the stream continues")
        else {
            panic!("the stream ended");
        };
        assert_eq!(batch, Texts(vec![(id.to_string(), Some(id))]));
    }
    let ends = block_on(deadlines).expect("it ends");
    assert_eq!(ends, [Err(ErrorKind::Timeout); DEADLINES]);

    over.store(true, Ordering::Relaxed);
    drop(events);
    for call in hostile {
        let (name, ends) = block_on(call).expect("it ends");
        assert!(
            ends.iter()
                .all(|kind| matches!(kind, ErrorKind::Timeout | ErrorKind::Protocol)),
            "{name}: {ends:?}"
        );
    }
    IS_OVER.store(true, Ordering::Relaxed);
    assert_idle(runtime);
}
