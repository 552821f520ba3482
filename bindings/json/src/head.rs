//! Extracts what Python needs from an event without parsing all of it.

/// The beginning of an event's JSON as servers write it: the type, then the ID if there is one.
#[derive(Debug, PartialEq)]
pub(crate) struct Head<'e> {
    /// The type, without escapes.
    pub(crate) event_type: &'e str,
    pub(crate) id: Option<i64>,
    /// The other fields and the closing brace.
    pub(crate) rest: &'e str,
}

impl<'e> Head<'e> {
    /// Splits the JSON text of an event. Returns `None` if a JSON parser could find another type or ID.
    pub(crate) fn split(json: &'e str) -> Option<Self> {
        let members = json.strip_prefix('{')?;
        let text = member(members, "\"type\"")?.strip_prefix('"')?;
        let (event_type, rest) = split_at(text, |byte| byte.is_ascii_lowercase() || byte == b'_')?;
        let after_type = rest.strip_prefix('"')?.trim_ascii_start();
        let (id, end) = match after_type.strip_prefix(',').and_then(id) {
            // An ID that does not fit is left to the JSON parser of Python, which can represent it.
            Some((digits, end)) => (Some(digits.parse().ok()?), end),
            None => (None, after_type),
        };
        let rest = match end.strip_prefix(',') {
            Some(rest) => rest,
            None => end.strip_prefix('}').map(|_| end)?,
        };
        (!may_repeat(rest)).then_some(Self {
            event_type,
            id,
            rest,
        })
    }
}

/// Returns the ID if it is the next member, and the rest.
fn id(members: &str) -> Option<(&str, &str)> {
    let value = member(members, "\"id\"")?;
    let (id, rest) = split_at(value, |byte| byte.is_ascii_digit())?;
    // JSON numbers have no leading zeros.
    let plain = !id.starts_with('0') || id == "0";
    let rest = rest.trim_ascii_start();
    (plain && rest.starts_with([',', '}'])).then_some((id, rest))
}

/// Returns the text from the value of the next member on, if that member has this name.
fn member<'e>(members: &'e str, name: &str) -> Option<&'e str> {
    let rest = members.trim_ascii_start().strip_prefix(name)?;
    Some(
        rest.trim_ascii_start()
            .strip_prefix(':')?
            .trim_ascii_start(),
    )
}

/// Splits off a prefix of at least one such byte.
fn split_at(text: &str, is_part: impl Fn(u8) -> bool) -> Option<(&str, &str)> {
    let length = text.bytes().position(|byte| !is_part(byte))?;
    (length > 0).then(|| text.split_at(length))
}

/// Returns whether the type or ID may occur again, in which case the later one counts. The letters of a key may be
/// escaped. Quotation marks in strings are escaped, so these patterns are rarely found outside keys.
fn may_repeat(members: &str) -> bool {
    ["\"type\"", "\"id\"", "\\u006", "\\u007"]
        .iter()
        .any(|pattern| members.contains(pattern))
}

#[cfg(test)]
mod tests {
    use super::Head;

    fn split(json: &str) -> Option<(&str, Option<i64>, &str)> {
        Head::split(json).map(|head| (head.event_type, head.id, head.rest))
    }

    #[test]
    fn splits_what_servers_write() {
        let cases = [
            (
                r#"{"type": "output", "id": 7, "stream": "stdout", "data": "\"id\" \"type\""}"#,
                (
                    "output",
                    Some(7),
                    r#" "stream": "stdout", "data": "\"id\" \"type\""}"#,
                ),
            ),
            (
                r#"{"type":"exit","code":0}"#,
                ("exit", None, r#""code":0}"#),
            ),
            (
                r#"{"type":"turn_start","id":0}"#,
                ("turn_start", Some(0), "}"),
            ),
            (r#"{"type":"start"}"#, ("start", None, "}")),
            (
                "{ \"type\" : \"stale\" , \"id\" : 12 }",
                ("stale", Some(12), "}"),
            ),
        ];
        for (json, expected) in cases {
            assert_eq!(split(json), Some(expected), "{json}");
        }
    }

    #[test]
    fn does_not_split_what_a_parser_might_read_differently() {
        for json in [
            r#""text""#,
            "[]",
            "{}",
            r#"{"data":"x"}"#,
            r#"{"id":1,"type":"output"}"#,
            r#"{"type":null}"#,
            r#"{"type":""}"#,
            r#"{"type":"Output"}"#,
            r#"{"type":"out\u0070ut"}"#,
            r#"{"type":"output","id":1,"type":"exit"}"#,
            r#"{"type":"output","id":1,"id":2}"#,
            r#"{"type":"output","data":"x","id":2}"#,
            r#"{"type":"output","id":1,"\u0069d":2}"#,
            r#"{"type":"output","id":1,"\u0074ype":"exit"}"#,
            r#"{"type":"output","id":1,"\u0074ype":"exit"}"#,
            r#"{"type":"output","id":1.0}"#,
            r#"{"type":"output","id":1e3}"#,
            r#"{"type":"output","id":"1"}"#,
            r#"{"type":"output","id":-1}"#,
            r#"{"type":"output","id":01}"#,
            r#"{"type":"output","id":null}"#,
            r#"{"type":"output","id":99999999999999999999}"#,
        ] {
            assert_eq!(split(json), None, "{json}");
        }
    }
}
