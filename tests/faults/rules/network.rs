//! Networks that come and go, and machines that sleep.

use std::pin::pin;
use std::time::Duration;

use aod::ConnectionState;
use aod::sse::Clock;
use aod::{Client, ErrorKind, RetryPolicy};
use aod_devserver::{DevServer, Generation};
use aod_test_support::ScriptedServer;
use futures::{FutureExt as _, StreamExt as _};

use super::{States, client, fast_retry, request, resumed_after, row, shown};

const HOUR: Duration = Duration::from_secs(3600);

/// Sends one row per stream, and leaves the connection open.
async fn one_row_each() -> ScriptedServer {
    ScriptedServer::start(|number, mut exchange| async move {
        exchange.start_stream().await;
        exchange.send(row(i64::try_from(number).unwrap() + 1)).await;
        exchange.until_closed().await;
    })
    .await
}

#[tokio::test]
async fn a_stream_waits_for_the_network_and_resumes_after_its_cursor() {
    let server = one_row_each().await;
    let client = client(&server);
    let states = States::default();
    let request = request(&client).on_state(states.observer());
    let mut events = request.await.unwrap();
    assert_eq!(shown(&events.next().await.unwrap()), "output 1");

    client.network().offline();
    server.all_closed().await;
    assert!(!client.network().is_available());
    assert!(events.next().now_or_never().is_none());
    assert_eq!(states.names().last().unwrap(), "waiting for network");
    assert_eq!(events.cursor(), Some(1));
    // A call is not affected: it finds out by itself.
    assert_eq!(server.received().len(), 1);

    client.clone().network().online();
    assert_eq!(shown(&events.next().await.unwrap()), "output 2");
    assert_eq!(resumed_after(&server)[..2], [None, Some("1".to_owned())]);
    assert_eq!(
        states.names()[..5],
        [
            "connecting",
            "live",
            "waiting for network",
            "resuming 1 Connection",
            "live"
        ]
    );
}

#[tokio::test]
async fn a_stream_waits_for_the_network_for_as_long_as_its_deadline() {
    let server = one_row_each().await;
    let clock = Clock::new();
    let client = on(&clock, &server.url());
    client.network().offline();
    let mut opening = pin!(
        client
            .sessions()
            .stream(uuid::Uuid::nil())
            .deadline(HOUR)
            .into_future()
    );
    assert!(opening.as_mut().now_or_never().is_none());
    clock.advance(HOUR);
    let error = opening.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn suspended_streams_close_their_connections_and_resume_after_their_cursors() {
    let server = one_row_each().await;
    let client = client(&server);
    let mut events = request(&client).await.unwrap();
    assert_eq!(shown(&events.next().await.unwrap()), "output 1");
    // Nothing polls the stream in the meantime.
    client.suspend();
    server.all_closed().await;
    client.network().online();
    assert!(events.next().now_or_never().is_none());
    client.resume();
    assert_eq!(shown(&events.next().await.unwrap()), "output 2");
    client.network().changed();
    assert_eq!(shown(&events.next().await.unwrap()), "output 3");
    assert_eq!(
        resumed_after(&server)[..3],
        [None, Some("1".to_owned()), Some("2".to_owned())]
    );
}

#[tokio::test]
async fn a_stream_without_reconnection_keeps_its_connection() {
    let server = ScriptedServer::start(|_, mut exchange| async move {
        exchange.start_stream().await;
        exchange.send(row(1)).await;
        let Some(mut exchange) = exchange.next().await else {
            return;
        };
        exchange.send(row(2)).await;
    })
    .await;
    let client = client(&server);
    let mut events = request(&client).no_reconnect().await.unwrap();
    assert_eq!(shown(&events.next().await.unwrap()), "output 1");
    client.network().offline();
    client.suspend();
    assert!(events.next().now_or_never().is_none());
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn pooled_connections_are_not_used_after_a_change() {
    let server = DevServer::builder()
        .generation(Generation::April21)
        .start()
        .await
        .unwrap();
    let client = Client::builder()
        .base_url(server.url())
        .token(server.token())
        .build()
        .unwrap();
    let accepted = || server.control().stats().accepted_connections;
    for _ in 0..3 {
        client.health().await.unwrap();
    }
    assert_eq!(accepted(), 1);
    client.network().online();
    client.health().await.unwrap();
    assert_eq!(accepted(), 1);
    let reports: [fn(&Client); 4] = [
        |client| client.network().changed(),
        |client| {
            client.network().offline();
            client.network().online();
        },
        Client::suspend,
        Client::resume,
    ];
    for (number, report) in reports.iter().enumerate() {
        report(&client);
        client.health().await.unwrap();
        assert_eq!(accepted(), 2 + u64::try_from(number).unwrap());
    }
    // The replaced ones are closed.
    server.control().connections_open(1).await;
}

#[tokio::test]
async fn a_call_that_waits_to_be_retried_is_retried_when_the_network_is_back() {
    let server = ScriptedServer::start(|number, exchange| async move {
        match number {
            0 => exchange.respond(503, &[], "").await,
            _ => exchange.respond_json(200, r#"{"data":[]}"#).await,
        }
    })
    .await;
    let slow = RetryPolicy {
        base_delay: 100 * HOUR,
        max_delay: 100 * HOUR,
        ..RetryPolicy::default()
    };
    let client = Client::builder()
        .base_url(server.url())
        .token("aod_test")
        .timeout(1000 * HOUR)
        .retry(slow)
        .build()
        .unwrap();
    let agents = client.agents();
    let mut call = pin!(agents.list());
    let online = async {
        server.arrived(1).await;
        loop {
            client.network().online();
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        listed = &mut call => assert!(listed.unwrap().is_empty()),
        () = online => unreachable!(),
    }
    assert_eq!(server.received().len(), 2);
}

/// Returns a client on a clock that a test moves.
fn on(clock: &Clock, url: &str) -> Client {
    let builder = Client::builder().base_url(url).token("aod_test");
    builder
        .retry(RetryPolicy::none())
        .clock(clock.clone())
        .build()
        .unwrap()
}

#[tokio::test]
async fn after_a_sleep_an_idle_stream_reconnects_at_once() {
    let server = one_row_each().await;
    let clock = Clock::new();
    let client = on(&clock, &server.url());
    let mut events = request(&client).await.unwrap();
    assert_eq!(shown(&events.next().await.unwrap()), "output 1");
    assert!(events.next().now_or_never().is_none());
    clock.advance(8 * HOUR);
    assert_eq!(shown(&events.next().await.unwrap()), "output 2");
    assert_eq!(resumed_after(&server)[1], Some("1".to_owned()));
}

#[tokio::test]
async fn after_a_sleep_the_delay_before_an_attempt_has_ended() {
    let server = ScriptedServer::start(|number, mut exchange| async move {
        if number == 1 {
            return exchange.respond(503, &[("retry-after", "100")], "").await;
        }
        exchange.start_stream().await;
        exchange.send(row(i64::try_from(number).unwrap() + 1)).await;
        exchange.close().await;
    })
    .await;
    let clock = Clock::new();
    let client = on(&clock, &server.url());
    let states = States::default();
    let mut events = request(&client).on_state(states.observer()).await.unwrap();
    assert_eq!(shown(&events.next().await.unwrap()), "output 1");
    tokio::select! {
        _ = events.next() => panic!("the stream continues"),
        () = states.reached(|state| matches!(state, ConnectionState::Resuming { attempt: 2, .. })) => {}
    }
    // A report does not shorten what the server ordered; time does.
    client.network().online();
    assert!(events.next().now_or_never().is_none());
    clock.advance(Duration::from_secs(100));
    assert_eq!(shown(&events.next().await.unwrap()), "output 3");
}

#[tokio::test]
async fn the_time_limit_of_a_call_counts_sleep() {
    let server = ScriptedServer::start(|_, exchange| exchange.until_closed()).await;
    let clock = Clock::new();
    let client = on(&clock, &server.url());
    let agents = client.agents();
    let mut call = pin!(agents.list());
    tokio::select! {
        _ = &mut call => panic!("the server is silent"),
        () = server.arrived(1) => {}
    }
    clock.advance(Duration::from_secs(30));
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn pooled_connections_are_not_used_after_a_sleep() {
    let server = DevServer::builder()
        .generation(Generation::April21)
        .start()
        .await
        .unwrap();
    let clock = Clock::new();
    let client = Client::builder()
        .base_url(server.url())
        .token(server.token())
        .clock(clock.clone())
        .build()
        .unwrap();
    client.health().await.unwrap();
    clock.advance(HOUR);
    client.health().await.unwrap();
    assert_eq!(server.control().stats().accepted_connections, 2);
}

#[tokio::test]
async fn the_reports_of_a_client_reach_the_streams_of_the_clients_derived_from_it() {
    let server = one_row_each().await;
    let client = client(&server);
    let derived = client.with_options(aod::Options::new());
    let mut events = derived
        .sessions()
        .stream(uuid::Uuid::nil())
        .reconnect(fast_retry())
        .await
        .unwrap();
    assert_eq!(shown(&events.next().await.unwrap()), "output 1");
    client.network().changed();
    assert_eq!(shown(&events.next().await.unwrap()), "output 2");
}

#[tokio::test]
async fn a_stream_waits_for_a_captive_portal_to_let_it_through() {
    let server = ScriptedServer::start(|number, mut exchange| async move {
        match number {
            1 => {
                let html = [("content-type", "text/html")];
                exchange.respond(200, &html, "<h1>Sign in</h1>").await;
            }
            2 => {
                let elsewhere = [("location", "http://portal.invalid/")];
                exchange.respond(302, &elsewhere, "").await;
            }
            _ => {
                exchange.start_stream().await;
                exchange.send(row(i64::try_from(number).unwrap() + 1)).await;
                exchange.close().await;
            }
        }
    })
    .await;
    let client = client(&server);
    let states = States::default();
    let request = request(&client).on_state(states.observer());
    let mut events = request.await.unwrap();
    assert_eq!(shown(&events.next().await.unwrap()), "output 1");
    assert_eq!(shown(&events.next().await.unwrap()), "output 4");
    assert_eq!(
        states.names()[2..5],
        [
            "resuming 1 Connection",
            "resuming 2 Protocol",
            "resuming 3 Protocol"
        ]
    );
}
