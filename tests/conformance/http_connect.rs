//! The HTTP connector with a custom client, method, headers, body and retryable statuses.

use aod::sse::{EventSource, HttpConnect, ReadyState, Reconnect};
use aod::{ErrorKind, HeaderName, HeaderValue, Method};
use aod_test_support::{Exchange, ScriptedServer};
use futures::StreamExt;

/// Sends a stream with one event and additional headers.
async fn one_event(mut exchange: Exchange, headers: &str) {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n";
    exchange.send(format!("{head}{headers}\r\n")).await;
    exchange.send("id: 7\ndata: a\n\n").await;
    exchange.until_closed().await;
}

#[tokio::test]
async fn sends_the_callers_method_headers_and_body_with_every_attempt() {
    let server = ScriptedServer::start(|number, exchange| async move {
        if number == 0 {
            return exchange.respond(503, &[], "").await;
        }
        one_event(exchange, "").await;
    })
    .await;
    let connect = HttpConnect::new(&server.url())
        .unwrap()
        .method(Method::POST)
        .header(
            HeaderName::from_static("content-type"),
            HeaderValue::from_static("application/json"),
        )
        .body(r#"{"stream":true}"#)
        .retryable_statuses(|status| status == 503);
    let event = EventSource::new(connect).next().await.unwrap().unwrap();
    assert_eq!(event.data, "a");
    let received = server.received();
    assert_eq!(received.len(), 2);
    for request in received {
        assert_eq!(request.method, "POST");
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.header("accept"), Some("text/event-stream"));
        assert_eq!(request.body, br#"{"stream":true}"#);
    }
}

#[tokio::test]
async fn sends_through_the_callers_client() {
    let server = ScriptedServer::start(|_, exchange| one_event(exchange, "")).await;
    let client = reqwest::Client::builder()
        .user_agent("feed-reader/2")
        .no_proxy()
        .tls_backend_preconfigured(tls_config())
        .build()
        .unwrap();
    let connect = HttpConnect::with_client(client, &server.url()).unwrap();
    EventSource::new(connect).next().await.unwrap().unwrap();
    assert_eq!(
        server.received()[0].header("user-agent"),
        Some("feed-reader/2")
    );
}

/// A TLS configuration without certificates. The tests use plain HTTP.
fn tls_config() -> rustls::ClientConfig {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

#[tokio::test]
async fn the_caller_decides_which_statuses_are_retryable() {
    let server = ScriptedServer::start(|number, exchange| async move {
        match number {
            0 => exchange.respond(404, &[], "").await,
            1 => one_event(exchange, "").await,
            _ => exchange.respond(503, &[], "").await,
        }
    })
    .await;
    let connect = HttpConnect::new(&server.url())
        .unwrap()
        .retryable_statuses(|status| status == 404);
    let mut source = EventSource::new(connect).reconnect(Reconnect::new().max_attempts(1));
    assert_eq!(source.next().await.unwrap().unwrap().data, "a");

    let connect = HttpConnect::new(&server.url())
        .unwrap()
        .retryable_statuses(|status| status == 404);
    let error = EventSource::new(connect).next().await.unwrap().unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Server, Some(503))
    );
    assert!(!error.is_retryable());
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn returns_the_head_of_the_response() {
    let server =
        ScriptedServer::start(|_, exchange| one_event(exchange, "x-request-id: r1\r\n")).await;
    let mut source = EventSource::new(HttpConnect::new(&server.url()).unwrap());
    source.next().await.unwrap().unwrap();
    assert_eq!(source.ready_state(), ReadyState::Open);
    let head = source.response().unwrap();
    assert_eq!(
        (head.status.as_u16(), &head.headers["x-request-id"]),
        (200, &HeaderValue::from_static("r1"))
    );
}
