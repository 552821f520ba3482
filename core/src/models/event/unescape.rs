//! Decodes JSON strings.

use memchr::memchr;

/// Decodes a string of well-formed JSON; `None` for another value.
///
/// A lone surrogate, which JSON allows, becomes U+FFFD.
pub(super) fn unescape(json: &str) -> Option<String> {
    let mut text = String::new();
    unescape_into(json, &mut text)?;
    Some(text)
}

/// Like [`unescape`], but appends to a text. If it returns `None`, part of the value may have been appended.
pub(super) fn unescape_into(json: &str, text: &mut String) -> Option<()> {
    let mut rest = json.strip_prefix('"')?.strip_suffix('"')?;
    text.reserve(rest.len());
    while let Some(at) = memchr(b'\\', rest.as_bytes()) {
        text.push_str(&rest[..at]);
        let escape = *rest.as_bytes().get(at + 1)?;
        rest = rest.get(at + 2..)?;
        text.push(match escape {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => take_character(&mut rest)?,
            quoted => char::from(quoted),
        });
    }
    text.push_str(rest);
    Some(())
}

/// Decodes the digits after a `\u`, together with the second half of a surrogate pair.
fn take_character(rest: &mut &str) -> Option<char> {
    let first = take_unit(rest)?;
    let mut behind = *rest;
    let second = match first {
        0xD800..0xDC00 => behind.strip_prefix("\\u").and_then(|digits| {
            behind = digits;
            take_unit(&mut behind)
        }),
        _ => None,
    };
    let mut decoded = char::decode_utf16(std::iter::once(first).chain(second));
    match decoded.next()? {
        Ok(character) => {
            if second.is_some() {
                *rest = behind;
            }
            Some(character)
        }
        Err(_) => Some(char::REPLACEMENT_CHARACTER),
    }
}

fn take_unit(rest: &mut &str) -> Option<u16> {
    let (digits, behind) = rest.split_at_checked(4)?;
    *rest = behind;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_serde_json_on_every_kind_of_escape() {
        for json in [
            r#""""#,
            r#""plain""#,
            r#""\"\\\/\b\f\n\r\t""#,
            r#""a\u00e9b\u20ACc\ud83d\ude00\uD83D\uDE00""#,
            r#""caf\u0000 é 😀\\u00e9""#,
        ] {
            assert_eq!(
                unescape(json),
                Some(serde_json::from_str(json).unwrap()),
                "{json}"
            );
        }
    }

    #[test]
    fn a_lone_surrogate_becomes_one_replacement_character() {
        for (json, text) in [
            (r#""\ud83d""#, "\u{fffd}"),
            (r#""\ude00x""#, "\u{fffd}x"),
            (r#""\ud83d\n""#, "\u{fffd}\n"),
            (r#""\ud83d\u0041""#, "\u{fffd}A"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
        ] {
            assert_eq!(unescape(json).as_deref(), Some(text), "{json}");
        }
    }

    #[test]
    fn rejects_values_that_are_not_strings() {
        for json in ["null", "7", "[]", "{}", "true"] {
            assert_eq!(unescape(json), None);
        }
    }
}
