//! The log of a session, and the bytes that a server sends for it.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// The log of a session, with its terminal event.
pub(crate) struct Log {
    pub(crate) start: Event,
    pub(crate) items: Vec<Item>,
    pub(crate) end: Event,
    /// Whether `turn_start` has an `id:` line, as on servers of 2026-04-21.
    pub(crate) turn_start_line: bool,
}

/// An entry of a log.
pub(crate) enum Item {
    /// A row, whose JSON has an `id` and optionally a `turn`.
    Row(Event),
    /// A heartbeat.
    Heartbeat,
}

/// An event and its serialized form.
#[derive(Clone)]
pub(crate) struct Event {
    pub(crate) json: Value,
    text: String,
}

impl Event {
    pub(crate) fn parse(text: &str) -> Self {
        Self {
            json: serde_json::from_str(text).expect("every event is JSON"),
            text: text.to_owned(),
        }
    }

    fn turn_start(id: i64, turn: i64) -> Self {
        Self::parse(&format!(
            r#"{{"type": "turn_start", "id": {id}, "turn": {turn}}}"#
        ))
    }

    pub(crate) fn id(&self) -> i64 {
        self.json["id"].as_i64().unwrap_or_default()
    }
}

impl From<Value> for Event {
    fn from(json: Value) -> Self {
        let text = json.to_string();
        Self { json, text }
    }
}

impl Log {
    /// Creates a log of about this many events: IDs with gaps, stages, turns, both output streams, non-ASCII text, rows
    /// without a turn or of an unknown type, heartbeats, and any terminal event.
    pub(crate) fn drawn(random: &mut fastrand::Rng, events: usize) -> Self {
        let mut id = random.i64(1..100_000);
        let mut items = Vec::new();
        let mut last_id = id;
        let mut turn = 0;
        let mut left_in_turn = 0;
        while items.len() < events {
            id += random.i64(1..20);
            if left_in_turn == 0 {
                turn += 1;
                left_in_turn = random.usize(1..60);
                let stage = if turn == 1 {
                    "create_sprite"
                } else {
                    "runtime_start"
                };
                let row = json!({"type": "stage", "id": id, "stage": stage, "state": "started"});
                items.push(Item::Row(row.into()));
                last_id = id;
                continue;
            }
            left_in_turn -= 1;
            let turn = if random.u8(..30) == 0 {
                Value::Null
            } else {
                turn.into()
            };
            let row = match random.u8(..40) {
                0 => {
                    items.push(Item::Heartbeat);
                    continue;
                }
                1 => json!({
                    "type": "stage", "id": id, "stage": "env_file", "state": "done", "duration_ms": random.i64(0..5000),
                }),
                2 => json!({"type": "usage", "id": id, "tokens": random.u32(..)}),
                kind => json!({
                    "type": "output", "id": id, "stream": if kind < 8 { "stderr" } else { "stdout" },
                    "data": text(random), "turn": turn,
                }),
            };
            last_id = id;
            items.push(Item::Row(row.into()));
        }
        // The terminal event has the ID of the last row.
        let end = match random.u8(..4) {
            0 => json!({"type": "error", "id": last_id, "message": "Session failed"}),
            1 => json!({"type": "terminated", "id": last_id, "message": "Session terminated"}),
            code => json!({"type": "exit", "id": last_id, "code": code - 2}),
        };
        // Without the id of a session: one log serves many.
        let start = json!({"type": "start", "runtime": "claude"});
        Self {
            start: start.into(),
            items,
            end: end.into(),
            turn_start_line: random.bool(),
        }
    }

    /// Creates the log of a recorded stream. Adds a terminal event if there is none.
    pub(crate) fn recorded(body: &str, turn_start_line: bool) -> Self {
        let mut start = None;
        let mut items = Vec::new();
        let mut end = None;
        for block in body.split_terminator("\n\n") {
            let Some((_, text)) = block.split_once("data: ") else {
                assert_eq!(block, ": heartbeat");
                items.push(Item::Heartbeat);
                continue;
            };
            let event = Event::parse(text);
            match event.json["type"].as_str().expect("every event has a type") {
                "start" => start = Some(event),
                "turn_start" => {}
                "stage" | "output" => items.push(Item::Row(event)),
                _ => end = Some(event),
            }
        }
        let last_id = items
            .iter()
            .filter_map(Item::id)
            .next_back()
            .unwrap_or_default();
        Self {
            start: start.expect("every stream starts"),
            items,
            end: end.unwrap_or_else(|| json!({"type": "exit", "id": last_id, "code": 0}).into()),
            turn_start_line,
        }
    }

    /// Returns the same log for any number of sessions: its `start` event has no session id.
    pub(crate) fn of_any_session(mut self) -> Self {
        let fields = self.start.json.as_object_mut().expect("an object");
        fields.remove("session_id");
        self.start = self.start.json.into();
        self
    }

    /// Returns the events of an uninterrupted stream.
    pub(crate) fn events(&self) -> Vec<Value> {
        let mut turn = None;
        let mut events = vec![self.start.json.clone()];
        for item in &self.items {
            let Item::Row(row) = item else { continue };
            events.extend(turn_start(row, &mut turn).map(|event| event.json));
            events.push(row.json.clone());
        }
        events.push(self.end.json.clone());
        events
    }
}

impl Item {
    fn id(&self) -> Option<i64> {
        match self {
            Self::Row(row) => Some(row.id()),
            Self::Heartbeat => None,
        }
    }
}

fn text(random: &mut fastrand::Rng) -> String {
    const WORDS: [&str; 12] = [
        "the",
        "tests",
        "pass",
        "\n",
        "\"quoted\"",
        "\t",
        "café",
        "漢字",
        "🦀",
        "data: x",
        "\r\n",
        "\u{2028}",
    ];
    let words = random.usize(1..12);
    (0..words)
        .map(|_| WORDS[random.usize(..WORDS.len())])
        .collect::<Vec<_>>()
        .join(" ")
}

/// Returns the `turn_start` before a row, if it starts a turn.
fn turn_start(row: &Event, turn: &mut Option<i64>) -> Option<Event> {
    let of_row = row.json["turn"].as_i64()?;
    (turn.replace(of_row) != Some(of_row)).then(|| Event::turn_start(row.id(), of_row))
}

/// How a server serializes the events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    /// Whether to use chunked encoding, with separate chunks for `id:` and `data:`. Otherwise the body ends with the
    /// connection.
    pub(crate) chunked: bool,
    pub(crate) crlf: bool,
    /// Whether JSON has `\u` escapes, like AoD servers. Otherwise it is UTF-8.
    pub(crate) ascii: bool,
}

impl Format {
    pub(crate) fn drawn(random: &mut fastrand::Rng) -> Self {
        Self {
            chunked: random.bool(),
            crlf: random.u8(..4) == 0,
            ascii: random.bool(),
        }
    }

    /// Like AoD servers.
    pub(crate) const PLAIN: Self = Self {
        chunked: false,
        crlf: false,
        ascii: true,
    };

    fn event(self, event: &Event, line: bool) -> Vec<u8> {
        let mut wire = Vec::new();
        if line && event.id() != 0 {
            self.write(&mut wire, &format!("id: {}\n", event.id()));
        }
        self.write(&mut wire, &format!("data: {}\n\n", self.text(&event.text)));
        wire
    }

    fn text(self, json: &str) -> String {
        if !self.ascii {
            return json.to_owned();
        }
        let mut escaped = String::with_capacity(json.len());
        for character in json.chars() {
            if character.is_ascii() {
                escaped.push(character);
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(escaped, "\\u{unit:04x}");
                }
            }
        }
        escaped
    }

    fn write(self, wire: &mut Vec<u8>, text: &str) {
        let text = if self.crlf {
            text.replace('\n', "\r\n")
        } else {
            text.to_owned()
        };
        if self.chunked {
            wire.extend_from_slice(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes());
        } else {
            wire.extend_from_slice(text.as_bytes());
        }
    }
}

/// The rows that a server sends to a client that resumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResumeMode {
    AfterCursor,
    /// The server repeats the row at the cursor.
    AtCursor,
    /// The server replays everything.
    FromStart,
}

/// A serialized log, which is sent many times.
pub(crate) struct Wire {
    pub(crate) format: Format,
    whole: Vec<u8>,
    start: Vec<u8>,
    rows: Vec<Row>,
    /// The offset of the terminal event.
    end: usize,
    terminal: Event,
}

struct Row {
    id: i64,
    /// The offset of the row, including the `turn_start` before it.
    at: usize,
    /// The `turn_start` of its turn, for connections in which it is the first output.
    turn_start: Option<Vec<u8>>,
    /// Whether the complete stream contains that `turn_start` before the row.
    begins_turn: bool,
    /// Whether the row is the stage in which the agent of a turn starts. The last turn may have no output.
    starts_agent: bool,
}

impl Wire {
    pub(crate) fn new(log: &Log, format: Format) -> Self {
        let start = format.event(&log.start, true);
        let mut whole = start.clone();
        let mut turn = None;
        let mut rows = Vec::new();
        for item in &log.items {
            let Item::Row(row) = item else {
                format.write(&mut whole, ": heartbeat\n\n");
                continue;
            };
            let at = whole.len();
            let begins = turn_start(row, &mut turn);
            let repeated = turn_start(row, &mut None);
            let turn_start = repeated.map(|event| format.event(&event, log.turn_start_line));
            if begins.is_some() {
                whole.extend(turn_start.iter().flatten());
            }
            whole.extend(format.event(row, true));
            rows.push(Row {
                id: row.id(),
                at,
                turn_start,
                begins_turn: begins.is_some(),
                starts_agent: row.json["stage"] == "runtime_start",
            });
        }
        let end = whole.len();
        whole.extend(format.event(&log.end, true));
        if format.chunked {
            whole.extend_from_slice(b"0\r\n\r\n");
        }
        Self {
            format,
            whole,
            start,
            rows,
            end,
            terminal: log.end.clone(),
        }
    }

    /// Returns the terminal event after the rows before a position, for a client that has those up to a cursor.
    pub(crate) fn terminal_at(&self, position: usize, cursor: i64) -> Vec<u8> {
        let mut event = self.terminal.json.clone();
        // A server that finds no row after the cursor sends the cursor.
        event["id"] = self.last_before(position).max(cursor).into();
        self.format.event(&event.into(), true)
    }

    /// Returns the id of the last row before a position; 0 if there is none.
    pub(crate) fn last_before(&self, position: usize) -> i64 {
        let before = self.rows.partition_point(|row| row.at < position);
        before.checked_sub(1).map_or(0, |last| self.rows[last].id)
    }

    /// Returns the offset of the second row of the last turn.
    pub(crate) fn last_turn(&self) -> usize {
        let begins = |row: &Row| row.begins_turn || row.starts_agent;
        let first = self.rows.iter().rposition(begins);
        let second = first.and_then(|first| self.rows.get(first + 1));
        second.map_or(self.end, |row| row.at)
    }

    /// Returns whether the terminal event ends the session, not only the connection.
    pub(crate) fn ends_session(&self) -> bool {
        self.terminal.json["type"] != "stale"
    }

    pub(crate) fn whole(&self) -> &[u8] {
        &self.whole
    }

    /// Returns the length of the `start` event.
    pub(crate) fn start(&self) -> usize {
        self.start.len()
    }

    /// Returns the size of the largest event.
    pub(crate) fn largest(&self) -> usize {
        let ends = self.rows.iter().skip(1).map(|row| row.at).chain([self.end]);
        let sizes = self.rows.iter().zip(ends).map(|(row, end)| end - row.at);
        sizes.max().unwrap_or_default()
    }

    /// Returns the body for a client at a cursor. After its beginning, it is the tail of the complete stream.
    pub(crate) fn body(&self, cursor: i64, resumes: ResumeMode) -> Vec<u8> {
        let first = match resumes {
            ResumeMode::AfterCursor => self.rows.partition_point(|row| row.id <= cursor),
            ResumeMode::AtCursor => self.rows.partition_point(|row| row.id < cursor),
            ResumeMode::FromStart => 0,
        };
        if first == 0 {
            return self.whole.clone();
        }
        let mut at = self.rows.get(first).map_or(self.end, |row| row.at);
        let mut body = self.start.clone();
        let mut rest = self.rows[first..].iter();
        let output = rest.find(|row| row.turn_start.is_some());
        if let Some(output) = output.filter(|output| !output.begins_turn) {
            body.extend_from_slice(&self.whole[at..output.at]);
            body.extend(output.turn_start.iter().flatten());
            at = output.at;
        }
        body.extend_from_slice(&self.whole[at..]);
        body
    }

    /// Returns the offset in the complete stream of the row at a position, including its `turn_start`.
    pub(crate) fn row_at(&self, position: usize) -> usize {
        let after = self.rows.partition_point(|row| row.at <= position);
        self.rows[after.saturating_sub(1)].at
    }

    /// Returns the offset in the complete stream of the terminal event.
    pub(crate) fn end(&self) -> usize {
        self.end
    }
}
