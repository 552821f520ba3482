//! The effect of each fault.

use std::{io::Read as _, sync::Arc, time::Duration};

use aod_devserver::{Action, CutHow, EchoForm, Effect, Fault, Generation, Script, Source};
use flate2::read::GzDecoder;
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use uuid::Uuid;

use crate::api::{Api, parse, read_until, stream_path, types};

const STREAM: &str = "/sessions/*/stream";

/// A server with a finished session that has three outputs.
async fn finished() -> (Api, Uuid) {
    let api = Api::start(Generation::April21).await;
    api.control
        .set_script(Script::new().stdout("one").stdout("two").stdout("three"));
    let session = api.session("x").await;
    api.events(session).await;
    (api, session)
}

fn plan(api: &Api, path: &str, effect: Effect) {
    api.control
        .plan_fault(Fault::on("GET", path, effect))
        .expect("the fault is valid");
}

fn fields(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(map) => map,
        other => panic!("{other} is not an object"),
    }
}

async fn body_of(api: &Api, session: Uuid) -> (Vec<u8>, bool) {
    api.stream(session).await.read().await
}

#[tokio::test]
async fn cuts_a_body_at_the_given_byte_in_the_given_way() {
    let (api, session) = finished().await;
    let (whole, _) = body_of(&api, session).await;
    for after_bytes in [0, 1, 100, 104, whole.len() - 1] {
        for (how, ends_properly) in [
            (CutHow::Close, false),
            (CutHow::Reset, false),
            (CutHow::End, true),
        ] {
            plan(&api, STREAM, Effect::Cut { after_bytes, how });
            let (body, complete) = body_of(&api, session).await;
            assert_eq!(body, whole[..after_bytes], "{how:?} after {after_bytes}");
            assert_eq!(complete, ends_properly, "{how:?} after {after_bytes}");
        }
    }
    plan(
        &api,
        "/agents",
        Effect::Cut {
            after_bytes: 5,
            how: CutHow::Close,
        },
    );
    let (body, complete) = api.send("GET", "/agents", &Value::Null).await.read().await;
    assert_eq!((body.as_slice(), complete), (&b"{\"dat"[..], false));
}

/// The raw result of a request: the received bytes, and how the connection ended.
async fn raw(api: &Api, path: &str) -> (Vec<u8>, Result<usize, std::io::ErrorKind>) {
    let address = api.server.url().strip_prefix("http://").expect("http");
    let mut socket = TcpStream::connect(address)
        .await
        .expect("the server listens");
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer aod_dev\r\nconnection: close\r\n\r\n"
    );
    socket
        .write_all(request.as_bytes())
        .await
        .expect("the request is sent");
    let mut bytes = Vec::new();
    let ended = socket.read_to_end(&mut bytes).await;
    (bytes, ended.map_err(|error| error.kind()))
}

#[tokio::test]
async fn distinguishes_a_reset_from_a_close() {
    let (api, session) = finished().await;
    let path = stream_path(session);
    plan(
        &api,
        STREAM,
        Effect::Cut {
            after_bytes: 200,
            how: CutHow::Reset,
        },
    );
    assert_eq!(
        raw(&api, &path).await.1,
        Err(std::io::ErrorKind::ConnectionReset)
    );
    plan(
        &api,
        STREAM,
        Effect::Cut {
            after_bytes: 200,
            how: CutHow::Close,
        },
    );
    assert!(raw(&api, &path).await.1.is_ok());
    plan(&api, STREAM, Effect::Drop { reset: false });
    assert_eq!(raw(&api, &path).await, (Vec::new(), Ok(0)));
    plan(&api, STREAM, Effect::Drop { reset: true });
    assert_eq!(
        raw(&api, &path).await.1,
        Err(std::io::ErrorKind::ConnectionReset)
    );
}

#[tokio::test]
async fn a_dropped_request_has_no_effect_and_one_dropped_after_serving_has() {
    let (api, _) = finished().await;
    for (name, effect, created) in [
        ("lost", Effect::Drop { reset: false }, 0),
        ("kept", Effect::DropAfterServing { reset: false }, 1),
    ] {
        api.control
            .plan_fault(Fault::on("POST", "/environments", effect))
            .expect("the fault is valid");
        let address = api.server.url().strip_prefix("http://").expect("http");
        let mut socket = TcpStream::connect(address)
            .await
            .expect("the server listens");
        let body = json!({"name": name}).to_string();
        let request = format!(
            "POST /environments HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer aod_dev\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        socket
            .write_all(request.as_bytes())
            .await
            .expect("the request is sent");
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.expect("a proper end");
        assert!(answer.is_empty());
        let list = api.get("/environments").await;
        assert_eq!(
            list["data"].as_array().map(Vec::len),
            Some(created),
            "{name}"
        );
    }
}

#[tokio::test]
async fn returns_another_status_as_often_as_planned() {
    let (api, _) = finished().await;
    let effect = Effect::Status {
        status: 503,
        headers: [("retry-after".to_owned(), "2".to_owned())].into(),
        body: "busy".to_owned(),
    };
    let fault = Fault::on("GET", "/agents", effect).skip(1).times(2);
    api.control.plan_fault(fault).expect("the fault is valid");
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let reply = api.send("GET", "/agents", &Value::Null).await;
        assert_eq!(
            reply.header("retry-after"),
            (reply.status == 503).then_some("2")
        );
        statuses.push(reply.status);
    }
    assert_eq!(statuses, [200, 503, 503, 200]);
}

#[tokio::test]
async fn redirects() {
    let (api, _) = finished().await;
    plan(
        &api,
        "/agents",
        Effect::Redirect {
            status: 302,
            location: "http://other.example/".to_owned(),
        },
    );
    let reply = api.send("GET", "/agents", &Value::Null).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (302, Some("http://other.example/"))
    );
}

#[tokio::test]
async fn delays_a_response_on_the_servers_clock() {
    let (api, _) = finished().await;
    api.control.freeze_clock();
    plan(&api, "/agents", Effect::Delay { ms: 5_000 });
    let answer = api.get("/agents");
    tokio::pin!(answer);
    let mut advanced = 0;
    loop {
        tokio::select! {
            biased;
            _ = &mut answer => break,
            () = tokio::task::yield_now() => {
                advanced += 1;
                api.control.advance(Duration::from_secs(1));
            }
        }
    }
    assert!(advanced >= 5, "answered after {advanced} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_counted_is_answered_after_its_delay() {
    const DELAY: Duration = Duration::from_secs(1);

    let api = Arc::new(Api::start(Generation::April21).await);
    api.control.freeze_clock();
    for round in 1..=100 {
        let fault = Fault::on("GET", "/agents", Effect::Delay { ms: 1_000 }).times(20);
        api.control.plan_fault(fault).expect("the fault is valid");
        let before = api.control.stats().requests;
        let answers: Vec<_> = (0..20)
            .map(|_| {
                let api = Arc::clone(&api);
                tokio::spawn(async move { api.get("/agents").await })
            })
            .collect();
        api.control.requests_received(before + 20).await;
        api.control.advance(DELAY);
        for answer in answers {
            let answer = tokio::time::timeout(Duration::from_secs(60), answer).await;
            let page = answer.unwrap_or_else(|_| panic!("no answer in round {round}"));
            assert_eq!(page.expect("the task ends")["data"], json!([]));
        }
    }
}

#[tokio::test]
async fn stalls_after_some_bytes_with_the_connection_open() {
    let (api, session) = finished().await;
    plan(
        &api,
        STREAM,
        Effect::Stall {
            after_bytes: Some(30),
        },
    );
    let mut reply = api.stream(session).await;
    let mut body = Vec::new();
    while body.len() < 30 {
        body.extend_from_slice(&reply.chunk().await.expect("bytes").expect("bytes"));
    }
    assert_eq!(body, b"data: {\"type\": \"start\", \"runti");
    assert_eq!(api.control.stats().open_streams, 1);
    drop(reply);
    api.control.streams_open(0).await;
}

#[tokio::test]
async fn sends_the_same_bytes_in_small_chunks() {
    let (api, session) = finished().await;
    let (whole, _) = body_of(&api, session).await;
    plan(
        &api,
        STREAM,
        Effect::Drip {
            bytes: 3,
            every_ms: 0,
        },
    );
    let mut reply = api.stream(session).await;
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await.expect("the body continues") {
        assert!(chunk.len() <= 3);
        body.extend_from_slice(&chunk);
    }
    assert_eq!(body, whole);
}

#[tokio::test]
async fn compresses_a_live_stream() {
    let (api, session) = finished().await;
    let (whole, _) = body_of(&api, session).await;
    plan(&api, STREAM, Effect::Gzip {});
    let reply = api.stream(session).await;
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    let (body, complete) = reply.read().await;
    let mut text = Vec::new();
    GzDecoder::new(body.as_slice())
        .read_to_end(&mut text)
        .expect("gzip");
    assert_eq!((text, complete), (whole, true));
}

#[tokio::test]
async fn changes_the_content_type() {
    let (api, session) = finished().await;
    plan(
        &api,
        STREAM,
        Effect::ContentType {
            value: "text/html".to_owned(),
        },
    );
    assert_eq!(
        api.stream(session).await.header("content-type"),
        Some("text/html")
    );
}

#[tokio::test]
async fn merges_fields_into_resources_lists_and_events() {
    let (api, session) = finished().await;
    let merge = |event_type: Option<&str>| Effect::Merge {
        fields: fields(json!({"status": "hibernating", "x_new": {"a": 1}})),
        event_type: event_type.map(str::to_owned),
    };
    plan(&api, "/sessions*", merge(None));
    let one = api.get(&format!("/sessions/{session}")).await;
    assert_eq!(
        (&one["status"], &one["x_new"]["a"]),
        (&json!("hibernating"), &json!(1))
    );
    plan(&api, "/sessions", merge(None));
    assert_eq!(
        api.get("/sessions").await["data"][0]["status"],
        "hibernating"
    );
    plan(&api, STREAM, merge(Some("output")));
    for event in api.events(session).await {
        assert_eq!(event.get("x_new").is_some(), event["type"] == "output");
    }
}

#[tokio::test]
async fn truncates_json() {
    let (api, session) = finished().await;
    plan(&api, "/agents", Effect::MalformedJson { event: 0 });
    let (body, complete) = api.send("GET", "/agents", &Value::Null).await.read().await;
    assert!(complete && serde_json::from_slice::<Value>(&body).is_err());

    plan(&api, STREAM, Effect::MalformedJson { event: 1 });
    let (body, _) = body_of(&api, session).await;
    let text = String::from_utf8(body).expect("text");
    let broken: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .enumerate()
        .filter(|(_, data)| serde_json::from_str::<Value>(data).is_err())
        .map(|(index, _)| index)
        .collect();
    assert_eq!(broken, [1]);
}

#[tokio::test]
async fn inserts_raw_text_doubles_events_and_ends_lines_with_crlf() {
    let (api, session) = finished().await;
    plan(
        &api,
        STREAM,
        Effect::Insert {
            before_event: 1,
            text: "retry: 0\n\n".to_owned(),
        },
    );
    let (body, _) = body_of(&api, session).await;
    let blocks: Vec<_> = std::str::from_utf8(&body)
        .expect("text")
        .split("\n\n")
        .collect();
    assert_eq!(blocks[1], "retry: 0");

    let events = api.events(session).await;
    plan(&api, STREAM, Effect::Duplicate {});
    let doubled: Vec<Value> = events
        .iter()
        .flat_map(|event| [event.clone(), event.clone()])
        .collect();
    assert_eq!(api.events(session).await, doubled);

    let (whole, _) = body_of(&api, session).await;
    plan(&api, STREAM, Effect::Crlf {});
    let (body, _) = body_of(&api, session).await;
    let whole = String::from_utf8(whole)
        .expect("text")
        .replace('\n', "\r\n");
    assert_eq!(String::from_utf8(body).expect("text"), whole);
}

#[tokio::test]
async fn cuts_a_stream_after_events() {
    let (api, session) = finished().await;
    let events = api.events(session).await;
    for count in 1..events.len() {
        plan(
            &api,
            STREAM,
            Effect::CutAfterEvents {
                events: count,
                how: CutHow::Close,
            },
        );
        let (body, complete) = body_of(&api, session).await;
        assert!(!complete);
        assert_eq!(parse(&body), events[..count]);
    }
}

#[tokio::test]
async fn ignores_the_cursor_or_repeats_the_row_at_it() {
    let (api, session) = finished().await;
    let events = api.events(session).await;
    let outputs: Vec<_> = events
        .iter()
        .filter(|event| event["type"] == "output")
        .collect();
    let since = format!("{}?since={}", stream_path(session), outputs[1]["id"]);
    let resumed = async || parse(&api.send("GET", &since, &Value::Null).await.read().await.0);
    assert_eq!(
        types(&resumed().await),
        ["start", "turn_start", "output", "exit"]
    );
    plan(&api, STREAM, Effect::RepeatAtCursor {});
    assert_eq!(
        types(&resumed().await),
        ["start", "turn_start", "output", "output", "exit"]
    );
    plan(&api, STREAM, Effect::ReplayAll {});
    assert_eq!(resumed().await, events);
}

#[tokio::test]
async fn an_abandoned_stream_does_not_affect_others() {
    let api = Api::start(Generation::April21).await;
    api.control.set_script(Script::manual());
    let session = api.session("x").await;
    drop(api.stream(session).await);
    api.control.streams_open(0).await;
    let mut stream = api.stream(session).await;
    let (stream_of, data) = (Source::Stdout, "alive".to_owned());
    let action = Action::Output {
        stream: stream_of,
        data,
        turn: Some(1),
        id: None,
    };
    api.control
        .act(session, action)
        .expect("the session exists");
    read_until(&mut stream, "alive").await;
}

#[tokio::test]
async fn echoes_a_request_in_every_form() {
    let api = Api::start(Generation::April21).await;
    for form in EchoForm::ALL {
        plan(&api, "/health", Effect::Echo { status: 418, form });
        let reply = api.send("GET", "/health", &Value::Null).await;
        assert_eq!(reply.status, 418, "{form:?}");
        assert!(
            reply
                .header("x-request-id")
                .is_some_and(|headers| headers.contains("Bearer aod_dev"))
        );
        let (body, _) = reply.read().await;
        let body = String::from_utf8(body).expect("UTF-8");
        assert!(
            body.contains("authorization") && body.contains("Bearer"),
            "{form:?}: {body}"
        );
    }
}
