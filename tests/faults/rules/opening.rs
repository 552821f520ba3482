//! Opening a stream: the failures that it survives, and the responses that open one.

use std::io::Write as _;
use std::time::Duration;

use aod::sse::{EventSource, HttpConnect, Reconnect};
use aod::{Client, ErrorKind, RetryPolicy};
use aod_test_support::{ClosedPort, ScriptedServer};
use futures::{StreamExt, TryStreamExt};
use uuid::Uuid;

use super::{START, client, client_of, exit, fast_retry, open, outline, request, row};

#[tokio::test]
async fn opening_survives_connections_that_break_before_the_response_head() {
    let server = ScriptedServer::start(|number, mut exchange| async move {
        match number {
            0 => exchange.reset(),
            1 => exchange.close().await,
            2 => {
                exchange.send("HTTP/1.1 200 OK\r\ncontent-ty").await;
                exchange.reset();
            }
            _ => {
                exchange.start_stream().await;
                exchange.send(format!("{START}{}{}", row(7), exit(7))).await;
            }
        }
    })
    .await;
    let events = open(&client(&server)).await;
    assert_eq!(outline(events).await, ["start", "output 7", "exit 7"]);
    // The last request confirms the terminal event.
    assert_eq!(server.received().len(), 5);
}

#[tokio::test]
async fn opening_survives_a_response_head_that_exceeds_the_idle_timeout() {
    let server = ScriptedServer::start(|number, mut exchange| async move {
        if number == 0 {
            exchange.until_closed().await;
        } else {
            exchange.start_stream().await;
            exchange.send(format!("{START}{}", exit(7))).await;
        }
    })
    .await;
    let client = Client::builder()
        .base_url(server.url())
        .token("aod_test")
        .stream_idle_timeout(Duration::from_millis(500))
        .build()
        .unwrap();
    let events = open(&client).await;
    let shown = outline(events).await;
    assert_eq!(shown, ["start", "exit 7"]);
}

#[tokio::test]
async fn an_unreachable_server_is_an_error_after_as_many_retries_as_a_call() {
    let port = ClosedPort::new();
    for retries in [0, 2] {
        let client = Client::builder().base_url(port.url()).token("aod_test");
        let client = client
            .retry(RetryPolicy {
                max_retries: retries,
                ..RetryPolicy::default()
            })
            .build()
            .unwrap();
        let endless = fast_retry().max_attempts(u32::MAX);
        let error = request(&client).reconnect(endless).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection);
        assert!(error.is_retryable() && error.is_unsent());
        assert_eq!(error.attempts(), retries + 1);
    }
}

#[tokio::test]
async fn error_responses_are_an_error_after_as_many_retries_as_a_call() {
    let server = ScriptedServer::start(|_, exchange| exchange.respond(503, &[], "")).await;
    let client = Client::builder().base_url(server.url()).token("aod_test");
    let policy = RetryPolicy {
        max_retries: 2,
        ..RetryPolicy::default()
    };
    let client = client.retry(policy).build().unwrap();
    let error = request(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Server, 3));
    assert!(error.is_retryable());
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn gives_up_after_the_time_limit_regardless_of_the_number_of_attempts() {
    let server = ScriptedServer::start(|_, exchange| exchange.close()).await;
    let policy = Reconnect::new()
        .base_delay(Duration::from_millis(1))
        .max_delay(Duration::from_millis(5))
        .give_up_after(Duration::from_millis(400));
    let error = request(&client(&server))
        .reconnect(policy)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(error.attempts() > 10, "{}", error.attempts());
}

/// Each `Retry-After` is longer than `give_up_after`.
#[tokio::test]
async fn delays_requested_by_the_server_do_not_count_toward_the_time_limit() {
    let server = ScriptedServer::start(|number, mut exchange| async move {
        if number == 0 {
            exchange.start_stream().await;
        } else if number < 3 {
            exchange.respond(503, &[("retry-after", "1")], "").await;
        } else {
            exchange.start_stream().await;
            exchange.send(exit(7)).await;
        }
    })
    .await;
    let policy = fast_retry().give_up_after(Duration::from_millis(900));
    let events = request(&client(&server)).reconnect(policy).await.unwrap();
    assert_eq!(outline(events).await, ["exit 7"]);
}

#[tokio::test]
async fn the_stream_of_another_session_is_an_error_that_names_both_ids() {
    let other = Uuid::from_u128(7);
    let server = ScriptedServer::start(move |_, mut exchange| async move {
        exchange.start_stream().await;
        let start = format!("data: {{\"type\": \"start\", \"session_id\": \"{other}\"}}\n\n");
        exchange.send(start + &row(7)).await;
    })
    .await;
    let mut events = open(&client(&server)).await;
    let error = events.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    let text = error.to_string();
    assert!(
        text.contains(&other.to_string()) && text.contains(&Uuid::nil().to_string()),
        "{text}"
    );
    assert!(events.next().await.is_none());
    assert_eq!(server.received().len(), 1);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn reads_gzip_in_any_spelling_and_with_several_members() {
    for encoding in ["gzip", "x-gzip", "GZIP"] {
        let server = ScriptedServer::start(move |_, mut exchange| async move {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: {encoding}\r\n\r\n"
            );
            exchange.send(head).await;
            exchange.send([gzip(&format!("{START}{}", row(7))), gzip(&exit(7))].concat()).await;
        })
        .await;
        let events = open(&client(&server)).await;
        assert_eq!(
            outline(events).await,
            ["start", "output 7", "exit 7"],
            "{encoding}"
        );
        // The second request confirms the terminal event.
        assert_eq!(server.received().len(), 2);
    }
}

#[tokio::test]
async fn an_unsupported_encoding_is_an_error_that_names_it_and_is_not_retried() {
    for encoding in ["deflate", "br", "gzip, gzip"] {
        let headers: &'static [_] = vec![
            ("content-type", "text/event-stream"),
            ("content-encoding", encoding),
        ]
        .leak();
        let server =
            ScriptedServer::start(move |_, exchange| exchange.respond(200, headers, "x")).await;
        let error = request(&client(&server)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.to_string().contains(encoding), "{error}");
        assert_eq!(server.received().len(), 1);
    }
}

#[tokio::test]
async fn only_status_200_opens_a_stream() {
    for status in [201, 202, 203, 205, 206, 299] {
        let headers = &[("content-type", "text/event-stream")];
        let server =
            ScriptedServer::start(move |_, exchange| exchange.respond(status, headers, "")).await;
        let error = request(&client(&server)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Protocol, Some(status))
        );
        let source = EventSource::new(HttpConnect::new(&server.url()).unwrap());
        let error = source.try_collect::<Vec<_>>().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Protocol, Some(status))
        );
        assert_eq!(server.received().len(), 2);
    }
}

#[tokio::test]
async fn the_last_valid_content_type_applies() {
    for (types, opens) in [
        (["text/html", "text/event-stream"], true),
        (["text/event-stream", "nonsense"], true),
        (["text/event-stream", "*/*"], true),
        (["text/event-stream", "text/html"], false),
    ] {
        let headers: &'static [_] = types.map(|value| ("content-type", value)).to_vec().leak();
        let server =
            ScriptedServer::start(move |_, exchange| exchange.respond(200, headers, "data: x\n\n"))
                .await;
        let outcome = request(&client(&server))
            .reconnect(fast_retry().max_attempts(0))
            .await;
        assert_eq!(outcome.is_ok(), opens, "{types:?}");
    }
}

#[tokio::test]
async fn a_last_event_id_that_is_not_a_valid_header_value_ends_the_source() {
    let server = ScriptedServer::start(|_, mut exchange| async move {
        exchange.start_stream().await;
        exchange.send("id: a\u{1}b\ndata: x\n\n").await;
    })
    .await;
    let connect = HttpConnect::new(&server.url()).unwrap();
    let mut source = EventSource::new(connect).reconnect(fast_retry());
    source.next().await.unwrap().unwrap();
    let error = source.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert_eq!(server.received().len(), 1);
    assert!(source.next().await.is_none());
}

#[tokio::test]
async fn a_permanent_error_response_is_not_retried() {
    for (status, kind) in [(401, ErrorKind::Auth), (404, ErrorKind::NotFound)] {
        let server =
            ScriptedServer::start(move |_, exchange| exchange.respond(status, &[], "")).await;
        let error = request(&client_of(&server.url())).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(server.received().len(), 1);
    }
}
