//! The cases that web-platform-tests has for the `EventSource` of browsers, as bytes on a socket. The rules are those of
//! that suite; the data is different. Cases about scripts, such as event handlers, workers and CORS, do not apply.

use std::time::Duration;

use aod::sse::{Event, EventSource, HttpConnect, ReadyState, Reconnect};
use aod::{Error, ErrorKind};
use aod_test_support::{Exchange, ScriptedServer};
use futures::StreamExt;

const HEAD: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream";

async fn respond(mut exchange: Exchange, head: &str, body: &[u8]) {
    exchange.send(format!("{head}\r\n\r\n")).await;
    exchange.send(body).await;
    exchange.close().await;
}

fn fast() -> Reconnect {
    Reconnect::new().base_delay(Duration::ZERO)
}

/// What a source delivered until it ended.
struct Read {
    events: Vec<Event>,
    failure: Option<Error>,
    retry: Option<Duration>,
}

impl Read {
    fn data(&self) -> Vec<&str> {
        self.events
            .iter()
            .map(|event| event.data.as_str())
            .collect()
    }
}

/// Reads until the source ends, with the policy of the standard: any number of attempts.
async fn read_from(server: &ScriptedServer) -> Read {
    let mut source = EventSource::new(HttpConnect::new(&server.url()).unwrap()).reconnect(fast());
    let (mut events, mut failure) = (Vec::new(), None);
    while let Some(event) = source.next().await {
        match event {
            Ok(event) => events.push(event),
            Err(error) => failure = Some(error),
        }
    }
    assert_eq!(source.ready_state(), ReadyState::Closed);
    let retry = source.retry();
    Read {
        events,
        failure,
        retry,
    }
}

/// Serves a body once, then 204, which ends the source.
async fn serve(head: impl Into<String>, body: impl AsRef<[u8]>) -> ScriptedServer {
    let (head, body) = (head.into(), body.as_ref().to_vec());
    ScriptedServer::start(move |number, exchange| {
        let (head, body) = (head.clone(), body.clone());
        async move {
            match number {
                0 => respond(exchange, &head, &body).await,
                _ => exchange.respond(204, &[], "").await,
            }
        }
    })
    .await
}

async fn read(body: impl AsRef<[u8]>) -> Read {
    let read = read_from(&serve(HEAD, body).await).await;
    assert!(read.failure.is_none(), "{:?}", read.failure);
    read
}

/// Reads a body, and returns the data of its events.
async fn data(body: impl AsRef<[u8]>) -> Vec<String> {
    let read = read(body).await;
    read.data().into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_byte_order_mark_is_removed_at_the_start_only() {
    let body = "\u{feff}data: start\n\n\u{feff}data: middle\n\ndata: \u{feff}end\n\n";
    assert_eq!(data(body).await, ["start", "\u{feff}end"]);
}

#[tokio::test]
async fn a_second_byte_order_mark_is_part_of_the_first_field() {
    let body = "\u{feff}\u{feff}data: hidden\n\ndata: shown\n\n";
    assert_eq!(data(body).await, ["shown"]);
}

#[tokio::test]
async fn comments_are_ignored_wherever_and_however_long_they_are() {
    let long = "x".repeat(3000);
    let body = format!("data:a\r:\0\n:\r\ndata:b\n:{long}\r:data:no\n:\r\ndata:c\n:\n\n: e\n\n");
    assert_eq!(data(body).await, ["a\nb\nc"]);
}

#[tokio::test]
async fn data_without_a_blank_line_after_it_is_discarded_at_the_end_of_the_body() {
    assert_eq!(data("retry:1\ndata:kept\n\ndata:lost").await, ["kept"]);
    assert_eq!(data("data:kept\n\nid:5\ndata:lost\n").await, ["kept"]);
}

#[tokio::test]
async fn an_empty_data_field_is_an_event_and_none_is_not() {
    let body = "data:\n\ndata\ndata\n\nevent:none\nid:1\n\n\n\ndata:x\n\n";
    assert_eq!(data(body).await, ["", "\n", "x"]);
}

#[tokio::test]
async fn the_event_field_names_the_type_of_one_event() {
    let body = "event:tick\ndata:1\n\nevent: \ndata:2\n\nevent:a\nevent: b c\ndata:3\n\ndata:4\n\nevent:é\ndata:5\n\n";
    let read = read(body).await;
    let types: Vec<_> = read
        .events
        .iter()
        .map(|event| event.event.as_str())
        .collect();
    assert_eq!(types, ["tick", "message", "b c", "message", "é"]);
}

#[tokio::test]
async fn the_names_of_fields_are_compared_exactly() {
    let body = concat!(
        "data:one\0\n",
        "data:  two\r",
        "Data:no\n",
        "DATA: no\r\n",
        "data\0:no\n",
        "\0data:no\r",
        " data:no\n",
        "data :no\n",
        "da-ta:no\r",
        "data_no\n",
        "justtext:no\n",
        "data:three\r\n",
        "\n",
    );
    assert_eq!(data(body).await, ["one\0\n two\nthree"]);
}

#[tokio::test]
async fn one_space_after_the_colon_is_removed_and_nothing_else() {
    let body = "data:\tx\ndata: \ty\ndata:z\ndata: \ndata:\u{a0}n\ndata:  \n\n";
    assert_eq!(data(body).await, ["\tx\n\ty\nz\n\n\u{a0}n\n "]);
}

#[tokio::test]
async fn unknown_fields_are_ignored() {
    let body = "data:a\n cookie:x\nfoo:bar\ncomment\ndata\ndata:b\nforeign:data\n\n";
    assert_eq!(data(body).await, ["a\n\nb"]);
}

#[tokio::test]
async fn every_line_ending_ends_a_line() {
    let body = "data:a\r\ndata:b\ndata:c\r\n\r\n\r\rdata:d\n\rdata:e\r\r\ndata:f\n\n";
    assert_eq!(data(body).await, ["a\nb\nc", "d", "e", "f"]);
    // Other line separators of Unicode are text.
    let body = "data:a\u{85}b\u{2028}c\u{b}d\u{c}e\n\n";
    assert_eq!(data(body).await, ["a\u{85}b\u{2028}c\u{b}d\u{c}e"]);
}

#[tokio::test]
async fn a_null_character_is_data() {
    assert_eq!(data("data:\0\n\n\n\n").await, ["\0"]);
}

#[tokio::test]
async fn the_text_is_utf_8_regardless_of_the_charset() {
    let head = format!("{HEAD}; charset=windows-1252");
    let body = [
        b"data:\xC3\xA9\xE2\x82\xAC ok\n\n".as_slice(),
        b"data:\xE9|\xF0\x9F\n\n",
    ];
    let server = serve(head, body.concat()).await;
    let read = read_from(&server).await;
    assert_eq!(read.data(), ["é€ ok", "\u{fffd}|\u{fffd}"]);
}

#[tokio::test]
async fn retry_sets_the_reconnection_time_if_it_has_only_digits() {
    for (lines, milliseconds) in [
        ("retry:120", Some(120)),
        ("retry: 007", Some(7)),
        ("retry:120\nretry:250", Some(250)),
        ("retry:120\nretry:1e3", Some(120)),
        ("retry:120\nretry:90x", Some(120)),
        ("retry:120\nretry:-5", Some(120)),
        ("retry:120\nretry: +5", Some(120)),
        ("retry:120\nretry:  5", Some(120)),
        ("retry:120\nretry:٣", Some(120)),
        ("retry:120\nretry", Some(120)),
        ("retry:120\nretry:", Some(120)),
        ("Retry:120", None),
        ("retry", None),
    ] {
        let read = read(format!("{lines}\ndata:x\n\n")).await;
        let expected = milliseconds.map(Duration::from_millis);
        assert_eq!(
            (read.data(), read.retry),
            (vec!["x"], expected),
            "{lines:?}"
        );
    }
}

/// Serves these bodies one after another, then 204. Returns the header of each request but the first.
async fn ids_sent(bodies: Vec<&'static str>) -> (Vec<Option<String>>, Vec<String>) {
    let server = ScriptedServer::start(move |number, exchange| {
        let body = bodies.get(number).copied();
        async move {
            match body {
                Some(body) => respond(exchange, HEAD, body.as_bytes()).await,
                None => exchange.respond(204, &[], "").await,
            }
        }
    })
    .await;
    let read = read_from(&server).await;
    assert!(read.failure.is_none(), "{:?}", read.failure);
    let mut sent: Vec<_> = server
        .received()
        .iter()
        .map(|request| request.header("last-event-id").map(str::to_owned))
        .collect();
    assert_eq!(sent.remove(0), None, "the first request has no id");
    (
        sent,
        read.events.into_iter().map(|event| event.id).collect(),
    )
}

fn some(ids: &[&str]) -> Vec<Option<String>> {
    ids.iter()
        .map(|id| (!id.is_empty()).then(|| (*id).to_owned()))
        .collect()
}

#[tokio::test]
async fn the_last_event_id_is_sent_with_each_reconnect() {
    let (sent, seen) = ids_sent(vec!["id:row-1\ndata:a\n\n", "data:b\n\n"]).await;
    assert_eq!(sent, some(&["row-1", "row-1"]));
    assert_eq!(seen, ["row-1", "row-1"]);
}

#[tokio::test]
async fn the_last_event_id_is_sent_in_utf_8() {
    let (sent, seen) = ids_sent(vec!["id:…—日\u{1f600}\ndata:a\n\n"]).await;
    assert_eq!(sent, some(&["…—日\u{1f600}"]));
    assert_eq!(seen, ["…—日\u{1f600}"]);
}

#[tokio::test]
async fn an_id_holds_for_later_events_until_another_one_or_an_empty_one() {
    let body = "id:1\ndata:a\n\ndata:b\n\nid\ndata:c\n\nid: 2\ndata:d\n\nid:\ndata:e\n\n";
    let (sent, seen) = ids_sent(vec![body, "id:3\n\ndata:f\n\n", "id:\n\n"]).await;
    assert_eq!(seen, ["1", "1", "", "2", "", "3"]);
    assert_eq!(sent, some(&["", "3", ""]), "no header for an empty id");
}

#[tokio::test]
async fn an_id_with_a_null_character_is_ignored() {
    for line in ["id:\0", "id:a\0b", "id: \0a", "id:a\0"] {
        let body: &'static str = format!("{line}\ndata:x\n\n").leak();
        let (sent, seen) = ids_sent(vec![body, "id:1\ndata:y\n\n", body]).await;
        assert_eq!(seen, ["", "1", "1"], "{line:?}");
        assert_eq!(sent, some(&["", "1", "1"]), "{line:?}");
    }
}

#[tokio::test]
async fn an_id_of_an_incomplete_event_is_not_used() {
    let (sent, _) = ids_sent(vec!["id:1\ndata:a\n\nid:2\ndata:b"]).await;
    assert_eq!(sent, some(&["1"]));
}

#[tokio::test]
async fn the_content_type_must_be_an_event_stream_with_any_parameters() {
    for accepted in [
        "text/event-stream",
        "TEXT/Event-Stream",
        "text/event-stream;",
        "text/event-stream;charset=utf-8",
        " text/event-stream ;\tq=\",\" ; x",
        "text/html, text/event-stream",
        "text/event-stream, x bogus",
        "text/event-stream, */*",
        "text/html\r\ncontent-type: text/event-stream",
    ] {
        let head = HEAD.replace(" text/event-stream", accepted);
        let read = read_from(&serve(head, "data:x\n\n").await).await;
        assert_eq!(read.data(), ["x"], "{accepted:?}");
    }
    for refused in [
        "",
        "text/html",
        "text/x-bogus",
        "x bogus",
        "text/event-stream-x",
        "text /event-stream",
        "text/event-stream x",
        "application/event-stream",
        "text/event-stream, text/html",
        "text/event-stream\r\ncontent-type: text/html",
    ] {
        let head = HEAD.replace(" text/event-stream", refused);
        let server = serve(head, "data:x\n\n").await;
        let read = read_from(&server).await;
        let kind = read.failure.map(|error| error.kind());
        assert_eq!(kind, Some(ErrorKind::Protocol), "{refused:?}");
        assert_eq!((read.events.len(), server.received().len()), (0, 1));
    }
    let head = HEAD.replace("\r\ncontent-type: text/event-stream", "");
    let read = read_from(&serve(head, "data:x\n\n").await).await;
    assert!(read.failure.is_some(), "no content type");
}

#[tokio::test]
async fn any_status_but_200_ends_the_source_at_once() {
    for status in [
        201, 202, 204, 205, 206, 210, 299, 300, 304, 305, 400, 401, 404, 408, 410, 429, 500, 502,
        503, 504, 599,
    ] {
        let server = ScriptedServer::start(move |_, exchange| {
            let headers = [("content-type", "text/event-stream")];
            exchange_respond(exchange, status, headers)
        })
        .await;
        let read = read_from(&server).await;
        assert_eq!(
            (read.events.len(), server.received().len()),
            (0, 1),
            "{status}"
        );
        let failed = read.failure.and_then(|error| error.status());
        assert_eq!(failed, (status != 204).then_some(status), "{status}");
    }
}

async fn exchange_respond(
    exchange: Exchange,
    status: u16,
    headers: [(&'static str, &'static str); 1],
) {
    let body = if matches!(status, 204 | 205 | 304) {
        ""
    } else {
        "data: x\n\n"
    };
    exchange.respond(status, &headers, body).await;
}

#[tokio::test]
async fn a_status_ends_the_source_on_a_reconnect_too() {
    let server = ScriptedServer::start(|number, exchange| async move {
        match number {
            0 => respond(exchange, HEAD, b"data:x\n\n").await,
            _ => exchange.respond(500, &[], "").await,
        }
    })
    .await;
    let read = read_from(&server).await;
    assert_eq!((read.data(), server.received().len()), (vec!["x"], 2));
    assert_eq!(read.failure.and_then(|error| error.status()), Some(500));
}

#[tokio::test]
async fn a_broken_connection_before_the_response_is_retried() {
    let server = ScriptedServer::start(|number, exchange| async move {
        match number {
            0 => exchange.close().await,
            1 => exchange.reset(),
            2 => respond(exchange, HEAD, b"data:x\n\n").await,
            _ => exchange.respond(204, &[], "").await,
        }
    })
    .await;
    assert_eq!(read_from(&server).await.data(), ["x"]);
}

#[tokio::test]
async fn the_request_asks_for_an_event_stream_that_is_not_cached() {
    let server = serve(HEAD, "id:1\ndata:x\n\n").await;
    read_from(&server).await;
    assert_eq!(server.received().len(), 2);
    for request in server.received() {
        assert_eq!(request.method, "GET");
        assert_eq!(request.header("accept"), Some("text/event-stream"));
        assert_eq!(request.header("cache-control"), Some("no-cache"));
    }
}

#[tokio::test]
async fn redirects_are_followed_with_every_header() {
    for status in [301, 302, 303, 307, 308] {
        let server = ScriptedServer::start(move |_, exchange| async move {
            let has_id = exchange.request.header("last-event-id").is_some();
            match (exchange.request.target.as_str(), has_id) {
                ("/", _) => {
                    exchange
                        .respond(status, &[("location", "/b?c#d")], "")
                        .await;
                }
                (_, false) => respond(exchange, HEAD, b"id:1\ndata:x\n\n").await,
                (_, true) => exchange.respond(204, &[], "").await,
            }
        })
        .await;
        assert_eq!(read_from(&server).await.data(), ["x"], "{status}");
        let received = server.received();
        let targets: Vec<_> = received
            .iter()
            .map(|request| request.target.as_str())
            .collect();
        assert_eq!(targets, ["/", "/b?c", "/", "/b?c"], "{status}");
        for request in &received {
            assert_eq!(request.header("accept"), Some("text/event-stream"));
        }
        let ids: Vec<_> = received
            .iter()
            .map(|request| request.header("last-event-id"))
            .collect();
        assert_eq!(ids, [None, None, Some("1"), Some("1")], "{status}");
    }
}

#[tokio::test]
async fn a_redirect_without_a_target_ends_the_source() {
    let server = ScriptedServer::start(|_, exchange| exchange.respond(302, &[], "")).await;
    let read = read_from(&server).await;
    assert_eq!(read.failure.and_then(|error| error.status()), Some(302));
    assert_eq!(server.received().len(), 1);
}
