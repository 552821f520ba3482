//! Sessions, their turns and resources, and the requests for them.

use std::time::Duration;

use aod::models::{
    CreateSession, Extra, GithubRepository, Prompt, Provider, ResourceType, Runtime, Secret,
    SecretMap, Session, SessionAck, SessionResource, SessionStatus, SessionTurn, TurnStatus,
};
use aod::transcript::Turn;
use aod::{OnAbandon, RunResult};
use uuid::Uuid;

use super::values::Timestamp;

/// The status of a session.
#[uniffi::remote(Enum)]
pub enum SessionStatus {
    /// The sandbox is being provisioned, or a turn is queued.
    Pending,
    /// A turn is running.
    Running,
    /// The last turn ended with exit code 0, or was interrupted. The session accepts another prompt.
    Completed,
    /// A turn or the provisioning failed. The session accepts no further prompt, but can be terminated.
    Failed,
    /// The session was terminated and its sandbox destroyed. This status is final.
    Terminated,
    /// A value that this version does not know, verbatim.
    Unknown(#[uniffi(name = "value")] String),
}

/// The status of a turn.
#[uniffi::remote(Enum)]
pub enum TurnStatus {
    /// The turn is queued.
    Pending,
    /// The turn is running.
    Running,
    /// The turn ended with exit code 0.
    Completed,
    /// The turn ended with another exit code, or without an exit code.
    Failed,
    /// The turn was interrupted. Sent by servers since 2026-06-25.
    Interrupted,
    /// A value that this version does not know, verbatim.
    Unknown(#[uniffi(name = "value")] String),
}

/// The type of a resource.
#[uniffi::remote(Enum)]
pub enum ResourceType {
    /// A GitHub repository that is cloned into the sandbox.
    GithubRepository,
    /// A value that this version does not know, verbatim.
    Unknown(#[uniffi(name = "value")] String),
}

/// A session: a sandbox in which an agent processes prompts, one per turn.
///
/// See [Sessions and turns](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#sessions-and-turns).
#[uniffi::remote(Record)]
pub struct Session {
    /// The ID, assigned by the server.
    pub id: Uuid,
    /// The agent's ID.
    #[uniffi(default)]
    pub agent_id: Option<Uuid>,
    /// The ID of the sandbox's environment.
    #[uniffi(default)]
    pub environment_id: Option<Uuid>,
    /// The program that runs the agent. Absent on servers since 2026-06-25.
    #[uniffi(default)]
    pub runtime: Option<Runtime>,
    /// The provider of the model. Absent on servers before 2026-06-25.
    #[uniffi(default)]
    pub provider: Option<Provider>,
    /// The status of the session.
    pub status: SessionStatus,
    /// The exit code of the last turn. Absent while that turn is queued or running, or if it ended without an exit
    /// code.
    #[uniffi(default)]
    pub exit_code: Option<i64>,
    /// When the session was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// The resources that were cloned into the sandbox.
    #[uniffi(default = [])]
    pub resources: Vec<SessionResource>,
    /// The number of turns.
    pub turn_count: i64,
    /// The number of the latest turn.
    #[uniffi(default)]
    pub current_turn: Option<i64>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// A resource that was cloned into a session's sandbox. Its token is write-only and is never returned.
#[uniffi::remote(Record)]
pub struct SessionResource {
    /// The type of the resource.
    pub resource_type: ResourceType,
    /// The URL, without a `.git` suffix.
    pub url: String,
    /// The path in the sandbox.
    #[uniffi(default)]
    pub mount_path: Option<String>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// A turn of a session: a prompt and its result.
#[uniffi::remote(Record)]
pub struct SessionTurn {
    /// The number of the turn, starting at 1.
    pub turn_number: i64,
    /// The prompt, without the agent's system text.
    pub prompt: String,
    /// The status of the turn.
    pub status: TurnStatus,
    /// The exit code. Absent while the turn is queued or running, or if it ended without an exit code.
    #[uniffi(default)]
    pub exit_code: Option<i64>,
    /// When the turn was queued.
    pub created_at: Timestamp,
    /// When the turn started. Absent while it is queued.
    #[uniffi(default)]
    pub started_at: Option<Timestamp>,
    /// When the turn ended. Absent until then.
    #[uniffi(default)]
    pub ended_at: Option<Timestamp>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// The acknowledgement of a request to create, prompt, terminate or interrupt a session.
#[uniffi::remote(Record)]
pub struct SessionAck {
    /// The session's ID.
    pub id: Uuid,
    /// The status of the session; after an interrupt, the previous status.
    pub status: SessionStatus,
    /// The path of the event stream, relative to the base URL. Only after create and prompt.
    #[uniffi(default)]
    pub stream_url: Option<String>,
    /// The ID of the session's environment. Only after create.
    #[uniffi(default)]
    pub environment_id: Option<Uuid>,
    /// The resources that will be cloned into the sandbox. Only after create.
    #[uniffi(default = [])]
    pub resources: Vec<SessionResource>,
    /// The number of the turn that was queued. Only after create and prompt.
    #[uniffi(default)]
    pub current_turn: Option<i64>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// A GitHub repository to clone into a session's sandbox.
#[uniffi::remote(Record)]
pub struct GithubRepository {
    /// The URL: `https://github.com/<owner>/<repo>`, with or without `.git`.
    pub url: String,
    /// The absolute path of the folder in the sandbox to clone into. It must not be `/` or `/home/sprite`. Default
    /// `/workspace/<repo>`.
    #[uniffi(default)]
    pub mount_path: Option<String>,
    /// A GitHub token, for private repositories. Secret: never shown or returned.
    #[uniffi(default)]
    pub authorization_token: Option<Secret>,
}

/// The request of `POST /sessions`.
#[uniffi::remote(Record)]
pub struct CreateSession {
    /// The ID of the agent.
    pub agent_id: Uuid,
    /// The first prompt.
    pub prompt: String,
    /// The ID of the environment. Default: the agent's environment.
    #[uniffi(default)]
    pub environment_id: Option<Uuid>,
    /// The time limit of the first turn: whole seconds, from 10 s to 1 h. The server's default is 10 minutes.
    #[uniffi(default)]
    pub timeout: Option<Duration>,
    /// The repositories to clone into the sandbox: at most 10, each with a different `mount_path`.
    #[uniffi(default = [])]
    pub resources: Vec<GithubRepository>,
    /// Environment variables of this session, which override those of the environment. Servers before 2026-06-25 ignore
    /// them. Secret: never shown or returned.
    #[uniffi(default)]
    pub secret_env_vars: SecretMap,
}

/// The request of `POST /sessions/{id}/prompt`.
#[uniffi::remote(Record)]
pub struct Prompt {
    /// The prompt.
    pub prompt: String,
    /// The time limit of the turn: whole seconds, from 10 s to 1 h. The server's default is 10 minutes.
    #[uniffi(default)]
    pub timeout: Option<Duration>,
}

/// The result of one turn that was followed to its end.
#[uniffi::remote(Record)]
pub struct RunResult {
    /// The session, retrieved after the stream of the turn has ended.
    pub session: Session,
    /// The answer: the last message of the agent in the turn. Absent if the agent wrote no message, or if its runtime
    /// is not known.
    pub text: Option<String>,
    /// The turn as data: messages, tool calls and plans, how it ended, tokens and cost.
    pub turn: Turn,
    /// Everything that the agent printed on stdout in this turn, verbatim. The agents of all known runtimes print one
    /// JSON object per line, which a formatter turns into readable text.
    pub stdout: String,
}

/// What happens to a session on the server if a call that follows its turn fails or is cancelled before the turn has
/// ended.
#[uniffi::remote(Enum)]
pub enum OnAbandon {
    /// The session continues.
    Continue,
    /// The turn is interrupted, and the sandbox is kept. Servers before 2026-06-25 cannot interrupt a turn: the session
    /// continues.
    Interrupt,
    /// The session is terminated.
    Terminate,
}
