//! Delays, deadlines and idle timeouts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aod::ErrorKind;
use aod::sse::{Attempt, Connection, EventSource, HttpConnect, Reconnect};
use aod::{Client, RetryPolicy};
use aod_test_support::{ScriptedServer, elapse};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use tokio::task::yield_now;
use tokio::time::sleep;

use super::{
    START, States, bodies, client, exit, open, outline, request, resumed_after, row, shown,
};

const MS: fn(u64) -> Duration = Duration::from_millis;

#[tokio::test]
async fn attempts_without_progress_are_bounded_with_growing_delays() {
    let server = bodies([START]).await;
    let states = States::default();
    let client = client(&server);
    let policy = Reconnect::new()
        .max_attempts(10)
        .base_delay(MS(1))
        .max_delay(MS(40));
    let request = request(&client)
        .reconnect(policy)
        .on_state(states.observer());
    let mut events = request.await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap().event_type(), "start");
    let error = events.next().await.unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Connection, 10)
    );
    assert!(events.next().await.is_none());
    assert_eq!(resumed_after(&server).len(), 11);
    for (doublings, delay) in states.delays().into_iter().enumerate() {
        assert!(
            delay <= MS(1 << doublings.min(6)).min(MS(40)),
            "{doublings}: {delay:?}"
        );
    }
}

#[tokio::test]
async fn possibly_repeated_events_are_not_progress() {
    let server = bodies(["data: {\"type\": \"hello\"}\n\n"]).await;
    let client = client(&server);
    let events = request(&client).await.unwrap();
    let shown = outline(events).await;
    assert_eq!(shown.last().unwrap(), "Connection");
    assert_eq!((shown.len(), resumed_after(&server).len()), (12, 11));
}

#[tokio::test]
async fn the_servers_retry_delay_is_clamped() {
    for (retry, expected) in [
        ("0", MS(100)),
        ("3600000", Duration::from_secs(600)),
        ("250", MS(250)),
    ] {
        let server = bodies([format!("retry: {retry}\n{}", row(7))]).await;
        let states = States::default();
        let client = client(&server);
        let request = request(&client)
            .reconnect(Reconnect::new())
            .on_state(states.observer());
        let mut events = request.await.unwrap();
        events.next().await.unwrap().unwrap();
        states.reached_delay(&mut events).await;
        assert_eq!(states.delays(), [expected], "retry: {retry}");
    }
}

#[tokio::test]
async fn a_retry_after_is_honored() {
    for status in [429, 503] {
        let server = ScriptedServer::start(move |number, mut exchange| async move {
            if number == 1 {
                exchange.respond(status, &[("retry-after", "1")], "").await;
            } else {
                exchange.start_stream().await;
                exchange
                    .send(if number == 0 { row(7) } else { exit(7) })
                    .await;
            }
        })
        .await;
        let states = States::default();
        let client = client(&server);
        let events = request(&client).on_state(states.observer()).await.unwrap();
        assert_eq!(outline(events).await, ["output 7", "exit 7"]);
        assert_eq!(states.delays()[1], MS(1000), "{status}");
    }
}

#[tokio::test]
async fn a_retry_after_above_the_limit_ends_the_stream() {
    let server = ScriptedServer::start(|number, mut exchange| async move {
        if number > 0 {
            return exchange.respond(503, &[("retry-after", "86400")], "").await;
        }
        exchange.start_stream().await;
    })
    .await;
    assert_eq!(outline(open(&client(&server)).await).await, ["Server"]);
}

/// Returns a client with this idle timeout for streams.
fn quiet_for(server: &ScriptedServer, limit: Duration) -> Client {
    let builder = Client::builder()
        .base_url(server.url())
        .token("aod_test")
        .stream_idle_timeout(limit);
    builder.retry(RetryPolicy::none()).build().unwrap()
}

/// Runs without a socket, so that the clock advances from one timer to the next.
#[tokio::test(start_paused = true)]
async fn heartbeats_keep_a_connection_alive() {
    let connections = AtomicUsize::new(0);
    let connect = |_: Attempt<'_>| {
        connections.fetch_add(1, Ordering::Relaxed);
        let heartbeats = stream::repeat(": heartbeat\n\n")
            .take(20)
            .then(|text| async move {
                sleep(MS(250)).await;
                text
            });
        let body = heartbeats.chain(stream::iter(["data: x\n\n"]));
        let body = body.map(|text| Ok(Bytes::from_static(text.as_bytes())));
        std::future::ready(Ok::<_, aod::Error>(Connection::body(body)))
    };
    let mut source = EventSource::new(connect).idle_timeout(MS(300));
    assert_eq!(source.next().await.unwrap().unwrap().data, "x");
    assert_eq!(connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_idle_connection_is_replaced_without_an_error() {
    let server = ScriptedServer::start(|_, mut exchange| async move {
        exchange.start_stream().await;
        if exchange.request.header("last-event-id").is_none() {
            exchange.send(row(7)).await;
            exchange.until_closed().await;
        } else {
            exchange.send(exit(7)).await;
        }
    })
    .await;
    let client = quiet_for(&server, MS(300));
    let states = States::default();
    let events = request(&client).on_state(states.observer()).await.unwrap();
    assert_eq!(outline(events).await, ["output 7", "exit 7"]);
    let last = server.received().pop().unwrap();
    assert_eq!(last.header("last-event-id"), Some("7"));
    assert!(
        states.names().contains(&"resuming 1 Timeout".to_owned()),
        "{:?}",
        states.names()
    );
}

#[tokio::test]
async fn a_deadline_ends_an_active_stream() {
    let server = ScriptedServer::start(|_, mut exchange| async move {
        exchange.start_stream().await;
        // Until the client disconnects.
        while exchange.try_send(": x\n").await.is_ok() {
            yield_now().await;
        }
    })
    .await;
    let client = client(&server);
    // On a slow machine it can expire while the stream is opened.
    let outline = match request(&client).deadline(MS(200)).await {
        Ok(events) => outline(events).await,
        Err(error) => vec![shown(&Err(error))],
    };
    assert_eq!(outline, ["Timeout"]);
    assert!(server.received().len() <= 1);

    let source = EventSource::new(HttpConnect::new(&server.url()).unwrap()).deadline(MS(200));
    let error = source.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_consumer_that_stops_reading_applies_backpressure_and_loses_nothing() {
    const ROWS: i64 = 200_000;
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let server = ScriptedServer::start(move |_, mut exchange| {
        let counted = Arc::clone(&counted);
        async move {
            exchange.start_stream().await;
            for first in (1..=ROWS).step_by(1000) {
                let block = super::rows(first..first + 1000);
                exchange.send(&block).await;
                counted.fetch_add(block.len(), Ordering::Relaxed);
            }
            exchange.send(exit(ROWS)).await;
        }
    })
    .await;
    let mut events = open(&client(&server)).await;
    events.next().await.unwrap().unwrap();

    // Does not read until the socket buffers are full, and for longer than the idle timeout.
    let mut before = usize::MAX;
    while before != sent.load(Ordering::Relaxed) {
        before = sent.load(Ordering::Relaxed);
        for _ in 0..10_000 {
            yield_now().await;
        }
    }
    assert!(
        before < 16 << 20,
        "{before} bytes were taken from the server"
    );
    elapse(Duration::from_secs(3600)).await;

    let mut expected = 2;
    while let Some(event) = events.next().await {
        let event = event.unwrap();
        if !event.is_terminal() {
            assert_eq!(event.id(), Some(expected));
            expected += 1;
        }
    }
    assert_eq!(expected, ROWS + 1);
    // The second request confirms the end; an idle reconnect would be another.
    assert_eq!(server.received().len(), 2);
}
