use std::path::PathBuf;

use serde_json::Value;

/// Returns the path of a file under `tests/data`.
pub fn data(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../data")
        .join(path)
}

/// Returns the exchanges of a recording of HTTP traffic, in order.
///
/// # Panics
///
/// If the recording cannot be read.
pub fn recorded_exchanges(name: &str) -> Vec<Value> {
    let path = data("recordings").join(name);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}")))
        .collect()
}
