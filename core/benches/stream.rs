//! Reads typed events end to end: a server thread writes a chunked response over loopback, which `aod::Client` reads,
//! compared with reqwest and other decoders.

#![allow(
    clippy::print_stdout,
    reason = "the ratios are for the reader of the terminal"
)]

#[allow(
    dead_code,
    clippy::cast_precision_loss,
    reason = "each bench uses its part; rates are rounded anyway"
)]
mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group};
use futures::stream::Stream;
use support::{
    SESSION, compare, eventsource_stream, pieces, race, rate, session, sse_stream, typed,
};
use tokio::runtime::Runtime;

const OUTPUTS: usize = 100_000;
const EVENTS: usize = OUTPUTS + 2;

/// A server on loopback that answers with a prepared response. The request that confirms the last event gets only that
/// event again, as from a real server.
struct Server {
    address: SocketAddr,
    client: aod::Client,
    peers: reqwest::Client,
    runtime: Runtime,
}

impl Server {
    /// `chunks` become the HTTP chunks of the response.
    fn start(chunks: &[Bytes]) -> Self {
        let response = chunked(chunks);
        let confirmation = chunked(&[Bytes::from_static(
            b"data: {\"type\": \"exit\", \"code\": 0}\n\n",
        )]);

        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("the listener is bound");
        thread::spawn(move || {
            for connection in listener.incoming() {
                // A client that is done closes the connection first, so write errors are ignored.
                let _ =
                    connection.and_then(|connection| answer(connection, &response, &confirmation));
            }
        });
        let client = aod::Client::builder()
            .base_url(format!("http://{address}"))
            .token("aod_bench");
        let client = client
            .no_proxy()
            .pool_max_idle(0)
            .build()
            .expect("the settings are valid");
        // This crate has its own TLS provider; a plain reqwest client uses that of the process.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let peers = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .build();
        Self {
            address,
            client,
            peers: peers.expect("the settings are valid"),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime starts"),
        }
    }

    /// Reads the stream with this crate.
    fn read(&self) -> usize {
        self.runtime.block_on(async {
            typed(
                self.client
                    .sessions()
                    .stream(SESSION)
                    .await
                    .expect("the server answers"),
            )
            .await
        })
    }

    /// Reads the stream with reqwest and another pipeline.
    fn read_by<F: Future<Output = usize>>(&self, pipeline: impl FnOnce(Body) -> F) -> usize {
        self.runtime.block_on(async {
            let request = self.peers.get(format!("http://{}/", self.address));
            let response = request.send().await.expect("the server answers");
            pipeline(Box::pin(response.bytes_stream())).await
        })
    }
}

type Body = std::pin::Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;

/// Returns a response of these HTTP chunks.
fn chunked(chunks: &[Bytes]) -> Vec<u8> {
    let mut response =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
            .to_vec();
    for chunk in chunks {
        response.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        response.extend_from_slice(chunk);
        response.extend_from_slice(b"\r\n");
    }
    response.extend_from_slice(b"0\r\n\r\n");
    response
}

/// Reads the head of one request and answers it.
fn answer(mut connection: TcpStream, response: &[u8], confirmation: &[u8]) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.ends_with(b"\r\n\r\n") {
        let length = connection.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        head.extend_from_slice(&buffer[..length]);
    }
    let resumes = String::from_utf8_lossy(&head)
        .to_ascii_lowercase()
        .contains("\r\nlast-event-id:");
    connection.write_all(if resumes { confirmation } else { response })
}

/// Two framings: the buffers of a proxy, and the chunks of the server, one for the `id` line of an event and one for
/// the rest. The second one shows the cost of HTTP chunks.
fn framings() -> [(&'static str, Server); 2] {
    let body = session(OUTPUTS);
    let text = std::str::from_utf8(&body).expect("the input is valid");
    let own: Vec<_> = text
        .split_inclusive("\n\n")
        .flat_map(|event| {
            <[&str; 2]>::from(event.split_at(event.find("data: ").unwrap_or_default()))
        })
        .filter(|chunk| !chunk.is_empty())
        .map(|chunk| Bytes::copy_from_slice(chunk.as_bytes()))
        .collect();
    [
        ("16 KiB chunks", Server::start(&pieces(&body, 16 * 1024))),
        ("the server's own chunks", Server::start(&own)),
    ]
}

fn benches(criterion: &mut Criterion) {
    for (name, server) in framings() {
        let mut group = criterion.benchmark_group(format!("loopback, {name}"));
        group
            .throughput(Throughput::Elements(EVENTS as u64))
            .sample_size(10);
        group.bench_function("aod", |bencher| bencher.iter(|| server.read()));
        group.bench_function("eventsource-stream", |bencher| {
            bencher.iter(|| server.read_by(eventsource_stream));
        });
        group.bench_function("sse-stream", |bencher| {
            bencher.iter(|| server.read_by(sse_stream));
        });
        group.finish();
    }
}

/// Prints the figures that have a target, all measured in the same run.
fn summary() {
    for (name, server) in framings() {
        let [ours, eventsource, sse] = race(
            10,
            [
                &mut || assert_eq!(server.read(), EVENTS),
                &mut || assert_eq!(server.read_by(eventsource_stream), EVENTS),
                &mut || assert_eq!(server.read_by(sse_stream), EVENTS),
            ],
        );
        compare(
            &format!("typed events over loopback, {name}"),
            "M events/s",
            rate(EVENTS, ours),
            [
                (
                    "reqwest, eventsource-stream, serde_json",
                    rate(EVENTS, eventsource),
                ),
                ("reqwest, sse-stream, serde_json", rate(EVENTS, sse)),
            ],
        );
    }
    println!("targets, in 16 KiB chunks: 1.00 M events/s, ratio 2.50 to eventsource-stream");
}

criterion_group!(group, benches);

fn main() {
    summary();
    group();
    Criterion::default().configure_from_args().final_summary();
}
