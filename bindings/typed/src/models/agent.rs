//! Agents, their skills and MCP servers, and the requests that create and update them.

use aod::models::{
    Agent, AgentVersion, CreateAgent, Extra, GithubSkill, InlineSkill, McpServer, Patch, Provider,
    Runtime, SecretMap, Skill, StdioMcpServer, UpdateAgent, UrlMcpServer,
};
use uuid::Uuid;

use super::values::{JsonFields, JsonValue, Timestamp};

pub(crate) type TextPatch = Patch<String>;
pub(crate) type IdPatch = Patch<Uuid>;

/// The program that runs an agent in the sandbox. Used by servers before 2026-06-25.
#[uniffi::remote(Enum)]
pub enum Runtime {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// opencode. Supported by servers of 2026-04-30.
    Opencode,
    /// Claude Code with OAuth credentials. Supported by servers of 2026-04-21; later ones use `claude`.
    ClaudeOauth,
    /// A value that this version does not know, verbatim.
    Unknown(#[uniffi(name = "value")] String),
}

/// The provider of an agent's model. Replaces the runtime on servers since 2026-06-25.
#[uniffi::remote(Enum)]
pub enum Provider {
    /// Anthropic. The agent runs in Claude Code.
    Anthropic,
    /// OpenAI. The agent runs in Codex.
    OpenAi,
    /// A value that this version does not know, verbatim.
    Unknown(#[uniffi(name = "value")] String),
}

/// An agent: a model, the program that runs it, and the skills and tools that it can use.
///
/// See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#agents-and-environments).
#[uniffi::remote(Record)]
pub struct Agent {
    /// The ID, assigned by the server.
    pub id: Uuid,
    /// Always `agent`.
    pub object_type: String,
    /// The name. It is not unique and may be empty.
    pub name: String,
    /// A description of the agent.
    #[uniffi(default)]
    pub description: Option<String>,
    /// The system text, which the server prepends to the first prompt of a session.
    #[uniffi(default)]
    pub system: Option<String>,
    /// The model's name, as the server spells it.
    pub model: String,
    /// The program that runs the agent. Absent on servers since 2026-06-25.
    #[uniffi(default)]
    pub runtime: Option<Runtime>,
    /// The provider of the model. Absent on servers before 2026-06-25.
    #[uniffi(default)]
    pub provider: Option<Provider>,
    /// The environment of sessions that do not specify one.
    #[uniffi(default)]
    pub environment_id: Option<Uuid>,
    /// The skills, in the form in which they were sent.
    #[uniffi(default = [])]
    pub skills: Vec<Skill>,
    /// The MCP servers, in the form in which they were sent.
    #[uniffi(default = [])]
    pub mcp_servers: Vec<McpServer>,
    /// The caller's own data, arbitrary JSON.
    pub metadata: JsonFields,
    /// The version. It starts at 1 and increases by 1 with each update that changes something.
    pub version: i64,
    /// When the agent was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was archived. Absent if it is active.
    #[uniffi(default)]
    pub archived_at: Option<Timestamp>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// A version of an agent: its configuration after it was created or updated. It is immutable.
#[uniffi::remote(Record)]
pub struct AgentVersion {
    /// The agent's ID.
    pub id: Uuid,
    /// Always `agent`.
    pub object_type: String,
    /// The name at that version.
    pub name: String,
    /// The description at that version.
    #[uniffi(default)]
    pub description: Option<String>,
    /// The system text, which the server prepends to the first prompt of a session.
    #[uniffi(default)]
    pub system: Option<String>,
    /// The model's name, as the server spells it.
    pub model: String,
    /// The program that ran the agent. Absent on servers since 2026-06-25.
    #[uniffi(default)]
    pub runtime: Option<Runtime>,
    /// The provider of the model. Absent on servers before 2026-06-25.
    #[uniffi(default)]
    pub provider: Option<Provider>,
    /// The environment of sessions that did not specify one.
    #[uniffi(default)]
    pub environment_id: Option<Uuid>,
    /// The skills, in the form in which they were sent.
    #[uniffi(default = [])]
    pub skills: Vec<Skill>,
    /// The MCP servers, in the form in which they were sent.
    #[uniffi(default = [])]
    pub mcp_servers: Vec<McpServer>,
    /// The caller's own data, arbitrary JSON.
    pub metadata: JsonFields,
    /// The version number.
    pub version: i64,
    /// When this version was created.
    pub created_at: Timestamp,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// The request of `POST /agents`.
#[uniffi::remote(Record)]
pub struct CreateAgent {
    /// The name, at most 200 characters. It need not be unique.
    pub name: String,
    /// A model that the server supports, at most 100 characters; on servers of 2026-04-30 with its provider, such as
    /// `anthropic/claude-sonnet-4-6`.
    pub model: String,
    /// The program that runs the agent. Required by servers before 2026-06-25.
    #[uniffi(default)]
    pub runtime: Option<Runtime>,
    /// The provider of the model. Required by servers since 2026-06-25.
    #[uniffi(default)]
    pub provider: Option<Provider>,
    /// A description of the agent.
    #[uniffi(default)]
    pub description: Option<String>,
    /// The system text, which the server prepends to the first prompt of a session.
    #[uniffi(default)]
    pub system: Option<String>,
    /// The environment of sessions that do not specify one.
    #[uniffi(default)]
    pub environment_id: Option<Uuid>,
    /// The skills, at most 20.
    #[uniffi(default = [])]
    pub skills: Vec<Skill>,
    /// The MCP servers, at most 20.
    #[uniffi(default = [])]
    pub mcp_servers: Vec<McpServer>,
    /// The caller's own data, arbitrary JSON.
    pub metadata: JsonFields,
}

/// The request of `PUT /agents/{id}`: the version that was last read, and the fields to change.
///
/// Fields that are not set keep their values. `skills` and `mcp_servers` replace the whole list; `metadata` is merged
/// by key.
#[uniffi::remote(Record)]
pub struct UpdateAgent {
    /// The version that was last read. The server responds with 409 if it is not the current one.
    pub version: i64,
    /// The new name.
    #[uniffi(default)]
    pub name: Option<String>,
    /// The new model.
    #[uniffi(default)]
    pub model: Option<String>,
    /// The new runtime. For servers before 2026-06-25.
    #[uniffi(default)]
    pub runtime: Option<Runtime>,
    /// The new provider. For servers since 2026-06-25.
    #[uniffi(default)]
    pub provider: Option<Provider>,
    /// The change of the description.
    pub description: TextPatch,
    /// The change of the system text, which the server prepends to the first prompt of a session.
    pub system: TextPatch,
    /// The change of the environment of sessions that do not specify one. Servers of 2026-04-21 treat `Clear` as
    /// `Keep`.
    pub environment_id: IdPatch,
    /// The new skills, replacing all existing ones; an empty list removes them.
    #[uniffi(default)]
    pub skills: Option<Vec<Skill>>,
    /// The new MCP servers, replacing all existing ones; an empty list removes them.
    #[uniffi(default)]
    pub mcp_servers: Option<Vec<McpServer>>,
    /// Entries to merge into the metadata. The value `""` removes an entry.
    pub metadata: JsonFields,
}

/// An MCP server with a URL.
#[uniffi::remote(Record)]
pub struct UrlMcpServer {
    /// The name, unique within the agent.
    pub name: String,
    /// The URL of the server.
    pub url: String,
    /// Headers of the requests to the server. Secret: never shown in error messages or logs.
    #[uniffi(default)]
    pub headers: SecretMap,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// An MCP server that runs as a process in the sandbox.
#[uniffi::remote(Record)]
pub struct StdioMcpServer {
    /// The name, unique within the agent.
    pub name: String,
    /// The command that starts it.
    pub command: String,
    /// The arguments of the command.
    #[uniffi(default = [])]
    pub args: Vec<String>,
    /// The environment variables of the process. Secret: never shown in error messages or logs.
    #[uniffi(default)]
    pub env: SecretMap,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// A skill whose content is part of the agent.
#[uniffi::remote(Record)]
pub struct InlineSkill {
    /// The name, unique within the agent: 1 to 64 lowercase letters, digits and hyphens. It must not start with a
    /// hyphen.
    pub name: String,
    /// A description of when to use the skill, at most 1,024 characters.
    pub description: String,
    /// The content: at most 65,536 bytes, without the text `SKILL_EOF`.
    pub content: String,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// A skill from a GitHub repository. Supported by servers since 2026-04-30.
#[uniffi::remote(Record)]
pub struct GithubSkill {
    /// The repository, as `owner/repo`.
    pub source: String,
    /// A description of when to use the skill.
    pub description: String,
    /// The name of one skill in the repository. If it is absent, all skills of the repository are used.
    #[uniffi(default)]
    pub name: Option<String>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// A skill of an agent.
#[uniffi::remote(Enum)]
pub enum Skill {
    /// A skill whose content is part of the agent.
    Inline(#[uniffi(name = "skill")] InlineSkill),
    /// A skill from a GitHub repository. Supported by servers since 2026-04-30.
    Github(#[uniffi(name = "skill")] GithubSkill),
    /// A skill of a type that this version does not know, verbatim.
    Unknown(#[uniffi(name = "json")] JsonValue),
}

/// An MCP server of an agent.
#[uniffi::remote(Enum)]
pub enum McpServer {
    /// A server with a URL. An entry without a `type` is treated as a server with a URL.
    Url(#[uniffi(name = "server")] UrlMcpServer),
    /// A process in the sandbox that communicates over standard input and output.
    Stdio(#[uniffi(name = "server")] StdioMcpServer),
    /// A server of a type that this version does not know, verbatim.
    Unknown(#[uniffi(name = "json")] JsonValue),
}

/// A change of an optional text in an update.
#[uniffi::remote(Enum)]
pub enum TextPatch {
    /// Keeps the value. The field is not sent.
    Keep,
    /// Clears the text.
    Clear,
    /// Sets the text.
    Set(#[uniffi(name = "text")] String),
}

/// A change of an optional reference in an update.
#[uniffi::remote(Enum)]
pub enum IdPatch {
    /// Keeps the value. The field is not sent.
    Keep,
    /// Clears the reference.
    Clear,
    /// Sets the reference.
    Set(#[uniffi(name = "id")] Uuid),
}
