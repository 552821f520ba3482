//! The cases of `data/vectors/sse.json`.

use std::time::Duration;

use aod_test_support::data;
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) what: String,
    pub(crate) chunks_hex: Vec<String>,
    pub(crate) initial_last_event_id: String,
    pub(crate) expect: Outcome,
}

#[derive(Deserialize, Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<Event>,
    pub(crate) last_event_id: String,
    /// Milliseconds. In one case, larger than any integer type.
    pub(crate) retry: Option<serde_json::Number>,
}

#[derive(Deserialize, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) r#type: String,
    pub(crate) data: String,
    pub(crate) id: String,
}

impl Case {
    pub(crate) fn all() -> Vec<Self> {
        let text = std::fs::read_to_string(data("vectors/sse.json"))
            .expect("the file is part of the project");
        serde_json::from_str(&text).expect("every case has these fields")
    }

    pub(crate) fn chunks(&self) -> Vec<Vec<u8>> {
        self.chunks_hex.iter().map(|hex| from_hex(hex)).collect()
    }
}

/// Converts milliseconds to a duration, or the maximum if they are out of range.
pub(crate) fn reconnection_time(milliseconds: &serde_json::Number) -> Duration {
    Duration::from_millis(milliseconds.as_u64().unwrap_or(u64::MAX))
}

fn from_hex(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("two hex digits"))
        .collect()
}
