//! Each timeout separately.

use std::sync::Arc;
use std::time::Duration;

use aod::sse::Reconnect;
use aod::{ErrorKind, Options};
use aod_test_support::{ScriptedServer, elapse};
use futures::StreamExt;
use tokio::sync::Notify;
use uuid::Uuid;

use super::{AGENTS, builder, client};

const SHORT: Duration = Duration::from_millis(200);
/// A timeout that is only reached when a test advances the clock.
const LONG: Duration = Duration::from_secs(20);

/// Never responds to a request.
async fn silent() -> ScriptedServer {
    ScriptedServer::start(|_, exchange| exchange.until_closed()).await
}

#[tokio::test]
async fn a_call_ends_at_its_deadline() {
    let server = silent().await;
    let error = builder(&server.url())
        .timeout(SHORT)
        .build()
        .unwrap()
        .agents()
        .list()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.is_retryable());

    let trickling = ScriptedServer::start(|_, mut exchange| async move {
        exchange
            .send("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{")
            .await;
        exchange.until_closed().await;
    })
    .await;
    let impatient = client(&trickling.url()).with_options(Options::new().timeout(SHORT));
    assert_eq!(
        impatient.agents().list().await.unwrap_err().kind(),
        ErrorKind::Timeout
    );
}

#[tokio::test]
async fn an_attempt_that_hangs_is_retried() {
    let server = ScriptedServer::start(|number, exchange| async move {
        match number {
            0 => exchange.until_closed().await,
            _ => exchange.respond_json(200, AGENTS).await,
        }
    })
    .await;
    let client = builder(&server.url())
        .attempt_timeout(LONG)
        .build()
        .unwrap();
    let call = tokio::spawn(async move { client.agents().list().await });
    server.arrived(1).await;
    elapse(LONG).await;
    call.await.unwrap().unwrap();
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn a_write_that_hangs_is_not_retried() {
    let server = silent().await;
    let client = builder(&server.url())
        .attempt_timeout(LONG)
        .build()
        .unwrap();
    let call = tokio::spawn(async move { client.agents().archive(Uuid::nil()).await });
    server.arrived(1).await;
    elapse(LONG).await;
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), server.received().len()),
        (ErrorKind::Timeout, 1, 1)
    );
}

#[tokio::test]
async fn the_deadline_of_a_call_does_not_end_a_stream() {
    let passed = Arc::new(Notify::new());
    let notified = Arc::clone(&passed);
    let server = ScriptedServer::start(move |_, mut exchange| {
        let passed = Arc::clone(&notified);
        async move {
            exchange.start_stream().await;
            passed.notified().await;
            exchange
                .send("data: {\"type\": \"exit\", \"code\": 0}\n\n")
                .await;
        }
    })
    .await;
    let client = builder(&server.url()).timeout(LONG).build().unwrap();
    let mut events = client.sessions().stream(Uuid::nil()).await.unwrap();
    elapse(2 * LONG).await;
    passed.notify_one();
    assert_eq!(events.next().await.unwrap().unwrap().exit_code(), Some(0));
}

#[tokio::test]
async fn a_single_connection_ends_at_the_idle_timeout() {
    let server = ScriptedServer::start(|_, mut exchange| async move {
        exchange.start_stream().await;
        exchange.send("data: {\"type\": \"start\"}\n\n").await;
        exchange.until_closed().await;
    })
    .await;
    let client = builder(&server.url())
        .stream_idle_timeout(LONG)
        .build()
        .unwrap();
    let request = client.sessions().stream(Uuid::nil()).no_reconnect();
    let mut events = request.await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap().event_type(), "start");
    let rest = tokio::spawn(events.collect::<Vec<_>>());
    while !rest.is_finished() {
        elapse(LONG).await;
    }
    let rest = rest.await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].as_ref().unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn dropping_a_call_closes_its_connection() {
    let server = silent().await;
    let client = client(&server.url());
    let call = tokio::spawn(async move { client.agents().list().await });
    server.arrived(1).await;
    call.abort();
    server.all_closed().await;
}

#[tokio::test]
async fn an_option_with_a_time_limit_of_zero_fails_before_anything_is_sent() {
    let server = silent().await;
    for options in [
        Options::new().timeout(Duration::ZERO),
        Options::new().attempt_timeout(Duration::ZERO),
        Options::new().stream_idle_timeout(Duration::ZERO),
    ] {
        let client = client(&server.url()).with_options(options);
        let called = client.agents().list().await.map(drop);
        let request = client.sessions().stream(Uuid::nil());
        let request = request.reconnect(Reconnect::new().max_attempts(1));
        for outcome in [called, request.await.map(drop)] {
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
            assert_eq!(error.attempts(), 1);
        }
    }
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn an_overflowing_timeout_means_no_limit() {
    let server = ScriptedServer::start(|_, exchange| async move {
        if exchange.request.target == "/agents" {
            exchange.respond_json(200, AGENTS).await;
        } else {
            let headers = [("content-type", "text/event-stream")];
            exchange
                .respond(200, &headers, "data: {\"type\": \"exit\"}\n\n")
                .await;
        }
    })
    .await;
    let client = builder(&server.url())
        .timeout(Duration::MAX)
        .attempt_timeout(Duration::MAX)
        .connect_timeout(Duration::MAX)
        .stream_idle_timeout(Duration::MAX)
        .build()
        .unwrap();
    client.agents().list().await.unwrap();
    let request = client
        .sessions()
        .stream(Uuid::nil())
        .deadline(Duration::MAX);
    assert!(
        request
            .await
            .unwrap()
            .next()
            .await
            .unwrap()
            .unwrap()
            .is_terminal()
    );
}
