//! The long-term behavior of streams: recovery after a cut, memory of idle streams, and a soak test with cuts.
//!
//! `cargo bench --bench endurance` runs all three against a server in a process of its own, so that only the client's
//! memory and descriptors count. `AOD_IDLE` sets the number of idle streams (10,000; each takes a descriptor in both
//! processes, see `ulimit -n`), `AOD_SOAK_SECONDS` the length of the soak (60).

#![allow(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "the figures are for the reader of the terminal"
)]

#[allow(dead_code, reason = "each bench uses a part")]
mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aod::ConnectionState;
use aod::{Client, ErrorKind, EventStream};
use futures::StreamExt;
use support::{record, variable};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

/// The role of this process: not set in the process that the user starts.
const ROLE: &str = "AOD_BENCH_ROLE";
const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

/// The sessions that the server knows, by their ids.
const CUT_OFTEN: Uuid = Uuid::from_u128(1);
const IDLE: Uuid = Uuid::from_u128(2);
const SOAK: Uuid = Uuid::from_u128(3);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    if std::env::var_os(ROLE).is_some() {
        return runtime.block_on(serve());
    }
    // `cargo test` also runs this, only to check that it builds.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let server = Command::new(std::env::current_exe().expect("this program has a path"))
        .env(ROLE, "server")
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut server = Server(server);
    let mut url = String::new();
    let stdout = server.0.stdout.take().expect("stdout is piped");
    BufReader::new(stdout)
        .read_line(&mut url)
        .expect("the server says where it is");
    let client = Client::builder()
        .base_url(url.trim())
        .token("aod_bench")
        .no_proxy()
        .build()
        .expect("valid settings");
    runtime.block_on(async {
        recovery(&client).await;
        // Before the idle streams, whose freed memory would affect the result.
        soak(&client).await;
        idle(&client).await;
    });
}

/// The server process, which ends with this one, even after a panic.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn open(client: &Client, id: Uuid) -> EventStream {
    client
        .sessions()
        .stream(id)
        .await
        .expect("the server answers")
}

/// Measures the time from a cut to the next event, with the default delays.
async fn recovery(client: &Client) {
    const CUTS: usize = 500;
    let mut events = open(client, CUT_OFTEN).await;
    let mut times = Vec::with_capacity(CUTS);
    let mut before = Instant::now();
    // Each connection delivers one event and is cut.
    while times.len() < CUTS {
        events
            .next()
            .await
            .expect("the stream continues")
            .expect("the cuts do not show");
        times.push(before.elapsed());
        before = Instant::now();
    }
    times.sort();
    let (p50, p99) = (times[CUTS / 2], times[CUTS * 99 / 100]);
    println!("recovery after a cut, {CUTS} cuts: p50 {p50:.0?}, p99 {p99:.0?} (bars: 300 ms, 2 s)");
    for (figure, time) in [("p50", p50), ("p99", p99)] {
        let milliseconds = time.as_secs_f64() * 1e3;
        record("recovery after a cut", figure, "ms", milliseconds, None);
    }
}

/// Measures the memory of this process per stream.
async fn idle(client: &Client) {
    let count: usize = variable("AOD_IDLE", 10_000);
    let before = resident();
    let streams: Vec<EventStream> = futures::stream::iter(0..count)
        .map(|_| async {
            let mut events = open(client, IDLE).await;
            events
                .next()
                .await
                .expect("the stream continues")
                .expect("a start");
            events
        })
        .buffer_unordered(200)
        .collect()
        .await;
    let each = (resident() - before) as f64 / count as f64 / 1024.0;
    println!("{count} idle streams: {each:.1} KiB each (bar: 30 KB)");
    record("an idle stream", "growth", "KiB", each, None);
    drop(streams);
}

/// Runs many streams that are cut repeatedly, and counts lost and repeated events and leaked descriptors.
async fn soak(client: &Client) {
    const STREAMS: usize = 1000;
    let seconds: u64 = variable("AOD_SOAK_SECONDS", 60);
    let (events, wrong, failed, resumes) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        Arc::new(AtomicUsize::new(0)),
    );
    let metrics = tokio::runtime::Handle::current().metrics();
    let (tasks, files) = (metrics.num_alive_tasks(), descriptors());
    let read = |_| async {
        let counter = Arc::clone(&resumes);
        let request = client
            .sessions()
            .stream(SOAK)
            .deadline(Duration::from_secs(seconds));
        let request = request.on_state(move |state| {
            if matches!(state, ConnectionState::Resuming { .. }) {
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
        let mut stream = request.await.expect("the server answers");
        let mut next = 1;
        while let Some(event) = stream.next().await {
            let event = match event {
                Ok(event) => event,
                Err(error) if error.kind() == ErrorKind::Timeout => return,
                Err(_) => break,
            };
            let Some(id) = event.id() else { continue };
            if id != next {
                wrong.fetch_add(1, Ordering::Relaxed);
            }
            next = id + 1;
            events.fetch_add(1, Ordering::Relaxed);
        }
        // Only the deadline should end the stream.
        failed.fetch_add(1, Ordering::Relaxed);
    };
    let sample = async {
        for part in 1..=3 {
            tokio::time::sleep(Duration::from_secs(seconds) / 4).await;
            println!(
                "  after {} s: {} descriptors, {} tasks, {} MiB resident",
                seconds * part / 4,
                descriptors(),
                metrics.num_alive_tasks(),
                resident() >> 20
            );
        }
    };
    println!("soak: {STREAMS} streams for {seconds} s");
    tokio::join!(futures::future::join_all((0..STREAMS).map(read)), sample);
    // The last tasks may still be ending.
    let settled = async {
        while metrics.num_alive_tasks() > tasks || descriptors() > files {
            tokio::task::yield_now().await;
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(10), settled).await;
    println!(
        "  {} events, {} lost or repeated, {} streams failed, {} reconnects; left behind: {} descriptors, {} tasks",
        events.into_inner(),
        wrong.into_inner(),
        failed.into_inner(),
        resumes.load(Ordering::Relaxed),
        descriptors().saturating_sub(files),
        metrics.num_alive_tasks().saturating_sub(tasks)
    );
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Returns the resident memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = status
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .unwrap_or_default();
    pages * 4096
}

/// Runs the server process.
async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback has a free port");
    println!("http://{}", listener.local_addr().expect("it is bound"));
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(async move {
            // A disconnected client is not a failure.
            let _ = answer(socket).await;
        });
    }
}

async fn answer(socket: TcpStream) -> std::io::Result<()> {
    let mut socket = tokio::io::BufReader::with_capacity(1024, socket);
    let (mut target, mut line) = (String::new(), String::new());
    while socket.read_line(&mut line).await? > 2 {
        if target.is_empty() {
            target.clone_from(&line);
        }
        line.clear();
    }
    let since = target
        .split_once("since=")
        .and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
    let cursor: i64 = since.unwrap_or(0);
    socket.write_all(HEAD.as_bytes()).await?;
    socket.write_all(b"data: {\"type\": \"start\"}\n\n").await?;
    if target.contains(&CUT_OFTEN.to_string()) {
        socket.write_all(row(cursor + 1).as_bytes()).await
    } else if target.contains(&IDLE.to_string()) {
        socket.read_u8().await.map(drop)
    } else {
        // Ten rows per second, and a reset after a while.
        let rows = 10 + cursor.wrapping_mul(7919).rem_euclid(40);
        for id in cursor + 1..=cursor + rows {
            socket.write_all(row(id).as_bytes()).await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        socket.get_ref().set_zero_linger()
    }
}

fn row(id: i64) -> String {
    format!(
        "id: {id}\ndata: {{\"type\": \"output\", \"id\": {id}, \"stream\": \"stdout\", \"data\": \"{id}\", \"turn\": 1}}\n\n"
    )
}
