//! The rules of the standard for any event source, with the public [`EventSource`] over HTTP.

use std::io::Write;
use std::time::Duration;

use aod::sse::{Event, EventSource, HttpConnect, Reconnect};
use aod::{Detail, Error, ErrorKind, HeaderName, HeaderValue};
use aod_test_support::{Exchange, ScriptedServer};
use futures::{StreamExt, TryStreamExt};

use super::{States, bodies, fast_retry, resumed_after};

const MS: fn(u64) -> Duration = Duration::from_millis;

fn source(server: &ScriptedServer) -> EventSource<HttpConnect> {
    let connect = HttpConnect::new(&server.url()).unwrap();
    let connect = connect.retryable_statuses(|status| {
        matches!(status.as_u16(), 408 | 429) || status.is_server_error()
    });
    EventSource::new(connect).reconnect(fast_retry())
}

/// Reads a source to its end.
async fn outcome(source: EventSource<HttpConnect>) -> (Vec<String>, Option<Error>) {
    let mut data = Vec::new();
    let mut failure = None;
    let mut results = source;
    while let Some(result) = results.next().await {
        match result {
            Ok(event) => data.push(event.data),
            Err(error) => failure = Some(error),
        }
    }
    (data, failure)
}

fn event(id: impl std::fmt::Display) -> String {
    format!("id: {id}\ndata: <{id}>\n\n")
}

async fn stream(mut exchange: Exchange, body: impl AsRef<[u8]>) {
    exchange.start_stream().await;
    exchange.send(body).await;
    exchange.close().await;
}

/// Serves event 7, then this response, then event 8, then 204.
async fn interrupted(
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
) -> ScriptedServer {
    ScriptedServer::start(move |number, exchange| async move {
        match number {
            0 => stream(exchange, event(7)).await,
            1 => exchange.respond(status, headers, body).await,
            2 => stream(exchange, event(8)).await,
            _ => exchange.respond(204, &[], "").await,
        }
    })
    .await
}

#[tokio::test]
async fn a_given_id_is_sent_in_the_first_request() {
    let server = ScriptedServer::start(|_, exchange| exchange.respond(204, &[], "")).await;
    for id in ["7", "row é"] {
        assert!(outcome(source(&server).resume_after(id)).await.1.is_none());
    }
    assert_eq!(server.received()[0].header("last-event-id"), Some("7"));
    assert_eq!(server.received()[1].header("last-event-id"), Some("row é"));
}

#[tokio::test]
async fn a_cut_anywhere_has_no_effect() {
    let whole = "id: 8\r\ndata: é日😀\r\n\r\n";
    let chunked = format!("{:x}\r\n{whole}\r\n0\r\n\r\n", whole.len()).into_bytes();
    for cut in 1..chunked.len() {
        let piece = chunked[..cut].to_vec();
        let server = ScriptedServer::start(move |number, mut exchange| {
            let piece = piece.clone();
            async move {
                let resumed = exchange.request.header("last-event-id") == Some("8");
                match number {
                    0 => {
                        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
                        exchange.send([head.as_bytes(), &piece].concat()).await;
                        exchange.close().await;
                    }
                    1 if !resumed => stream(exchange, whole).await,
                    _ => exchange.respond(204, &[], "").await,
                }
            }
        })
        .await;
        let (data, failure) = outcome(source(&server)).await;
        assert_eq!(data, ["é日😀"], "{cut}");
        assert!(failure.is_none(), "{cut}");
    }
}

#[tokio::test]
async fn fifty_consecutive_cuts_lose_and_repeat_nothing() {
    let server = ScriptedServer::start(|number, exchange| async move {
        match number {
            0..50 => stream(exchange, event(number)).await,
            _ => exchange.respond(204, &[], "").await,
        }
    })
    .await;
    let (data, failure) = outcome(source(&server).reconnect(fast_retry().max_attempts(1))).await;
    assert!(failure.is_none());
    assert_eq!(
        data,
        (0..50).map(|id| format!("<{id}>")).collect::<Vec<_>>()
    );
    let resumed = resumed_after(&server);
    assert_eq!(resumed[0], None);
    for (id, resumed) in resumed[1..].iter().enumerate() {
        assert_eq!(resumed.as_deref(), Some(id.to_string().as_str()));
    }
}

#[tokio::test]
async fn attempts_without_an_event_are_bounded_with_growing_delays() {
    let server = bodies([": nothing\n\n"]).await;
    let states = States::default();
    let policy = Reconnect::new()
        .max_attempts(10)
        .base_delay(MS(1))
        .max_delay(MS(40));
    let source = source(&server)
        .reconnect(policy)
        .on_state(states.observer());
    let failure = outcome(source).await.1.unwrap();
    let details = (failure.kind(), failure.attempts());
    assert_eq!(details, (ErrorKind::Connection, 10));
    assert_eq!(server.received().len(), 11);
    let delays = states.delays();
    assert_eq!(delays.len(), 10);
    for (doublings, delay) in delays.into_iter().enumerate() {
        let maximum = MS(1 << doublings.min(6)).min(MS(40));
        assert!(delay <= maximum, "{doublings}: {delay:?}");
    }
}

#[tokio::test]
async fn the_servers_retry_delay_is_clamped() {
    for (retry, expected) in [
        ("0", MS(100)),
        ("250", MS(250)),
        ("3600000", MS(600_000)),
        ("99999999999999999999999", MS(600_000)),
    ] {
        let server = bodies([format!("retry: {retry}\n{}", event(7))]).await;
        let states = States::default();
        let mut source = source(&server)
            .reconnect(Reconnect::new())
            .on_state(states.observer());
        source.next().await.unwrap().unwrap();
        states.reached_delay(&mut source).await;
        assert_eq!(states.delays(), [expected], "retry: {retry}");
    }
}

#[tokio::test]
async fn a_204_ends_the_stream_without_an_error() {
    let server = interrupted(204, &[], "").await;
    let (data, failure) = outcome(source(&server)).await;
    assert_eq!(data, ["<7>"]);
    assert!(failure.is_none());
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn an_html_page_is_a_protocol_error_with_its_first_bytes() {
    let page: &'static str = "<html>".repeat(100).leak();
    let server = interrupted(200, &[("content-type", "text/html")], page).await;
    let (data, failure) = outcome(source(&server)).await;
    let failure = failure.unwrap();
    assert_eq!((data.len(), failure.kind()), (1, ErrorKind::Protocol));
    assert_eq!(
        failure.detail(),
        Some(&Detail::Body(page[..200].to_owned()))
    );
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn a_permanent_refusal_ends_the_stream() {
    for (status, kind) in [
        (401, ErrorKind::Auth),
        (403, ErrorKind::Auth),
        (404, ErrorKind::NotFound),
        (410, ErrorKind::Status),
    ] {
        let server = interrupted(status, &[], "").await;
        let (data, failure) = outcome(source(&server)).await;
        let failure = failure.unwrap();
        assert_eq!(data, ["<7>"], "{status}");
        assert_eq!((failure.kind(), failure.status()), (kind, Some(status)));
        assert_eq!(server.received().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn a_retry_after_is_honored() {
    for status in [429, 503] {
        let server = interrupted(status, &[("retry-after", "1")], "").await;
        let states = States::default();
        let (data, failure) = outcome(source(&server).on_state(states.observer())).await;
        assert_eq!(data, ["<7>", "<8>"], "{status}");
        assert!(failure.is_none(), "{status}");
        assert_eq!(states.delays()[1], MS(1000), "{status}");
    }
}

#[tokio::test]
async fn reconnects_until_the_server_is_available_again() {
    for status in [408, 500, 502, 503, 504] {
        let server = interrupted(status, &[], "").await;
        let (data, failure) = outcome(source(&server)).await;
        assert_eq!(data, ["<7>", "<8>"], "{status}");
        assert!(failure.is_none(), "{status}");
    }
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed() {
    for status in [301, 302, 303, 307, 308] {
        let server = interrupted(status, &[("location", "/elsewhere?a=b")], "").await;
        let (data, failure) = outcome(source(&server)).await;
        assert_eq!(data, ["<7>", "<8>"], "{status}");
        assert!(failure.is_none(), "{status}");
        let followed = &server.received()[2];
        assert_eq!(followed.target, "/elsewhere?a=b", "{status}");
        assert_eq!(followed.header("last-event-id"), Some("7"), "{status}");
    }
}

#[tokio::test]
async fn a_redirect_to_another_origin_is_refused_and_receives_no_credentials() {
    let elsewhere = bodies([event(9)]).await;
    let port = elsewhere.url();
    let host = port.replace("127.0.0.1", "localhost");
    let scheme = port.replace("http:", "https:");
    for location in [port, host, scheme] {
        let location: &'static str = location.leak();
        let headers: &'static [(&str, &str)] = vec![("location", location)].leak();
        let server = interrupted(307, headers, "").await;
        let connect = HttpConnect::new(&server.url()).unwrap().header(
            HeaderName::from_static("authorization"),
            HeaderValue::from_static("Bearer secret"),
        );
        let (data, failure) = outcome(EventSource::new(connect).reconnect(fast_retry())).await;
        let failure = failure.unwrap();
        assert_eq!(
            (data.len(), failure.kind()),
            (1, ErrorKind::Protocol),
            "{location}"
        );
        assert!(!format!("{failure:?}").contains("secret"), "{location}");
    }
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn an_idle_connection_is_replaced_without_an_error() {
    let server = ScriptedServer::start(|_, mut exchange| async move {
        if exchange.request.header("last-event-id").is_some() {
            return exchange.respond(204, &[], "").await;
        }
        exchange.start_stream().await;
        exchange.send(event(7)).await;
        exchange.until_closed().await;
    })
    .await;
    let events: Vec<Event> = source(&server)
        .idle_timeout(MS(300))
        .try_collect()
        .await
        .unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(resumed_after(&server).pop(), Some(Some("7".to_owned())));
}

#[tokio::test]
async fn a_compressed_stream_is_read_although_it_was_not_requested() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(event(7).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let server = ScriptedServer::start(move |number, mut exchange| {
        let packed = packed.clone();
        async move {
            if number > 0 {
                return exchange.respond(204, &[], "").await;
            }
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n";
            exchange.send(head).await;
            exchange.send(packed).await;
        }
    })
    .await;
    assert_eq!(outcome(source(&server)).await.0, ["<7>"]);
    let asked = &server.received()[0];
    assert_eq!(asked.header("accept-encoding"), Some("identity"));
}
