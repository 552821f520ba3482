//! Sessions, their turns and resources, and the requests around them.

use std::time::Duration;

use aod::RunResult;
use aod::models::{
    CreateSession, GithubRepository, Prompt, Provider, ResourceType, Runtime, Secret, SecretMap,
    Session, SessionAck, SessionResource, SessionStatus, SessionTurn, TurnStatus,
};
use uuid::Uuid;

use super::values::{JsonFields, Timestamp};

/// Where a session is in its life.
#[uniffi::remote(Enum)]
pub enum SessionStatus {
    /// Accepted: being provisioned, or a turn is queued.
    Pending,
    /// A turn is running.
    Running,
    /// The last turn ended with exit code 0; a prompt starts another.
    Completed,
    /// A turn ended badly; final.
    Failed,
    /// Stopped and its sandbox destroyed; final.
    Terminated,
    /// A value that this version does not know, as the server sent it.
    Unknown(#[uniffi(name = "value")] String),
}

/// Where a turn is in its life.
#[uniffi::remote(Enum)]
pub enum TurnStatus {
    /// Queued.
    Pending,
    /// Running.
    Running,
    /// Ended with exit code 0.
    Completed,
    /// Ended with another exit code, or without one.
    Failed,
    /// Stopped by `interrupt` (S2).
    Interrupted,
    /// A value that this version does not know, as the server sent it.
    Unknown(#[uniffi(name = "value")] String),
}

/// What a resource is.
#[uniffi::remote(Enum)]
pub enum ResourceType {
    /// A repository on GitHub, cloned into the sandbox.
    GithubRepository,
    /// A value that this version does not know, as the server sent it.
    Unknown(#[uniffi(name = "value")] String),
}

/// A session: a sandbox in which an agent works on prompts, one turn each.
#[uniffi::remote(Record)]
pub struct Session {
    /// Made by the server.
    pub id: Uuid,
    /// The agent that works.
    #[uniffi(default)]
    pub agent_id: Option<Uuid>,
    /// What the sandbox was set up with.
    #[uniffi(default)]
    pub environment_id: Option<Uuid>,
    /// The program that runs the agent (S0 and S1 servers).
    #[uniffi(default)]
    pub runtime: Option<Runtime>,
    /// Whose model it is (S2 servers).
    #[uniffi(default)]
    pub provider: Option<Provider>,
    /// Where the session is in its life.
    pub status: SessionStatus,
    /// The exit code of the last turn; absent while it runs, and when it ended without one.
    #[uniffi(default)]
    pub exit_code: Option<i64>,
    /// When the session was accepted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What was cloned into the sandbox.
    #[uniffi(default = [])]
    pub resources: Vec<SessionResource>,
    /// How many turns there are.
    pub turn_count: i64,
    /// The highest turn number.
    #[uniffi(default)]
    pub current_turn: Option<i64>,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// Something cloned into a session's sandbox. Its token is write-only and never comes back.
#[uniffi::remote(Record)]
pub struct SessionResource {
    /// What it is.
    pub resource_type: ResourceType,
    /// Where it comes from, without a `.git` suffix.
    pub url: String,
    /// Where it is in the sandbox.
    #[uniffi(default)]
    pub mount_path: Option<String>,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// One prompt of a session and what became of it.
#[uniffi::remote(Record)]
pub struct SessionTurn {
    /// Counts up from 1.
    pub turn_number: i64,
    /// The prompt as it was sent, without the agent's system text.
    pub prompt: String,
    /// Where the turn is in its life.
    pub status: TurnStatus,
    /// The exit code; absent while it runs, and when it ended without one.
    #[uniffi(default)]
    pub exit_code: Option<i64>,
    /// When the prompt was accepted.
    pub created_at: Timestamp,
    /// When the agent began to work on it.
    #[uniffi(default)]
    pub started_at: Option<Timestamp>,
    /// When the agent was done with it.
    #[uniffi(default)]
    pub ended_at: Option<Timestamp>,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// What the server answers to create, prompt, terminate and interrupt.
#[uniffi::remote(Record)]
pub struct SessionAck {
    /// The session.
    pub id: Uuid,
    /// Its status now.
    pub status: SessionStatus,
    /// The path of its event stream (create and prompt).
    #[uniffi(default)]
    pub stream_url: Option<String>,
    /// The environment it will have (create).
    #[uniffi(default)]
    pub environment_id: Option<Uuid>,
    /// What will be cloned into it (create).
    #[uniffi(default = [])]
    pub resources: Vec<SessionResource>,
    /// The turn just queued (create and prompt).
    #[uniffi(default)]
    pub current_turn: Option<i64>,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// A GitHub repository to clone into a session's sandbox.
#[uniffi::remote(Record)]
pub struct GithubRepository {
    /// `https://github.com/<owner>/<repo>`, with or without `.git`.
    pub url: String,
    /// An absolute path; `/workspace/<repo>` when absent.
    #[uniffi(default)]
    pub mount_path: Option<String>,
    /// A GitHub token, for private repositories. Secret: it is sent, and never shown or returned.
    #[uniffi(default)]
    pub authorization_token: Option<Secret>,
}

/// What `POST /sessions` takes.
#[uniffi::remote(Record)]
pub struct CreateSession {
    /// The agent that works.
    pub agent_id: Uuid,
    /// What it is asked first.
    pub prompt: String,
    /// The environment; the agent's own when absent.
    #[uniffi(default)]
    pub environment_id: Option<Uuid>,
    /// How long the first turn may take: whole seconds, 10 s to 1 h; the server's default is 10 minutes.
    #[uniffi(default)]
    pub timeout: Option<Duration>,
    /// What to clone into the sandbox; at most 10, each at a path of its own.
    #[uniffi(default = [])]
    pub resources: Vec<GithubRepository>,
    /// Environment variables of this session, over the environment's own (S2 servers; older ones ignore them).
    /// Secret: they are sent, and never shown or returned.
    #[uniffi(default)]
    pub secret_env_vars: SecretMap,
}

/// What `POST /sessions/{id}/prompt` takes. A plain string is one too.
#[uniffi::remote(Record)]
pub struct Prompt {
    /// What the agent is asked.
    pub prompt: String,
    /// How long the turn may take: whole seconds, 10 s to 1 h; the server's default is 10 minutes.
    #[uniffi(default)]
    pub timeout: Option<Duration>,
}

/// A finished run.
#[uniffi::remote(Record)]
pub struct RunResult {
    /// The session after its turn.
    pub session: Session,
    /// All that the agent printed on stdout.
    pub stdout: String,
}
