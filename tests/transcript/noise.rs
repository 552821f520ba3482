//! Events with noise before or after them on their line, and several events on one line.

use aod::pretty::Options;

use super::shown_by;

/// An event of each runtime, and the line that shows it.
const EVENTS: [(&str, &str, &str); 4] = [
    (
        "claude",
        r#"{"type":"result","subtype":"success"}"#,
        "✨ Done · agent 0.0s",
    ),
    ("codex", r#"{"type":"turn.completed"}"#, "✨ Done"),
    (
        "gemini",
        r#"{"type":"result","status":"success"}"#,
        "✨ Done",
    ),
    (
        "opencode",
        r#"{"type":"tool_use","part":{"tool":"x"}}"#,
        "🛠️  x",
    ),
];

fn shown(runtime: &str, line: &str) -> Vec<String> {
    shown_by(Options::new().formatter_for(runtime), [line, "\n"])
}

#[test]
fn noise_before_an_event_is_shown_as_text_before_it() {
    for (runtime, event, expected) in EVENTS {
        for (noise, text) in [
            ("\u{1b}[?2004h", r"\x1b[?2004h"),
            ("\u{feff}", r"\ufeff"),
            ("\0\0", r"\x00\x00"),
            (
                "npm warn deprecated glob@7.2.3",
                "npm warn deprecated glob@7.2.3",
            ),
            ("Warning: {x} is not set. ", "Warning: {x} is not set."),
            (r#"{"type":"assist"#, r#"{"type":"assist"#),
        ] {
            assert_eq!(
                shown(runtime, &format!("{noise}{event}")),
                [format!("{text}\n{expected}")],
                "{runtime}"
            );
        }
    }
}

#[test]
fn control_characters_after_an_event_are_shown_after_it() {
    for (runtime, event, expected) in EVENTS {
        for (noise, text) in [
            ("\u{1b}[0m", r"\x1b[0m"),
            ("\u{1b}]0;title\u{7}", r"\x1b]0;title\x07"),
            ("\0", r"\x00"),
            ("\u{1b}[?2004l\r", r"\x1b[?2004l"),
        ] {
            assert_eq!(
                shown(runtime, &format!("{event}{noise}")),
                [format!("{expected}\n{text}")],
                "{runtime}"
            );
        }
    }
}

#[test]
fn several_events_on_one_line_are_all_shown() {
    for (runtime, event, expected) in EVENTS {
        for between in ["", " ", "\t"] {
            assert_eq!(
                shown(runtime, &format!("{event}{between}{event}")),
                [format!("{expected}\n{expected}")],
                "{runtime}"
            );
        }
        assert_eq!(
            shown(runtime, &format!("a{event}b{event}")),
            [format!("a\n{expected}\nb\n{expected}")],
            "{runtime}"
        );
        assert_eq!(
            shown(runtime, &format!(r#"{event}{{"level":"error"}}"#)),
            [format!("{expected}\n{{\"level\":\"error\"}}")],
            "{runtime}"
        );
    }
}

#[test]
fn each_event_of_a_line_has_its_own_indent() {
    let said = |parent: &str, text: &str| {
        format!(
            r#"{{"type":"assistant","parent_tool_use_id":{parent},"message":{{"content":[{{"type":"text","text":"{text}"}}]}}}}"#
        )
    };
    assert_eq!(
        shown("claude", &[said("\"t\"", "a"), said("null", "b")].concat()),
        ["  ✉️  a\n✉️  b"]
    );
}

#[test]
fn ambiguous_lines_are_shown_verbatim() {
    for (runtime, event, _) in EVENTS {
        for line in [
            format!("{event} trailing"),
            format!("[{event}]"),
            format!("log: {{\"a\":{event}"),
            r#"sending {"model":"x"}"#.to_owned(),
            r#"{"a":1}{"b":2}"#.to_owned(),
            event[..event.len() - 1].to_owned(),
        ] {
            assert_eq!(shown(runtime, &line), [line], "{runtime}");
        }
    }
    let cut = r#"{"type":"text","sessionID":"s","part":{"type":"text","part":{}}"#;
    assert_eq!(shown("opencode", cut), [cut], "the inner event is not read");
}

#[test]
fn control_characters_around_a_document_of_gemini_are_noise() {
    let shown = |document| shown_by(Options::new().formatter_for("gemini"), [document]);
    assert_eq!(
        shown("\u{1b}[?2004h{\n  \"response\": \"x\"\n}\u{1b}[?2004l\n"),
        [r"\x1b[?2004h", "✉️  x\n✨ Done\n\\x1b[?2004l"]
    );
    let indented = "  {\n  \"response\": \"x\"\n  }\n";
    assert_eq!(shown(indented).join("\n"), indented.trim_end());
    let other = "{\n  \"response\": \"x\"\n} trailing\n";
    assert_eq!(shown(other).join("\n"), other.trim_end());
}

#[test]
fn a_line_of_many_braces_takes_linear_time() {
    for runtime in ["claude", "codex", "gemini", "opencode"] {
        for line in [
            "{".repeat(1 << 20),
            r#"x{"a":"#.repeat(1 << 17),
            "{}".repeat(1 << 19),
        ] {
            assert_eq!(shown(runtime, &line), [line]);
        }
    }
}
