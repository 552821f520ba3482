//! Delays, deadlines and silence.

use std::time::{Duration, Instant};

use aod::ErrorKind;
use aod::sse::{EventSource, HttpConnect, Reconnect};
use aod::{Client, RetryPolicy};
use aod_tests::ScriptedServer;
use futures::{StreamExt, TryStreamExt};
use uuid::Uuid;

use crate::{START, States, bodies, client, exit, open, outline, request, row};

const MS: fn(u64) -> Duration = Duration::from_millis;

#[tokio::test]
async fn r10_attempts_without_anything_new_are_bounded_and_ever_further_apart() {
    let server = bodies([START]).await;
    let states = States::default();
    let client = client(&server);
    let policy = Reconnect::new().base_delay(MS(1)).max_delay(MS(40));
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
    assert_eq!(server.received().len(), 11);
    for (doublings, delay) in states.delays().into_iter().enumerate() {
        assert!(
            delay <= MS(1 << doublings.min(6)).min(MS(40)),
            "{doublings}: {delay:?}"
        );
    }
}

#[tokio::test]
async fn r10_events_that_may_be_repeated_are_no_progress() {
    let server = bodies(["data: {\"type\": \"hello\"}\n\n"]).await;
    let client = client(&server);
    let events = request(&client).await.unwrap();
    let shown = outline(events).await;
    assert_eq!(shown.last().unwrap(), "Connection");
    assert_eq!((shown.len(), server.received().len()), (12, 11));
}

#[tokio::test]
async fn r11_a_delay_of_the_servers_is_kept_within_bounds() {
    for (retry, expected) in [
        ("0", MS(100)),
        ("3600000", Duration::from_secs(60)),
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
        // Polled until it waits, then left.
        assert!(tokio::time::timeout(MS(20), events.next()).await.is_err());
        assert_eq!(states.delays(), [expected], "retry: {retry}");
    }
}

#[tokio::test]
async fn r15_a_retry_after_is_waited_out() {
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
        let begun = Instant::now();
        let events = request(&client).on_state(states.observer()).await.unwrap();
        assert_eq!(outline(events).await, ["output 7", "exit 7"]);
        assert!(begun.elapsed() >= MS(1000));
        assert_eq!(states.delays()[1], MS(1000), "{status}");
    }
}

#[tokio::test]
async fn r15_a_retry_after_beyond_all_patience_ends_the_stream() {
    let server = ScriptedServer::start(|number, mut exchange| async move {
        if number > 0 {
            return exchange.respond(503, &[("retry-after", "86400")], "").await;
        }
        exchange.start_stream().await;
    })
    .await;
    assert_eq!(outline(open(&client(&server)).await).await, ["Server"]);
}

/// A client whose streams may be silent for this long.
fn quiet_for(server: &ScriptedServer, limit: Duration) -> Client {
    let builder = Client::builder()
        .base_url(server.url())
        .token("aod_test")
        .stream_idle_timeout(limit);
    builder.retry(RetryPolicy::none()).build().unwrap()
}

#[tokio::test]
async fn r19_heartbeats_keep_a_connection() {
    let server = ScriptedServer::start(|_, mut exchange| async move {
        exchange.start_stream().await;
        for _ in 0..20 {
            exchange.send(": heartbeat\n\n").await;
            tokio::time::sleep(MS(50)).await;
        }
        exchange.send(exit(0)).await;
    })
    .await;
    let client = quiet_for(&server, MS(300));
    assert_eq!(outline(open(&client).await).await, ["exit 0"]);
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn r20_silence_is_a_drop_and_nothing_shows() {
    let server = ScriptedServer::start(|number, mut exchange| async move {
        exchange.start_stream().await;
        if number == 0 {
            exchange.send(row(7)).await;
            exchange.until_closed().await;
        } else {
            exchange.send(exit(7)).await;
        }
    })
    .await;
    let client = quiet_for(&server, MS(90));
    let states = States::default();
    let events = request(&client).on_state(states.observer()).await.unwrap();
    assert_eq!(outline(events).await, ["output 7", "exit 7"]);
    assert_eq!(server.received()[1].header("last-event-id"), Some("7"));
    assert!(
        states.names().contains(&"resuming 1 Timeout".to_owned()),
        "{:?}",
        states.names()
    );
}

#[tokio::test]
async fn r21_a_deadline_ends_a_stream_that_trickles() {
    let server = ScriptedServer::start(|_, mut exchange| async move {
        exchange.start_stream().await;
        // Until the client has gone.
        while exchange.try_send(": x\n").await.is_ok() {
            tokio::time::sleep(MS(10)).await;
        }
    })
    .await;
    let client = client(&server);
    let events = request(&client).deadline(MS(200)).await.unwrap();
    assert_eq!(outline(events).await, ["Timeout"]);
    assert_eq!(server.received().len(), 1);

    let source = EventSource::new(HttpConnect::new(&server.url()).unwrap()).deadline(MS(200));
    let error = source.try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn r26_a_consumer_that_stops_reading_stops_the_server_and_loses_nothing() {
    const ROWS: i64 = 200_000;
    let sent = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&sent);
    let server = ScriptedServer::start(move |_, mut exchange| {
        let counted = std::sync::Arc::clone(&counted);
        async move {
            exchange.start_stream().await;
            for first in (1..=ROWS).step_by(1000) {
                let block = crate::rows(first..first + 1000);
                exchange.send(&block).await;
                counted.fetch_add(block.len(), std::sync::atomic::Ordering::Relaxed);
            }
            exchange.send(exit(ROWS)).await;
        }
    })
    .await;
    let client = quiet_for(&server, MS(300));
    let mut events = client.sessions().stream(Uuid::nil()).await.unwrap();
    events.next().await.unwrap().unwrap();

    // Away until the sockets are full, and for longer than the stream may be silent.
    let mut before = 0;
    loop {
        tokio::time::sleep(MS(600)).await;
        let now = sent.load(std::sync::atomic::Ordering::Relaxed);
        if now == before {
            break;
        }
        before = now;
    }
    assert!(
        before < 16 << 20,
        "{before} bytes were taken from the server"
    );

    let mut expected = 2;
    while let Some(event) = events.next().await {
        let event = event.unwrap();
        if !event.is_terminal() {
            assert_eq!(event.id(), Some(expected));
            expected += 1;
        }
    }
    assert_eq!(expected, ROWS + 1);
    assert_eq!(server.received().len(), 1, "no idle reconnect");
}
