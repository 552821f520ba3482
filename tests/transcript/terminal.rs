//! Control sequences in an agent's output are escaped.

use aod::pretty::{ClaudeFormatter, GenericFormatter, Options};

use super::{shown, shown_blocks, shown_by};

#[test]
fn shows_escape_sequences_in_plain_output() {
    assert_eq!(
        shown("\x1b]52;c;cm0gLXJm\x07\x1b[2J").as_deref(),
        Some(r"\x1b]52;c;cm0gLXJm\x07\x1b[2J")
    );
    assert_eq!(
        shown_by(GenericFormatter::new(), ["\x1b[31mred\x1b[0m\n"]),
        [r"\x1b[31mred\x1b[0m"]
    );
}

#[test]
fn shows_escape_sequences_inside_json() {
    assert_eq!(
        shown_blocks(r#"{"type":"text","text":"\u001b[8mhidden\u009b0m"}"#).as_deref(),
        Some(r"✉️  \x1b[8mhidden\x9b0m")
    );
    assert_eq!(
        shown_blocks(r#"{"type":"tool_use","name":"Read","input":{"file_path":"a\u0000b\u007f"}}"#)
            .as_deref(),
        Some(r"📖 Read · a\x00b\x7f")
    );
}

#[test]
fn shows_every_control_character_but_newline_and_tab() {
    for code in (0..0x20).chain(0x7f..0xa0) {
        let control = char::from(code);
        let line = format!("a{control}b");
        match control {
            '\n' => {}
            '\t' => assert_eq!(shown(&line), Some(line)),
            _ => assert_eq!(shown(&line), Some(format!("a\\x{code:02x}b"))),
        }
    }
}

#[test]
fn escapes_format_characters_and_keeps_right_to_left_letters() {
    let marks = [0x061c, 0x200b, 0x200e, 0x200f, 0x2028, 0xfeff];
    for code in (0x202a..=0x202e).chain(0x2066..=0x2069).chain(marks) {
        let control = char::from_u32(code).expect("a character");
        assert_eq!(
            shown(&format!("a{control}b")),
            Some(format!("a\\u{code:04x}b"))
        );
    }
    let arabic = "مرحبا עולם";
    assert_eq!(shown(arabic).as_deref(), Some(arabic));
}

#[test]
fn shows_a_cr_that_would_overwrite_the_line() {
    assert_eq!(
        shown("all good\rrm -rf").as_deref(),
        Some(r"all good\x0drm -rf")
    );
    assert_eq!(
        shown_by(GenericFormatter::new(), ["10%\r20%\r"]),
        [r"10%\x0d20%"]
    );
}

#[test]
fn truncates_before_it_makes_controls_visible() {
    let escapes = "\u{1b}".repeat(140);
    let call =
        serde_json::json!({"type": "tool_use", "name": "Bash", "input": {"command": escapes}});
    assert_eq!(
        shown_blocks(&call.to_string()),
        Some(format!("🔧 Bash · {}", r"\x1b".repeat(140)))
    );
}

#[test]
fn passes_controls_through_with_raw_output() {
    let coloured = "\x1b[31mred\x1b[0m\u{202e}\r\u{9b}";
    let raw = || Options::new().raw(true);
    assert_eq!(
        shown_by(ClaudeFormatter::with_options(raw()), [coloured, "\n"]),
        [coloured]
    );
    assert_eq!(
        shown_by(GenericFormatter::with_options(raw()), [coloured, "\n"]),
        [coloured]
    );
    assert_eq!(
        shown_by(
            ClaudeFormatter::with_options(raw()),
            [r#"{"type":"system","subtype":"task_started","description":"\u001b[1mbold"}"#]
        ),
        ["🚀 Task spawned · \x1b[1mbold"]
    );
}
