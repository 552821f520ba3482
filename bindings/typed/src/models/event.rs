//! The events of a stream.

use aod::models::event::{
    ErrorEvent, ExitEvent, OutputEvent, OutputStream, StageEvent, StageState, StaleEvent,
    StartEvent, StreamEvent, TerminatedEvent, TurnStartEvent, UnknownEvent,
};
use aod::models::{Provider, Runtime};
use uuid::Uuid;

use super::values::JsonFields;

/// One event of a session stream. What this version does not know is `Unknown`, with its text.
#[uniffi::remote(Enum)]
pub enum StreamEvent {
    /// `start`: the first event of every connection.
    Start(#[uniffi(name = "event")] StartEvent),
    /// `stage`: a step of preparing the sandbox began, or ended.
    Stage(#[uniffi(name = "event")] StageEvent),
    /// `turn_start`: output of another turn follows. Comes once a turn and connection.
    TurnStart(#[uniffi(name = "event")] TurnStartEvent),
    /// `output`: a piece of what the agent printed.
    Output(#[uniffi(name = "event")] OutputEvent),
    /// `exit`, terminal: the session ended with an exit code, 0 or not.
    Exit(#[uniffi(name = "event")] ExitEvent),
    /// `error`, terminal: the session failed without an exit code. The reason is in an earlier failed stage or in the
    /// output of stderr.
    Error(#[uniffi(name = "event")] ErrorEvent),
    /// `terminated`, terminal: the session was terminated by a caller.
    Terminated(#[uniffi(name = "event")] TerminatedEvent),
    /// `stale`, terminal for the connection only: the server saw no output for ten minutes and stopped waiting. The
    /// session goes on.
    Stale(#[uniffi(name = "event")] StaleEvent),
    /// An event that this version does not know or cannot read.
    Unknown(#[uniffi(name = "event")] UnknownEvent),
}

/// Which of the agent's outputs a piece comes from.
#[uniffi::remote(Enum)]
// Every JVM and Foundation have a class of that name for something else.
#[uniffi(name = "OutputChannel")]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A value that this version does not know, as the server sent it.
    Unknown(#[uniffi(name = "value")] String),
}

/// How far a stage is.
#[uniffi::remote(Enum)]
pub enum StageState {
    /// It began.
    Started,
    /// It ended well.
    Done,
    /// It ended badly, and the session with it.
    Failed,
    /// A value that this version does not know, as the server sent it.
    Unknown(#[uniffi(name = "value")] String),
}

/// What the first event of a connection says of the session.
#[uniffi::remote(Record)]
pub struct StartEvent {
    /// No server so far gives this event an id.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// The agent's runtime (S0 and S1 servers).
    #[uniffi(default)]
    pub runtime: Option<Runtime>,
    /// The agent's provider (S2 servers).
    #[uniffi(default)]
    pub provider: Option<Provider>,
    /// The session.
    #[uniffi(default)]
    pub session_id: Option<Uuid>,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// A step of preparing the sandbox.
#[uniffi::remote(Record)]
pub struct StageEvent {
    /// The id of the log row: a position to resume from.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// The step: `create_sprite`, `provision_setup`, `runtime_start` and others. Empty if the server left it out.
    pub stage: String,
    /// How far it is.
    pub state: StageState,
    /// How long it took, in milliseconds; on `done` and `failed`.
    #[uniffi(default)]
    pub duration_ms: Option<i64>,
    /// Why it failed.
    #[uniffi(default)]
    pub message: Option<String>,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// The start of a turn's output on this connection.
#[uniffi::remote(Record)]
pub struct TurnStartEvent {
    /// The id of the output row that **follows**: resuming from it loses that output.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// The turn, from 1.
    #[uniffi(default)]
    pub turn: Option<i64>,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// A piece of what the agent printed.
#[uniffi::remote(Record)]
pub struct OutputEvent {
    /// The id of the log row: a position to resume from.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// Where it was printed.
    pub stream: OutputStream,
    /// The text: many lines, one, or part of one. The server cuts it anywhere.
    pub data: String,
    /// The turn it belongs to, from 1; some rows have none.
    #[uniffi(default)]
    pub turn: Option<i64>,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// The end of a session that has an exit code.
#[uniffi::remote(Record)]
pub struct ExitEvent {
    /// The id of the last log row; 0 if there is none.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// The agent's exit code.
    #[uniffi(default)]
    pub code: Option<i64>,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// The end of a session that failed without an exit code.
#[uniffi::remote(Record)]
pub struct ErrorEvent {
    /// The id of the last log row; 0 if there is none.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// Always `Session failed` so far.
    #[uniffi(default)]
    pub message: Option<String>,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// The end of a session that was terminated.
#[uniffi::remote(Record)]
pub struct TerminatedEvent {
    /// The id of the last log row; 0 if there is none.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// Always `Session terminated` so far.
    #[uniffi(default)]
    pub message: Option<String>,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// The end of a connection on which nothing came for too long.
#[uniffi::remote(Record)]
pub struct StaleEvent {
    /// The id of the last log row; 0 if there is none.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// `No output for 600s`.
    #[uniffi(default)]
    pub message: Option<String>,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// An event of an unknown type, a known one whose fields have other types than they should, or no JSON object at all.
#[uniffi::remote(Record)]
pub struct UnknownEvent {
    /// The event's `type`; empty if it has none that can be read.
    pub event_type: String,
    /// The event's `id`, if it has one that can be read.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// The event's data as it came; JSON or not.
    pub raw: String,
}
