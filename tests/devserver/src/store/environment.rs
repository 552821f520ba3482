//! Environments and their versions.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{AccountId, agent::none_if_empty};
use crate::clock::Time;

/// What an update can change and a version keeps. `env_vars` is never shown.
#[derive(Clone, PartialEq)]
pub(crate) struct EnvironmentFields {
    pub(crate) name: String,
    pub(crate) packages: Map<String, Value>,
    pub(crate) env_vars: Map<String, Value>,
    pub(crate) setup_script: String,
    pub(crate) networking: Map<String, Value>,
}

impl EnvironmentFields {
    pub(crate) fn is_limited(&self) -> bool {
        self.networking
            .get("type")
            .is_some_and(|kind| kind == "limited")
    }

    /// A limited network is shown as it was stored, an unrestricted one bare.
    fn networking_json(&self) -> Value {
        if self.is_limited() {
            json!(self.networking)
        } else {
            json!({"type": "unrestricted"})
        }
    }
}

/// One environment row with its snapshots, oldest first.
pub(crate) struct Environment {
    pub(crate) id: Uuid,
    pub(crate) owner: AccountId,
    pub(crate) fields: EnvironmentFields,
    pub(crate) version: i64,
    pub(crate) created_at: Time,
    pub(crate) updated_at: Time,
    pub(crate) archived_at: Option<Time>,
    snapshots: Vec<Snapshot>,
}

struct Snapshot {
    version: i64,
    fields: EnvironmentFields,
    taken_at: Time,
}

impl Environment {
    pub(crate) fn new(owner: AccountId, fields: EnvironmentFields, now: Time) -> Self {
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
    pub(crate) fn update(&mut self, fields: EnvironmentFields, now: Time) {
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

    pub(crate) fn to_json(&self) -> Value {
        let mut json = self.head(&self.fields, self.version, self.created_at);
        json["updated_at"] = json!(self.updated_at.to_string());
        json["archived_at"] = json!(self.archived_at.map(|at| at.to_string()));
        json
    }

    /// All versions, highest first.
    pub(crate) fn versions(&self) -> impl Iterator<Item = Value> {
        self.snapshots
            .iter()
            .rev()
            .map(|snapshot| self.head(&snapshot.fields, snapshot.version, snapshot.taken_at))
    }

    fn head(&self, fields: &EnvironmentFields, version: i64, created_at: Time) -> Value {
        json!({
            "id": self.id,
            "type": "environment",
            "name": fields.name,
            "packages": fields.packages,
            "setup_script": none_if_empty(&fields.setup_script),
            "networking": fields.networking_json(),
            "version": version,
            "created_at": created_at.to_string(),
        })
    }
}
