//! The development server reproduces all recorded event streams of real servers byte for byte from the same log.

use std::{collections::BTreeMap, time::Duration};

use aod_devserver::{Action, Control, DevServer, Generation, Script, Source, StageState, Status};
use aod_test_support::raw::{self, Reply, Request};
use aod_test_support::{RecordedStream, recorded_streams};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use uuid::Uuid;

#[tokio::test]
async fn every_finished_stream_has_the_recorded_bytes() {
    let recordings = recordings();
    let finished: Vec<_> = recordings
        .iter()
        .filter(|recording| recording.arrivals.is_empty())
        .collect();
    assert_eq!(finished.len(), 36);
    for recording in finished {
        let world = World::for_session_of(recording, &recordings).await;
        for row in &world.log {
            world.append(row);
        }
        if let Some(end) = world.end.clone() {
            world.end(&end);
        }
        let reply = world.open(recording).await;
        let (body, complete) = reply.read().await;
        assert_eq!(text(&body), world.expected(recording), "{}", recording.name);
        assert!(complete, "{}", recording.name);
        world.server.stop().await;
    }
}

#[tokio::test]
async fn every_live_stream_has_the_recorded_bytes() {
    let recordings = recordings();
    let live: Vec<_> = recordings
        .iter()
        .filter(|recording| !recording.arrivals.is_empty())
        .collect();
    assert_eq!(live.len(), 15);
    for recording in live {
        replay(recording, &recordings).await;
    }
}

#[tokio::test]
async fn events_have_the_recorded_chunks() {
    let recordings = recordings();
    for name in ["s0-two-turns-replay", "s1-two-turns-replay"] {
        let recording = recordings
            .iter()
            .find(|recording| recording.name == name)
            .expect(name);
        let world = World::for_session_of(recording, &recordings).await;
        for row in &world.log {
            world.append(row);
        }
        world.end(&world.end.clone().expect("the session had ended"));

        let address = world.server.url().strip_prefix("http://").expect("http");
        let mut socket = TcpStream::connect(address)
            .await
            .expect("the server listens");
        let request = format!(
            "GET /sessions/{}/stream HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer aod_TEST\r\nconnection: close\r\n\r\n",
            world.session
        );
        socket
            .write_all(request.as_bytes())
            .await
            .expect("the request is sent");
        let mut live = Vec::new();
        socket
            .read_to_end(&mut live)
            .await
            .expect("the response is read");
        let recorded = recorded_streams()
            .into_iter()
            .find(|recording| recording.name == name)
            .and_then(|recording| Some(recording.about["wire"].as_str()?.to_owned()))
            .expect(name);

        let (recorded_head, recorded_chunks) = split_response(&world.rename(&recorded));
        let (live_head, live_chunks) = split_response(text(&live));
        assert_eq!(live_chunks, recorded_chunks, "{name}");
        for (header, value) in &recorded_head {
            // Set by the clock and the web server.
            if header != "date" && header != "server" {
                assert_eq!(live_head.get(header), Some(value), "{name}: {header}");
            }
        }
        world.server.stop().await;
    }
}

/// Opens a stream with the initial rows, then adds rows, heartbeats and the end at the recorded times.
async fn replay(recording: &Recording, all: &[Recording]) {
    let name = &recording.name;
    let world = World::for_session_of(recording, all).await;
    let expected = world.expected(recording);
    let control = world.server.control();
    control.freeze_clock();

    // Rows before the cursor: those of an earlier connection, or one that is written while the cursor is ahead.
    let hidden = world.log.iter().filter(|row| row.id <= recording.cursor);
    hidden.for_each(|row| world.append(row));
    if recording.cursor > 0 && world.log.iter().all(|row| row.id > recording.cursor) {
        world.append(&Row::unseen(recording.cursor));
    }

    let (mut at, mut seen) = recording.arrivals[0];
    let mut received = String::new();
    play(&world, &expected[..seen]);
    let mut reply = world.open(recording).await;
    receive(&mut reply, &mut received, seen, name).await;
    for (next_at, next_seen) in &recording.arrivals[1..] {
        control.advance(Duration::from_secs_f64(next_at - at));
        play(&world, &expected[seen..*next_seen]);
        (at, seen) = (*next_at, *next_seen);
        receive(&mut reply, &mut received, seen, name).await;
        assert_eq!(received, expected[..seen], "{name} after {at} s");
    }
    assert_eq!(received, expected, "{name}");

    match recording.closed_by.as_str() {
        "server, normal end" => assert_eq!(reply.chunk().await, Ok(None), "{name}"),
        "server, without a final chunk" => {
            let path = format!("/sessions/{}/delete", world.session);
            assert_eq!(world.call("DELETE", &path, Vec::new()).await.status, 200);
            assert_eq!(reply.chunk().await, Err(()), "{name}");
        }
        "client" => {
            drop(reply);
            control.streams_open(0).await;
        }
        other => panic!("{name} was closed by {other:?}"),
    }
    world.server.stop().await;
}

/// Writes the rows of events, and ends the session at a terminal event. The clock causes heartbeats and `stale`.
fn play(world: &World, events: &str) {
    for event in parse(events) {
        match event["type"].as_str() {
            Some("stage" | "output") => world.append(&Row::from(event)),
            Some("exit" | "error" | "terminated") => world.end(&event),
            _ => {}
        }
    }
}

async fn receive(reply: &mut Reply, received: &mut String, upto: usize, name: &str) {
    while received.len() < upto {
        let chunk = reply.chunk().await.expect(name).expect(name);
        received.push_str(text(&chunk));
    }
}

/// A server with the session of a recording.
struct World {
    server: DevServer,
    session: Uuid,
    recorded_session: String,
    /// All rows of the session that are in any recording.
    log: Vec<Row>,
    /// The terminal event of the recording, if it contains the end of the session.
    end: Option<Value>,
}

impl World {
    async fn for_session_of(recording: &Recording, all: &[Recording]) -> Self {
        let events = parse(&recording.body);
        let start = &events[0];
        let recorded_session = start["session_id"]
            .as_str()
            .expect("start names the session")
            .to_owned();
        let server = DevServer::builder()
            .generation(recording.generation)
            .token("aod_TEST")
            .start()
            .await
            .expect("loopback has a free port");
        server.control().set_script(Script::manual());
        let mut log: BTreeMap<i64, Row> = BTreeMap::new();
        for other in all
            .iter()
            .filter(|other| other.body.contains(&recorded_session))
        {
            let rows = parse(&other.body).into_iter().filter(is_row).map(Row::from);
            log.extend(rows.map(|row| (row.id, row)));
        }
        let mut world = Self {
            server,
            session: Uuid::nil(),
            recorded_session,
            log: log.into_values().collect(),
            end: events.last().filter(|event| is_end(event)).cloned(),
        };
        let model = match recording.generation {
            Generation::April21 => "claude-sonnet-4-6",
            _ => "anthropic/claude-sonnet-4-6",
        };
        let agent = json!({"name": "Helper", "model": model, "runtime": start["runtime"]});
        let agent = world.create("/agents", &agent).await;
        let session = json!({"agent_id": agent["id"], "prompt": "Say hello"});
        let session = world.create("/sessions", &session).await;
        world.session = session["id"]
            .as_str()
            .expect("an id")
            .parse()
            .expect("a UUID");
        world
    }

    async fn create(&self, path: &str, body: &Value) -> Value {
        let reply = self.call("POST", path, body.to_string().into_bytes()).await;
        let (body, _) = reply.read().await;
        serde_json::from_slice(&body).expect("JSON")
    }

    async fn call(&self, method: &str, path: &str, body: Vec<u8>) -> Reply {
        let headers = vec![("Authorization", "Bearer aod_TEST")];
        raw::send(
            self.server.url(),
            Request {
                method,
                path,
                headers,
                body,
            },
        )
        .await
    }

    async fn open(&self, recording: &Recording) -> Reply {
        let path = self.rename(&recording.path);
        let headers = recording
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let request = Request {
            method: "GET",
            path: &path,
            headers,
            body: Vec::new(),
        };
        let reply = raw::send(self.server.url(), request).await;
        assert_eq!(reply.status, 200, "{}", recording.name);
        for (name, value) in &recording.response_headers {
            assert_eq!(
                reply.header(name),
                Some(value.as_str()),
                "{}: {name}",
                recording.name
            );
        }
        reply
    }

    /// Replaces the session's ID in recorded text by the live one, which has the same length.
    fn rename(&self, recorded: &str) -> String {
        recorded.replace(&self.recorded_session, &self.session.to_string())
    }

    fn expected(&self, recording: &Recording) -> String {
        self.rename(&recording.body)
    }

    fn act(&self, action: Action) {
        let control: Control = self.server.control();
        control
            .act(self.session, action)
            .expect("the session exists");
    }

    fn append(&self, row: &Row) {
        self.act(row.action.clone());
    }

    fn end(&self, event: &Value) {
        let (status, exit_code) = match event["type"].as_str() {
            Some("terminated") => (Status::Terminated, None),
            Some("error") => (Status::Failed, None),
            Some("exit") if event["code"] == 0 => (Status::Completed, Some(0)),
            Some("exit") => (Status::Failed, event["code"].as_i64()),
            // The status of a stale session does not change.
            _ => (Status::Running, None),
        };
        self.act(Action::SetStatus { status, exit_code });
    }
}

/// A log row, as in an event.
struct Row {
    id: i64,
    action: Action,
}

impl Row {
    /// A row before the cursor.
    fn unseen(id: i64) -> Self {
        let (stream, data) = (Source::Stdout, "never sent\n".to_owned());
        Self {
            id,
            action: Action::Output {
                stream,
                data,
                turn: Some(1),
                id: Some(id),
            },
        }
    }
}

impl From<Value> for Row {
    fn from(event: Value) -> Self {
        let id = event["id"].as_i64().expect("rows have ids");
        let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
        let action = if event["type"] == "output" {
            Action::Output {
                stream: if event["stream"] == "stderr" {
                    Source::Stderr
                } else {
                    Source::Stdout
                },
                data: text("data"),
                turn: event["turn"].as_i64(),
                id: Some(id),
            }
        } else {
            Action::Stage {
                stage: text("stage"),
                state: match text("state").as_str() {
                    "started" => StageState::Started,
                    "done" => StageState::Done,
                    _ => StageState::Failed,
                },
                duration_ms: event["duration_ms"].as_i64().unwrap_or_default(),
                message: text("message"),
                id: Some(id),
            }
        };
        Self { id, action }
    }
}

fn is_row(event: &Value) -> bool {
    event["type"] == "stage" || event["type"] == "output"
}

fn is_end(event: &Value) -> bool {
    ["exit", "error", "terminated"]
        .iter()
        .any(|kind| event["type"] == *kind)
}

/// Parses the JSON of every complete event.
fn parse(stream: &str) -> Vec<Value> {
    stream
        .split("\n\n")
        .filter_map(|block| block.lines().find_map(|line| line.strip_prefix("data: ")))
        .map(|data| serde_json::from_str(data).expect("events are JSON"))
        .collect()
}

/// A recorded stream and its metadata.
struct Recording {
    name: String,
    generation: Generation,
    path: String,
    headers: Vec<(String, String)>,
    response_headers: Vec<(String, String)>,
    cursor: i64,
    body: String,
    closed_by: String,
    /// Seconds since the request and bytes received so far. Only for live streams.
    arrivals: Vec<(f64, usize)>,
}

fn recordings() -> Vec<Recording> {
    recorded_streams().into_iter().map(recording).collect()
}

fn recording(RecordedStream { name, body, about }: RecordedStream) -> Recording {
    assert_eq!(Some(body.len() as u64), about["bytes"].as_u64(), "{name}");
    let pairs = |field: &str| -> Vec<(String, String)> {
        let object = about[field].as_object().expect("headers");
        object
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().expect("a header").to_owned()))
            .collect()
    };
    let arrivals = about["arrivals"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|arrival| {
            let seen = arrival[1].as_u64().expect("bytes");
            (
                arrival[0].as_f64().expect("seconds"),
                usize::try_from(seen).expect("few bytes"),
            )
        });
    Recording {
        generation: if about["server"] == "S0" {
            Generation::April21
        } else {
            Generation::April30
        },
        path: about["path"].as_str().expect("a path").to_owned(),
        headers: pairs("request_headers"),
        response_headers: pairs("response_headers"),
        cursor: about["cursor"].as_i64().expect("a cursor"),
        closed_by: about["closed_by"].as_str().expect("who closed").to_owned(),
        arrivals: arrivals.collect(),
        body,
        name,
    }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("streams are ASCII")
}

/// Returns headers by lower-case name, and the chunks of the body, including the empty last one.
fn split_response(response: &str) -> (BTreeMap<String, String>, Vec<String>) {
    let (head, mut rest) = response.split_once("\r\n\r\n").expect("a head");
    let headers = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let mut chunks = Vec::new();
    while let Some((size, tail)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a chunk's size");
        chunks.push(tail[..size].to_owned());
        if size == 0 {
            break;
        }
        rest = &tail[size + 2..];
    }
    (headers, chunks)
}
