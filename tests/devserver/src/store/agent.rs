//! Agents.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::versioned::{Versioned, none_if_empty};
use crate::{clock::Time, generation::Generation};

/// An agent row.
pub(crate) type Agent = Versioned<AgentFields>;

/// The fields that updates change and versions record.
#[derive(Clone, PartialEq)]
pub(crate) struct AgentFields {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) system: String,
    pub(crate) model: String,
    /// The runtime, or the provider since 2026-06-25.
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

    /// Returns all versions, highest first.
    pub(crate) fn versions(&self, generation: Generation) -> impl Iterator<Item = Value> {
        self.show_versions(move |id, fields, version, at| {
            fields.to_json(generation, id, version, at)
        })
    }

    /// Removes the reference to a deleted environment, including the snapshots, without a new version.
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
