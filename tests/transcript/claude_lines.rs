//! Each type of line that Claude Code prints.

use aod::pretty::{ClaudeFormatter, Formatter};

use super::{shown, shown_blocks, shown_by};

fn result(fields: &str) -> Option<String> {
    shown(&format!(r#"{{"type":"result"{fields}}}"#))
}

fn said(text: &str) -> Option<String> {
    let block = serde_json::json!({"type": "text", "text": text});
    shown_blocks(&block.to_string())
}

#[test]
fn passes_text_that_is_not_json_through_unchanged() {
    for line in [
        "npm warn deprecated glob@7.2.3",
        "   ",
        "\t indented",
        r#"{"type":"system","subtype":"init""#,
        r#"{"type":"result"} trailing"#,
    ] {
        assert_eq!(shown(line).as_deref(), Some(line));
    }
    assert_eq!(shown("\u{feff}text").as_deref(), Some("\\ufefftext"));
}

#[test]
fn shows_the_start_of_a_session() {
    let line = r#"{"type":"system","subtype":"init","model":"claude-opus-4-7","tools":["Bash","Read"],
        "mcp_servers":[{"name":"github","status":"connected"},{"name":"docs"}]}"#;
    assert_eq!(
        shown(&line.replace('\n', "")).as_deref(),
        Some("⚙️  Session init · model=claude-opus-4-7, tools=2, mcp=[github, docs]")
    );
}

#[test]
fn shows_the_start_of_a_session_with_missing_fields() {
    let init = |fields: &str| shown(&format!(r#"{{"type":"system","subtype":"init"{fields}}}"#));
    assert_eq!(
        init("").as_deref(),
        Some("⚙️  Session init · model=?, tools=0")
    );
    assert_eq!(
        init(r#","model":null,"tools":null"#).as_deref(),
        Some("⚙️  Session init · model=None, tools=0")
    );
    assert_eq!(
        init(r#","model":"","mcp_servers":[]"#).as_deref(),
        Some("⚙️  Session init · model=, tools=0")
    );
}

#[test]
fn shows_a_model_name_with_line_ends_on_one_line() {
    let line = r#"{"type":"system","subtype":"init","model":"a\rb\nc\u2028d","tools":[]}"#;
    let shown = shown(line).expect("a line");
    assert_eq!(shown.lines().count(), 1, "{shown:?}");
    assert!(!shown.contains(['\r', '\u{2028}']) && shown.contains('a') && shown.contains('d'));
}

#[test]
fn shows_a_spawned_task_with_all_lines_of_its_description() {
    let task = |fields: &str| {
        shown(&format!(
            r#"{{"type":"system","subtype":"task_started"{fields}}}"#
        ))
    };
    assert_eq!(
        task(r#","description":"Run  it\nnow""#).as_deref(),
        Some("🚀 Task spawned · Run  it\nnow")
    );
    for fields in ["", r#","description":null"#, r#","description":"""#] {
        assert_eq!(
            task(fields).as_deref(),
            Some("🚀 Task spawned · (no description)")
        );
    }
}

#[test]
fn omits_irrelevant_events() {
    for line in [
        r#"{"type":"user","message":{"content":[{"type":"tool_result","content":"ok"}]}}"#,
        r#"{"type":"stream_event","event":{}}"#,
        r#"{"type":"rate_limit_event"}"#,
        r#"{"type":"system"}"#,
        r#"{"type":"system","subtype":"task_progress","description":"x"}"#,
        r#"{"type":"system","subtype":"compact_boundary"}"#,
        r#"{"type":"assistant"}"#,
        r#"{"type":"assistant","message":null}"#,
        r#"{"type":"assistant","message":{"content":null}}"#,
        r#"{"type":"assistant","message":{"content":[]}}"#,
    ] {
        assert_eq!(shown(line), None, "{line}");
    }
}

#[test]
fn shows_one_line_per_block_and_omits_unknown_blocks() {
    let blocks = r#"{"type":"thinking","thinking":" plan "},{"type":"redacted_thinking","data":"x"},{"type":"image"},{},
        {"type":"text","text":"Done."},{"type":"tool_use","name":"Bash","input":{"command":"ls"}}"#;
    assert_eq!(
        shown_blocks(&blocks.replace('\n', "")).as_deref(),
        Some("💭 plan\n✉️  Done.\n🔧 Bash · ls")
    );
    assert_eq!(
        shown_blocks(r#"{"type":"redacted_thinking","data":"x"},{"type":null}"#),
        None
    );
}

#[test]
fn shows_thinking_on_one_line_of_at_most_200_characters() {
    let thought = |text: &str| {
        shown_blocks(&serde_json::json!({"type": "thinking", "thinking": text}).to_string())
    };
    assert_eq!(
        thought(" first\n\n second\u{3000}third\u{1f}").as_deref(),
        Some("💭 first second third")
    );
    assert_eq!(
        thought(&"ä".repeat(200)),
        Some(format!("💭 {}", "ä".repeat(200)))
    );
    assert_eq!(
        thought(&"ä".repeat(201)),
        Some(format!("💭 {}…", "ä".repeat(199)))
    );
    for blank in ["", " \n\u{85}\u{1c}"] {
        assert_eq!(thought(blank), None);
    }
    assert_eq!(
        shown_blocks(r#"{"type":"thinking","thinking":null},{"type":"thinking"}"#),
        None
    );
}

#[test]
fn shows_text_in_full_with_its_inner_newlines() {
    let long = "word  ".repeat(500);
    assert_eq!(
        said(&format!("\n {long}\n\nend \n")),
        Some(format!("✉️  {long}\n\nend"))
    );
    for blank in ["", " \t\u{a0}\u{2029}"] {
        assert_eq!(said(blank), None);
    }
    assert_eq!(
        shown_blocks(r#"{"type":"text","text":null},{"type":"text"}"#),
        None
    );
}

#[test]
fn splits_text_at_every_line_ending_of_python() {
    assert_eq!(
        said("a\r\nb\rc\u{b}d\u{c}e\u{1c}f\u{1d}g\u{1e}h\u{85}i\u{2028}j\u{2029}k\n\rl").as_deref(),
        Some("✉️  a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n\nl")
    );
    assert_eq!(
        shown(r#"{"type":"system","subtype":"task_started","description":"ends in one\n"}"#)
            .as_deref(),
        Some("🚀 Task spawned · ends in one")
    );
}

#[test]
fn shows_how_a_run_ended() {
    let fields =
        r#","subtype":"success","duration_ms":4210,"num_turns":3,"total_cost_usd":0.02267"#;
    assert_eq!(
        result(fields).as_deref(),
        Some("✨ Done · agent 4.2s, 3 turns, tokens $0.0227")
    );
    assert_eq!(
        result(
            r#","subtype":"error_max_turns","duration_ms":60000,"num_turns":1,"total_cost_usd":0"#
        )
        .as_deref(),
        Some("⚠️  Done · agent 60.0s, 1 turns, tokens $0.0000")
    );
    assert_eq!(result("").as_deref(), Some("⚠️  Done · agent 0.0s"));
    assert_eq!(
        result(r#","subtype":null,"duration_ms":null,"num_turns":0,"total_cost_usd":null"#)
            .as_deref(),
        Some("⚠️  Done · agent 0.0s")
    );
}

#[test]
fn uses_the_subtype_instead_of_is_error() {
    assert_eq!(
        result(r#","subtype":"success","is_error":true,"result":"Not logged in""#).as_deref(),
        Some("✨ Done · agent 0.0s")
    );
}

#[test]
fn rounds_half_to_even_like_python() {
    for (milliseconds, seconds) in [
        ("1250", "1.2"),
        ("1350", "1.4"),
        ("50", "0.1"),
        ("1249.9", "1.2"),
        ("250", "0.2"),
        ("750", "0.8"),
        ("-7", "-0.0"),
        ("true", "0.0"),
        ("9007199254740993", "9007199254741.0"),
    ] {
        assert_eq!(
            result(&format!(r#","duration_ms":{milliseconds}"#)),
            Some(format!("⚠️  Done · agent {seconds}s"))
        );
    }
    for (cost, dollars) in [
        ("0.00125", "0.0013"),
        ("0.03125", "0.0312"),
        ("-0", "0.0000"),
        ("-0.0", "-0.0000"),
        ("true", "1.0000"),
        ("12", "12.0000"),
    ] {
        assert_eq!(
            result(&format!(r#","total_cost_usd":{cost}"#)),
            Some(format!("⚠️  Done · agent 0.0s, tokens ${dollars}"))
        );
    }
}

#[test]
fn indents_every_line_of_a_subagent() {
    let parent = r#""parent_tool_use_id":"toolu_1""#;
    let line = format!(
        r#"{{"type":"assistant",{parent},"message":{{"content":[{{"type":"text","text":"a\n\nb"}}]}}}}"#
    );
    assert_eq!(shown(&line).as_deref(), Some("  ✉️  a\n  \n  b"));
    assert_eq!(
        shown(&format!(r#"{{"type":"system","subtype":"init",{parent}}}"#)).as_deref(),
        Some("  ⚙️  Session init · model=?, tools=0")
    );
    assert_eq!(
        shown(&format!(
            r#"{{"type":"result","subtype":"success",{parent}}}"#
        ))
        .as_deref(),
        Some("  ✨ Done · agent 0.0s")
    );
}

#[test]
fn indents_for_any_parent_that_is_truthy_in_python() {
    for (parent, indent) in [
        ("null", ""),
        ("\"\"", ""),
        ("0", ""),
        ("[]", ""),
        ("{}", ""),
        ("1", "  "),
        ("[0]", "  "),
        ("true", "  "),
    ] {
        assert_eq!(
            result(&format!(r#","parent_tool_use_id":{parent}"#)),
            Some(format!("{indent}⚠️  Done · agent 0.0s"))
        );
    }
}

#[test]
fn accepts_fields_in_any_order_and_uses_the_last_duplicate() {
    assert_eq!(
        shown(r#"{"num_turns":9,"subtype":"success","type":"user","num_turns":2,"type":"result"}"#)
            .as_deref(),
        Some("✨ Done · agent 0.0s, 2 turns")
    );
}

#[test]
fn ends_lines_only_at_lf_and_drops_the_cr_before_it() {
    assert_eq!(
        shown_by(ClaudeFormatter::new(), ["a\r\r\n\n\r\nb\u{2028}c\n"]),
        ["a", "b\\u2028c"]
    );
    assert_eq!(
        shown("{\"type\":\"result\"}\r").as_deref(),
        Some("⚠️  Done · agent 0.0s")
    );
}

#[test]
fn flushes_an_unfinished_line_once() {
    let mut formatter = ClaudeFormatter::new();
    assert_eq!(formatter.feed("{\"type\":\"result\"}"), [""; 0]);
    assert_eq!(formatter.flush(), ["⚠️  Done · agent 0.0s"]);
    assert_eq!(formatter.flush(), [""; 0]);
    assert_eq!(formatter.feed("next\n"), ["next"]);
}

#[test]
fn flushes_plain_text_with_a_trailing_cr() {
    assert_eq!(
        shown_by(ClaudeFormatter::new(), ["half a line\r"]),
        ["half a line\r"]
    );
}

#[test]
fn keeps_a_blank_unfinished_line_when_flushed() {
    let mut formatter = ClaudeFormatter::new();
    assert_eq!(formatter.feed(" \u{85}"), [""; 0]);
    assert_eq!(formatter.flush(), [""; 0]);
    assert_eq!(formatter.feed("\u{3000}x\n"), [" \\x85\u{3000}x"]);
}
