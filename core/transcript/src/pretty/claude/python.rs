//! Formats JSON values like Python's `str()` and format specifications, which the Python SDK 0.1.0 uses.

use std::borrow::Cow;
use std::fmt::Write;

use crate::output::json::{Json, Kind, string_length};

/// Returns `str(value)`: strings verbatim, other values as Python literals.
pub(super) fn str(value: Json<'_>) -> Cow<'_, str> {
    value
        .string()
        .unwrap_or_else(|| Cow::Owned(repr(value.source())))
}

/// Returns `float(value)` for numbers, and for booleans, which are numbers in Python.
pub(super) fn float(value: Json<'_>) -> Option<f64> {
    match value.kind() {
        Kind::Number => unsigned_zero(value.source()).parse().ok(),
        Kind::Bool => Some(f64::from(u8::from(value.is_truthy()))),
        _ => None,
    }
}

/// Returns `value / 1000`. Python divides integers of any size exactly and rounds once.
pub(super) fn thousandth(value: Json<'_>) -> Option<f64> {
    if value.kind() == Kind::Number && !is_float(value.source()) {
        return format!("{}e-3", value.source()).parse().ok();
    }
    float(value).map(|number| number / 1000.0)
}

/// Returns `repr()` of a JSON value. The tokens of both languages have the same order, so the conversion is token by
/// token, without a stack.
fn repr(json: &str) -> String {
    let mut literal = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(&first) = rest.as_bytes().first() {
        let length = match first {
            b'"' => string_length(rest),
            b'-' | b'0'..=b'9' | b'a'..=b'z' => rest
                .find([',', ':', ']', '}', ' ', '\t', '\r', '\n'])
                .unwrap_or(rest.len()),
            _ => 1,
        };
        let (token, after) = rest.split_at(length);
        match first {
            b'"' => push_string(&mut literal, &Json::of(token).string().unwrap_or_default()),
            b',' => literal.push_str(", "),
            b':' => literal.push_str(": "),
            b'n' => literal.push_str("None"),
            b't' => literal.push_str("True"),
            b'f' => literal.push_str("False"),
            b'[' | b']' | b'{' | b'}' => literal.push_str(token),
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => push_number(&mut literal, token),
        }
        rest = after;
    }
    literal
}

fn is_float(number: &str) -> bool {
    number.contains(['.', 'e', 'E'])
}

/// Removes the sign of an integer zero, which does not exist in Python.
fn unsigned_zero(number: &str) -> &str {
    if number == "-0" { "0" } else { number }
}

fn push_number(literal: &mut String, number: &str) {
    match number.parse::<f64>() {
        Ok(float) if is_float(number) => push_float(literal, float),
        _ => literal.push_str(unsigned_zero(number)),
    }
}

/// Appends `repr()` of a float. Both languages write the shortest digits that round-trip and use exponents for the same
/// magnitudes. In a tie, Python prefers the even digit, and its exponents have a sign and at least two digits.
fn push_float(literal: &mut String, float: f64) {
    let shortest = format!("{float:?}");
    let (digits, has_exponent) = shortest
        .split_once('e')
        .map_or((&*shortest, false), |(digits, _)| (digits, true));
    let decimals = digits
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    let nearest = if has_exponent {
        format!("{float:.decimals$e}")
    } else {
        format!("{float:.decimals$}")
    };
    let number = if nearest.parse() == Ok(float) {
        nearest
    } else {
        shortest
    };
    match number.split_once('e') {
        None => literal.push_str(&number),
        Some((digits, exponent)) => {
            let (sign, exponent) = exponent
                .strip_prefix('-')
                .map_or(('+', exponent), |exponent| ('-', exponent));
            let _ = write!(literal, "{digits}e{sign}{exponent:0>2}");
        }
    }
}

fn push_string(literal: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    literal.push(quote);
    for character in text.chars() {
        let code = u32::from(character);
        match character {
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            '\\' => literal.push_str("\\\\"),
            _ if character == quote => literal.extend(['\\', quote]),
            _ if is_printable(character) => literal.push(character),
            _ => {
                let _ = match code {
                    0..=0xff => write!(literal, "\\x{code:02x}"),
                    0x100..=0xffff => write!(literal, "\\u{code:04x}"),
                    _ => write!(literal, "\\U{code:08x}"),
                };
            }
        }
    }
    literal.push(quote);
}

/// Returns `str.isprintable()`. `char::escape_debug` uses the same Unicode categories, except for combining marks,
/// which it does not escape after another character.
fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_control();
    }
    let mut with_base = String::from("a");
    with_base.push(character);
    with_base.escape_debug().nth(1) == Some(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str) -> String {
        str(Json::of(json)).into_owned()
    }

    #[test]
    fn formats_scalars_like_python() {
        for (json, python) in [
            ("null", "None"),
            ("true", "True"),
            ("false", "False"),
            ("5", "5"),
            ("-0", "0"),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
            (r#""it's""#, "it's"),
        ] {
            assert_eq!(shown(json), python);
        }
    }

    #[test]
    fn formats_floats_like_python() {
        for (json, python) in [
            ("1.0", "1.0"),
            ("-0.0", "-0.0"),
            ("12e3", "12000.0"),
            ("0.1e-3", "0.0001"),
            ("0.00001", "1e-05"),
            ("1e15", "1000000000000000.0"),
            ("1e16", "1e+16"),
            ("1.5E300", "1.5e+300"),
            ("1e400", "inf"),
            ("-1e400", "-inf"),
            ("0.30000000000000004", "0.30000000000000004"),
            // A tie between .2 and .3.
            ("844342377314293.25", "844342377314293.2"),
            // The nearest value with 16 digits, …801, is another float: below a power of two they are denser.
            ("5.684341886080802e-14", "5.684341886080802e-14"),
        ] {
            assert_eq!(shown(json), python);
        }
    }

    #[test]
    fn formats_lists_and_objects_as_python_literals() {
        assert_eq!(shown("[ ]"), "[]");
        assert_eq!(
            shown(r#"[null,true , {"a":[1,-0,1e5],"it's":"say \"hi\""}]"#),
            r#"[None, True, {'a': [1, 0, 100000.0], "it's": 'say "hi"'}]"#
        );
        assert_eq!(
            shown(r#"["\n\r\t\\\u0000\u007f\u0085é\u0301\u200b\ud83d\ude00\udb40\udc01'\"/"]"#),
            r"['\n\r\t\\\x00\x7f\x85é".to_owned() + "\u{301}" + r#"\u200b😀\U000e0001\'"/']"#
        );
    }
}
