use std::path::{Path, PathBuf};

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
/// Panics if the recording cannot be read.
pub fn recorded_exchanges(name: &str) -> Vec<Value> {
    lines(&data("recordings").join(name))
}

/// A recorded event stream.
pub struct RecordedStream {
    /// The name of the recording.
    pub name: String,
    /// The body of the response, without chunked framing.
    pub body: String,
    /// The metadata: the request, the head of the response, and others that the recordings' `README.md` describes.
    pub about: Value,
}

/// Returns all recorded event streams, ordered by name.
///
/// # Panics
///
/// Panics if a recording cannot be read.
pub fn recorded_streams() -> Vec<RecordedStream> {
    let streams = lines(&data("recordings/sse.jsonl"))
        .into_iter()
        .map(|about| {
            let text = |field| about[field].as_str().expect("a string").to_owned();
            RecordedStream {
                name: text("name"),
                body: text("body"),
                about,
            }
        });
    streams.collect()
}

fn lines(path: &Path) -> Vec<Value> {
    let parse = |line| {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    text(path).lines().map(parse).collect()
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
