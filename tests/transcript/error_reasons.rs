//! The reason of an error is shown in whichever form it arrives.

use aod::pretty::Options;

use super::shown_by;

/// Events with an error, and the line that shows it; `ERROR` and `REASON` stand for the error.
const EVENTS: [(&str, &str, &str); 15] = [
    (
        "codex",
        r#"{"type":"turn.failed","error":ERROR}"#,
        "⚠️  Done · REASON",
    ),
    (
        "codex",
        r#"{"type":"turn.failed","message":ERROR}"#,
        "⚠️  Done · REASON",
    ),
    (
        "codex",
        r#"{"type":"error","message":ERROR}"#,
        "⚠️  Error · REASON",
    ),
    (
        "codex",
        r#"{"type":"error","error":ERROR}"#,
        "⚠️  Error · REASON",
    ),
    (
        "codex",
        r#"{"type":"item.completed","item":{"type":"error","message":ERROR}}"#,
        "⚠️  Notice · REASON",
    ),
    (
        "codex",
        r#"{"type":"item.completed","item":{"type":"mcp_tool_call","server":"s","tool":"t","status":"failed","error":ERROR}}"#,
        "🛠️  s.t\n⚠️  s.t failed · REASON",
    ),
    (
        "codex",
        r#"{"msg":{"type":"error","message":ERROR}}"#,
        "⚠️  Error · REASON",
    ),
    (
        "codex",
        r#"{"msg":{"type":"mcp_tool_call_end","invocation":{"server":"s","tool":"t"},"result":{"Err":ERROR}}}"#,
        "⚠️  s.t failed · REASON",
    ),
    (
        "gemini",
        r#"{"type":"result","status":"error","error":ERROR}"#,
        "⚠️  Done · REASON",
    ),
    (
        "gemini",
        r#"{"type":"error","message":ERROR}"#,
        "⚠️  Error · REASON",
    ),
    (
        "gemini",
        r#"{"type":"error","error":ERROR}"#,
        "⚠️  Error · REASON",
    ),
    (
        "gemini",
        r#"{"type":"tool_result","status":"error","error":ERROR}"#,
        "⚠️  Tool failed · REASON",
    ),
    (
        "gemini",
        r#"{"session_id":"s","error":ERROR}"#,
        "⚠️  Done · REASON",
    ),
    (
        "opencode",
        r#"{"type":"error","error":ERROR}"#,
        "⚠️  Error · REASON",
    ),
    (
        "opencode",
        r#"{"type":"tool_use","part":{"tool":"x","state":{"status":"error","error":ERROR}}}"#,
        "🛠️  x\n⚠️  x failed · REASON",
    ),
];

const ERRORS: [(&str, &str); 10] = [
    (r#""plain text""#, "plain text"),
    (r#"{"message":"in an object"}"#, "in an object"),
    (r#"{"error":{"message":"nested"}}"#, "nested"),
    (r#"{"error":"nested text"}"#, "nested text"),
    (r#"{"data":{"message":"in data"}}"#, "in data"),
    (r#"["one",{"message":"two"}]"#, "one; two"),
    (r#"{"errors":[{"message":"listed"}]}"#, "listed"),
    (r#"{"detail":[{"msg":"required"}]}"#, "required"),
    (
        r#""{\"error\":{\"message\":\"JSON in text\"}}""#,
        "JSON in text",
    ),
    (r#"{"odd":1}"#, r#"{"odd":1}"#),
];

fn shown(runtime: &str, line: &str) -> String {
    shown_by(Options::new().formatter_for(runtime), [line, "\n"]).join("\n")
}

#[test]
fn the_reason_of_an_error_is_shown_in_every_form() {
    for (runtime, event, expected) in EVENTS {
        for (error, reason) in ERRORS {
            let line = event.replace("ERROR", error);
            assert_eq!(
                shown(runtime, &line),
                expected.replace("REASON", reason),
                "{line}"
            );
        }
    }
}

#[test]
fn an_error_without_a_reason_is_shown_without_one() {
    for (runtime, event, expected) in EVENTS {
        for error in [
            "null",
            "\"\"",
            "{}",
            "[]",
            r#"{"message":""}"#,
            r#"{"message":null}"#,
        ] {
            let line = event.replace("ERROR", error);
            let expected = expected.replace(" · REASON", "");
            // A document without an error is not a failed one.
            if !line.contains("session_id") {
                assert_eq!(shown(runtime, &line), expected, "{line}");
            }
        }
    }
}

#[test]
fn the_name_of_an_error_of_opencode_precedes_its_reason() {
    for (error, expected) in [
        (
            r#"{"name":"APIError","data":{"message":"no"}}"#,
            "APIError: no",
        ),
        (r#"{"name":"APIError","data":"no"}"#, "APIError: no"),
        (
            r#"{"type":"unknown","message":{"error":"no"}}"#,
            "unknown: no",
        ),
        (
            r#"{"name":"MessageAbortedError","data":{}}"#,
            "MessageAbortedError",
        ),
    ] {
        let line = format!(r#"{{"type":"error","error":{error}}}"#);
        assert_eq!(shown("opencode", &line), format!("⚠️  Error · {expected}"));
    }
    assert_eq!(
        shown("opencode", r#"{"type":"error","message":"at the top"}"#),
        "⚠️  Error · at the top"
    );
}

#[test]
fn the_reason_of_a_failed_run_of_claude_is_shown_with_failures() {
    for (fields, reason) in [
        (r#""errors":["one","two"]"#, "one; two"),
        (r#""errors":"plain text""#, "plain text"),
        (r#""errors":[{"message":"in an object"}]"#, "in an object"),
        (r#""error":{"message":"in an object"}"#, "in an object"),
        (r#""error":"plain text""#, "plain text"),
        (r#""errors":[]"#, "error_during_execution"),
    ] {
        let line = format!(r#"{{"type":"result","subtype":"error_during_execution",{fields}}}"#);
        let formatter = Options::new().show_failures(true).formatter_for("claude");
        assert_eq!(
            shown_by(formatter, [&*line]),
            [format!("⚠️  Done · agent 0.0s, {reason}")]
        );
        assert_eq!(
            shown("claude", &line),
            "⚠️  Done · agent 0.0s",
            "as published"
        );
    }
}

#[test]
fn a_deeply_nested_error_is_shown_verbatim() {
    let nested = format!(
        "{}\"deep\"{}",
        r#"{"error":"#.repeat(100_000),
        "}".repeat(100_000)
    );
    let line = format!(r#"{{"type":"turn.failed","error":{nested}}}"#);
    let shown = shown("codex", &line);
    assert!(shown.starts_with("⚠️  Done · {\"error\":{"), "{shown}");
    assert_eq!(shown.chars().count(), "⚠️  Done · ".chars().count() + 140);
}
