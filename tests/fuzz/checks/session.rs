use std::fmt::Write as _;
use std::time::Duration;

use aod::models::event::StreamEvent;
use aod::sse::Reconnect;
use aod_test_support::Received;
use futures::TryStreamExt as _;
use uuid::Uuid;

use super::loopback::Loopback;

/// The maximum numbers of log rows and of broken connections, so that an input runs quickly.
const MAX_ROWS: usize = 24;
const MAX_CUTS: usize = 8;

/// A stream delivers a session's log once and in order, whatever its connections repeat and wherever they break. It
/// resumes only after rows, and its final cursor is not before the last row of a known type.
///
/// The first byte of the input is the number of rows, followed by one byte for each. Each following group of three
/// bytes is a connection: how it starts, and after how many bytes it breaks. Later connections do not break.
pub fn session(input: &[u8]) {
    let Some((count, rest)) = input.split_first() else {
        return;
    };
    let count = usize::from(*count).min(MAX_ROWS).min(rest.len());
    let (rows, cuts) = rest.split_at(count);
    let log = Log::new(rows);
    let mut cuts = cuts.chunks_exact(3).take(MAX_CUTS);

    let (delivered, cursor) = Loopback::run(
        |request| {
            let since = since(request);
            assert!(
                since.is_none_or(|since| log.rows.iter().any(|row| row.id == since)),
                "resumes after {since:?}, which is not a row"
            );
            let mut answer = String::from(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n",
            )
            .into_bytes();
            if let Some([how, high, low]) = cuts.next() {
                let body = log.connection(log.first_row(since, *how), how & 4 != 0);
                let cut = usize::from(u16::from_be_bytes([*high, *low])) % (body.len() + 1);
                answer.extend_from_slice(&body.as_bytes()[..cut]);
            } else {
                let body = log.connection(log.first_row(since, 0), true);
                answer.extend_from_slice(body.as_bytes());
            }
            answer
        },
        async |client| {
            let policy = Reconnect::new()
                .base_delay(Duration::ZERO)
                .max_attempts(u32::MAX);
            let mut events = client
                .sessions()
                .stream(Uuid::nil())
                .reconnect(policy)
                .await
                .expect("a stream");
            let mut delivered = Vec::new();
            while let Some(event) = events.try_next().await.expect("no error") {
                delivered.push(name(&event));
            }
            (delivered, events.cursor())
        },
    );
    assert_eq!(delivered, log.once());
    let rows = log.rows.iter().rev();
    let last_known = rows.clone().find(|row| row.kind != Kind::Unknown);
    assert!(cursor >= last_known.map(|row| row.id), "{cursor:?}");
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Output,
    Stage,
    /// A row of an unknown type.
    Unknown,
}

struct Row {
    id: i64,
    kind: Kind,
    turn: Option<i64>,
}

/// The log of a session.
struct Log {
    rows: Vec<Row>,
}

impl Log {
    /// Creates a row from a byte: the distance of its ID from the previous one, its kind, and whether it starts a turn.
    fn new(bytes: &[u8]) -> Self {
        let (mut id, mut turn) = (0, 1);
        let rows = bytes.iter().map(|byte| {
            id += i64::from(byte & 3) + 1;
            turn += i64::from(byte >> 2 & 1);
            let (kind, turn) = match byte >> 3 & 7 {
                0 => (Kind::Stage, None),
                1 => (Kind::Unknown, None),
                _ => (Kind::Output, Some(turn)),
            };
            Row { id, kind, turn }
        });
        Self {
            rows: rows.collect(),
        }
    }

    /// Returns the first row of a connection: the one after, at or before the cursor, or the first of the log.
    fn first_row(&self, since: Option<i64>, how: u8) -> usize {
        let after = self
            .rows
            .iter()
            .take_while(|row| Some(row.id) <= since)
            .count();
        match how & 3 {
            0 => after,
            1 => after.saturating_sub(1),
            2 => 0,
            _ => after.saturating_sub(2),
        }
    }

    /// Returns the body of a connection without a cut. It starts with the `turn_start` of the current turn.
    fn connection(&self, first: usize, turn_has_line: bool) -> String {
        let mut body =
            String::from("data: {\"type\": \"start\", \"runtime\": \"claude\"}\n\n: heartbeat\n\n");
        let mut begun = None;
        for row in &self.rows[first..] {
            let id = row.id;
            if row.turn.is_some() && row.turn != begun {
                begun = row.turn;
                let turn = row.turn.unwrap_or_default();
                if turn_has_line {
                    let _ = writeln!(body, "id: {id}");
                }
                let _ = write!(
                    body,
                    "data: {{\"type\": \"turn_start\", \"id\": {id}, \"turn\": {turn}}}\n\n"
                );
            }
            let fields = match (row.kind, row.turn) {
                (Kind::Stage, _) => "\"type\": \"stage\", \"state\": \"done\"".to_owned(),
                (Kind::Unknown, _) => "\"type\": \"usage\"".to_owned(),
                (Kind::Output, turn) => format!(
                    "\"type\": \"output\", \"data\": \"\u{20ac}\", \"turn\": {}",
                    turn.unwrap_or_default()
                ),
            };
            let _ = write!(body, "id: {id}\ndata: {{{fields}, \"id\": {id}}}\n\n");
        }
        let last = self.rows.last().map_or(0, |row| row.id);
        let _ = write!(
            body,
            "id: {last}\ndata: {{\"type\": \"exit\", \"id\": {last}, \"code\": 0}}\n\n"
        );
        body
    }

    /// Returns the events of the log, each once.
    fn once(&self) -> Vec<String> {
        let mut events = vec!["start".to_owned()];
        let mut begun = None;
        for row in &self.rows {
            if row.turn.is_some() && row.turn != begun {
                begun = row.turn;
                events.push(format!("turn_start {}", row.id));
            }
            let kind = match row.kind {
                Kind::Output => "output",
                Kind::Stage => "stage",
                Kind::Unknown => "usage",
            };
            events.push(format!("{kind} {}", row.id));
        }
        let last = self.rows.last().map_or(0, |row| row.id);
        events.push(format!("exit {last}"));
        events
    }
}

fn name(event: &StreamEvent) -> String {
    match event.id() {
        Some(id) => format!("{} {id}", event.event_type()),
        None => event.event_type().to_owned(),
    }
}

/// Returns the cursor of a request, which its header and query both contain.
fn since(request: &Received) -> Option<i64> {
    let number = |text: &str| text.parse().expect("a whole number");
    let header = request.header("last-event-id").map(number);
    let query = request.target.split_once("?since=");
    let query = query.map(|(_, rest)| number(rest.split_once('&').map_or(rest, |(id, _)| id)));
    assert_eq!(header, query);
    header
}
