//! Response bodies that are too large or have an unexpected type or content.

use std::io::Write;
use std::time::Duration;

use aod::{Detail, ErrorKind};
use aod_test_support::ScriptedServer;
use uuid::Uuid;

use super::{AGENTS, builder, client};

#[tokio::test]
async fn a_body_above_the_limit_is_refused() {
    let server = ScriptedServer::start(|_, mut exchange| async move {
        exchange
            .send("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"data\":[")
            .await;
        while exchange.request.method == "GET" {
            exchange.send([b' '; 4096]).await;
            tokio::task::yield_now().await;
        }
    })
    .await;
    let client = builder(&server.url())
        .max_response_bytes(1 << 20)
        .build()
        .unwrap();
    let error = client.agents().list().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Protocol, 1));
}

#[tokio::test]
async fn a_long_error_body_is_cut_and_says_so() {
    for (content_type, limit) in [("text/plain", 64 << 10), ("application/json", 1 << 20)] {
        let body: &'static str = Box::leak(format!("\"{}\"", "x".repeat(limit)).into_boxed_str());
        let server = ScriptedServer::start(move |_, exchange| async move {
            exchange
                .respond(403, &[("content-type", content_type)], body)
                .await;
        })
        .await;
        let error = client(&server.url()).agents().list().await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Auth, Some(403)));
        assert_eq!(
            (error.body().len(), error.is_body_truncated()),
            (limit, true)
        );
        let text = error.to_string();
        assert!(text.len() < 3000 && text.contains("incomplete"), "{text}");
    }
}

#[tokio::test]
async fn an_error_body_that_does_not_end_keeps_the_status() {
    let server = ScriptedServer::start(move |_, mut exchange| async move {
        exchange
            .send("HTTP/1.1 403 Forbidden\r\ncontent-length: 60000\r\n\r\n")
            .await;
        // In pieces that are never far apart.
        while exchange.try_send("x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    let error = client(&server.url()).agents().list().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Auth, Some(403)));
    assert!(error.is_body_truncated() && error.body().starts_with(b"xx"));
    let text = error.to_string();
    assert!(
        text.ends_with("(the response body is incomplete)"),
        "{text}"
    );
}

#[tokio::test]
async fn an_html_page_instead_of_json_is_a_decode_error() {
    for body in [
        "<html>Sign in</html>",
        "",
        "{}",
        r#"{"data":{}}"#,
        "{\"data\":[]} trailing",
        "\u{0}",
    ] {
        let server =
            ScriptedServer::start(move |_, exchange| exchange.respond_json(200, body)).await;
        let error = client(&server.url()).agents().list().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.attempts()),
            (ErrorKind::Decode, 1),
            "{body}"
        );
        assert!(error.url().unwrap().ends_with("/agents"));
    }
}

#[tokio::test]
async fn another_content_type_of_a_stream_is_an_error_with_the_start_of_the_body() {
    let page: &'static str = Box::leak("<html>".repeat(1000).into_boxed_str());
    let server = ScriptedServer::start(move |_, exchange| {
        exchange.respond(200, &[("content-type", "text/html")], page)
    })
    .await;
    let error = client(&server.url())
        .sessions()
        .stream(Uuid::nil())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Protocol, Some(200))
    );
    assert_eq!(error.detail(), Some(&Detail::Body(page[..200].to_owned())));
    assert!(!format!("{error} {error:?}").contains("<html>"));
}

#[tokio::test]
async fn a_compressed_body_is_read_and_its_limit_applies_after_decompression() {
    let list = format!("{{\"data\":[{}]}}", " ".repeat(2 << 20));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(list.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let server = ScriptedServer::start(move |_, mut exchange| {
        let packed = packed.clone();
        async move {
            exchange
                .send("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n")
                .await;
            exchange.send(packed).await;
        }
    })
    .await;
    assert!(
        client(&server.url())
            .agents()
            .list()
            .await
            .unwrap()
            .is_empty()
    );
    let capped = builder(&server.url())
        .max_response_bytes(1 << 20)
        .build()
        .unwrap();
    assert_eq!(
        capped.agents().list().await.unwrap_err().kind(),
        ErrorKind::Protocol
    );
    assert_eq!(
        server.received()[0].header("accept-encoding"),
        Some("gzip, deflate")
    );
    assert!(AGENTS.len() < 1 << 20);
}

#[tokio::test]
async fn a_response_that_is_not_valid_http_is_a_protocol_error() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n{{}}", "a: b\r\n".repeat(1000));
    let long = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n{{}}", "b".repeat(1 << 20));
    for response in [
        many.as_str(),
        &long,
        "SSH-2.0-OpenSSH_9.6\r\n",
        "<html>\r\n\r\n",
    ] {
        let response = response.to_owned();
        let server = ScriptedServer::start(move |_, mut exchange| {
            let response = response.clone();
            async move {
                exchange.send(response).await;
                exchange.until_closed().await;
            }
        })
        .await;
        let error = client(&server.url()).agents().list().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
        assert!(error.is_retryable());
        let error = client(&server.url())
            .sessions()
            .stream(Uuid::nil())
            .no_reconnect()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Protocol);
    }
}
