//! Rows with numbered versions: agents and environments.

use serde_json::{Value, json};
use uuid::Uuid;

use super::AccountId;
use crate::clock::Time;

/// A row with versioned fields and their snapshots, oldest first.
pub(crate) struct Versioned<F> {
    pub(crate) id: Uuid,
    pub(crate) owner: AccountId,
    pub(crate) fields: F,
    pub(crate) version: i64,
    pub(crate) archived_at: Option<Time>,
    created_at: Time,
    updated_at: Time,
    pub(super) snapshots: Vec<Snapshot<F>>,
}

/// The fields at the start of a version.
pub(super) struct Snapshot<F> {
    pub(super) version: i64,
    pub(super) fields: F,
    pub(super) taken_at: Time,
}

impl<F: Clone + PartialEq> Versioned<F> {
    /// Creates version 1, with its snapshot.
    pub(crate) fn new(owner: AccountId, fields: F, now: Time) -> Self {
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
            archived_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Stores changed fields as the next version. Equal fields do not create a version.
    pub(crate) fn update(&mut self, fields: F, now: Time) {
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

    pub(crate) fn archive(&mut self, now: Time) {
        self.archived_at = Some(now);
        self.updated_at = now;
    }

    /// Returns the row as JSON, with a function that formats the fields with an ID, a version and a time.
    pub(super) fn show(&self, head: impl Fn(Uuid, &F, i64, Time) -> Value) -> Value {
        let mut json = head(self.id, &self.fields, self.version, self.created_at);
        json["updated_at"] = json!(self.updated_at.to_string());
        json["archived_at"] = json!(self.archived_at.map(|at| at.to_string()));
        json
    }

    /// Returns all versions, highest first, with a function that formats the fields.
    pub(super) fn show_versions(
        &self,
        head: impl Fn(Uuid, &F, i64, Time) -> Value,
    ) -> impl Iterator<Item = Value> {
        self.snapshots.iter().rev().map(move |snapshot| {
            head(
                self.id,
                &snapshot.fields,
                snapshot.version,
                snapshot.taken_at,
            )
        })
    }
}

/// Converts empty strings to null.
pub(super) fn none_if_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
