//! Control characters made visible, so that an agent's output cannot drive the terminal that shows it.

use std::fmt::Write;

/// `text` with each control character written as `\x1b` or `\u202e`. Newlines, tabs and the carriage returns that
/// end the text stay.
///
/// Escapes rather than control pictures (`␛`): C1 and bidirectional controls have no pictures.
pub(super) fn controls(text: String) -> String {
    let end = text.trim_end_matches('\r').len();
    let Some(first) = text[..end].find(is_control) else {
        return text;
    };
    let mut visible = String::with_capacity(text.len() + 16);
    visible.push_str(&text[..first]);
    for character in text[first..end].chars() {
        if !is_control(character) {
            visible.push(character);
        } else if character.is_control() {
            let _ = write!(visible, "\\x{:02x}", u32::from(character));
        } else {
            let _ = write!(visible, "\\u{:04x}", u32::from(character));
        }
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
