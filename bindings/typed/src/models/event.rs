//! The events of a session stream.

use aod::models::event::{
    ErrorEvent, ExitEvent, OutputEvent, OutputStream, StageEvent, StageName, StageState,
    StaleEvent, StartEvent, StreamEvent, TerminatedEvent, TurnStartEvent, UnknownEvent,
};
use aod::models::{Extra, Provider, Runtime};
use uuid::Uuid;

/// An event of a session's stream.
///
/// The server keeps the `stage` and `output` events of a session in a log, in which they have ascending IDs. A terminal
/// event (`exit`, `error`, `terminated` or `stale`) ends the stream. A field of an event is absent if the server did
/// not send it.
#[uniffi::remote(Enum)]
pub enum StreamEvent {
    /// `start`: the first event of a stream. The server sends it on each connection; a stream that reconnects delivers
    /// it once.
    Start(#[uniffi(name = "event")] StartEvent),
    /// `stage`: a step of provisioning the sandbox, or of starting the agent, started or ended.
    Stage(#[uniffi(name = "event")] StageEvent),
    /// `turn_start`: the output of another turn follows.
    TurnStart(#[uniffi(name = "event")] TurnStartEvent),
    /// `output`: a chunk of the agent's output.
    Output(#[uniffi(name = "event")] OutputEvent),
    /// `exit`: the agent exited, with code 0 or another. Terminal.
    Exit(#[uniffi(name = "event")] ExitEvent),
    /// `error`: the session failed without an exit code. The reason is in an earlier failed stage, or in the output on
    /// stderr. Terminal.
    Error(#[uniffi(name = "event")] ErrorEvent),
    /// `terminated`: the session was terminated by a caller. Terminal.
    Terminated(#[uniffi(name = "event")] TerminatedEvent),
    /// `stale`: there was no output for ten minutes, and the server ended the stream. The session continues. Terminal,
    /// unless the options of the stream say to reconnect after it.
    Stale(#[uniffi(name = "event")] StaleEvent),
    /// An event that this version does not know or cannot parse, verbatim.
    Unknown(#[uniffi(name = "event")] UnknownEvent),
}

/// The channel that a chunk of output was printed on.
#[uniffi::remote(Enum)]
// Renamed, because the JVM and Foundation have another class `OutputStream`.
#[uniffi(name = "OutputChannel")]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A value that this version does not know, verbatim.
    Unknown(#[uniffi(name = "value")] String),
}

/// The name of a stage. Which stages a session has depends on the server, the agent and the environment.
#[uniffi::remote(Enum)]
pub enum StageName {
    /// The sandbox, which the API calls a sprite, is created.
    CreateSprite,
    /// The program of the agent is installed. Only on servers since 2026-04-30.
    InstallRuntime,
    /// The network rule of the environment is applied.
    NetworkPolicy,
    /// The environment variables are written.
    EnvFile,
    /// The tokens of the repositories are written.
    GitCredentials,
    /// The packages are installed, the repositories are cloned, and the setup script runs.
    ProvisionSetup,
    /// The MCP servers are configured. Only on servers before 2026-04-30.
    McpConfig,
    /// The program of the agent is configured. Only on servers since 2026-04-30.
    RuntimeConfig,
    /// The skills are written.
    Skills,
    /// The program of the agent is started, once for each turn.
    RuntimeStart,
    /// A value that this version does not know, verbatim.
    Unknown(#[uniffi(name = "value")] String),
}

/// The state of a stage.
#[uniffi::remote(Enum)]
pub enum StageState {
    /// The stage started.
    Started,
    /// The stage succeeded.
    Done,
    /// The stage failed, and the session with it.
    Failed,
    /// A value that this version does not know, verbatim.
    Unknown(#[uniffi(name = "value")] String),
}

/// The start of a stream.
#[uniffi::remote(Record)]
pub struct StartEvent {
    /// The ID of the event. Current servers do not send one.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// The agent's runtime. Absent on servers since 2026-06-25.
    #[uniffi(default)]
    pub runtime: Option<Runtime>,
    /// The agent's provider. Absent on servers before 2026-06-25.
    #[uniffi(default)]
    pub provider: Option<Provider>,
    /// The session's ID.
    #[uniffi(default)]
    pub session_id: Option<Uuid>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// A step of provisioning the sandbox, or of starting the agent.
#[uniffi::remote(Record)]
pub struct StageEvent {
    /// The ID of the event in the session's log. A stream can resume from it.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// The name of the stage; `Unknown` with an empty value if the server does not send it.
    pub stage: StageName,
    /// The state of the stage.
    pub state: StageState,
    /// The duration in milliseconds; only in the states `done` and `failed`.
    #[uniffi(default)]
    pub duration_ms: Option<i64>,
    /// The reason for the failure; only in the state `failed`.
    #[uniffi(default)]
    pub message: Option<String>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// The start of the output of a turn.
#[uniffi::remote(Record)]
pub struct TurnStartEvent {
    /// The ID of the output that follows. Do not resume from it: the stream would skip that output.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// The number of the turn, starting at 1.
    #[uniffi(default)]
    pub turn: Option<i64>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// A chunk of the agent's output.
#[uniffi::remote(Record)]
pub struct OutputEvent {
    /// The ID of the event in the session's log. A stream can resume from it.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// The channel that it was printed on.
    pub stream: OutputStream,
    /// The text: any number of lines, or part of one. The server can split the output anywhere.
    pub data: String,
    /// The number of the turn, starting at 1. Absent for output outside a turn.
    #[uniffi(default)]
    pub turn: Option<i64>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// The end of a stream whose last turn ended with an exit code, or was interrupted before the agent started.
#[uniffi::remote(Record)]
pub struct ExitEvent {
    /// The ID of the last `stage` or `output` event; 0 if the log is empty.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// The agent's exit code. Absent if the turn was interrupted before the agent started.
    #[uniffi(default)]
    pub code: Option<i64>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// The end of the stream of a session that failed without an exit code.
#[uniffi::remote(Record)]
pub struct ErrorEvent {
    /// The ID of the last `stage` or `output` event; 0 if the log is empty.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// A message. Current servers send `Session failed`.
    #[uniffi(default)]
    pub message: Option<String>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// The end of the stream of a session that was terminated.
#[uniffi::remote(Record)]
pub struct TerminatedEvent {
    /// The ID of the last `stage` or `output` event; 0 if the log is empty.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// A message. Current servers send `Session terminated`.
    #[uniffi(default)]
    pub message: Option<String>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// The end of a stream that had no output for ten minutes.
#[uniffi::remote(Record)]
pub struct StaleEvent {
    /// The ID of the last `stage` or `output` event; 0 if the log is empty.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// A message, such as `No output for 600s`.
    #[uniffi(default)]
    pub message: Option<String>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// An event that has an unknown type, has fields of unexpected types, or is not a JSON object.
#[uniffi::remote(Record)]
pub struct UnknownEvent {
    /// The event's `type`; empty if the event has no `type`, or if its `type` cannot be parsed.
    pub event_type: String,
    /// The event's `id`; absent if the event has no `id`, or if its `id` cannot be parsed.
    #[uniffi(default)]
    pub id: Option<i64>,
    /// The event's data, verbatim. It need not be JSON.
    pub raw: String,
}
