//! The health of the server.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Extra;

/// The response of `GET /health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `ok`. A degraded server responds with 503, which is an error.
    pub status: String,
    /// The result of each check by its name (servers since 2026-04-30).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub checks: BTreeMap<String, String>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}
