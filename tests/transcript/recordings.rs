//! The output for recorded sessions. For the output of Claude, it equals that of the published formatter.

use aod::StreamEvent;
use aod::pretty::{ClaudeFormatter, Formatter as _, SessionFormatter};
use aod_test_support::{RecordedStream, recorded_streams};
use serde_json::Value;

use super::{random_cuts, shown_by};

/// The chunks of standard output in a recorded stream, and the published formatter's output for them.
fn recording(name: &str) -> (Vec<String>, Vec<String>) {
    let RecordedStream { body, about, .. } = recorded_streams()
        .into_iter()
        .find(|recording| recording.name == name)
        .expect(name);
    let events = body.lines().filter_map(|line| line.strip_prefix("data: "));
    let chunks = events
        .map(|data| serde_json::from_str::<Value>(data).expect("an event is JSON"))
        .filter(|event| event["type"] == "output" && event["stream"] == "stdout")
        .map(|event| event["data"].as_str().expect("output is text").to_owned())
        .collect();
    let formatted = about["formatted"].as_array().expect("a list").iter();
    let formatted = formatted
        .map(|text| text.as_str().expect("a text").to_owned())
        .collect();
    (chunks, formatted)
}

fn equals_the_published_formatter(name: &str) {
    let (chunks, formatted) = recording(name);
    assert!(!formatted.is_empty(), "the recording has output");
    let whole = chunks.concat();
    let shown = |chunks: Vec<&str>| shown_by(ClaudeFormatter::new(), chunks);

    assert_eq!(
        shown(chunks.iter().map(String::as_str).collect()),
        formatted,
        "as recorded"
    );
    assert_eq!(shown(vec![&whole]), formatted, "in one chunk");
    assert_eq!(
        shown(whole.split_inclusive('\n').collect()),
        formatted,
        "line by line"
    );
    assert_eq!(
        shown(whole.split("").collect()),
        formatted,
        "in single characters"
    );
    for _ in 0..50 {
        let seed = fastrand::u64(..);
        assert_eq!(
            shown(random_cuts(&whole, seed)),
            formatted,
            "in random chunks of seed {seed}"
        );
    }
}

#[test]
fn a_later_turn_that_fails_without_output_says_so() {
    let recording = recorded_streams()
        .into_iter()
        .find(|recording| recording.name == "s1-turn-failed-sandbox-gone")
        .expect("the recording is there");
    let mut formatter = SessionFormatter::new();
    let mut shown = Vec::new();
    for data in recording
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
    {
        shown.extend(formatter.consume((&StreamEvent::from_json(data)).into()));
    }
    shown.extend(formatter.flush());
    assert_eq!(shown, ["hi", "⚠️  Done · failed"]);
}

#[test]
fn equals_the_published_formatter_on_a_stream_of_2026_04_21() {
    equals_the_published_formatter("s0-claude-2000");
}

#[test]
fn equals_the_published_formatter_on_a_stream_of_2026_04_30() {
    equals_the_published_formatter("s1-claude-800");
}
