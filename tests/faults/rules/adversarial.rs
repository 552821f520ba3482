//! Adversarial servers, which conform to the protocol but not to its intent.

use std::time::Duration;

use aod::ErrorKind;
use aod::sse::{Attempt, Connection, EventSource, HttpConnect, Reconnect};
use aod_test_support::ScriptedServer;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use super::{START, States, bodies, client, exit, fast_retry, outline, request, row};

const HELLO: &str = "data: {\"type\": \"hello\"}\n\n";

#[tokio::test]
async fn possibly_repeated_events_of_other_turns_are_not_progress() {
    let server = bodies([HELLO]).await;
    let client = client(&server);
    let events = request(&client).await.unwrap().turn(2);
    assert_eq!(outline(events).await, ["Connection"]);
    assert_eq!(super::resumed_after(&server).len(), 11);
}

/// Rows and a second `stale` in the same chunk are part of the finished connection.
#[tokio::test]
async fn a_repeated_stale_counts_as_one_attempt() {
    let stale = "id: 7\ndata: {\"type\": \"stale\", \"id\": 7}\n\n".repeat(20);
    let server = bodies([
        format!("{START}{}{stale}{}", row(7), row(8)),
        format!("{START}{}{}", row(8), exit(8)),
    ])
    .await;
    let states = States::default();
    let client = client(&server);
    let request = request(&client)
        .resume_stale(true)
        .on_state(states.observer());
    let events = request.await.unwrap();
    assert_eq!(
        outline(events).await,
        ["start", "output 7", "output 8", "exit 8"]
    );
    let expected = ["connecting", "live", "resuming 1 Timeout", "live", "closed"];
    assert_eq!(states.names(), expected);
}

/// Sends a row, then an incomplete response to every later request.
async fn then_part_of(answer: &'static str) -> ScriptedServer {
    ScriptedServer::start(move |number, mut exchange| async move {
        if number == 0 {
            exchange.start_stream().await;
            exchange.send(row(7)).await;
        } else {
            exchange.send(answer).await;
            exchange.until_closed().await;
        }
    })
    .await
}

#[tokio::test]
async fn an_error_response_whose_body_stalls_is_reported_from_its_head() {
    let stalled = [
        (
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>",
            ErrorKind::Protocol,
        ),
        (
            "HTTP/1.1 401 No\r\ncontent-length: 9\r\n\r\n{",
            ErrorKind::Auth,
        ),
        (
            "HTTP/1.1 404 No\r\ntransfer-encoding: chunked\r\n\r\n",
            ErrorKind::NotFound,
        ),
    ];
    let checks = stalled.map(|(answer, kind)| async move {
        let server = then_part_of(answer).await;
        let client = client(&server);
        let once = Reconnect::new().max_attempts(1);
        let events = request(&client).reconnect(once).await.unwrap();
        assert_eq!(
            outline(events).await,
            ["output 7".to_owned(), format!("{kind:?}")]
        );
        assert_eq!(server.received().len(), 2, "{answer}");

        let server = then_part_of(answer).await;
        let source =
            EventSource::new(HttpConnect::new(&server.url()).unwrap()).reconnect(fast_retry());
        let failure = source.try_collect::<Vec<_>>().await.unwrap_err();
        assert_eq!(failure.kind(), kind);
        assert_eq!(server.received().len(), 2, "{answer}");
    });
    futures::future::join_all(checks).await;
}

/// A source whose body always has this data ready.
fn flood(chunk: &'static str) -> EventSource<impl aod::sse::Connect<Error = aod::Error> + Unpin> {
    EventSource::new(move |_: Attempt<'_>| {
        std::future::ready(Ok(Connection::body(stream::repeat_with(move || {
            Ok(Bytes::from_static(chunk.as_bytes()))
        }))))
    })
}

#[tokio::test]
async fn a_deadline_ends_a_flood_of_comments() {
    let mut source = flood(": x\n").deadline(Duration::from_millis(50));
    let error = source.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_deadline_ends_a_flood_of_events() {
    let source = flood("data: x\n\n").deadline(Duration::from_millis(50));
    let events = source.try_for_each(|_| std::future::ready(Ok(())));
    assert_eq!(events.await.unwrap_err().kind(), ErrorKind::Timeout);
}

/// Uses one thread, on which a poll that never returns would block the other task.
#[tokio::test]
async fn a_flood_of_comments_does_not_block_the_task_that_cancels_it() {
    let mut source = flood(": x\n");
    let handle = source.cancel_handle();
    tokio::spawn(async move { handle.cancel() });
    assert!(source.next().await.is_none());
}
