//! Outages of minutes, by a moved clock, and rows that are written between the server's last read and its status.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aod::ConnectionState;
use aod_test_support::{Exchange, elapse};
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::log::{Format, Log, ResumeMode, Wire};
use super::log_server::{Ending, LogServer, Session};
use super::{HANGS, alone, assert_events, assert_read, client, seeds, session};

/// The idle timeout, which is longer than the longest wait of a connection.
const IDLE: Duration = Duration::from_secs(45);

fn row(id: usize) -> Value {
    json!({"type": "output", "id": id, "stream": "stdout", "data": format!("<{id}>"), "turn": 1})
}

fn exit(id: usize) -> Value {
    json!({"type": "exit", "id": id, "code": 0})
}

fn event(event: &Value) -> String {
    format!("id: {}\ndata: {event}\n\n", event["id"])
}

/// Returns the cursor of a request.
fn cursor(exchange: &Exchange) -> usize {
    let cursor = exchange.request.header("last-event-id");
    cursor.map_or(0, |cursor| cursor.parse().expect("a number"))
}

/// Reads the session in a task, with the default policy, and moves the clock to the end of each delay between attempts.
/// In between, `live` runs whenever the connection is live.
async fn read_with_moved_clock<F: Future<Output = ()>>(
    url: &str,
    expected: Vec<Value>,
    live: impl Fn() -> F,
) {
    let (sender, mut states) = watch::channel(None);
    let client = client(url, IDLE);
    let reading = tokio::spawn(async move {
        let sessions = client.sessions();
        let request = sessions.stream(session(0)).on_state(move |state| {
            sender.send_replace(Some(state));
        });
        assert_events(request, &expected, &"a moved clock").await;
    });
    let moved = async {
        while states.changed().await.is_ok() {
            let state = states.borrow_and_update().clone();
            match state {
                Some(ConnectionState::Resuming { delay, .. }) => elapse(delay).await,
                Some(ConnectionState::Live) => live().await,
                _ => {}
            }
        }
    };
    timeout(HANGS, moved).await.expect("the stream ends");
    reading.await.expect("the events are as expected");
}

/// A port that is listened on only while the server is up.
fn port(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Accepts the next request for a stream. A stream whose connections bring nothing asks for the session, which is not
/// found, as behind a proxy that passes streams only: the connections were healthy, so this does not end the stream.
async fn accept_stream(listener: &TcpListener) -> Exchange {
    loop {
        let (socket, _) = listener.accept().await.expect("it listens");
        let exchange = Exchange::accept(socket).await.expect("a request");
        if exchange.request.header("accept") == Some("text/event-stream") {
            return exchange;
        }
        exchange.respond_json(404, "{}").await;
    }
}

/// Sends the rows after the cursor, up to one, and then optionally the terminal event.
async fn serve(listener: &TcpListener, last: usize, ends: bool) {
    let mut exchange = accept_stream(listener).await;
    let first = cursor(&exchange) + 1;
    exchange.start_stream().await;
    let mut body: String = (first..=last).map(|id| event(&row(id))).collect();
    if ends {
        body.push_str(&event(&exit(last)));
    }
    exchange.send(body).await;
    exchange.close().await;
}

#[tokio::test]
async fn a_server_that_is_down_for_40_seconds_interrupts_a_stream_without_a_loss() {
    let _alone = alone().await;
    let socket = port(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let address = socket.local_addr().expect("it is bound");
    let started = Instant::now();
    let server = tokio::spawn(async move {
        let listener = socket.listen(16).expect("a free port");
        serve(&listener, 5, false).await;
        drop(listener);
        // Refuses connections.
        let socket = port(address).expect("its own port");
        sleep(Duration::from_secs(40)).await;
        let listener = socket.listen(16).expect("its own port");
        serve(&listener, 9, false).await;
        // The second request confirms the end.
        serve(&listener, 12, true).await;
        serve(&listener, 12, true).await;
    });
    let mut expected: Vec<_> = (1..=12).map(row).collect();
    expected.push(exit(12));
    let nothing = || std::future::ready(());
    read_with_moved_clock(&format!("http://{address}"), expected, nothing).await;
    server.await.expect("all is served");
    assert!(started.elapsed() >= Duration::from_secs(40));
}

#[tokio::test]
async fn connections_that_last_16_seconds_interrupt_a_stream_without_a_loss() {
    const CUTS: usize = 60;
    const LIFE: Duration = Duration::from_secs(16);
    let _alone = alone().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (waiting, waits) = watch::channel(0);
    let started = Instant::now();
    let server = tokio::spawn(async move {
        for connection in 0..CUTS {
            let mut exchange = accept_stream(&listener).await;
            assert_eq!(cursor(&exchange), connection / 4, "connection {connection}");
            exchange.start_stream().await;
            // Three of four connections bring only a heartbeat.
            let id = connection / 4 + 1;
            let body = match connection % 4 {
                3 => event(&row(id)),
                _ => ": heartbeat\n\n".to_owned(),
            };
            exchange.send(body).await;
            let life = sleep(LIFE);
            waiting.send_replace(connection + 1);
            life.await;
            exchange.close().await;
        }
        for _ in 0..2 {
            serve(&listener, CUTS / 4, true).await;
        }
    });
    let mut expected: Vec<_> = (1..=CUTS / 4).map(row).collect();
    expected.push(exit(CUTS / 4));
    let connections = std::cell::Cell::new(0);
    let live = || {
        let connection = connections.replace(connections.get() + 1) + 1;
        let mut waits = waits.clone();
        async move {
            if connection <= CUTS {
                let waiting = waits.wait_for(|waiting| *waiting == connection);
                drop(waiting.await.expect("it serves"));
                elapse(LIFE).await;
            }
        }
    };
    read_with_moved_clock(&url, expected, live).await;
    server.await.expect("all is served");
    // Longer than a stream continues without a healthy connection.
    assert!(started.elapsed() >= Duration::from_secs(600));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_follow_the_terminal_event_are_delivered_before_it_with_every_seed() {
    let _alone = alone().await;
    let server = Arc::new(LogServer::start(1).await);
    let client = client(&server.urls()[0], IDLE);
    let seeds = seeds();
    let runs = seeds.iter().map(|seed| {
        let (seed, client, server) = (*seed, client.clone(), Arc::clone(&server));
        async move {
            let run = tokio::spawn(async move {
                let mut random = fastrand::Rng::with_seed(seed);
                let log = Log::drawn(&mut random, 60);
                let format = Format::drawn(&mut random);
                let wire = Arc::new(Wire::new(&log, format));
                let end = wire.end();
                let cuts = random.usize(..4);
                let mut endings: Vec<_> = (0..cuts)
                    .map(|_| {
                        let at = random.usize(..end);
                        if random.bool() {
                            Ending::CloseAt(at)
                        } else {
                            Ending::ResetAt(at)
                        }
                    })
                    .collect();
                // A later turn would show that the terminal event is that of an earlier one.
                if wire.ends_session() && wire.last_turn() < end {
                    endings.push(Ending::TerminalAt(random.usize(wire.last_turn()..end)));
                }
                let context = format!("AOD_SEED={seed} ({format:?}, {endings:?})");
                let id = session(seed);
                let ending = move |connection: usize| {
                    endings.get(connection).copied().unwrap_or(Ending::Complete)
                };
                let replayed = Session {
                    wire,
                    resumes: ResumeMode::AfterCursor,
                    ending: Box::new(ending),
                };
                server.add(id, replayed);
                assert_read(client.sessions().stream(id), &log.events(), &context).await;
                server.remove(id);
            });
            run.await.expect("the seed that failed is named above");
        }
    });
    futures::stream::iter(runs)
        .buffer_unordered(48)
        .collect::<()>()
        .await;
}
