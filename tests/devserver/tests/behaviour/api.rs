//! A server and common calls.

use aod_devserver::{Control, DevServer, Generation};
use aod_test_support::raw::{self, Reply, Request};
use serde_json::{Value, json};
use uuid::Uuid;

/// A running server, and a client with the main account's key.
pub(crate) struct Api {
    pub(crate) server: DevServer,
    pub(crate) control: Control,
    generation: Generation,
}

impl Api {
    pub(crate) async fn start(generation: Generation) -> Self {
        let server = DevServer::builder()
            .generation(generation)
            .start()
            .await
            .expect("loopback has a free port");
        let control = server.control();
        Self {
            server,
            control,
            generation,
        }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.send_with(method, path, body, &[]).await
    }

    pub(crate) async fn send_with(
        &self,
        method: &str,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut all = vec![("authorization", "Bearer aod_dev")];
        all.extend_from_slice(headers);
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        raw::send(
            self.server.url(),
            Request {
                method,
                path,
                headers: all,
                body,
            },
        )
        .await
    }

    /// Makes a call with a JSON response. Returns its status and body.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let reply = self.send(method, path, &body).await;
        let status = reply.status;
        let (body, complete) = reply.read().await;
        assert!(complete, "{method} {path} was truncated");
        (
            status,
            serde_json::from_slice(&body).expect("a JSON response"),
        )
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Makes a call that creates a record.
    pub(crate) async fn create(&self, path: &str, body: Value) -> Value {
        let (status, body) = self.call("POST", path, body).await;
        assert!(matches!(status, 201 | 202), "{path}: {status} {body}");
        body
    }

    /// Returns the required fields of an agent in this generation, and additional fields.
    pub(crate) fn agent_fields(&self, more: &Value) -> Value {
        let mut fields = match self.generation {
            Generation::April21 => {
                json!({"name": "Helper", "model": "claude-sonnet-4-6", "runtime": "claude"})
            }
            Generation::April30 => {
                json!({"name": "Helper", "model": "anthropic/claude-sonnet-4-6", "runtime": "claude"})
            }
            Generation::June25 => {
                json!({"name": "Helper", "model": "claude-sonnet-4-6", "provider": "anthropic"})
            }
        };
        let all = fields.as_object_mut().expect("an object");
        all.extend(more.as_object().cloned().unwrap_or_default());
        fields
    }

    /// Creates a session of a new agent.
    pub(crate) async fn session(&self, prompt: &str) -> Uuid {
        let agent = self
            .create("/agents", self.agent_fields(&Value::Null))
            .await;
        self.session_of(&agent, prompt).await
    }

    pub(crate) async fn session_of(&self, agent: &Value, prompt: &str) -> Uuid {
        let session = json!({"agent_id": agent["id"], "prompt": prompt});
        id(&self.create("/sessions", session).await)
    }

    pub(crate) async fn stream(&self, session: Uuid) -> Reply {
        self.send("GET", &stream_path(session), &Value::Null).await
    }

    /// Reads all events of a stream that ends.
    pub(crate) async fn events(&self, session: Uuid) -> Vec<Value> {
        let (body, complete) = self.stream(session).await.read().await;
        assert!(complete, "the stream was truncated");
        parse(&body)
    }

    /// Returns the status of a session and of its turns.
    pub(crate) async fn statuses(&self, session: Uuid) -> (String, Vec<String>) {
        let status = |row: &Value| row["status"].as_str().expect("a status").to_owned();
        let row = self.get(&format!("/sessions/{session}")).await;
        let turns = self.get(&format!("/sessions/{session}/turns")).await;
        let turns = turns["data"]
            .as_array()
            .expect("turns")
            .iter()
            .map(status)
            .collect();
        (status(&row), turns)
    }

    /// Returns the exit code of a session and those of its turns.
    pub(crate) async fn exit_codes(&self, session: Uuid) -> (Value, Vec<Value>) {
        let row = self.get(&format!("/sessions/{session}")).await;
        let turns = self.get(&format!("/sessions/{session}/turns")).await;
        let turns = turns["data"].as_array().expect("turns").iter();
        let codes = turns.map(|turn| turn["exit_code"].clone()).collect();
        (row["exit_code"].clone(), codes)
    }
}

pub(crate) fn stream_path(session: Uuid) -> String {
    format!("/sessions/{session}/stream")
}

pub(crate) fn id(row: &Value) -> Uuid {
    row["id"].as_str().expect("an id").parse().expect("a UUID")
}

/// Parses the JSON of every event.
pub(crate) fn parse(body: &[u8]) -> Vec<Value> {
    let body = std::str::from_utf8(body).expect("streams are ASCII");
    body.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).expect("events are JSON"))
        .collect()
}

/// Returns the types of events in order.
pub(crate) fn types(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["type"].as_str().expect("a type"))
        .collect()
}

/// Returns the agent's output of a stream.
pub(crate) fn output<'a>(events: &'a [Value], stream: &str) -> Vec<&'a str> {
    events
        .iter()
        .filter(|event| event["type"] == "output" && event["stream"] == stream)
        .map(|event| event["data"].as_str().expect("a chunk"))
        .collect()
}

/// Reads from a stream until an event's JSON contains `text`.
pub(crate) async fn read_until(reply: &mut Reply, text: &str) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let chunk = reply
            .chunk()
            .await
            .expect("the stream is open")
            .expect("the stream continues");
        body.extend_from_slice(&chunk);
        if String::from_utf8_lossy(&body).contains(text) && body.ends_with(b"\n\n") {
            return body;
        }
    }
}
