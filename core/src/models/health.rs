//! What the server says of itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Extra;

/// The answer of `GET /health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `ok`, or `degraded` (which comes with 503, so as an error).
    pub status: String,
    /// The result of each check, by its name (S1 and later).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub checks: BTreeMap<String, String>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}
