//! Agents, their tools, and the requests that make and change them.

use aod::models::{
    Agent, AgentVersion, CreateAgent, GithubSkill, InlineSkill, McpServer, Patch, Provider,
    Runtime, SecretMap, Skill, StdioMcpServer, UpdateAgent, UrlMcpServer,
};
use uuid::Uuid;

use super::values::{JsonFields, JsonValue, Timestamp};

pub(crate) type TextPatch = Patch<String>;
pub(crate) type IdPatch = Patch<Uuid>;

/// The agent program in the sandbox (S0 and S1 servers).
#[uniffi::remote(Enum)]
pub enum Runtime {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// opencode (S1 servers).
    Opencode,
    /// Claude Code signed in by OAuth (S0 servers; folded into `claude` later).
    ClaudeOauth,
    /// A value that this version does not know, as the server sent it.
    Unknown(#[uniffi(name = "value")] String),
}

/// Whose models an agent uses (S2 servers, where it takes the place of `Runtime`).
#[uniffi::remote(Enum)]
pub enum Provider {
    /// Anthropic, run by Claude Code.
    Anthropic,
    /// OpenAI, run by Codex.
    OpenAi,
    /// A value that this version does not know, as the server sent it.
    Unknown(#[uniffi(name = "value")] String),
}

/// An agent: a model, the program that runs it, and what it may use.
#[uniffi::remote(Record)]
pub struct Agent {
    /// Made by the server.
    pub id: Uuid,
    /// Always `agent`.
    pub object_type: String,
    /// Not unique; may be empty.
    pub name: String,
    /// What the agent is for.
    #[uniffi(default)]
    pub description: Option<String>,
    /// Text put before the first prompt of a session.
    #[uniffi(default)]
    pub system: Option<String>,
    /// The model, in the server's spelling.
    pub model: String,
    /// The program that runs the agent (S0 and S1 servers).
    #[uniffi(default)]
    pub runtime: Option<Runtime>,
    /// Whose model it is (S2 servers).
    #[uniffi(default)]
    pub provider: Option<Provider>,
    /// The environment of sessions that name none.
    #[uniffi(default)]
    pub environment_id: Option<Uuid>,
    /// Skills, as they were submitted.
    #[uniffi(default = [])]
    pub skills: Vec<Skill>,
    /// MCP servers, as they were submitted.
    #[uniffi(default = [])]
    pub mcp_servers: Vec<McpServer>,
    /// The caller's own data.
    pub metadata: JsonFields,
    /// Counts up from 1 with each update that changes something.
    pub version: i64,
    /// When the agent was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was archived; absent while it is active.
    #[uniffi(default)]
    pub archived_at: Option<Timestamp>,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// An agent as it was at one version.
#[uniffi::remote(Record)]
pub struct AgentVersion {
    /// The agent's id.
    pub id: Uuid,
    /// Always `agent`.
    pub object_type: String,
    /// The name at that version.
    pub name: String,
    /// What the agent was for.
    #[uniffi(default)]
    pub description: Option<String>,
    /// Text put before the first prompt of a session.
    #[uniffi(default)]
    pub system: Option<String>,
    /// The model, in the server's spelling.
    pub model: String,
    /// The program that ran the agent (S0 and S1 servers).
    #[uniffi(default)]
    pub runtime: Option<Runtime>,
    /// Whose model it was (S2 servers).
    #[uniffi(default)]
    pub provider: Option<Provider>,
    /// The environment of sessions that named none.
    #[uniffi(default)]
    pub environment_id: Option<Uuid>,
    /// Skills, as they were submitted.
    #[uniffi(default = [])]
    pub skills: Vec<Skill>,
    /// MCP servers, as they were submitted.
    #[uniffi(default = [])]
    pub mcp_servers: Vec<McpServer>,
    /// The caller's own data.
    pub metadata: JsonFields,
    /// The version's number.
    pub version: i64,
    /// When this version came to be.
    pub created_at: Timestamp,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// What `POST /agents` takes.
#[uniffi::remote(Record)]
pub struct CreateAgent {
    /// At most 200 characters; need not be unique.
    pub name: String,
    /// A model the server knows, at most 100 characters.
    pub model: String,
    /// The program that runs the agent; S0 and S1 servers require it.
    #[uniffi(default)]
    pub runtime: Option<Runtime>,
    /// Whose model it is; S2 servers require it.
    #[uniffi(default)]
    pub provider: Option<Provider>,
    /// What the agent is for.
    #[uniffi(default)]
    pub description: Option<String>,
    /// Text put before the first prompt of a session.
    #[uniffi(default)]
    pub system: Option<String>,
    /// The environment of sessions that name none.
    #[uniffi(default)]
    pub environment_id: Option<Uuid>,
    /// At most 20.
    #[uniffi(default = [])]
    pub skills: Vec<Skill>,
    /// At most 20.
    #[uniffi(default = [])]
    pub mcp_servers: Vec<McpServer>,
    /// The caller's own data.
    pub metadata: JsonFields,
}

/// What `PUT /agents/{id}` takes: the version last read, and the fields to change.
///
/// A field left alone is not sent. `skills` and `mcp_servers` replace the whole list; `metadata` merges by key.
#[uniffi::remote(Record)]
pub struct UpdateAgent {
    /// The version this update starts from; any other than the current one is a 409.
    pub version: i64,
    /// A new name.
    #[uniffi(default)]
    pub name: Option<String>,
    /// Another model.
    #[uniffi(default)]
    pub model: Option<String>,
    /// Another program (S0 and S1 servers).
    #[uniffi(default)]
    pub runtime: Option<Runtime>,
    /// Another provider (S2 servers).
    #[uniffi(default)]
    pub provider: Option<Provider>,
    /// What the agent is for.
    pub description: TextPatch,
    /// Text put before the first prompt of a session.
    pub system: TextPatch,
    /// The environment of sessions that name none. `Clear` detaches it from S1 on; S0 takes it as `Keep`.
    pub environment_id: IdPatch,
    /// All skills anew; an empty list removes them.
    #[uniffi(default)]
    pub skills: Option<Vec<Skill>>,
    /// All MCP servers anew; an empty list removes them.
    #[uniffi(default)]
    pub mcp_servers: Option<Vec<McpServer>>,
    /// Entries to merge into the metadata; `""` removes an entry.
    pub metadata: JsonFields,
}

/// An MCP server reached at a URL.
#[uniffi::remote(Record)]
pub struct UrlMcpServer {
    /// Unique within the agent.
    pub name: String,
    /// Where it answers.
    pub url: String,
    /// Sent with every request to it.
    #[uniffi(default)]
    pub headers: SecretMap,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// An MCP server that is a program in the sandbox.
#[uniffi::remote(Record)]
pub struct StdioMcpServer {
    /// Unique within the agent.
    pub name: String,
    /// The program.
    pub command: String,
    /// Its arguments.
    #[uniffi(default = [])]
    pub args: Vec<String>,
    /// Its environment variables.
    #[uniffi(default)]
    pub env: SecretMap,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// A skill written out in the agent.
#[uniffi::remote(Record)]
pub struct InlineSkill {
    /// Lower-case letters, digits and hyphens, at most 64; unique within the agent.
    pub name: String,
    /// When to use the skill; at most 1,024 characters.
    pub description: String,
    /// The skill itself, at most 65,536 bytes.
    pub content: String,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// A skill kept in a GitHub repository.
#[uniffi::remote(Record)]
pub struct GithubSkill {
    /// The repository, as `owner/repo`.
    pub source: String,
    /// When to use the skill.
    pub description: String,
    /// The one skill of the repository to use; all of them when absent.
    #[uniffi(default)]
    pub name: Option<String>,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// A skill that the agent may use.
#[uniffi::remote(Enum)]
pub enum Skill {
    /// Written out in the agent.
    Inline(#[uniffi(name = "skill")] InlineSkill),
    /// Taken from a GitHub repository (S1 and later).
    Github(#[uniffi(name = "skill")] GithubSkill),
    /// A skill of another type or shape, as the server sent it.
    Unknown(#[uniffi(name = "json")] JsonValue),
}

/// An MCP server that the agent may use.
#[uniffi::remote(Enum)]
pub enum McpServer {
    /// Reached at a URL. An entry without `type` is one of these, and is sent on with it.
    Url(#[uniffi(name = "server")] UrlMcpServer),
    /// A program started in the sandbox, spoken to over its standard streams.
    Stdio(#[uniffi(name = "server")] StdioMcpServer),
    /// An entry of another type or shape, as the server sent it.
    Unknown(#[uniffi(name = "json")] JsonValue),
}

/// What an update does to a text: leave it, clear it, or set it.
#[uniffi::remote(Enum)]
pub enum TextPatch {
    /// Leave the field as it is; nothing is sent.
    Keep,
    /// Empty the field.
    Clear,
    /// Set the field.
    Set(#[uniffi(name = "text")] String),
}

/// What an update does to a reference: leave it, detach it, or set it.
#[uniffi::remote(Enum)]
pub enum IdPatch {
    /// Leave the field as it is; nothing is sent.
    Keep,
    /// Empty the field.
    Clear,
    /// Set the field.
    Set(#[uniffi(name = "id")] Uuid),
}
