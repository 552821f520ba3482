//! When a request is retried.

use aod::models::CreateEnvironment;
use aod::{ErrorKind, Options};
use aod_test_support::{ClosedPort, FakeServer, ScriptedServer};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::{AGENTS, builder, client};

/// Fails the first connections in a given way, then responds.
async fn failing(
    failures: usize,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
) -> ScriptedServer {
    ScriptedServer::start(move |number, exchange| async move {
        if number < failures {
            exchange.respond(status, headers, "<h1>down</h1>").await;
        } else {
            exchange.respond_json(200, AGENTS).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_read_is_retried_after_a_transient_status() {
    for status in [408, 500, 502, 503, 504] {
        let server = failing(2, status, &[]).await;
        client(&server.url()).agents().list().await.unwrap();
        assert_eq!(server.received().len(), 3, "{status}");
    }
}

#[tokio::test]
async fn a_read_is_not_retried_after_a_permanent_status() {
    for status in [400, 401, 403, 404, 405, 409, 422] {
        let server = failing(1, status, &[]).await;
        let error = client(&server.url()).agents().list().await.unwrap_err();
        assert_eq!((error.status(), error.attempts()), (Some(status), 1));
    }
}

#[tokio::test]
async fn gives_up_after_two_retries_and_reports_the_attempts() {
    let server = failing(9, 503, &[]).await;
    let error = client(&server.url()).agents().list().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), server.received().len()),
        (ErrorKind::Server, 3, 3)
    );
    assert!(error.is_retryable());
}

#[tokio::test]
async fn options_change_the_number_of_retries() {
    let server = failing(9, 503, &[]).await;
    let client = client(&server.url());
    client
        .with_options(Options::new().max_retries(0))
        .agents()
        .list()
        .await
        .unwrap_err();
    assert_eq!(server.received().len(), 1);
    client
        .with_options(Options::new().max_retries(4))
        .agents()
        .list()
        .await
        .unwrap_err();
    assert_eq!(server.received().len(), 6);
}

#[tokio::test]
async fn a_read_is_retried_wherever_the_connection_broke() {
    let server = ScriptedServer::start(|number, mut exchange| async move {
        match number {
            0 => exchange.reset(),
            1 => {
                exchange
                    .send("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"da")
                    .await;
                exchange.close().await;
            }
            _ => exchange.respond_json(200, AGENTS).await,
        }
    })
    .await;
    client(&server.url()).agents().list().await.unwrap();
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn a_write_is_not_retried_once_it_was_sent() {
    for status in [408, 500, 503] {
        let server = failing(1, status, &[("retry-after", "0")]).await;
        let error = client(&server.url())
            .environments()
            .create(CreateEnvironment::new("e"))
            .await
            .unwrap_err();
        assert_eq!(
            (error.attempts(), server.received().len()),
            (1, 1),
            "{status}"
        );
    }
    let server = ScriptedServer::start(|_, exchange| async { exchange.reset() }).await;
    let error = client(&server.url())
        .agents()
        .archive(Uuid::nil())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), server.received().len()),
        (ErrorKind::Connection, 1)
    );
    assert!(!error.is_unsent());
}

#[tokio::test]
async fn a_write_is_retried_if_no_byte_was_sent() {
    let port = ClosedPort::new();
    let error = client(&port.url())
        .environments()
        .delete(Uuid::nil())
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 3));
    assert!(error.is_unsent() && error.is_retryable());
}

#[tokio::test]
async fn retry_after_is_honored() {
    let server = failing(1, 503, &[("retry-after", "1")]).await;
    let before = tokio::time::Instant::now();
    client(&server.url()).agents().list().await.unwrap();
    // A lower bound, which holds on slow machines too.
    assert!(before.elapsed().as_millis() >= 1000);
}

#[tokio::test]
async fn a_retry_after_beyond_the_deadline_ends_the_call_immediately() {
    let server = failing(9, 503, &[("retry-after", "60")]).await;
    let error = client(&server.url()).agents().list().await.unwrap_err();
    assert_eq!(
        (error.attempts(), error.retry_after().unwrap().as_secs()),
        (1, 60)
    );
}

#[tokio::test]
async fn a_quota_error_is_retried_only_with_retry_after() {
    let body = r#"{"detail":"Concurrent session limit reached (3/2).","limit":2,"active":3}"#;
    for (headers, requests) in [(&[][..], 1), (&[("retry-after", "0")][..], 3)] {
        let server =
            ScriptedServer::start(move |_, exchange| exchange.respond(429, headers, body)).await;
        let request = aod::models::CreateSession::new(Uuid::nil(), "p");
        let error = client(&server.url())
            .sessions()
            .create(request)
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), server.received().len()),
            (ErrorKind::RateLimit, requests)
        );
        let quota = error.quota().unwrap();
        assert_eq!((quota.limit, quota.active), (2, 3));
    }
}

#[tokio::test]
async fn opening_a_stream_is_retried_like_a_read() {
    let server = ScriptedServer::start(|number, exchange| async move {
        match number {
            0 => exchange.reset(),
            1 => exchange.respond(502, &[], "").await,
            _ => {
                exchange
                    .respond(200, &[("content-type", "text/event-stream")], "")
                    .await;
            }
        }
    })
    .await;
    client(&server.url())
        .sessions()
        .stream(Uuid::nil())
        .await
        .unwrap();
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn an_untrusted_certificate_is_not_retried() {
    // Plain HTTP instead of TLS, so the handshake fails.
    let server = FakeServer::start(1, |_, mut socket| async move {
        let _ = socket.write_all(b"HTTP/1.1 400 no\r\n\r\n").await;
    })
    .await;
    let error = builder(&format!("https://{}", server.address()))
        .build()
        .unwrap()
        .agents()
        .list()
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Connection, 1));
    assert!(!error.is_retryable());
    assert_eq!(server.accepted(), 1);
}
