//! Typed events of a session stream (`GET /sessions/{id}/stream`).
//!
//! The server stores `stage` and `output` events as rows of the session's log, with ascending ids. Other events are not
//! in the log.

mod input;
mod plain_output;
mod read;
mod scan;
mod unescape;
mod unknown;

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;
use uuid::Uuid;

pub use plain_output::OutputFields;
pub(crate) use plain_output::PlainOutput;
pub use unknown::UnknownEvent;

use super::open_enum::open_enum;
use super::{Extra, Provider, Runtime};

/// One event of a session stream.
///
/// Parsing never fails: an event that is unknown to this version of the crate or malformed is [`StreamEvent::Unknown`],
/// which keeps its text. Serializing an event returns the JSON object of the API, including unknown fields.
/// Deserialization supports `serde_json` only.
///
/// See [Events](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#events).
///
/// # Examples
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
    /// `stage`: a provisioning step started or ended.
    Stage(StageEvent),
    /// `turn_start`: the output of a turn follows. Sent once for each turn on each connection.
    TurnStart(TurnStartEvent),
    /// `output`: a chunk of the agent's output.
    Output(OutputEvent),
    /// `exit`, terminal: the last turn ended, usually with an exit code. After 0 or an interruption, the session
    /// accepts further prompts; any other exit code is a failure.
    Exit(ExitEvent),
    /// `error`, terminal: the session failed without an exit code. The reason is in an earlier `stage` event that
    /// failed, or in the stderr output.
    Error(ErrorEvent),
    /// `terminated`, terminal: the session was terminated by a caller.
    Terminated(TerminatedEvent),
    /// `stale`, terminal for the connection only: the server saw no output for ten minutes and ended the stream. The
    /// session continues.
    Stale(StaleEvent),
    /// An event that is unknown to this version of the crate or malformed.
    #[serde(untagged)]
    Unknown(UnknownEvent),
}

open_enum! {
    /// The output stream of an `output` event.
    pub enum OutputStream {
        /// Standard output.
        Stdout = "stdout",
        /// Standard error.
        Stderr = "stderr",
    }
}

open_enum! {
    /// The name of a stage. Which stages a session has depends on the server, the agent and the environment.
    pub enum StageName {
        /// The sandbox, which the API calls a sprite, is created.
        CreateSprite = "create_sprite",
        /// The program of the agent is installed (servers since 2026-04-30).
        InstallRuntime = "install_runtime",
        /// The network rule of the environment is applied.
        NetworkPolicy = "network_policy",
        /// The environment variables are written.
        EnvFile = "env_file",
        /// The tokens of the repositories are written.
        GitCredentials = "git_credentials",
        /// The packages are installed, the repositories are cloned, and the setup script runs.
        ProvisionSetup = "provision_setup",
        /// The MCP servers are configured (servers before 2026-04-30).
        McpConfig = "mcp_config",
        /// The program of the agent is configured (servers since 2026-04-30).
        RuntimeConfig = "runtime_config",
        /// The skills are written.
        Skills = "skills",
        /// The program of the agent is started, once for each turn.
        RuntimeStart = "runtime_start",
    }
}

impl StageName {
    /// Returns the label of the stage for a progress display, in English, such as `Creating the sandbox`. For a stage
    /// that this version of the crate does not know, the label is the name with spaces instead of underscores.
    ///
    /// # Examples
    ///
    /// ```
    /// use aod::models::event::StageName;
    ///
    /// assert_eq!(StageName::CreateSprite.label(), "Creating the sandbox");
    /// assert_eq!(StageName::from("warm_cache").label(), "warm cache");
    /// ```
    pub fn label(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::CreateSprite => "Creating the sandbox",
            Self::InstallRuntime => "Installing the agent",
            Self::NetworkPolicy => "Applying the network rule",
            Self::EnvFile => "Writing the environment variables",
            Self::GitCredentials => "Writing the Git credentials",
            Self::ProvisionSetup => "Setting up the sandbox",
            Self::McpConfig => "Configuring the MCP servers",
            Self::RuntimeConfig => "Configuring the agent",
            Self::Skills => "Writing the skills",
            Self::RuntimeStart => "Starting the agent",
            Self::Unknown(name) => return Cow::Owned(name.replace('_', " ")),
        })
    }
}

open_enum! {
    /// The state of a stage.
    pub enum StageState {
        /// The stage started.
        Started = "started",
        /// The stage succeeded.
        Done = "done",
        /// The stage failed, and so did the session.
        Failed = "failed",
    }
}

/// The first event of every connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StartEvent {
    /// The id. Known servers do not send one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The agent runtime (servers before 2026-06-25).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// The model provider (servers since 2026-06-25).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// The id of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<Uuid>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A step of provisioning the sandbox, or of starting the agent.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StageEvent {
    /// The id of the log row, which is a position to resume from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The name of the stage; [`Unknown`](StageName::Unknown) with an empty text if the server did not send it.
    pub stage: StageName,
    /// The state of the step.
    pub state: StageState,
    /// The duration in milliseconds, for `done` and `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    /// The reason of a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The event before the output of a turn, sent once for each turn on each connection.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TurnStartEvent {
    /// The id of the output row that **follows**, so it is not a position to resume from: that output would be lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The turn number, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<i64>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A chunk of the agent's output.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct OutputEvent {
    /// The id of the log row, which is a position to resume from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The output stream.
    pub stream: OutputStream,
    /// The text. The server splits the output at any character, not at line endings.
    pub data: String,
    /// The turn number, from 1; `None` for a row that belongs to no turn.
    pub turn: Option<i64>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The end of the last turn.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ExitEvent {
    /// The id of the last log row; 0 if the log is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The exit code of the agent; `None` if the turn was interrupted before the agent started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The end of a session that failed without an exit code.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ErrorEvent {
    /// The id of the last log row; 0 if the log is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The message. Known servers send `Session failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The end of a session that was terminated.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TerminatedEvent {
    /// The id of the last log row; 0 if the log is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The message. Known servers send `Session terminated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The end of a connection without output for ten minutes.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct StaleEvent {
    /// The id of the last log row; 0 if the log is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The message. Known servers send `No output for 600s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

impl StreamEvent {
    /// Returns the `id` field of the event. Its meaning depends on the type of the event.
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

    /// Returns the position to resume from after this event, for [`since`](crate::StreamRequest::since). `None` for
    /// events without an id: the position is then that of the event before.
    ///
    /// It is the [`id`](Self::id), except for a `turn_start`, whose id is that of the output that follows, and for an
    /// unknown event, which may use ids in the same way: for these events, it is the id minus 1. A stream that resumes
    /// there misses nothing. It repeats the `turn_start`, an unknown event that has an id of its own, and the events
    /// that [`since`](crate::StreamRequest::since) lists.
    ///
    /// # Examples
    ///
    /// ```
    /// let event: aod::StreamEvent = serde_json::from_str(r#"{"type": "turn_start", "id": 42, "turn": 2}"#)?;
    /// assert_eq!(event.cursor(), Some(41));
    /// # Ok::<_, serde_json::Error>(())
    /// ```
    pub fn cursor(&self) -> Option<i64> {
        let id = self.id()?;
        Some(match self {
            Self::TurnStart(_) | Self::Unknown(_) => id.saturating_sub(1),
            _ => id,
        })
    }

    /// Returns the event in the format of a `text/event-stream`, including the blank line at its end, for a back end
    /// that relays events to browsers.
    ///
    /// The `data` is the JSON object of the event, with the fields that the server sent. The `id` is the
    /// [`cursor`](Self::cursor), so the `Last-Event-ID` of a browser that reconnects is the position to resume from. An
    /// event without a cursor has no `id` line. There is no `event` line, so an `EventSource` receives each event as
    /// `message`.
    ///
    /// # Examples
    ///
    /// ```
    /// let event = aod::StreamEvent::from_json(r#"{"type": "exit", "id": 7, "code": 0}"#);
    /// assert_eq!(event.to_sse(), "id: 7\ndata: {\"type\":\"exit\",\"id\":7,\"code\":0}\n\n");
    /// ```
    pub fn to_sse(&self) -> String {
        // Writing an event to memory cannot fail: its keys are strings.
        let json = serde_json::to_string(self).unwrap_or_default();
        let mut text = String::with_capacity(json.len() + 32);
        if let Some(cursor) = self.cursor() {
            let _ = writeln!(text, "id: {cursor}");
        }
        // The JSON of an unknown event is verbatim. CR and LF occur only in its whitespace, where they are equivalent.
        for line in json.split(['\n', '\r']) {
            let _ = writeln!(text, "data: {line}");
        }
        text.push('\n');
        text
    }

    /// Returns the `type` field of the event; empty for an unknown event without a `type`.
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

    /// Returns the text of an `output` event, on stdout or stderr; `None` for other events.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Output(event) => Some(&event.data),
            _ => None,
        }
    }

    /// Returns the text of an `output` event on stdout; `None` for other events.
    pub fn stdout(&self) -> Option<&str> {
        match self {
            Self::Output(event) if event.stream == OutputStream::Stdout => Some(&event.data),
            _ => None,
        }
    }

    /// Returns the turn number of a `turn_start` or `output` event; `None` for other events.
    pub fn turn(&self) -> Option<i64> {
        match self {
            Self::TurnStart(event) => event.turn,
            Self::Output(event) => event.turn,
            _ => None,
        }
    }

    /// Returns whether the event is the `turn_start` of a turn after this one, which has ended then: the server sends no
    /// terminal event between turns that it replays, or if the next prompt arrives early.
    pub(crate) fn starts_turn_after(&self, turn: i64) -> bool {
        matches!(self, Self::TurnStart(event) if event.turn > Some(turn))
    }

    /// Returns whether the event is terminal: `exit`, `error`, `terminated` or `stale`.
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Exit(_) | Self::Error(_) | Self::Terminated(_) | Self::Stale(_)
        )
    }

    /// Returns the exit code of an `exit` event; `None` for other events.
    pub fn exit_code(&self) -> Option<i64> {
        match self {
            Self::Exit(event) => event.code,
            _ => None,
        }
    }
}

/// An output event without a stream counts as stdout.
impl Default for OutputStream {
    fn default() -> Self {
        Self::Stdout
    }
}

/// The default of a stage without a name: unknown and empty.
impl Default for StageName {
    fn default() -> Self {
        Self::Unknown(String::new())
    }
}

/// The default of a stage without a state: unknown and empty.
impl Default for StageState {
    fn default() -> Self {
        Self::Unknown(String::new())
    }
}

#[cfg(test)]
mod tests;
