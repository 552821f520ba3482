//! Splits lines that contain more than one event: noise before the JSON, or several objects.

use serde_json::value::RawValue;

/// The maximum number of braces that do not start an object, after which a line counts as text.
const MAX_ATTEMPTS: usize = 16;

/// A part of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// Text that is not JSON.
    Noise(&'a str),
    /// A JSON object.
    Object(&'a str),
}

/// Splits a line into JSON objects and the noise before and between them. Control characters and escape sequences can
/// follow the last object.
///
/// Returns `None` if the line is ambiguous: other text follows the last object, an object is incomplete, no object is
/// an event, or there is nothing to split.
pub(crate) fn split(line: &str, is_event: impl Fn(&str) -> bool) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut has_event = false;
    let mut attempts = 0;
    let mut rest = line;
    let mut searched = 0;
    while let Some(found) = memchr::memchr(b'{', &rest.as_bytes()[searched..]) {
        let start = searched + found;
        match first_object(&rest[start..]) {
            Ok(object) => {
                push_noise(&mut parts, &rest[..start]);
                parts.push(Part::Object(object));
                has_event = has_event || is_event(object);
                rest = &rest[start + object.len()..];
                searched = 0;
            }
            // An object in an incomplete one is a part of it.
            Err(error) if error.is_eof() => return None,
            Err(_) if attempts == MAX_ATTEMPTS => return None,
            Err(_) => {
                attempts += 1;
                searched = start + 1;
            }
        }
    }
    if !has_event || !after_controls(rest).is_empty() {
        return None;
    }
    push_noise(&mut parts, rest);
    (parts.len() > 1).then_some(parts)
}

fn push_noise<'a>(parts: &mut Vec<Part<'a>>, text: &'a str) {
    let text = text.trim();
    if !text.is_empty() {
        parts.push(Part::Noise(text));
    }
}

/// Returns the object at the start of a text.
fn first_object(text: &str) -> serde_json::Result<&str> {
    let mut objects = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    // A text that starts with a brace has a first value or an error.
    objects.next().map_or(Ok(""), |object| Ok(object?.get()))
}

/// Returns the text after whitespace, control characters, byte order marks and escape sequences.
pub(crate) fn after_controls(text: &str) -> &str {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|character: char| {
            character != ESCAPE
                && (character.is_whitespace() || character.is_control() || character == '\u{feff}')
        });
        let Some(sequence) = rest.strip_prefix(ESCAPE) else {
            return rest;
        };
        rest = after_sequence(sequence);
    }
}

const ESCAPE: char = '\x1b';

/// Returns the text after an escape sequence, which is given without its escape character.
fn after_sequence(text: &str) -> &str {
    let mut rest = text.chars();
    match rest.next() {
        Some('[') => rest
            .as_str()
            .trim_start_matches(|character| matches!(character, ' '..='?'))
            .strip_prefix(|character| matches!(character, '@'..='~'))
            .unwrap_or_default(),
        Some(']') => text
            .find(['\x07', ESCAPE])
            .map_or("", |end| text[end..].trim_start_matches('\x07')),
        Some('(' | ')' | '*' | '+' | '#' | '%') => {
            rest.next();
            rest.as_str()
        }
        _ => rest.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> Option<Vec<Part<'_>>> {
        split(line, |object| object.contains("event"))
    }

    #[test]
    fn splits_noise_and_objects() {
        use Part::{Noise, Object};
        let event = r#"{"event":"{}"}"#;
        assert_eq!(
            parts(r#" a {b} {"event":"{}"}c{"x":[{}]}	{"event":"{}"} "#),
            Some(vec![
                Noise("a {b}"),
                Object(event),
                Noise("c"),
                Object(r#"{"x":[{}]}"#),
                Object(event)
            ])
        );
        assert_eq!(
            parts("{\"event\":\"{}\"}\u{1b}[0m"),
            Some(vec![Object(event), Noise("\u{1b}[0m")])
        );
    }

    #[test]
    fn leaves_lines_without_an_event_and_ambiguous_ones() {
        for line in [
            "",
            "text",
            r#"a {"x":1}"#,
            r#"{"event":1}"#,
            r#"{"event":1} text"#,
            r#"a{"x":{"event":1}"#,
            r#"[{"event":1}]"#,
        ] {
            assert_eq!(parts(line), None, "{line}");
        }
        let braces = format!(r#"{}{{"event":1}}"#, "{".repeat(MAX_ATTEMPTS + 1));
        assert_eq!(parts(&braces), None);
        assert!(parts(&braces[1..]).is_some());
    }

    #[test]
    fn skips_escape_sequences_whole() {
        for controls in [
            "",
            " \0\u{feff}\r",
            "\u{1b}[?2004h",
            "\u{1b}[1;31m\u{1b}[0m",
            "\u{1b}]0;a title\u{7}",
            "\u{1b}]8;;http://x\u{1b}\\",
            "\u{1b}(B",
            "\u{1b}=",
        ] {
            assert_eq!(
                after_controls(&format!("{controls}{{")),
                "{",
                "{controls:?}"
            );
        }
        assert_eq!(after_controls("\u{1b}"), "");
        assert_eq!(after_controls("\u{1b}["), "");
        assert_eq!(after_controls("\u{1b}]0;unterminated"), "");
    }
}
