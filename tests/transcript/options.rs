//! The effect of each option.

use aod::pretty::{Color, Options};
use serde_json::json;

use super::shown_by;

const RUNTIMES: [&str; 4] = ["claude", "codex", "gemini", "opencode"];

/// Returns a formatter's output for events.
fn shown(options: Options, runtime: &str, events: &[serde_json::Value]) -> Vec<String> {
    let lines: Vec<_> = events.iter().map(|event| format!("{event}\n")).collect();
    shown_by(
        options.formatter_for(runtime),
        lines.iter().map(String::as_str),
    )
}

/// A failing command in the format of each runtime, and the line of the failure.
fn failing_command(runtime: &str) -> Vec<serde_json::Value> {
    match runtime {
        "claude" => vec![
            json!({"type": "assistant", "message": {"content": [
                {"type": "tool_use", "id": "c", "name": "Bash", "input": {"command": "make"}}]}}),
            json!({"type": "user", "message": {"content": [
                {"type": "tool_result", "tool_use_id": "c", "is_error": true, "content": "No rule."}]}}),
        ],
        "codex" => vec![json!({"type": "item.completed", "item": {
            "type": "command_execution", "command": "make", "aggregated_output": "No rule.", "exit_code": 2}})],
        "gemini" => vec![
            json!({"type": "tool_use", "tool_name": "run_shell_command", "tool_id": "c", "parameters": {"command": "make"}}),
            json!({"type": "tool_result", "tool_id": "c", "status": "error", "output": "No rule."}),
        ],
        _ => vec![
            json!({"type": "tool_use", "part": {"tool": "bash", "state": {
            "status": "completed", "input": {"command": "make"}, "output": "No rule.", "metadata": {"exit": 2}}}}),
        ],
    }
}

/// Thinking in the format of each runtime that prints it; Gemini does not.
fn thought(runtime: &str) -> serde_json::Value {
    match runtime {
        "claude" => {
            json!({"type": "assistant", "message": {"content": [{"type": "thinking", "thinking": "Why?"}]}})
        }
        "codex" => json!({"type": "item.completed", "item": {"type": "reasoning", "text": "Why?"}}),
        _ => json!({"type": "reasoning", "part": {"text": "Why?"}}),
    }
}

#[test]
fn thinking_can_be_hidden() {
    for runtime in ["claude", "codex", "opencode"] {
        let events = [thought(runtime)];
        assert_eq!(shown(Options::new(), runtime, &events), ["💭 Why?"]);
        let without = Options::new().show_thinking(false);
        assert_eq!(shown(without, runtime, &events), [""; 0], "{runtime}");
    }
}

#[test]
fn failures_are_shown_by_default_except_for_claude() {
    for runtime in RUNTIMES {
        let lines = shown(Options::new(), runtime, &failing_command(runtime)).join("\n");
        assert!(lines.starts_with("🔧 Bash · make"), "{lines}");
        assert_eq!(
            lines.contains("⚠️  Bash failed"),
            runtime != "claude",
            "{lines}"
        );
    }
}

#[test]
fn failures_can_be_shown_or_hidden_for_all() {
    for runtime in RUNTIMES {
        let lines = |show| {
            let options = Options::new().show_failures(show);
            shown(options, runtime, &failing_command(runtime)).join("\n")
        };
        assert!(lines(true).contains("\n⚠️  Bash failed · "), "{runtime}");
        assert_eq!(lines(false), "🔧 Bash · make", "{runtime}");
    }
}

#[test]
fn a_failed_result_is_shown_as_a_failure_with_the_results() {
    for runtime in RUNTIMES {
        let options = Options::new().show_tool_results(true).show_failures(false);
        let lines = shown(options, runtime, &failing_command(runtime)).join("\n");
        assert!(lines.contains("⚠️  Bash failed"), "{lines}");
        assert!(lines.contains("No rule."), "{lines}");
    }
}

#[test]
fn with_failures_claudes_end_shows_that_it_failed() {
    let result = json!({"type": "result", "subtype": "success", "is_error": true});
    let end = |options| shown(options, "claude", std::slice::from_ref(&result));
    assert_eq!(end(Options::new()), ["✨ Done · agent 0.0s"]);
    assert_eq!(
        end(Options::new().show_failures(true)),
        ["⚠️  Done · agent 0.0s"]
    );
    let ended =
        |fields: serde_json::Value| shown(Options::new().show_failures(true), "claude", &[fields]);
    assert_eq!(
        ended(json!({"type": "result", "subtype": "error_max_turns", "num_turns": 3})),
        ["⚠️  Done · agent 0.0s, 3 turns, error_max_turns"]
    );
    assert_eq!(
        ended(
            json!({"type": "result", "subtype": "error_during_execution", "errors": ["a", "b\nc"]})
        ),
        ["⚠️  Done · agent 0.0s, a; b c"]
    );
}

#[test]
fn plain_marks_are_ascii_and_keep_the_agents_text() {
    let events = [
        json!({"type": "system", "subtype": "init", "model": "m"}),
        json!({"type": "assistant", "message": {"content": [
            {"type": "text", "text": "✨ fertig · …"},
            {"type": "tool_use", "name": "Bash", "input": {"command": "x".repeat(150)}}]}}),
        json!({"type": "result", "subtype": "success"}),
    ];
    assert_eq!(
        shown(Options::new().plain(true), "claude", &events),
        [
            "# Session init - model=m, tools=0".to_owned(),
            format!("> ✨ fertig · …\n$ Bash - {}...", "x".repeat(137)),
            "= Done - agent 0.0s".to_owned(),
        ]
    );
}

#[test]
fn each_line_is_cut_to_the_width() {
    let said = json!({"type": "item.completed", "item": {"type": "agent_message", "text": "0123456789\nab\n日本語日本語"}});
    let width = |columns| {
        shown(
            Options::new().width(columns),
            "codex",
            std::slice::from_ref(&said),
        )
    };
    assert_eq!(width(100), ["✉️  0123456789\nab\n日本語日本語"]);
    assert_eq!(width(12), ["✉️  0123456…\nab\n日本語日本語"]);
    assert_eq!(width(8), ["✉️  012…\nab\n日本語…"]);
    assert_eq!(width(1), ["…\n…\n…"]);
    assert_eq!(width(0), width(1));
}

#[test]
fn escapes_made_visible_count_for_the_width() {
    let options = || Options::new().width(9);
    let other = |options: Options| shown_by(options.formatter_for(""), ["\x1b[2Jabcdefgh\n"]);
    assert_eq!(other(options()), [r"\x1b[2Ja…"]);
    assert_eq!(other(options().plain(true)), [r"\x1b[2..."]);
}

#[test]
fn lines_of_other_programs_are_cut_to_the_width() {
    let lines = shown_by(
        Options::new().width(10).formatter_for("claude"),
        ["npm warn deprecated\n"],
    );
    assert_eq!(lines, ["npm warn …"]);
}

#[test]
fn colours_show_success_and_failure_and_not_the_agents_text() {
    let events = [
        json!({"type": "thread.started", "thread_id": "t"}),
        json!({"type": "item.completed", "item": {"type": "reasoning", "text": "Why?"}}),
        json!({"type": "item.completed", "item": {"type": "agent_message", "text": "a\nb"}}),
        json!({"type": "item.completed", "item": {"type": "command_execution", "command": "make", "exit_code": 2}}),
        json!({"type": "item.completed", "item": {"type": "error", "message": "old"}}),
        json!({"type": "turn.completed"}),
        json!({"type": "turn.failed"}),
    ];
    assert_eq!(
        shown(Options::new().color(Color::On), "codex", &events),
        [
            "\x1b[1m⚙️  Session init · thread=t\x1b[0m",
            "\x1b[2m💭 Why?\x1b[0m",
            "✉️  a\nb",
            "\x1b[36m🔧 Bash · make\x1b[0m\n\x1b[31m⚠️  Bash failed · exit 2\x1b[0m",
            "\x1b[33m⚠️  Notice · old\x1b[0m",
            "\x1b[32m✨ Done\x1b[0m",
            "\x1b[31m⚠️  Done\x1b[0m",
        ]
    );
}

#[test]
fn each_line_of_an_entry_is_coloured_and_the_agents_escapes_are_shown() {
    let events = [
        json!({"type": "system", "subtype": "task_started", "description": "one\n\n\u{1b}[7mtwo"}),
    ];
    assert_eq!(
        shown(Options::new().color(Color::On), "claude", &events),
        ["\x1b[1m🚀 Task spawned · one\x1b[0m\n\n\x1b[1m\\x1b[7mtwo\x1b[0m"]
    );
}

#[test]
fn colours_do_not_count_for_the_width() {
    let events =
        [json!({"type": "turn.completed", "usage": {"input_tokens": 1, "output_tokens": 2}})];
    assert_eq!(
        shown(Options::new().color(Color::On).width(10), "codex", &events),
        ["\x1b[32m✨ Done ·…\x1b[0m"]
    );
}

#[test]
fn options_are_read_from_json_with_the_names_of_their_methods() {
    let json = json!({
        "plain": true, "width": 80, "color": "auto", "show_thinking": false, "show_tool_results": true,
        "show_failures": false, "raw": true, "max_line": 1000,
    });
    let options = Options::new()
        .plain(true)
        .width(80)
        .color(Color::Auto)
        .show_thinking(false)
        .show_tool_results(true)
        .show_failures(false)
        .raw(true)
        .max_line(1000);
    assert_eq!(
        serde_json::from_value::<Options>(json.clone()).unwrap(),
        options
    );
    assert_eq!(serde_json::to_value(&options).unwrap(), json);
    assert_eq!(
        serde_json::from_str::<Options>("{}").unwrap(),
        Options::new()
    );
    let unknown = serde_json::from_str::<Options>(r#"{"colour": "on"}"#).unwrap_err();
    assert!(
        unknown.to_string().contains("unknown field `colour`"),
        "{unknown}"
    );
}
