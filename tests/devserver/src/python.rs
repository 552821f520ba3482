//! Python's `json.dumps`, `repr` and `int`, whose results are part of responses.

use std::fmt::Write as _;

use serde_json::Value;

/// `json.dumps` with its defaults: ASCII only, with the separators `", "` and `": "`.
pub(crate) fn dumps(value: &Value) -> String {
    let mut out = String::new();
    write_json(value, &mut out);
    out
}

fn write_json(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => write_json_string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_json(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (index, (key, item)) in map.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_json_string(key, out);
                out.push_str(": ");
                write_json(item, out);
            }
            out.push('}');
        }
        // Numbers, booleans and null are the same in both.
        scalar => {
            let _ = write!(out, "{scalar}");
        }
    }
}

fn write_json_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// `repr` of a JSON value.
pub(crate) fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => repr_str(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(repr).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) => {
            let items: Vec<_> = map
                .iter()
                .map(|(key, item)| format!("{}: {}", repr_str(key), repr(item)))
                .collect();
            format!("{{{}}}", items.join(", "))
        }
    }
}

/// `repr` of a string: single quotes, or double quotes if it contains only single quotes.
pub(crate) fn repr_str(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if character == quote => {
                out.push('\\');
                out.push(character);
            }
            _ if is_printable(character) => out.push(character),
            _ => {
                let code = u32::from(character);
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
    out
}

/// `str.isprintable()`. `char::escape_debug` escapes the same Unicode categories; after another character, no combining
/// marks.
fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_control();
    }
    let text: String = ['a', character].iter().collect();
    text.escape_debug().nth(1) == Some(character)
}

/// `repr` of a list of strings.
pub(crate) fn repr_list(items: &[&str]) -> String {
    let items: Vec<_> = items.iter().map(|item| repr_str(item)).collect();
    format!("[{}]", items.join(", "))
}

/// `int(text)`: surrounding whitespace, a sign, single underscores between digits. Numbers beyond 64 bits saturate.
pub(crate) fn int(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut value: i64 = 0;
    let mut digit_before = false;
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                value = value
                    .saturating_mul(10)
                    .saturating_add(i64::from(byte - b'0'));
                digit_before = true;
            }
            b'_' if digit_before => digit_before = false,
            _ => return None,
        }
    }
    digit_before.then_some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn dumps_in_ascii_with_spaces() {
        assert_eq!(
            dumps(&json!({"a": [1, "é\u{7f}🚀\n"], "b": null})),
            r#"{"a": [1, "\u00e9\u007f\ud83d\ude80\n"], "b": null}"#
        );
    }

    #[test]
    fn repr_uses_the_same_quotes_as_python() {
        assert_eq!(repr_str("it's"), "\"it's\"");
        assert_eq!(repr_str("a\"b'c"), "'a\"b\\'c'");
        assert_eq!(
            repr(&json!([null, true, {"k": 1}])),
            "[None, True, {'k': 1}]"
        );
    }

    #[test]
    fn repr_escapes_what_is_not_printable_like_python() {
        for (text, expected) in [
            ("\u{0}\u{1f}\u{7f}\u{a0}\u{ad}", r"'\x00\x1f\x7f\xa0\xad'"),
            (
                "\u{378}\u{200b}\u{2028}\u{3000}",
                r"'\u0378\u200b\u2028\u3000'",
            ),
            ("\u{e000}\u{feff}\u{e0001}", r"'\ue000\ufeff\U000e0001'"),
            (" ~\"é\u{301}東🚀", "' ~\"é\u{301}東🚀'"),
        ] {
            assert_eq!(repr_str(text), expected);
        }
    }

    #[test]
    fn parses_integers_like_python() {
        for (text, expected) in [
            (" 9_9 ", Some(99)),
            ("+5", Some(5)),
            ("-5", Some(-5)),
            ("", None),
            ("1__2", None),
            ("_1", None),
            ("1_", None),
            ("0x1", None),
            ("1.5", None),
        ] {
            assert_eq!(int(text), expected, "{text:?}");
        }
    }
}
