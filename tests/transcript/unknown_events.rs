//! What is not a known event is shown verbatim, and answers are shown as answers in any form.

use aod::pretty::Options;

use super::shown_by;

const RUNTIMES: [&str; 4] = ["claude", "codex", "gemini", "opencode"];

fn shown(runtime: &str, line: &str) -> String {
    shown_by(Options::new().formatter_for(runtime), [line, "\n"]).join("\n")
}

#[test]
fn objects_of_other_programs_are_shown_verbatim_by_every_runtime() {
    for runtime in RUNTIMES {
        for line in [
            "{}",
            r#"{"level":"error","msg":"npm install failed"}"#,
            r#"{"error":"npm install failed"}"#,
            r#"{"type":null}"#,
            r#"{"type":7}"#,
            r#"{"type":"added_later","text":"a"}"#,
            r#"{"message":"no type"}"#,
            r#"{"prompt":7}"#,
        ] {
            assert_eq!(shown(runtime, line), line, "{runtime}");
        }
    }
}

#[test]
fn unknown_objects_are_truncated_and_escaped_like_any_line() {
    let line = "{\"level\":\"error\",\"msg\":\"a\u{200b}b\"}";
    for runtime in RUNTIMES {
        assert_eq!(
            shown(runtime, line),
            r#"{"level":"error","msg":"a\u200bb"}"#
        );
        let formatter = Options::new().max_line(8).formatter_for(runtime);
        assert_eq!(
            shown_by(formatter, [line, "\n"]),
            [format!(r#"{{"level"… [{} bytes cut]"#, line.len() - 8)]
        );
        let formatter = Options::new().width(10).formatter_for(runtime);
        assert_eq!(shown_by(formatter, [line, "\n"]), [r#"{"level":…"#]);
    }
}

#[test]
fn events_left_out_on_purpose_show_nothing() {
    for (runtime, lines) in [
        (
            "claude",
            &[
                r#"{"type":"user","message":{"content":"hi"}}"#,
                r#"{"type":"stream_event","event":{}}"#,
                r#"{"type":"rate_limit_event"}"#,
                r#"{"type":"system","subtype":"status"}"#,
                r#"{"type":"tool_progress"}"#,
                r#"{"type":"control_response"}"#,
                r#"{"type":"keep_alive"}"#,
            ][..],
        ),
        (
            "codex",
            &[
                r#"{"type":"turn.started"}"#,
                r#"{"type":"item.started","item":{"type":"web_search","query":""}}"#,
                r#"{"type":"item.started","item":{"type":"file_change"}}"#,
                r#"{"type":"item.updated","item":{"type":"agent_message","text":"ha"}}"#,
                r#"{"type":"item.completed","item":{"type":"todo_list"}}"#,
                r#"{"type":"item.completed","item":{"type":"collab_tool_call","tool":"close_agent"}}"#,
                r#"{"type":"error","message":"Reconnecting... 2/5 (timeout)"}"#,
                r#"{"prompt":"fix the build"}"#,
                r#"{"id":"1","msg":{"type":"turn_diff"}}"#,
            ],
        ),
        (
            "gemini",
            &[
                r#"{"type":"message","role":"user","content":"hi"}"#,
                r#"{"type":"tool_use","tool_name":"update_topic"}"#,
                r#"{"type":"tool_result","status":"success"}"#,
            ],
        ),
        (
            "opencode",
            &[
                r#"{"type":"step_start","part":{}}"#,
                r#"{"type":"text","part":{"text":"s","synthetic":true}}"#,
                r#"{"type":"done","reason":"stop"}"#,
                r#"{"type":"tool_use","part":{"tool":"todoread"}}"#,
            ],
        ),
    ] {
        for line in lines {
            assert_eq!(shown(runtime, line), "", "{runtime} {line}");
        }
    }
}

#[test]
fn parts_of_known_events_that_are_unknown_are_shown_verbatim() {
    for (runtime, line) in [
        (
            "codex",
            r#"{"type":"item.completed","item":{"type":"crystal_ball","text":"soon"}}"#,
        ),
        (
            "codex",
            r#"{"type":"item.started","item":{"type":"collab_tool_call","tool":"hire_agent"}}"#,
        ),
        ("codex", r#"{"type":"item.completed"}"#),
        ("codex", r#"{"type":"item.completed","item":"text"}"#),
        ("codex", r#"{"msg":"text"}"#),
        ("codex", r#"{"id":"1","msg":{"type":"added_later"}}"#),
        (
            "gemini",
            r#"{"type":"message","role":"narrator","content":"hi"}"#,
        ),
    ] {
        assert_eq!(shown(runtime, line), line, "{runtime}");
    }
}

#[test]
fn a_document_of_gemini_on_one_line_is_an_answer() {
    assert_eq!(
        shown("gemini", r#"{"response":"ANSWER","stats":{}}"#),
        "✉️  ANSWER\n✨ Done"
    );
    assert_eq!(
        shown(
            "gemini",
            r#"{"session_id":"s","error":{"type":"E","message":"no auth"}}"#
        ),
        "⚠️  Done · no auth"
    );
}

#[test]
fn a_plan_of_codex_is_shown_in_full() {
    let plan = r#"{"type":"item.completed","item":{"type":"plan","text":"1. Do it\n2. Test it"}}"#;
    assert_eq!(shown("codex", plan), "✉️  1. Do it\n2. Test it");
    assert_eq!(shown("codex", &plan.replace("completed", "updated")), "");
}

#[test]
fn an_answer_that_is_not_a_string_is_shown_as_text() {
    for (runtime, line) in [
        (
            "codex",
            r#"{"type":"item.completed","item":{"type":"agent_message","text":ANSWER}}"#,
        ),
        (
            "codex",
            r#"{"id":"1","msg":{"type":"agent_message","message":ANSWER}}"#,
        ),
        (
            "gemini",
            r#"{"type":"message","role":"assistant","content":ANSWER}"#,
        ),
        ("gemini", r#"{"response":ANSWER,"stats":{}}"#),
        ("opencode", r#"{"type":"text","part":{"text":ANSWER}}"#),
    ] {
        for (answer, text) in [
            (r#"["a",{"type":"text","text":"b"}]"#, "✉️  a\nb"),
            (r#"{"text":"a"}"#, "✉️  a"),
            ("42", "✉️  42"),
            (r#"{"n":1}"#, r#"✉️  {"n":1}"#),
        ] {
            let shown = shown(runtime, &line.replace("ANSWER", answer));
            assert_eq!(
                shown
                    .trim_end_matches("\n✨ Done")
                    .trim_end_matches("\n✨ Done · agent 0.0s"),
                text,
                "{line}"
            );
        }
    }
}
