//! Agents.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::versioned::{Versioned, none_if_empty};
use crate::{clock::Time, generation::Generation};

/// An agent row.
pub(crate) type Agent = Versioned<AgentFields>;

/// What an update can change and a version keeps.
#[derive(Clone, PartialEq)]
pub(crate) struct AgentFields {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) system: String,
    pub(crate) model: String,
    /// The runtime; from S2 on the provider.
    pub(crate) engine: String,
    pub(crate) environment_id: Option<Uuid>,
    pub(crate) skills: Vec<Value>,
    pub(crate) mcp_servers: Vec<Value>,
    pub(crate) metadata: Map<String, Value>,
}

impl AgentFields {
    fn to_json(&self, generation: Generation, id: Uuid, version: i64, created_at: Time) -> Value {
        json!({
            "id": id,
            "type": "agent",
            "name": self.name,
            "description": none_if_empty(&self.description),
            "system": none_if_empty(&self.system),
            "model": self.model,
            generation.engine_field(): self.engine,
            "environment_id": self.environment_id,
            "skills": self.skills,
            "mcp_servers": self.mcp_servers,
            "metadata": self.metadata,
            "version": version,
            "created_at": created_at.to_string(),
        })
    }
}

impl Agent {
    pub(crate) fn to_json(&self, generation: Generation) -> Value {
        self.show(|id, fields, version, at| fields.to_json(generation, id, version, at))
    }

    /// All versions, highest first.
    pub(crate) fn versions(&self, generation: Generation) -> impl Iterator<Item = Value> {
        self.show_versions(move |id, fields, version, at| {
            fields.to_json(generation, id, version, at)
        })
    }

    /// Drops the reference to a deleted environment, in the snapshots too and without a new version.
    pub(crate) fn forget_environment(&mut self, id: Uuid) {
        let snapshots = self
            .snapshots
            .iter_mut()
            .map(|snapshot| &mut snapshot.fields);
        for fields in snapshots.chain([&mut self.fields]) {
            if fields.environment_id == Some(id) {
                fields.environment_id = None;
            }
        }
    }
}
