//! Environments.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::versioned::{Versioned, none_if_empty};
use crate::clock::Time;

/// An environment row.
pub(crate) type Environment = Versioned<EnvironmentFields>;

/// The fields that updates change and versions record. `env_vars` is never returned.
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

    /// Returns limited networking as it was stored, and unrestricted networking without other fields.
    fn networking_json(&self) -> Value {
        if self.is_limited() {
            json!(self.networking)
        } else {
            json!({"type": "unrestricted"})
        }
    }

    fn to_json(&self, id: Uuid, version: i64, created_at: Time) -> Value {
        json!({
            "id": id,
            "type": "environment",
            "name": self.name,
            "packages": self.packages,
            "setup_script": none_if_empty(&self.setup_script),
            "networking": self.networking_json(),
            "version": version,
            "created_at": created_at.to_string(),
        })
    }
}

impl Environment {
    pub(crate) fn to_json(&self) -> Value {
        self.show(|id, fields, version, at| fields.to_json(id, version, at))
    }

    /// Returns all versions, highest first.
    pub(crate) fn versions(&self) -> impl Iterator<Item = Value> {
        self.show_versions(|id, fields, version, at| fields.to_json(id, version, at))
    }
}
