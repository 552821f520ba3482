//! Typed events of a session stream (`GET /sessions/{id}/stream`).

mod input;
mod plain_output;
mod read;
mod unescape;
mod unknown;

use serde::Serialize;
use uuid::Uuid;

pub(crate) use plain_output::PlainOutput;
pub use unknown::UnknownEvent;

use super::open_enum::open_enum;
use super::{Extra, Provider, Runtime};

/// One event of a session stream.
///
/// Reading one never fails: what this version cannot read, or does not know, is [`StreamEvent::Unknown`] with its text
/// kept. Serializing one gives the JSON object of the wire again, unknown fields included; deserializing takes that
/// object, through `serde_json` only.
///
/// ```
/// use aod::models::event::StreamEvent;
///
/// let event = StreamEvent::from_json(r#"{"type": "output", "id": 7, "stream": "stdout", "data": "hi\n", "turn": 1}"#);
/// assert_eq!(event.id(), Some(7));
/// assert_eq!(event.stdout(), Some("hi\n"));
///
/// let event = StreamEvent::from_json(r#"{"type": "exit", "id": 7, "code": 0}"#);
/// assert!(event.is_terminal());
/// assert_eq!(event.exit_code(), Some(0));
///
/// let event = StreamEvent::from_json(r#"{"type": "usage", "tokens": 3}"#);
/// assert_eq!(event.event_type(), "usage");
/// assert!(matches!(event, StreamEvent::Unknown(event) if event.raw.contains("tokens")));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamEvent {
    /// `start`: the first event of every connection.
    Start(StartEvent),
    /// `stage`: a step of preparing the sandbox began, or ended.
    Stage(StageEvent),
    /// `turn_start`: output of another turn follows. Comes once a turn and connection.
    TurnStart(TurnStartEvent),
    /// `output`: a piece of what the agent printed.
    Output(OutputEvent),
    /// `exit`, terminal: the session ended with an exit code, 0 or not.
    Exit(ExitEvent),
    /// `error`, terminal: the session failed without an exit code. The reason is in an earlier failed stage or in the
    /// output of stderr.
    Error(ErrorEvent),
    /// `terminated`, terminal: the session was terminated by a caller.
    Terminated(TerminatedEvent),
    /// `stale`, terminal for the connection only: the server saw no output for ten minutes and stopped waiting. The
    /// session goes on.
    Stale(StaleEvent),
    /// An event that this version does not know or cannot read.
    #[serde(untagged)]
    Unknown(UnknownEvent),
}

open_enum! {
    /// Which of the agent's outputs a piece comes from.
    pub enum OutputStream {
        /// Standard output.
        Stdout = "stdout",
        /// Standard error.
        Stderr = "stderr",
    }
}

open_enum! {
    /// How far a stage is.
    pub enum StageState {
        /// It began.
        Started = "started",
        /// It ended well.
        Done = "done",
        /// It ended badly, and the session with it.
        Failed = "failed",
    }
}

/// What the first event of a connection says of the session.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StartEvent {
    /// No server so far gives this event an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The agent's runtime (S0 and S1 servers).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// The agent's provider (S2 servers).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Uuid>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A step of preparing the sandbox.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StageEvent {
    /// The id of the log row: a position to resume from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The step: `create_sprite`, `provision_setup`, `runtime_start` and others. Empty if the server left it out.
    pub stage: String,
    /// How far it is.
    pub state: StageState,
    /// How long it took, in milliseconds; on `done` and `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The start of a turn's output on this connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TurnStartEvent {
    /// The id of the output row that **follows**: resuming from it loses that output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The turn, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<i64>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A piece of what the agent printed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct OutputEvent {
    /// The id of the log row: a position to resume from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Where it was printed.
    pub stream: OutputStream,
    /// The text: many lines, one, or part of one. The server cuts it anywhere.
    pub data: String,
    /// The turn it belongs to, from 1; some rows have none.
    pub turn: Option<i64>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The end of a session that has an exit code.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ExitEvent {
    /// The id of the last log row; 0 if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The agent's exit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The end of a session that failed without an exit code.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ErrorEvent {
    /// The id of the last log row; 0 if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Always `Session failed` so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The end of a session that was terminated.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TerminatedEvent {
    /// The id of the last log row; 0 if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Always `Session terminated` so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The end of a connection on which nothing came for too long.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StaleEvent {
    /// The id of the last log row; 0 if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// `No output for 600s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

impl StreamEvent {
    /// The event's `id` field: the log row it stands for, or as its struct says.
    pub fn id(&self) -> Option<i64> {
        match self {
            Self::Start(event) => event.id,
            Self::Stage(event) => event.id,
            Self::TurnStart(event) => event.id,
            Self::Output(event) => event.id,
            Self::Exit(event) => event.id,
            Self::Error(event) => event.id,
            Self::Terminated(event) => event.id,
            Self::Stale(event) => event.id,
            Self::Unknown(event) => event.id,
        }
    }

    /// The event's `type` on the wire; empty for an unknown event without one.
    pub fn event_type(&self) -> &str {
        match self {
            Self::Start(_) => "start",
            Self::Stage(_) => "stage",
            Self::TurnStart(_) => "turn_start",
            Self::Output(_) => "output",
            Self::Exit(_) => "exit",
            Self::Error(_) => "error",
            Self::Terminated(_) => "terminated",
            Self::Stale(_) => "stale",
            Self::Unknown(event) => &event.event_type,
        }
    }

    /// What the agent printed, on stdout and stderr alike; `None` for all events but `output`.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Output(event) => Some(&event.data),
            _ => None,
        }
    }

    /// What the agent printed on stdout; `None` for everything else.
    pub fn stdout(&self) -> Option<&str> {
        match self {
            Self::Output(event) if event.stream == OutputStream::Stdout => Some(&event.data),
            _ => None,
        }
    }

    /// The turn a `turn_start` or an `output` belongs to.
    pub fn turn(&self) -> Option<i64> {
        match self {
            Self::TurnStart(event) => event.turn,
            Self::Output(event) => event.turn,
            _ => None,
        }
    }

    /// Whether the server ends the stream after this event: `exit`, `error`, `terminated` and `stale`.
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Exit(_) | Self::Error(_) | Self::Terminated(_) | Self::Stale(_)
        )
    }

    /// The agent's exit code; `None` for all events but `exit`.
    pub fn exit_code(&self) -> Option<i64> {
        match self {
            Self::Exit(event) => event.code,
            _ => None,
        }
    }
}

/// An output that does not say where it comes from counts as stdout.
impl Default for OutputStream {
    fn default() -> Self {
        Self::Stdout
    }
}

/// The state of a stage whose server left it out: an unknown, empty word.
impl Default for StageState {
    fn default() -> Self {
        Self::Unknown(String::new())
    }
}

#[cfg(test)]
mod tests;
