//! The request of a connection, and the responses that end the stream or do not.

use aod::sse::{EventSource, HttpConnect};
use aod::{Detail, ErrorKind, HeaderName, HeaderValue};
use aod_test_support::{ClosedPort, ScriptedServer};
use futures::{StreamExt, TryStreamExt};

use super::{START, bodies, client, client_of, exit, fast_retry, open, outline, request, row};

#[tokio::test]
async fn requests_an_event_stream_without_a_cursor() {
    let server = bodies([exit(0)]).await;
    outline(open(&client(&server)).await).await;
    let source = EventSource::new(HttpConnect::new(&server.url()).unwrap())
        .reconnect(fast_retry().max_attempts(0));
    source.take(1).try_collect::<Vec<_>>().await.unwrap();
    for request in server.received() {
        assert_eq!(request.header("accept"), Some("text/event-stream"));
        assert_eq!(request.header("cache-control"), Some("no-cache"));
        assert_eq!(request.header("last-event-id"), None);
        assert!(!request.target.contains("since"), "{}", request.target);
    }
}

#[tokio::test]
async fn a_given_cursor_is_sent_in_the_query_and_the_header() {
    let server = bodies([exit(41230)]).await;
    let client = client(&server);
    outline(request(&client).since(41230).await.unwrap()).await;
    let first = &server.received()[0];
    assert!(first.target.ends_with("?since=41230"), "{}", first.target);
    assert_eq!(first.header("last-event-id"), Some("41230"));
}

/// Serves a row, and responds to every later request with this.
async fn then(
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
) -> ScriptedServer {
    ScriptedServer::start(move |number, mut exchange| async move {
        if number == 0 {
            exchange.start_stream().await;
            exchange.send(row(7)).await;
        } else {
            exchange.respond(status, headers, body).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_204_ends_the_stream_without_an_error() {
    let server = then(204, &[], "").await;
    assert_eq!(outline(open(&client(&server)).await).await, ["output 7"]);
    // Also for the first request.
    assert!(outline(open(&client(&server)).await).await.is_empty());
}

#[tokio::test]
async fn an_html_page_is_a_protocol_error_with_its_first_bytes() {
    let page: &'static str = "<html>".repeat(100).leak();
    let server = then(200, &[("content-type", "text/html")], page).await;
    let mut events = open(&client(&server)).await;
    events.next().await.unwrap().unwrap();
    let error = events.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert_eq!(error.detail(), Some(&Detail::Body(page[..200].to_owned())));
    assert!(events.next().await.is_none());
    // A captive portal may have answered, so all attempts of the policy were made.
    assert_eq!((error.attempts(), server.received().len()), (10, 11));
}

#[tokio::test]
async fn a_permanent_refusal_ends_the_stream() {
    for (status, kind) in [
        (400, "BadRequest"),
        (401, "Auth"),
        (403, "Auth"),
        (404, "NotFound"),
        (410, "Status"),
    ] {
        let server = then(status, &[], r#"{"detail": "no"}"#).await;
        assert_eq!(
            outline(open(&client(&server)).await).await,
            ["output 7", kind],
            "{status}"
        );
        assert_eq!(server.received().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn reconnects_until_the_server_is_available_again() {
    let server = ScriptedServer::start(|number, mut exchange| async move {
        match number {
            1 => exchange.respond(502, &[], "").await,
            2 => exchange.respond(503, &[], "").await,
            3 => exchange.respond(408, &[], "").await,
            4 => exchange.reset(),
            _ => {
                exchange.start_stream().await;
                exchange
                    .send(if number == 0 { row(7) } else { exit(7) })
                    .await;
            }
        }
    })
    .await;
    assert_eq!(
        outline(open(&client(&server)).await).await,
        ["output 7", "exit 7"]
    );
    // The last request confirms the end.
    assert_eq!(server.received().len(), 7);
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed() {
    let server = ScriptedServer::start(|number, mut exchange| async move {
        match number {
            0 | 2 => {
                exchange
                    .respond(307, &[("location", "/elsewhere")], "")
                    .await;
            }
            _ => {
                exchange.start_stream().await;
                exchange
                    .send(if number == 1 { row(7) } else { exit(7) })
                    .await;
            }
        }
    })
    .await;
    assert_eq!(
        outline(open(&client(&server)).await).await,
        ["output 7", "exit 7"]
    );
    assert_eq!(server.received()[3].target, "/elsewhere");
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_refused_and_receives_no_credentials() {
    let elsewhere = bodies([exit(1)]).await;
    let location: &'static str = elsewhere.url().leak();
    let headers: &'static [(&str, &str)] = vec![("location", location)].leak();
    let server = then(302, headers, "").await;
    assert_eq!(
        outline(open(&client(&server)).await).await,
        ["output 7", "Protocol"]
    );
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn a_compressed_stream_is_read_although_it_was_not_requested() {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed
        .write_all(format!("{START}{}{}", row(7), exit(7)).as_bytes())
        .unwrap();
    let packed = packed.finish().unwrap();
    let server = ScriptedServer::start(move |_, mut exchange| {
        let packed = packed.clone();
        async move {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n";
            exchange.send(head).await;
            exchange.send(packed).await;
        }
    })
    .await;
    assert_eq!(
        outline(open(&client(&server)).await).await,
        ["start", "output 7", "exit 7"]
    );
    assert_eq!(
        server.received()[0].header("accept-encoding"),
        Some("identity")
    );
}

#[tokio::test]
async fn a_session_deleted_during_the_stream_is_not_found() {
    let server = ScriptedServer::start(|number, mut exchange| async move {
        if number == 0 {
            exchange.start_stream().await;
            exchange.send(row(7)).await;
            exchange.reset();
        } else {
            exchange
                .respond_json(404, r#"{"detail": "Session not found"}"#)
                .await;
        }
    })
    .await;
    let mut events = open(&client(&server)).await;
    events.next().await.unwrap().unwrap();
    let error = events.next().await.unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.detail_text()),
        (ErrorKind::NotFound, Some("Session not found"))
    );
    assert!(error.url().unwrap().ends_with("/stream?since=7"));
}

#[tokio::test]
async fn an_error_response_to_the_first_request_is_an_error_of_the_call() {
    let server = ScriptedServer::start(|_, exchange| {
        exchange.respond_json(404, r#"{"detail": "Session not found"}"#)
    })
    .await;
    assert_eq!(
        request(&client(&server)).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let port = ClosedPort::new();
    assert_eq!(
        request(&client_of(&port.url())).await.unwrap_err().kind(),
        ErrorKind::Connection
    );
}

#[tokio::test]
async fn a_credential_echoed_by_the_server_is_not_shown() {
    let server = ScriptedServer::start(|_, exchange| async move {
        let sent = exchange.request.header("authorization").unwrap_or_default();
        let echo = serde_json::json!({"detail": format!("no such key: {sent}")});
        exchange.respond_json(400, &echo.to_string()).await;
    })
    .await;
    let connect = HttpConnect::new(&server.url()).unwrap().header(
        HeaderName::from_static("authorization"),
        HeaderValue::from_static("Bearer hunter2"),
    );
    let error = EventSource::new(connect).next().await.unwrap().unwrap_err();
    assert_eq!(error.status(), Some(400));
    assert!(error.to_string().contains("[REDACTED]"), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}
