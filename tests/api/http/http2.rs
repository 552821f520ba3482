//! Servers that offer HTTP/2: calls share a connection, and each stream has one of its own, over HTTP/1.1.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aod::ClientBuilder;
use aod::sse::{EventSource, HttpConnect};
use aod_test_support::{Exchange, FakeServer, elapse};
use bytes::Bytes;
use futures::StreamExt as _;
use rcgen::{CertifiedIssuer, KeyPair};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use uuid::Uuid;

use super::{AGENTS, builder, in_process_with, tls};

const HOUR: Duration = Duration::from_secs(3600);

/// A server at `https://localhost` that offers HTTP/2 and HTTP/1.1.
struct World {
    authority: CertifiedIssuer<'static, KeyPair>,
    server: FakeServer,
    /// The version of HTTP of each connection.
    versions: Arc<Mutex<Vec<&'static str>>>,
}

impl World {
    /// Starts a server that allows this number of concurrent requests on an HTTP/2 connection. The first of these
    /// connections answers `answers` requests, and then nothing, not even a ping.
    async fn start(limit: u32, answers: usize) -> Self {
        let authority = tls::authority();
        let acceptor = tls::acceptor(&authority, false, &["h2", "http/1.1"]);
        let versions = Arc::<Mutex<Vec<_>>>::default();
        let log = Arc::clone(&versions);
        let server = FakeServer::start(1, move |number, socket| {
            let (acceptor, log) = (acceptor.clone(), Arc::clone(&log));
            async move {
                let stream = acceptor.accept(socket).await.unwrap();
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                log.lock()
                    .unwrap()
                    .push(if is_http2 { "h2" } else { "http/1.1" });
                if is_http2 {
                    let answers = if number == 0 { answers } else { usize::MAX };
                    serve_http2(stream, limit, answers).await;
                } else {
                    serve_http1(stream).await;
                }
            }
        })
        .await;
        Self {
            authority,
            server,
            versions,
        }
    }

    fn builder(&self) -> ClientBuilder {
        builder(&tls::url(&self.server)).ca_certificate(self.authority.pem())
    }

    fn versions(&self) -> Vec<&'static str> {
        self.versions.lock().unwrap().clone()
    }
}

async fn serve_http1(stream: TlsStream<TcpStream>) {
    let Some(mut exchange) = Exchange::accept(stream).await else {
        return;
    };
    if exchange.request.header("accept") == Some("text/event-stream") {
        exchange.start_stream().await;
        exchange.send(events()).await;
        exchange.close().await;
    } else {
        exchange.respond_json(200, AGENTS).await;
    }
}

async fn serve_http2(stream: TlsStream<TcpStream>, limit: u32, answers: usize) {
    let mut builder = h2::server::Builder::new();
    let mut connection = builder
        .max_concurrent_streams(limit)
        .handshake::<_, Bytes>(stream)
        .await
        .unwrap();
    let mut answered = 0;
    while let Some(Ok((request, mut answer))) = connection.accept().await {
        if answered == answers {
            std::future::pending::<()>().await;
        }
        answered += 1;
        let (content_type, body) = if request.headers()["accept"] == "text/event-stream" {
            ("text/event-stream", events())
        } else {
            ("application/json", AGENTS.to_owned())
        };
        let head = http::Response::builder().header("content-type", content_type);
        let head = head.body(()).unwrap();
        let mut sender = answer.send_response(head, false).unwrap();
        sender.send_data(body.into(), true).unwrap();
    }
}

/// Returns a body of 3 MiB: more than the window of an HTTP/2 stream, and two of them more than that of a connection.
fn events() -> String {
    let comment = format!(": {}\n", "x".repeat(1021));
    comment.repeat(3 << 10) + "data: {\"type\": \"exit\", \"code\": 0}\n\n"
}

#[tokio::test]
async fn streams_that_are_not_read_block_no_other_stream_and_no_call() {
    for limit in [2, 100] {
        let world = World::start(limit, usize::MAX).await;
        let client = world.builder().build().unwrap();
        let mut streams = Vec::new();
        for _ in 0..3 {
            let request = client.sessions().stream(Uuid::nil()).no_reconnect();
            streams.push(request.await.unwrap());
        }
        for _ in 0..2 {
            client.agents().list().await.unwrap();
        }
        assert_eq!(
            world.versions(),
            ["http/1.1", "http/1.1", "http/1.1", "h2"],
            "{limit}"
        );
        for mut stream in streams {
            assert!(stream.next().await.unwrap().unwrap().is_terminal());
        }
    }
}

#[tokio::test]
async fn a_get_is_repeated_on_another_connection_if_its_connection_no_longer_answers() {
    let world = World::start(100, 1).await;
    let builder = world.builder().timeout(HOUR).connect_timeout(HOUR);
    let client = builder.build().unwrap();
    client.agents().list().await.unwrap();
    let call = tokio::spawn(async move { client.agents().list().await });
    // More than the ping needs, and less than the time limit: looking up the host takes real time.
    for _ in 0..100 {
        if world.server.accepted() < 2 {
            elapse(Duration::from_secs(5)).await;
        }
    }
    let limited = tokio::time::timeout(Duration::from_secs(60), call).await;
    limited.unwrap().unwrap().unwrap();
    assert_eq!(world.versions(), ["h2", "h2"]);
}

#[tokio::test]
async fn an_event_source_has_a_connection_of_its_own() {
    if let Ok(url) = std::env::var("AOD_TEST_URL") {
        let mut events = EventSource::new(HttpConnect::new(&url).unwrap());
        events.next().await.unwrap().unwrap();
        return;
    }
    let name = "http2::an_event_source_has_a_connection_of_its_own";
    let folder = tls::folder(name);
    let world = World::start(100, usize::MAX).await;
    let file = folder.join("ca.pem");
    std::fs::write(&file, world.authority.pem()).unwrap();
    let url = tls::url(&world.server);
    let variables = [
        ("AOD_TEST_URL", url.as_ref()),
        ("SSL_CERT_FILE", file.as_path()),
    ];
    in_process_with(name, &variables).await;
    assert_eq!(world.versions(), ["http/1.1"]);
    std::fs::remove_dir_all(folder).unwrap();
}
