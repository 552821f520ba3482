//! Escapes control characters, so that the output of an agent cannot control the terminal.

use std::fmt::Write;

/// Appends `line`, with control characters except the tab escaped as `\x1b` or `\u202e`.
///
/// Unicode's control pictures (`␛`) do not cover C1 and bidirectional controls.
pub(super) fn push(shown: &mut String, line: &str) {
    let first = if may_hold_controls(line.as_bytes()) {
        line.find(is_control)
    } else {
        None
    };
    let (clean, rest) = line.split_at(first.unwrap_or(line.len()));
    shown.push_str(clean);
    for character in rest.chars() {
        let code = u32::from(character);
        let written = match code {
            _ if !is_control(character) => shown.write_char(character),
            0..=0xff => write!(shown, "\\x{code:02x}"),
            _ => write!(shown, "\\u{code:04x}"),
        };
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }
}

fn is_control(character: char) -> bool {
    match character {
        '\t' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => character.is_control(),
    }
}

/// Returns whether any byte may belong to a control character. A fast path: most output contains none, and blocks of
/// bytes are tested faster than characters.
fn may_hold_controls(bytes: &[u8]) -> bool {
    /// The first byte of U+0080 to U+00BF in UTF-8, and of U+2000 to U+2FFF.
    const C1: u8 = 0xc2;
    const BIDIRECTIONAL: u8 = 0xe2;
    let suspicious = |byte: u8| byte < b' ' || matches!(byte, 0x7f | C1 | BIDIRECTIONAL);
    bytes.chunks(64).any(|block| {
        block
            .iter()
            .fold(false, |any, &byte| any | suspicious(byte))
    })
}
