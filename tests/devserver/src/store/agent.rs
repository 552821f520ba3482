//! Agents and their versions.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::AccountId;
use crate::{clock::Time, generation::Generation};

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

/// One agent row with its snapshots, oldest first.
pub(crate) struct Agent {
    pub(crate) id: Uuid,
    pub(crate) owner: AccountId,
    pub(crate) fields: AgentFields,
    pub(crate) version: i64,
    pub(crate) created_at: Time,
    pub(crate) updated_at: Time,
    pub(crate) archived_at: Option<Time>,
    snapshots: Vec<Snapshot>,
}

struct Snapshot {
    version: i64,
    fields: AgentFields,
    taken_at: Time,
}

impl Agent {
    pub(crate) fn new(owner: AccountId, fields: AgentFields, now: Time) -> Self {
        Self {
            id: Uuid::new_v4(),
            owner,
            snapshots: vec![Snapshot {
                version: 1,
                fields: fields.clone(),
                taken_at: now,
            }],
            fields,
            version: 1,
            created_at: now,
            updated_at: now,
            archived_at: None,
        }
    }

    /// Stores changed fields as the next version; the same fields change nothing at all.
    pub(crate) fn update(&mut self, fields: AgentFields, now: Time) {
        if fields == self.fields {
            return;
        }
        self.fields = fields;
        self.version += 1;
        self.updated_at = now;
        self.snapshots.push(Snapshot {
            version: self.version,
            fields: self.fields.clone(),
            taken_at: now,
        });
    }

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

    pub(crate) fn to_json(&self, generation: Generation) -> Value {
        let mut json = self.head(generation, &self.fields, self.version, self.created_at);
        json["updated_at"] = json!(self.updated_at.to_string());
        json["archived_at"] = json!(self.archived_at.map(|at| at.to_string()));
        json
    }

    /// All versions, highest first.
    pub(crate) fn versions(&self, generation: Generation) -> impl Iterator<Item = Value> {
        self.snapshots.iter().rev().map(move |snapshot| {
            self.head(
                generation,
                &snapshot.fields,
                snapshot.version,
                snapshot.taken_at,
            )
        })
    }

    fn head(
        &self,
        generation: Generation,
        fields: &AgentFields,
        version: i64,
        created_at: Time,
    ) -> Value {
        json!({
            "id": self.id,
            "type": "agent",
            "name": fields.name,
            "description": none_if_empty(&fields.description),
            "system": none_if_empty(&fields.system),
            "model": fields.model,
            generation.engine_field(): fields.engine,
            "environment_id": fields.environment_id,
            "skills": fields.skills,
            "mcp_servers": fields.mcp_servers,
            "metadata": fields.metadata,
            "version": version,
            "created_at": created_at.to_string(),
        })
    }
}

/// Empty texts are stored and shown as null.
pub(super) fn none_if_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
