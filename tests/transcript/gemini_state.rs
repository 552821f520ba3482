//! The state of Gemini's formatter between lines: text fragments, tool names, and a document.

use aod::pretty::{Formatter, GeminiFormatter};
use serde_json::json;

fn fragment(text: &str) -> String {
    let event = json!({"type": "message", "role": "assistant", "content": text, "delta": true});
    format!("{event}\n")
}

#[test]
fn a_text_is_shown_with_the_event_that_ends_it() {
    let mut formatter = GeminiFormatter::new();
    assert_eq!(
        formatter.feed(&[fragment("It wo"), fragment("rks.\n")].concat()),
        [""; 0]
    );
    let call = json!({"type": "tool_use", "tool_name": "run_shell_command", "parameters": {"command": "ls"}});
    assert_eq!(
        formatter.feed(&format!("{call}\n")),
        ["✉️  It works.\n🔧 Bash · ls"]
    );
    assert_eq!(formatter.flush(), [""; 0]);
}

#[test]
fn an_event_without_output_ends_a_text_too() {
    let mut formatter = GeminiFormatter::new();
    formatter.feed(&fragment("Hello"));
    let prompt = json!({"type": "message", "role": "user", "content": "hi"});
    assert_eq!(formatter.feed(&format!("{prompt}\n")), ["✉️  Hello"]);
    formatter.feed(&fragment("Hello"));
    assert_eq!(
        formatter.feed("{\"type\":\"added_later\"}\n"),
        ["✉️  Hello\n{\"type\":\"added_later\"}"]
    );
}

#[test]
fn a_line_of_stderr_follows_the_text_before_it() {
    let mut formatter = GeminiFormatter::new();
    formatter.feed(&fragment("Half"));
    assert_eq!(formatter.feed("Retrying\n"), ["✉️  Half\nRetrying"]);
    formatter.feed(&fragment(" a text"));
    assert_eq!(formatter.flush(), ["✉️  a text"]);
}

#[test]
fn blank_fragments_are_omitted_alone_and_kept_within_a_text() {
    let mut formatter = GeminiFormatter::new();
    formatter.feed(&fragment(" \n"));
    assert_eq!(formatter.flush(), [""; 0]);
    formatter.feed(&[fragment("a"), fragment("\n\n"), fragment("b")].concat());
    assert_eq!(formatter.flush(), ["✉️  a\n\nb"]);
}

#[test]
fn a_failure_has_the_tool_name_of_its_process() {
    let call = |tool: &str| {
        format!(
            "{}\n",
            json!({"type": "tool_use", "tool_id": "1", "tool_name": tool})
        )
    };
    let failure =
        "{\"type\":\"tool_result\",\"tool_id\":\"1\",\"status\":\"error\",\"output\":\"no\"}\n";
    let mut formatter = GeminiFormatter::new();
    formatter.feed(&call("read_file"));
    assert_eq!(formatter.feed(failure), ["⚠️  Read failed · no"]);
    assert_eq!(
        formatter.feed(failure),
        ["⚠️  Tool failed · no"],
        "it has ended"
    );
    formatter.feed(&call("read_file"));
    formatter.feed("{\"type\":\"init\"}\n");
    formatter.feed(&call("save_memory"));
    assert_eq!(formatter.feed(failure), ["⚠️  save_memory failed · no"]);
}

#[test]
fn a_document_is_shown_as_text_when_an_event_interrupts_it() {
    let mut formatter = GeminiFormatter::new();
    assert_eq!(formatter.feed("{\n  \"response\": \"x\",\n"), [""; 0]);
    assert_eq!(
        formatter.feed("{\"type\":\"init\",\"model\":\"auto\"}\n"),
        ["{\n  \"response\": \"x\",\n⚙️  Session init · model=auto"]
    );
    assert_eq!(formatter.feed("{\n"), ["{"], "a stream has no documents");
}

#[test]
fn an_unfinished_document_is_shown_as_text_at_the_end() {
    let mut formatter = GeminiFormatter::new();
    formatter.feed("{\n  \"response\": \"x\"\n");
    assert_eq!(formatter.flush(), ["{\n  \"response\": \"x\""]);
}
