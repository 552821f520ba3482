//! Control characters made visible, so that an agent's output cannot drive the terminal that shows it.

use std::fmt::Write;

/// `text` with each control character written as `\x1b` or `\u202e`. Newlines, tabs and the carriage returns that
/// end the text stay.
///
/// Escapes rather than control pictures (`␛`): C1 and bidirectional controls have no pictures.
pub(super) fn controls(text: String) -> String {
    if !may_hold_controls(text.as_bytes()) {
        return text;
    }
    let end = text.trim_end_matches('\r').len();
    let Some(first) = text[..end].find(is_control) else {
        return text;
    };
    let mut visible = String::with_capacity(text.len() + 16);
    visible.push_str(&text[..first]);
    for character in text[first..end].chars() {
        let code = u32::from(character);
        let written = match code {
            _ if !is_control(character) => visible.write_char(character),
            0..=0xff => write!(visible, "\\x{code:02x}"),
            _ => write!(visible, "\\u{code:04x}"),
        };
        debug_assert!(written.is_ok(), "a string takes whatever is written to it");
    }
    visible.push_str(&text[end..]);
    visible
}

fn is_control(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => character.is_control(),
    }
}

/// Whether any byte could belong to a control character. Most output holds none, and whole blocks of bytes are tested
/// faster than characters.
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
