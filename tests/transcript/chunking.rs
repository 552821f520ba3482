//! The output depends on the text and not on its chunking, and memory is bounded.

use aod::pretty::{ClaudeFormatter, Color, Formatter, GenericFormatter, Options};
use proptest::prelude::*;

use super::shown_by;

/// A random fragment of output: JSON syntax, line endings, characters of every length.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "\n", "\r\n", "\r", " ", "\u{85}", "\u{2028}", "\u{1b}[0m", "ä", "😀", "\"", "\\", "{", "}", "[", "]", ",",
            ":", "null", "NaN", "-Infinity", "1e999", "\\ud83d", "\"type\":", "\"assistant\"", "\"system\"", "\"result\"",
            "\"subtype\":", "\"init\"", "\"message\":", "\"content\":", "\"text\"", "\"tool_use\"", "\"name\":",
            "\"input\":", "\"Bash\"", "\"todos\":", "\"mcp_servers\":", "\"parent_tool_use_id\":",
            "{\"type\":\"result\",\"subtype\":\"success\"}\n",
            "{\n", "}\n", "  \"response\": \"r\"\n",
            "{\"type\":\"message\",\"role\":\"assistant\",\"content\":\"a b \"}\n",
            "{\"type\":\"tool_result\",\"tool_id\":\"i\",\"status\":\"error\",\"output\":\"o\"}\n",
            "{\"type\":\"tool_use\",\"tool_id\":\"i\",\"tool_name\":\"read_file\",\"part\":{\"tool\":\"bash\"}}\n",
            "{\"type\":\"error\",\"message\":\"m\",\"error\":{\"name\":\"n\"}}\n",
            "{\"type\":\"turn.failed\",\"error\":{\"message\":\"m\"}}\n",
            "{\"type\":\"item.started\",\"item\":{\"id\":\"i\",\"type\":\"command_execution\",\"command\":\"c\"}}\n",
            "{\"type\":\"item.completed\",\"item\":{\"id\":\"i\",\"type\":\"command_execution\",\"exit_code\":2}}\n",
            "{\"msg\":{\"type\":\"agent_message\",\"message\":\"m\"}}\n",
            "{\"type\":\"text\",\"sessionID\":\"s\",\"part\":{\"text\":\"t\"}}\n",
            "{\"type\":\"step_finish\",\"sessionID\":\"s\",\"part\":{\"reason\":\"stop\",\"cost\":1}}\n",
            "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"a\\nb\\ud83d\"}]}}\n",
        ])
        .prop_map(str::to_owned),
        any::<String>(),
        "[ -~]{0,12}",
    ]
}

fn output() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..40).prop_map(|pieces| pieces.concat())
}

/// An event with arbitrary JSON in its fields.
fn arbitrary_event() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        (-1e20..1e20_f64).prop_map(|value: f64| value.to_string()),
        any::<String>().prop_map(|value| serde_json::Value::from(value).to_string()),
    ];
    let value = scalar.prop_recursive(3, 16, 4, |value| {
        let name = prop::sample::select(vec![
            "type",
            "text",
            "thinking",
            "name",
            "input",
            "content",
            "command",
            "file_path",
            "todos",
        ]);
        prop_oneof![
            prop::collection::vec(value.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((name, value), 0..4)
                .prop_map(|fields: Vec<(&str, String)>| object(&fields)),
        ]
    });
    let name = prop::sample::select(vec![
        "subtype",
        "message",
        "model",
        "tools",
        "mcp_servers",
        "description",
        "duration_ms",
        "num_turns",
        "total_cost_usd",
        "parent_tool_use_id",
    ]);
    let kind = prop::sample::select(vec![
        r#"{"type":"system","subtype":"init""#,
        r#"{"type":"system","subtype":"task_started""#,
        r#"{"type":"assistant""#,
        r#"{"type":"result""#,
    ]);
    (kind, prop::collection::vec((name, value), 0..6)).prop_map(|(kind, fields)| {
        let fields = fields
            .iter()
            .map(|(name, value)| format!(",{name:?}:{value}"));
        format!("{kind}{}}}", fields.collect::<String>())
    })
}

fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name:?}:{value}"))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// Splits `text` after the given lengths, moved to the next character boundary.
fn cut<'a>(text: &'a str, lengths: &[usize]) -> Vec<&'a str> {
    let mut chunks = Vec::new();
    let mut rest = text;
    for &length in lengths {
        let at = (length.min(rest.len())..=rest.len())
            .find(|&at| rest.is_char_boundary(at))
            .unwrap_or(rest.len());
        let (chunk, after) = rest.split_at(at);
        chunks.push(chunk);
        rest = after;
    }
    chunks.push(rest);
    chunks
}

fn runtime() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["claude", "codex", "gemini", "opencode", "other"])
}

prop_compose! {
    fn options()(
        plain in any::<bool>(),
        width in prop::option::of(0..40_usize),
        color in prop::sample::select(vec![Color::On, Color::Off]),
        thinking in any::<bool>(),
        results in any::<bool>(),
        failures in prop::option::of(any::<bool>()),
        raw in any::<bool>(),
        max_line in prop_oneof![Just(usize::MAX), 0..60_usize],
    ) -> Options {
        let mut options = Options::new()
            .plain(plain)
            .color(color)
            .show_thinking(thinking)
            .show_tool_results(results)
            .raw(raw)
            .max_line(max_line);
        if let Some(columns) = width {
            options = options.width(columns);
        }
        if let Some(show) = failures {
            options = options.show_failures(show);
        }
        options
    }
}

proptest! {
    #[test]
    fn output_is_independent_of_the_chunking(
        runtime in runtime(),
        output in output(),
        lengths in prop::collection::vec(0..20_usize, 0..40),
        options in options(),
    ) {
        let shown = |chunks: Vec<&str>| shown_by(options.clone().formatter_for(runtime), chunks);
        let whole = shown(vec![&output]);
        prop_assert_eq!(&shown(cut(&output, &lengths)), &whole);
        prop_assert_eq!(&shown(cut(&output, &vec![1; output.len()])), &whole);
    }

    #[test]
    fn accepts_any_bytes(
        runtime in runtime(),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let output = String::from_utf8_lossy(&bytes);
        for text in shown_by(Options::new().formatter_for(runtime), [&*output]) {
            prop_assert!(!text.trim_end_matches('\r').contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
        }
    }

    #[test]
    fn accepts_events_with_any_fields(event in arbitrary_event()) {
        let shown = shown_by(ClaudeFormatter::new(), [&*event]);
        prop_assert!(shown.len() <= 1);
        prop_assert_ne!(shown.first(), Some(&event), "valid JSON is not passed through");
    }
}

#[test]
fn truncates_a_long_line_and_shows_the_number_of_omitted_bytes() {
    let options = || Options::new().max_line(8);
    for chunks in [
        vec!["12345678\n123456789\n"],
        vec!["1234", "5678\n12345678", "9", "\n"],
    ] {
        assert_eq!(
            shown_by(ClaudeFormatter::with_options(options()), chunks),
            ["12345678", "12345678… [1 bytes cut]"]
        );
    }
    assert_eq!(
        shown_by(GenericFormatter::with_options(options()), ["0123456789"]),
        ["01234567… [2 bytes cut]"]
    );
}

#[test]
fn truncates_between_characters() {
    let options = Options::new().max_line(5);
    assert_eq!(
        shown_by(
            ClaudeFormatter::with_options(options),
            ["äöü", "x", "\nnext\n"]
        ),
        ["äö… [3 bytes cut]", "next"]
    );
}

#[test]
fn shows_a_truncated_event_as_text() {
    let event = r#"{"type":"result"}"#;
    let options = Options::new().max_line(event.len());
    assert_eq!(
        shown_by(
            ClaudeFormatter::with_options(options),
            [event, " \n", event, "\n"]
        ),
        [
            format!("{event}… [1 bytes cut]"),
            "⚠️  Done · agent 0.0s".to_owned()
        ]
    );
}

#[test]
fn accepts_a_line_of_8_mb_in_single_bytes() {
    let text = "a".repeat(8 << 20);
    let mut formatter = ClaudeFormatter::new();
    for at in 0..text.len() {
        assert!(formatter.feed(&text[at..=at]).is_empty());
    }
    assert_eq!(formatter.flush(), [text]);
}

#[test]
fn accepts_80_000_lines_in_one_chunk() {
    for (runtime, line) in [
        (
            "claude",
            r#"{"type":"assistant","message":{"content":[{"type":"text","text":"hello"}]}}"#,
        ),
        (
            "codex",
            r#"{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"hello"}}"#,
        ),
        ("opencode", r#"{"type":"text","part":{"text":"hello"}}"#),
    ] {
        let shown = Options::new()
            .formatter_for(runtime)
            .feed(&format!("{line}\n").repeat(80_000));
        assert_eq!(shown.len(), 80_000);
        assert!(shown.iter().all(|text| text == "✉️  hello"));
    }
}

#[test]
fn joins_80_000_fragments() {
    let line = r#"{"type":"message","role":"assistant","content":"hello"}"#;
    let mut formatter = Options::new().formatter_for("gemini");
    assert_eq!(formatter.feed(&format!("{line}\n").repeat(80_000)), [""; 0]);
    assert_eq!(
        formatter.flush(),
        [format!("✉️  {}", "hello".repeat(80_000))]
    );
}

#[test]
fn splits_a_long_text_of_fragments() {
    let fragment = |text: &str| {
        format!("{{\"type\":\"message\",\"role\":\"assistant\",\"content\":\"{text}\"}}\n")
    };
    let mut formatter = Options::new().max_line(70).formatter_for("gemini");
    let parts = ["x".repeat(10), "y".repeat(10), "z".repeat(10)];
    let mut shown = Vec::new();
    for part in parts.iter().cycle().take(9) {
        shown.extend(formatter.feed(&fragment(part)));
    }
    shown.extend(formatter.flush());
    assert_eq!(shown.concat().replace("✉️  ", ""), parts.concat().repeat(3));
    assert_eq!(shown.len(), 2);
}

#[test]
fn shows_a_document_above_the_limit_as_text() {
    let mut formatter = Options::new().max_line(20).formatter_for("gemini");
    let document = "{\n  \"response\": 1,\n  \"stats\": 1\n}\n";
    let mut shown = formatter.feed(document);
    shown.extend(formatter.flush());
    assert_eq!(shown.join("\n"), document.trim_end());
}
