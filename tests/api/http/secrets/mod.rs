//! A token, environment variables and a repository token are not in logs, errors or panics.

mod echoes;

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use aod::models::{CreateAgent, CreateEnvironment, CreateSession, GithubRepository, McpServer};
use aod::{Client, HeaderName, HeaderValue};
use aod_test_support::{FakeServer, ScriptedServer};
use futures::StreamExt;
use tracing::Level;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;
use uuid::Uuid;

use super::tls;

const SECRET: &str = "hunter2";

/// Collects all log messages.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    /// Sets this as the subscriber of this thread.
    fn listen(&self) -> DefaultGuard {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_writer(self.clone())
            .with_ansi(false)
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Uses one thread, so that the test's subscriber receives the logs of the connections' tasks too.
#[tokio::test(flavor = "current_thread")]
async fn secrets_are_not_logged_shown_or_in_panics() {
    let log = Log::default();
    let _guard = log.listen();

    // A server that echoes the request in every type of error and in the head of a stream.
    let server = ScriptedServer::start(|number, exchange| async move {
        let sent = String::from_utf8_lossy(&exchange.request.body).into_owned();
        let echo = format!("{:?} {sent}", exchange.request.headers);
        let input = serde_json::json!({"detail": [{"type": "missing", "loc": ["x"], "msg": "Field required", "input": echo}]});
        match number % 4 {
            0 => exchange.respond_json(422, &input.to_string()).await,
            1 => exchange.respond(500, &[("content-type", "text/html")], &echo).await,
            2 => exchange.respond_json(200, &input.to_string()).await,
            _ => exchange.respond(200, &[("content-type", "text/html")], &echo).await,
        }
    })
    .await;
    let builder = || {
        Client::builder()
            .base_url(server.url())
            .token(format!("aod_{SECRET}"))
            .header(
                HeaderName::from_static("x-secret"),
                HeaderValue::from_static(SECRET),
            )
    };
    let client = builder().retry(aod::RetryPolicy::none()).build().unwrap();
    let mut shown = format!("{:?} {client:?}", builder());

    let environment = || CreateEnvironment::new("e").env_var("KEY", SECRET);
    let session = || {
        CreateSession::new(Uuid::nil(), "p")
            .secret_env_var("KEY", SECRET)
            .repository(GithubRepository::new("https://github.com/a/b").authorization_token(SECRET))
    };
    let agent = || {
        CreateAgent::new("a", "m")
            .runtime("claude")
            .mcp_server(McpServer::url("i", "https://i").header("Authorization", SECRET))
            .mcp_server(McpServer::stdio("s", "s").env("KEY", SECRET))
    };
    shown += &format!("{:?} {:?} {:?}", environment(), session(), agent());
    for _ in 0..4 {
        let mut errors = vec![
            client
                .environments()
                .create(environment())
                .await
                .unwrap_err(),
            client.sessions().create(session()).await.unwrap_err(),
            client.agents().create(agent()).await.unwrap_err(),
            client.agents().list().await.unwrap_err(),
        ];
        errors.extend(client.sessions().stream(Uuid::nil()).await.err());
        for error in errors {
            shown += &format!("{error} {error:?} {error:#?}");
            let outcome = Err::<(), _>(error).map(drop);
            let panic =
                std::panic::catch_unwind(AssertUnwindSafe(|| outcome.unwrap())).unwrap_err();
            shown += panic.downcast_ref::<String>().unwrap();
        }
    }
    let mut broken = aod::EventStream::new(futures::stream::empty::<io::Result<_>>());
    shown += &format!("{:?}", broken.next().await);

    assert!(!shown.contains(SECRET), "{shown}");
    let log = log.text();
    assert!(
        log.contains("aod.call") && log.contains("hyper"),
        "the log is not at TRACE:\n{log}"
    );
    assert!(!log.contains(SECRET), "{log}");
}

/// HTTP/2 has its own log messages.
#[tokio::test(flavor = "current_thread")]
async fn secrets_are_not_logged_over_http_2() {
    let log = Log::default();
    let _guard = log.listen();

    let authority = tls::authority();
    let acceptor = tls::acceptor(&authority, false, &["h2"]);
    let server = FakeServer::start(1, move |_, socket| {
        let acceptor = acceptor.clone();
        async move {
            let stream = acceptor.accept(socket).await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((_, mut answer))) = connection.accept().await {
                let head = http::Response::builder().status(404).body(()).unwrap();
                answer.send_response(head, true).unwrap();
            }
        }
    })
    .await;
    let client = Client::builder()
        .base_url(tls::url(&server))
        .ca_certificate(authority.pem())
        .token(format!("aod_{SECRET}"))
        .header(
            HeaderName::from_static("x-secret"),
            HeaderValue::from_static(SECRET),
        )
        .build()
        .unwrap();
    let error = client
        .environments()
        .create(CreateEnvironment::new("e").env_var("KEY", SECRET))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(404), "{error}");

    let log = log.text();
    assert!(log.contains("h2::"), "HTTP/2 has logged nothing:\n{log}");
    assert!(!log.contains(SECRET), "{log}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_token_over_plain_http_is_warned_about_once_per_client() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let client = |url: &str| {
        Client::builder()
            .base_url(url)
            .token("aod_x")
            .build()
            .unwrap()
    };
    let _loopback = [
        client("http://localhost:1"),
        client("http://127.0.0.1:1"),
        client("https://aod.example.com"),
    ];
    assert_eq!(log.text(), "");
    let _elsewhere = client("http://aod.example.com")
        .clone()
        .with_options(aod::Options::new());
    assert_eq!(log.text().matches("clear text").count(), 1);
}

#[tokio::test]
async fn the_reason_of_a_conflict_is_read_before_its_text_is_redacted() {
    let body = r#"{"detail": "Cannot update an archived agent"}"#;
    let server = ScriptedServer::start(move |_, exchange| exchange.respond_json(409, body)).await;
    let client = Client::builder().base_url(server.url()).token("archived");
    let client = client.build().unwrap();
    let mut request = CreateAgent::new("a", "m").runtime("claude");
    let server = McpServer::stdio("b", "mcp").arg("update");
    request.mcp_servers = vec![server.into()];
    let error = client.agents().create(request).await.unwrap_err();
    assert_eq!(
        error.conflict(),
        Some(aod::ConflictReason::Archived),
        "{error:?}"
    );
    assert_eq!(
        error.detail_text(),
        Some("Cannot [REDACTED] an [REDACTED] agent")
    );
}

#[tokio::test]
async fn a_response_that_is_no_event_stream_shows_no_secret() {
    let server = ScriptedServer::start(|_, exchange| async move {
        let filler = "x".repeat(190);
        let echo = format!("{filler}{:?}", exchange.request.headers);
        exchange
            .respond(200, &[("content-type", "text/plain")], &echo)
            .await;
    })
    .await;
    let client = Client::builder().base_url(server.url()).token(SECRET);
    let client = client.build().unwrap();
    let error = client.sessions().stream(Uuid::nil()).await.unwrap_err();
    assert!(!format!("{:?}", error.detail()).contains("hunt"));
    let Some(aod::Detail::Body(excerpt)) = error.detail() else {
        panic!("{error:?}");
    };
    assert!(
        excerpt.len() <= 200 && !excerpt.contains("hunt"),
        "{excerpt}"
    );
}
