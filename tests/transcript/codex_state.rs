//! The state of Codex's formatter between lines.

use aod::pretty::{CodexFormatter, Formatter};
use serde_json::{Value, json};

fn fed(formatter: &mut CodexFormatter, events: &[Value]) -> Vec<String> {
    let lines: Vec<_> = events.iter().map(|event| format!("{event}\n")).collect();
    formatter.feed(&lines.concat())
}

fn error(message: &str) -> Value {
    json!({"type": "error", "message": message})
}

fn failed(message: &str) -> Value {
    json!({"type": "turn.failed", "error": {"message": message}})
}

fn command(phase: &str, id: &str, code: Option<i64>) -> Value {
    json!({"type": format!("item.{phase}"), "item": {
        "id": id, "type": "command_execution", "command": "make", "exit_code": code}})
}

#[test]
fn a_fatal_error_is_shown_once() {
    let formatter = &mut CodexFormatter::new();
    assert_eq!(fed(formatter, &[error("no route")]), [""; 0]);
    assert_eq!(
        fed(formatter, &[failed("no route")]),
        ["⚠️  Done · no route"]
    );
    assert_eq!(formatter.flush(), [""; 0]);
}

#[test]
fn an_error_that_is_not_the_failure_is_shown_too() {
    let formatter = &mut CodexFormatter::new();
    assert_eq!(
        fed(formatter, &[error("disk full"), failed("not saved")]),
        ["⚠️  Error · disk full\n⚠️  Done · not saved"]
    );
}

#[test]
fn an_error_is_shown_when_another_event_follows() {
    let formatter = &mut CodexFormatter::new();
    let said =
        json!({"type": "item.completed", "item": {"type": "agent_message", "text": "Going on."}});
    assert_eq!(
        fed(formatter, &[error("high load"), said]),
        ["⚠️  Error · high load\n✉️  Going on."]
    );
}

#[test]
fn an_error_without_a_following_event_is_shown_at_the_end() {
    let formatter = &mut CodexFormatter::new();
    assert_eq!(
        fed(formatter, &[error("cut off"), error("cut off")]),
        [""; 0]
    );
    assert_eq!(formatter.flush(), ["⚠️  Error · cut off"]);
    assert_eq!(formatter.flush(), [""; 0]);
}

#[test]
fn consecutive_errors_are_all_shown() {
    let formatter = &mut CodexFormatter::new();
    assert_eq!(
        fed(formatter, &[error("one"), error("two")]),
        ["⚠️  Error · one"]
    );
    assert_eq!(formatter.flush(), ["⚠️  Error · two"]);
}

#[test]
fn a_command_is_shown_when_it_starts_or_else_when_it_ends() {
    let formatter = &mut CodexFormatter::new();
    assert_eq!(
        fed(formatter, &[command("started", "a", None)]),
        ["🔧 Bash · make"]
    );
    assert_eq!(fed(formatter, &[command("updated", "a", None)]), [""; 0]);
    assert_eq!(
        fed(formatter, &[command("completed", "a", Some(0))]),
        [""; 0]
    );
    assert_eq!(
        fed(formatter, &[command("completed", "b", Some(2))]),
        ["🔧 Bash · make\n⚠️  Bash failed · exit 2"]
    );
}

#[test]
fn items_of_another_process_can_reuse_ids() {
    let formatter = &mut CodexFormatter::new();
    let thread = json!({"type": "thread.started", "thread_id": "t"});
    let plan = json!({"type": "item.started", "item": {"id": "p", "type": "todo_list", "items": [{"completed": false}]}});
    fed(formatter, &[command("started", "a", None), plan.clone()]);
    assert_eq!(
        fed(formatter, &[thread, command("started", "a", None), plan]),
        [
            "⚙️  Session init · thread=t",
            "🔧 Bash · make",
            "📋 Plan · 0/1 todo(s) done"
        ]
    );
}

#[test]
fn calls_that_never_end_use_bounded_memory_and_the_latest_are_kept() {
    let formatter = &mut CodexFormatter::new();
    for number in 0..10_000 {
        fed(
            formatter,
            &[command("started", &format!("item_{number}"), None)],
        );
    }
    assert_eq!(
        fed(formatter, &[command("completed", "item_9999", Some(0))]),
        [""; 0]
    );
    assert_eq!(
        fed(formatter, &[command("completed", "item_0", Some(0))]),
        ["🔧 Bash · make"],
        "it was forgotten"
    );
}
