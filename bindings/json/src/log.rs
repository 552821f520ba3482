//! The log of the library, which Python takes while it waits.

use std::time::Duration;

use aod_bridge::log::{self, Level};
use serde_json::json;

/// Sets whether the lines of the level debug and above are collected. It applies to the whole process.
#[uniffi::export]
pub fn collect_log(on: bool) {
    log::collect(on.then_some(Level::Debug));
}

/// Takes the collected lines: a JSON array of arrays with the level (1 for a warning, 2 for info, 3 for debug), the
/// module and the text; an empty string if no line is waiting.
#[uniffi::export]
pub fn take_log() -> String {
    let lines = log::take(Duration::ZERO);
    if lines.is_empty() {
        return String::new();
    }
    let lines = lines
        .into_iter()
        .map(|line| json!([line.level as u8, line.target, line.text]));
    lines.collect::<serde_json::Value>().to_string()
}
