//! Agents, their versions, and the requests that make and change them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::mcp_server::validate_mcp_servers;
use super::patch::{clear_as_empty, clear_as_null};
use super::skill::validate_skills;
use super::validate::{Problems, Validate, fits};
use super::{Extra, McpServer, Patch, Provider, Runtime, Skill};

/// An agent: a model, the program that runs it, and what it may use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// Made by the server.
    pub id: Uuid,
    /// Always `agent`.
    #[serde(rename = "type", default = "agent_type")]
    pub object_type: String,
    /// Not unique; may be empty.
    pub name: String,
    /// What the agent is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Text put before the first prompt of a session.
    #[serde(default)]
    pub system: Option<String>,
    /// The model, in the server's spelling.
    pub model: String,
    /// The program that runs the agent (S0 and S1 servers).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// Whose model it is (S2 servers).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// The environment of sessions that name none.
    #[serde(default)]
    pub environment_id: Option<Uuid>,
    /// Skills, as they were submitted.
    #[serde(default)]
    pub skills: Vec<Skill>,
    /// MCP servers, as they were submitted.
    #[serde(default)]
    pub mcp_servers: Vec<McpServer>,
    /// The caller's own data.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// Counts up from 1 with each update that changes something.
    pub version: i64,
    /// When the agent was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was archived; `None` while it is active.
    #[serde(default)]
    pub archived_at: Option<Timestamp>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An agent as it was at one version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentVersion {
    /// The agent's id.
    pub id: Uuid,
    /// Always `agent`.
    #[serde(rename = "type", default = "agent_type")]
    pub object_type: String,
    /// The name at that version.
    pub name: String,
    /// What the agent was for.
    #[serde(default)]
    pub description: Option<String>,
    /// Text put before the first prompt of a session.
    #[serde(default)]
    pub system: Option<String>,
    /// The model, in the server's spelling.
    pub model: String,
    /// The program that ran the agent (S0 and S1 servers).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// Whose model it was (S2 servers).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// The environment of sessions that named none.
    #[serde(default)]
    pub environment_id: Option<Uuid>,
    /// Skills, as they were submitted.
    #[serde(default)]
    pub skills: Vec<Skill>,
    /// MCP servers, as they were submitted.
    #[serde(default)]
    pub mcp_servers: Vec<McpServer>,
    /// The caller's own data.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// The version's number.
    pub version: i64,
    /// When this version came to be.
    pub created_at: Timestamp,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

fn agent_type() -> String {
    "agent".to_owned()
}

/// What `POST /agents` takes.
///
/// ```
/// use aod::models::{CreateAgent, McpServer, Runtime, Skill};
///
/// let request = CreateAgent::new("reviewer", "claude-sonnet-4-6")
///     .runtime(Runtime::Claude)
///     .system("You review pull requests.")
///     .skill(Skill::inline("tone", "How to word a review", "Be kind and exact."))
///     .mcp_server(McpServer::url("issues", "https://mcp.example.com"))
///     .metadata("team", "core");
/// # let _ = request;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CreateAgent {
    /// At most 200 characters; need not be unique.
    pub name: String,
    /// A model the server knows, at most 100 characters.
    pub model: String,
    /// The program that runs the agent; S0 and S1 servers require it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// Whose model it is; S2 servers require it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// What the agent is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Text put before the first prompt of a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The environment of sessions that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<Uuid>,
    /// At most 20.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<Skill>,
    /// At most 20.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mcp_servers: Vec<McpServer>,
    /// The caller's own data.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

impl CreateAgent {
    /// An agent of that name on that model. The server also needs its [`runtime`](Self::runtime) (S0, S1) or
    /// [`provider`](Self::provider) (S2).
    pub fn new(name: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            model: model.into(),
            runtime: None,
            provider: None,
            description: None,
            system: None,
            environment_id: None,
            skills: Vec::new(),
            mcp_servers: Vec::new(),
            metadata: Map::new(),
        }
    }

    /// Sets the program that runs the agent (S0 and S1 servers).
    #[must_use]
    pub fn runtime(mut self, runtime: impl Into<Runtime>) -> Self {
        self.runtime = Some(runtime.into());
        self
    }

    /// Sets whose model it is (S2 servers).
    #[must_use]
    pub fn provider(mut self, provider: impl Into<Provider>) -> Self {
        self.provider = Some(provider.into());
        self
    }

    /// Sets what the agent is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the text put before the first prompt of a session.
    #[must_use]
    pub fn system(mut self, system: impl Into<String>) -> Self {
        self.system = Some(system.into());
        self
    }

    /// Sets the environment of sessions that name none.
    #[must_use]
    pub fn environment(mut self, id: Uuid) -> Self {
        self.environment_id = Some(id);
        self
    }

    /// Adds a skill.
    #[must_use]
    pub fn skill(mut self, skill: impl Into<Skill>) -> Self {
        self.skills.push(skill.into());
        self
    }

    /// Adds an MCP server.
    #[must_use]
    pub fn mcp_server(mut self, server: impl Into<McpServer>) -> Self {
        self.mcp_servers.push(server.into());
        self
    }

    /// Sets one entry of the metadata.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }
}

/// What `PUT /agents/{id}` takes: the version last read, and the fields to change.
///
/// A field left alone is not sent. `skills` and `mcp_servers` replace the whole list; `metadata` merges by key.
///
/// ```
/// use aod::models::{Patch, UpdateAgent};
///
/// let request = UpdateAgent::new(3)
///     .system("You review pull requests briefly.")
///     .description(Patch::Clear)
///     .remove_metadata("team");
/// # let _ = request;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpdateAgent {
    /// The version this update starts from; any other than the current one is a 409.
    pub version: i64,
    /// A new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Another model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Another program (S0 and S1 servers).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// Another provider (S2 servers).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// What the agent is for.
    #[serde(
        skip_serializing_if = "Patch::is_keep",
        serialize_with = "clear_as_empty"
    )]
    pub description: Patch<String>,
    /// Text put before the first prompt of a session.
    #[serde(
        skip_serializing_if = "Patch::is_keep",
        serialize_with = "clear_as_empty"
    )]
    pub system: Patch<String>,
    /// The environment of sessions that name none. `Clear` detaches it from S1 on; S0 takes it as `Keep`.
    #[serde(
        skip_serializing_if = "Patch::is_keep",
        serialize_with = "clear_as_null"
    )]
    pub environment_id: Patch<Uuid>,
    /// All skills anew; an empty list removes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skills: Option<Vec<Skill>>,
    /// All MCP servers anew; an empty list removes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mcp_servers: Option<Vec<McpServer>>,
    /// Entries to merge into the metadata; `""` removes an entry.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

impl UpdateAgent {
    /// An update of that version that changes nothing yet.
    pub fn new(version: i64) -> Self {
        Self {
            version,
            name: None,
            model: None,
            runtime: None,
            provider: None,
            description: Patch::Keep,
            system: Patch::Keep,
            environment_id: Patch::Keep,
            skills: None,
            mcp_servers: None,
            metadata: Map::new(),
        }
    }

    /// Renames the agent.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Changes the model.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Changes the program that runs the agent (S0 and S1 servers).
    #[must_use]
    pub fn runtime(mut self, runtime: impl Into<Runtime>) -> Self {
        self.runtime = Some(runtime.into());
        self
    }

    /// Changes whose model it is (S2 servers).
    #[must_use]
    pub fn provider(mut self, provider: impl Into<Provider>) -> Self {
        self.provider = Some(provider.into());
        self
    }

    /// Sets or clears what the agent is for.
    #[must_use]
    pub fn description(mut self, description: impl Into<Patch<String>>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets or clears the text put before the first prompt.
    #[must_use]
    pub fn system(mut self, system: impl Into<Patch<String>>) -> Self {
        self.system = system.into();
        self
    }

    /// Sets or detaches the environment of sessions that name none; see [`Self::environment_id`].
    #[must_use]
    pub fn environment(mut self, id: impl Into<Patch<Uuid>>) -> Self {
        self.environment_id = id.into();
        self
    }

    /// Replaces all skills.
    #[must_use]
    pub fn skills(mut self, skills: impl IntoIterator<Item = Skill>) -> Self {
        self.skills = Some(skills.into_iter().collect());
        self
    }

    /// Replaces all MCP servers.
    #[must_use]
    pub fn mcp_servers(mut self, servers: impl IntoIterator<Item = McpServer>) -> Self {
        self.mcp_servers = Some(servers.into_iter().collect());
        self
    }

    /// Sets one entry of the metadata and leaves the others.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Removes one entry of the metadata; one that is not there is no error.
    #[must_use]
    pub fn remove_metadata(self, key: impl Into<String>) -> Self {
        self.metadata(key, "")
    }
}

impl From<&str> for Patch<String> {
    fn from(text: &str) -> Self {
        Self::Set(text.to_owned())
    }
}

impl Validate for CreateAgent {
    fn validate(&self, problems: &mut Problems) {
        problems.require(
            fits(&self.name, 200),
            "name",
            "must be at most 200 characters",
        );
        problems.require(!self.model.trim().is_empty(), "model", "must not be blank");
        problems.require(
            fits(&self.model, 100),
            "model",
            "must be at most 100 characters",
        );
        let runtime = self.runtime.as_ref().map_or("", |runtime| runtime.as_str());
        problems.require(
            fits(runtime, 32),
            "runtime",
            "must be at most 32 characters",
        );
        problems.require(
            self.runtime.is_some() || self.provider.is_some(),
            "runtime",
            "a runtime is required, or on newer servers a provider",
        );
        validate_skills(&self.skills, problems);
        validate_mcp_servers(&self.mcp_servers, problems);
    }
}

impl Validate for UpdateAgent {
    fn validate(&self, problems: &mut Problems) {
        validate_skills(self.skills.as_deref().unwrap_or_default(), problems);
        validate_mcp_servers(self.mcp_servers.as_deref().unwrap_or_default(), problems);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::validate::invalid_paths;

    #[test]
    fn an_agent_needs_a_runtime_or_a_provider() {
        assert_eq!(invalid_paths(&CreateAgent::new("a", "m")), ["runtime"]);
        assert!(invalid_paths(&CreateAgent::new("a", "m").runtime("codex")).is_empty());
        assert!(invalid_paths(&CreateAgent::new("a", "m").provider("openai")).is_empty());
    }

    #[test]
    fn names_are_counted_in_characters() {
        assert!(
            invalid_paths(&CreateAgent::new("é".repeat(200), "m").runtime("claude")).is_empty()
        );
        assert_eq!(
            invalid_paths(&CreateAgent::new("é".repeat(201), "m").runtime("claude")),
            ["name"]
        );
    }

    #[test]
    fn skills_are_checked_one_by_one() {
        let agent = CreateAgent::new("a", "m")
            .runtime("claude")
            .skill(Skill::inline("ok", "", ""))
            .skill(Skill::inline("Not ok", "d".repeat(1025), "SKILL_EOF"))
            .skill(Skill::inline("ok", "", ""))
            .skill(Skill::github("no-slash", ""));
        let expected = [
            "skills[1].name",
            "skills[1].description",
            "skills[1].content",
            "skills[2].name",
            "skills[3].source",
        ];
        assert_eq!(invalid_paths(&agent), expected);
    }

    #[test]
    fn mcp_servers_are_few_and_of_different_names() {
        let mut agent = CreateAgent::new("a", "m").runtime("claude");
        agent.mcp_servers = (0..20)
            .map(|n| McpServer::url(n.to_string(), "u").into())
            .collect();
        assert!(invalid_paths(&agent).is_empty());
        agent.mcp_servers.push(McpServer::stdio("7", "c").into());
        assert_eq!(invalid_paths(&agent), ["mcp_servers", "mcp_servers[20]"]);
    }
}
