//! The start and end of a run in opencode's formatter, for which opencode prints no event.

use aod::pretty::{Formatter, OpencodeFormatter};
use serde_json::{Value, json};

use super::shown_by;

fn event(kind: &str, at: u64, part: &Value) -> String {
    let event = json!({"type": kind, "timestamp": 1_790_000_000_000 + at, "sessionID": "ses_1", "part": part});
    format!("{event}\n")
}

fn text() -> String {
    event("text", 1000, &json!({"text": "Done that."}))
}

fn step(reason: &str) -> String {
    event(
        "step_finish",
        2000,
        &json!({"reason": reason, "cost": 0.01}),
    )
}

fn last(output: &[String]) -> String {
    let shown = shown_by(OpencodeFormatter::new(), output.iter().map(String::as_str));
    shown.last().cloned().unwrap_or_default()
}

#[test]
fn a_session_is_shown_once() {
    let mut formatter = OpencodeFormatter::new();
    let other = text().replace("ses_1", "ses_2");
    let shown = formatter.feed(&[text(), text(), other].concat());
    assert_eq!(
        shown,
        [
            "⚙️  Session init · session=ses_1\n✉️  Done that.",
            "✉️  Done that.",
            "⚙️  Session init · session=ses_2\n✉️  Done that.",
        ]
    );
}

#[test]
fn a_run_ends_with_the_step_that_stops() {
    let start = event("step_start", 0, &json!({}));
    assert_eq!(
        last(&[
            start.clone(),
            step("tool-calls"),
            start,
            text(),
            step("stop")
        ]),
        "✨ Done · agent 2.0s, 2 turns, cost $0.0200"
    );
}

#[test]
fn a_run_that_stops_for_another_reason_is_a_failure() {
    assert_eq!(
        last(&[text(), step("length")]),
        "⚠️  Done · agent 1.0s, 1 turns, cost $0.0100, length"
    );
}

#[test]
fn a_run_without_a_last_step_ends_with_the_output_if_the_agent_spoke_last() {
    assert_eq!(
        last(&[step("tool-calls"), text()]),
        "✨ Done · agent 1.0s, 1 turns, cost $0.0100"
    );
    assert_eq!(last(&[text()]), "✨ Done · agent 0.0s");
    let tool = event("tool_use", 1500, &json!({"tool": "bash"}));
    assert_eq!(last(&[text(), tool]), "🔧 Bash", "it was cut off");
    assert_eq!(
        last(&[text(), step("unknown")]),
        "✨ Done · agent 1.0s, 1 turns, cost $0.0100"
    );
}

#[test]
fn a_run_ends_once_and_the_next_has_its_own_summary() {
    let mut formatter = OpencodeFormatter::new();
    formatter.feed(&[text(), step("stop")].concat());
    assert_eq!(formatter.flush(), [""; 0]);
    assert_eq!(
        formatter.feed(&[text(), step("stop")].concat()),
        [
            "✉️  Done that.",
            "✨ Done · agent 1.0s, 1 turns, cost $0.0100"
        ]
    );
    formatter.feed(&text());
    assert_eq!(formatter.flush(), ["✨ Done · agent 0.0s"]);
    assert_eq!(formatter.flush(), [""; 0]);
}

#[test]
fn a_run_that_does_not_end_is_not_a_part_of_the_next() {
    let mut formatter = OpencodeFormatter::new();
    formatter.feed(&[event("step_start", 0, &json!({})), step("tool-calls")].concat());
    assert_eq!(formatter.flush(), [""; 0], "it was interrupted");
    let next = [
        event("step_start", 9000, &json!({})),
        event("text", 9500, &json!({"text": "Hi."})),
    ];
    formatter.feed(&next.concat());
    assert_eq!(formatter.flush(), ["✨ Done · agent 0.5s, 1 turns"]);
}
