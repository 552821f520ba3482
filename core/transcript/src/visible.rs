//! Escaping of control and format characters, so that untrusted text cannot control a terminal or hide in a line.

use std::fmt::{self, Write};

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// Writes a text with escapes such as `\x1b` or `\u202e` instead of control characters, format characters, and Unicode
/// line and paragraph separators. Tabs, and zero-width joiners between two emoji, are kept.
///
/// # Errors
///
/// Returns the errors of `output`.
///
/// # Examples
///
/// ```
/// let mut shown = String::new();
/// aod_transcript::write_visible(&mut shown, "red: \x1b[31m, 👩\u{200d}💻, a\u{200b}b")?;
/// assert_eq!(shown, "red: \\x1b[31m, 👩\u{200d}💻, a\\u200bb");
/// # Ok::<(), std::fmt::Error>(())
/// ```
pub fn write_visible(output: &mut impl Write, text: &str) -> fmt::Result {
    if may_be_written_whole(text.as_bytes()) {
        return output.write_str(text);
    }
    let mut previous = None;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let joins = character == JOINER
            && previous.is_some_and(is_symbol)
            && rest.clone().next().is_some_and(is_symbol);
        match u32::from(character) {
            _ if joins || !is_invisible(character) => output.write_char(character)?,
            code @ 0..=0xff => write!(output, "\\x{code:02x}")?,
            code => write!(output, "\\u{code:04x}")?,
        }
        previous = Some(character);
    }
    Ok(())
}

const JOINER: char = '\u{200d}';

fn is_invisible(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control() && character != '\t';
    }
    matches!(
        character.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    )
}

/// Returns whether a character can be part of a joined emoji: a symbol, a skin tone modifier or a variation selector.
fn is_symbol(character: char) -> bool {
    matches!(
        character.general_category(),
        GeneralCategory::OtherSymbol | GeneralCategory::ModifierSymbol
    ) || character == '\u{fe0f}'
}

/// Returns whether a text is printable ASCII, which needs no escape. Most output is, and testing whole blocks is fast.
fn may_be_written_whole(bytes: &[u8]) -> bool {
    let suspicious = |byte: u8| !matches!(byte, b' '..=b'~');
    !bytes.chunks(64).any(|block| {
        block
            .iter()
            .fold(false, |any, &byte| any | suspicious(byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visible(text: &str) -> String {
        let mut shown = String::new();
        write_visible(&mut shown, text).unwrap();
        shown
    }

    #[test]
    fn escapes_every_control_and_format_character() {
        for character in '\0'..=char::MAX {
            let hidden = matches!(
                character.general_category(),
                GeneralCategory::Control | GeneralCategory::Format
            );
            if hidden && character != '\t' {
                let shown = visible(&format!("a{character}b"));
                assert!(shown.starts_with("a\\") && shown.is_ascii(), "{shown:?}");
            }
        }
        assert_eq!(visible("a\u{2028}b\u{2029}"), "a\\u2028b\\u2029");
        assert_eq!(visible("\u{e0067}"), "\\ue0067");
    }

    #[test]
    fn leaves_text_of_every_script_and_joined_emoji() {
        for text in [
            "",
            "\tplain",
            "naïve",
            "日本語",
            "עברית",
            "👩‍💻",
            "🏳️‍🌈",
            "👩🏽‍🚀",
            "é\u{301}",
            "⚙️",
        ] {
            assert_eq!(visible(text), text);
        }
        assert_eq!(visible("a\u{200d}b"), "a\\u200db");
        assert_eq!(visible("👩\u{200d}"), "👩\\u200d");
    }
}
