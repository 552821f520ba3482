//! Agents, their versions, and the requests to create and update them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::mcp_server::validate_mcp_servers;
use super::patch::{changed_text, clear_as_empty, clear_as_null};
use super::skill::validate_skills;
use super::validate::{Problems, Validate, fits};
use super::{Extra, McpServer, Patch, Provider, Runtime, Skill};

/// An agent: a model, its runtime or provider, and the skills and MCP servers that it can use.
///
/// See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#agents-and-environments).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agent {
    /// The unique id.
    pub id: Uuid,
    /// Always `agent`.
    #[serde(rename = "type", default = "agent_type")]
    pub object_type: String,
    /// The name. Not unique; may be empty.
    pub name: String,
    /// The description.
    #[serde(default)]
    pub description: Option<String>,
    /// The system text, prepended to the first prompt of a session.
    #[serde(default)]
    pub system: Option<String>,
    /// The model, as returned by the server.
    pub model: String,
    /// The agent runtime (servers before 2026-06-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// The model provider (servers since 2026-06-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// The default environment of sessions.
    #[serde(default)]
    pub environment_id: Option<Uuid>,
    /// The skills.
    #[serde(default)]
    pub skills: Vec<Skill>,
    /// The MCP servers.
    #[serde(default)]
    pub mcp_servers: Vec<McpServer>,
    /// Arbitrary data of the caller.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// The version number: starts at 1 and increases with each update that changes something.
    pub version: i64,
    /// When the agent was created.
    pub created_at: Timestamp,
    /// When it was last updated.
    pub updated_at: Timestamp,
    /// When it was archived; `None` while it is active.
    #[serde(default)]
    pub archived_at: Option<Timestamp>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One version of an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentVersion {
    /// The agent's id.
    pub id: Uuid,
    /// Always `agent`.
    #[serde(rename = "type", default = "agent_type")]
    pub object_type: String,
    /// The name at that version.
    pub name: String,
    /// The description.
    #[serde(default)]
    pub description: Option<String>,
    /// The system text, prepended to the first prompt of a session.
    #[serde(default)]
    pub system: Option<String>,
    /// The model, as returned by the server.
    pub model: String,
    /// The agent runtime (servers before 2026-06-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// The model provider (servers since 2026-06-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// The default environment of sessions.
    #[serde(default)]
    pub environment_id: Option<Uuid>,
    /// The skills.
    #[serde(default)]
    pub skills: Vec<Skill>,
    /// The MCP servers.
    #[serde(default)]
    pub mcp_servers: Vec<McpServer>,
    /// Arbitrary data of the caller.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// The version number.
    pub version: i64,
    /// When this version was created.
    pub created_at: Timestamp,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Agent {
    /// Returns an update request for this agent, with its current [`version`](Self::version), that changes nothing yet.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client, id: uuid::Uuid) -> aod::Result<()> {
    /// let renamed = client.agents().update_with(id, |agent| agent.update().name("reviewer")).await?;
    /// # let _ = renamed;
    /// # Ok(())
    /// # }
    /// ```
    pub fn update(&self) -> UpdateAgent {
        UpdateAgent::new(self.version)
    }
}

fn agent_type() -> String {
    "agent".to_owned()
}

/// The request to create an agent (`POST /agents`).
///
/// # Examples
///
/// ```
/// use aod::models::{CreateAgent, McpServer, Runtime, Skill};
///
/// let request = CreateAgent::new("reviewer", "claude-sonnet-4-6")
///     .runtime(Runtime::Claude)
///     .system("You review pull requests.")
///     .skill(Skill::inline("tone", "How to phrase a review", "Be kind and precise."))
///     .mcp_server(McpServer::url("issues", "https://mcp.example.com"))
///     .metadata("team", "core");
/// # let _ = request;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateAgent {
    /// The name: at most 200 characters, not necessarily unique.
    pub name: String,
    /// A model that the server supports: at most 100 characters; on servers of 2026-04-30 with its provider, such as
    /// `anthropic/claude-sonnet-4-6`.
    pub model: String,
    /// The agent runtime. Required by servers before 2026-06-25.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// The model provider. Required by servers since 2026-06-25.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// The description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The system text, prepended to the first prompt of a session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The default environment of sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<Uuid>,
    /// The skills, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<Skill>,
    /// The MCP servers, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mcp_servers: Vec<McpServer>,
    /// Arbitrary data of the caller.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

impl CreateAgent {
    /// Creates a request with a name and a model. Also set the [`runtime`](Self::runtime) (servers before 2026-06-25)
    /// or the [`provider`](Self::provider) (servers since 2026-06-25).
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

    /// Sets the agent runtime (servers before 2026-06-25).
    #[must_use]
    pub fn runtime(mut self, runtime: impl Into<Runtime>) -> Self {
        self.runtime = Some(runtime.into());
        self
    }

    /// Sets the model provider (servers since 2026-06-25).
    #[must_use]
    pub fn provider(mut self, provider: impl Into<Provider>) -> Self {
        self.provider = Some(provider.into());
        self
    }

    /// Sets the description.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets the system text, which is prepended to the first prompt of a session.
    #[must_use]
    pub fn system(mut self, system: impl Into<String>) -> Self {
        self.system = Some(system.into());
        self
    }

    /// Sets the default environment of sessions.
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

impl CreateAgent {
    /// Returns the update that gives an agent the fields that this request sets, or `None` if it has them.
    pub(crate) fn update_of(&self, agent: &Agent) -> Option<UpdateAgent> {
        let mut update = agent.update();
        if self.model != agent.model {
            update.model = Some(self.model.clone());
        }
        // A server has one of the two, and ignores the other.
        update.runtime = changed(self.runtime.as_ref(), agent.runtime.as_ref());
        update.provider = changed(self.provider.as_ref(), agent.provider.as_ref());
        update.description = changed_text(self.description.as_ref(), agent.description.as_ref());
        update.system = changed_text(self.system.as_ref(), agent.system.as_ref());
        if let Some(id) = self.environment_id
            && agent.environment_id != Some(id)
        {
            update.environment_id = Patch::Set(id);
        }
        if !self.skills.is_empty() && self.skills != agent.skills {
            update.skills = Some(self.skills.clone());
        }
        if !self.mcp_servers.is_empty() && self.mcp_servers != agent.mcp_servers {
            update.mcp_servers = Some(self.mcp_servers.clone());
        }
        for (key, value) in &self.metadata {
            let current = agent.metadata.get(key);
            // In an update, the empty text removes an entry.
            let is_absent = current.is_none() && value == "";
            if current != Some(value) && !is_absent {
                update.metadata.insert(key.clone(), value.clone());
            }
        }
        (update != agent.update()).then_some(update)
    }
}

/// Returns the new value of a field that the server returns, if it differs.
fn changed<T: PartialEq + Clone>(new: Option<&T>, current: Option<&T>) -> Option<T> {
    current.and(new).filter(|new| current != Some(new)).cloned()
}

/// The request to update an agent (`PUT /agents/{id}`): the current version and the fields to change.
///
/// Fields that are not set are not sent and keep their values. `skills` and `mcp_servers` replace the whole list;
/// `metadata` is merged by key.
///
/// # Examples
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdateAgent {
    /// The current version of the agent. The server responds to any other version with 409
    /// ([`VersionMismatch`](crate::ConflictReason::VersionMismatch)).
    pub version: i64,
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The new model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The new runtime (servers before 2026-06-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// The new provider (servers since 2026-06-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// The description.
    #[serde(
        default,
        skip_serializing_if = "Patch::is_keep",
        serialize_with = "clear_as_empty"
    )]
    pub description: Patch<String>,
    /// The system text, prepended to the first prompt of a session.
    #[serde(
        default,
        skip_serializing_if = "Patch::is_keep",
        serialize_with = "clear_as_empty"
    )]
    pub system: Patch<String>,
    /// The default environment of sessions. [`Patch::Clear`] removes it on servers since 2026-04-30; earlier servers
    /// ignore it.
    #[serde(
        default,
        skip_serializing_if = "Patch::is_keep",
        serialize_with = "clear_as_null"
    )]
    pub environment_id: Patch<Uuid>,
    /// Replaces all skills; an empty list removes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skills: Option<Vec<Skill>>,
    /// Replaces all MCP servers; an empty list removes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcp_servers: Option<Vec<McpServer>>,
    /// The entries to merge into the metadata; the value `""` removes an entry.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

impl UpdateAgent {
    /// Creates a request for an agent whose current version is `version`. It changes nothing yet.
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

    /// Sets the name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the model.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Sets the agent runtime (servers before 2026-06-25).
    #[must_use]
    pub fn runtime(mut self, runtime: impl Into<Runtime>) -> Self {
        self.runtime = Some(runtime.into());
        self
    }

    /// Sets the model provider (servers since 2026-06-25).
    #[must_use]
    pub fn provider(mut self, provider: impl Into<Provider>) -> Self {
        self.provider = Some(provider.into());
        self
    }

    /// Sets or clears the description.
    #[must_use]
    pub fn description(mut self, description: impl Into<Patch<String>>) -> Self {
        self.description = description.into();
        self
    }

    /// Sets or clears the system text.
    #[must_use]
    pub fn system(mut self, system: impl Into<Patch<String>>) -> Self {
        self.system = system.into();
        self
    }

    /// Sets or removes the default environment of sessions; see [`Self::environment_id`].
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

    /// Sets one entry of the metadata and keeps the others.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Removes one entry of the metadata, if it exists.
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
    fn an_agent_requires_a_runtime_or_a_provider() {
        assert_eq!(invalid_paths(&CreateAgent::new("a", "m")), ["runtime"]);
        assert!(invalid_paths(&CreateAgent::new("a", "m").runtime("codex")).is_empty());
        assert!(invalid_paths(&CreateAgent::new("a", "m").provider("openai")).is_empty());
    }

    #[test]
    fn the_name_limit_counts_characters() {
        assert!(
            invalid_paths(&CreateAgent::new("é".repeat(200), "m").runtime("claude")).is_empty()
        );
        assert_eq!(
            invalid_paths(&CreateAgent::new("é".repeat(201), "m").runtime("claude")),
            ["name"]
        );
    }

    #[test]
    fn validates_each_skill() {
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
    fn limits_mcp_servers_and_requires_unique_names() {
        let mut agent = CreateAgent::new("a", "m").runtime("claude");
        agent.mcp_servers = (0..20)
            .map(|n| McpServer::url(n.to_string(), "u").into())
            .collect();
        assert!(invalid_paths(&agent).is_empty());
        agent.mcp_servers.push(McpServer::stdio("7", "c").into());
        assert_eq!(invalid_paths(&agent), ["mcp_servers", "mcp_servers[20]"]);
    }
}
