//! What Python needs of an event, without parsing it.

/// The beginning of an event's JSON, as every server writes it: its type, then its id if it has one.
#[derive(Debug, PartialEq)]
pub(crate) struct Head<'e> {
    /// A word without escapes.
    pub(crate) event_type: &'e str,
    /// A whole number, or `null`.
    pub(crate) id: &'e str,
    /// The other fields, and the closing brace.
    pub(crate) rest: &'e str,
}

impl<'e> Head<'e> {
    /// Splits the JSON text of an event, which has its type and id once each if it is `verbatim`. `None` if a reader of
    /// JSON might see another type or id in it.
    pub(crate) fn split(json: &'e str, verbatim: bool) -> Option<Self> {
        let members = json.strip_prefix('{')?;
        let text = member(members, "\"type\"")?.strip_prefix('"')?;
        let (event_type, rest) = split_at(text, |byte| byte.is_ascii_lowercase() || byte == b'_')?;
        let after_type = rest.strip_prefix('"')?.trim_ascii_start();
        let id = after_type.strip_prefix(',').and_then(id);
        // Without an id, it may come later.
        let unique = verbatim && id.is_some();
        let (id, end) = id.unwrap_or(("null", after_type));
        let rest = match end.strip_prefix(',') {
            Some(rest) => rest,
            None => end.strip_prefix('}').map(|_| end)?,
        };
        (unique || !may_repeat(rest)).then_some(Self {
            event_type,
            id,
            rest,
        })
    }
}

/// The id that the next member is, and what comes after it.
fn id(members: &str) -> Option<(&str, &str)> {
    let value = member(members, "\"id\"")?;
    let (id, rest) = split_at(value, |byte| byte.is_ascii_digit())?;
    // JSON has no number that begins so.
    let plain = !id.starts_with('0') || id == "0";
    let rest = rest.trim_ascii_start();
    (plain && rest.starts_with([',', '}'])).then_some((id, rest))
}

/// The value of the next member, and what comes after it, if that member has this name.
fn member<'e>(members: &'e str, name: &str) -> Option<&'e str> {
    let rest = members.trim_ascii_start().strip_prefix(name)?;
    Some(
        rest.trim_ascii_start()
            .strip_prefix(':')?
            .trim_ascii_start(),
    )
}

/// Splits off what consists of such bytes; at least one.
fn split_at(text: &str, is_part: impl Fn(u8) -> bool) -> Option<(&str, &str)> {
    let length = text.bytes().position(|byte| !is_part(byte))?;
    (length > 0).then(|| text.split_at(length))
}

/// Whether the type or the id may come again: a later one would replace it. Its letters may be escaped. A quotation mark
/// within a text is escaped, so these names are found in keys, and in few other places.
fn may_repeat(members: &str) -> bool {
    ["\"type\"", "\"id\"", "\\u006", "\\u007"]
        .iter()
        .any(|sign| members.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::Head;

    fn split(json: &str) -> Option<(&str, &str, &str)> {
        Head::split(json, false).map(|head| (head.event_type, head.id, head.rest))
    }

    #[test]
    fn does_not_look_for_a_second_id_in_verbatim_text() {
        let json = r#"{"type":"output","id":7,"data":"\u0069d"}"#;
        assert_eq!(Head::split(json, false), None);
        let head = Head::split(json, true).unwrap();
        assert_eq!((head.id, head.rest), ("7", r#""data":"\u0069d"}"#));
        let later = r#"{"type":"output","data":"x","id":7}"#;
        assert_eq!(Head::split(later, true), None);
    }

    #[test]
    fn splits_what_servers_write() {
        let cases = [
            (
                r#"{"type": "output", "id": 7, "stream": "stdout", "data": "\"id\" \"type\""}"#,
                (
                    "output",
                    "7",
                    r#" "stream": "stdout", "data": "\"id\" \"type\""}"#,
                ),
            ),
            (
                r#"{"type":"exit","code":0}"#,
                ("exit", "null", r#""code":0}"#),
            ),
            (r#"{"type":"turn_start","id":0}"#, ("turn_start", "0", "}")),
            (r#"{"type":"start"}"#, ("start", "null", "}")),
            (
                "{ \"type\" : \"stale\" , \"id\" : 12 }",
                ("stale", "12", "}"),
            ),
            // Too large for the core, and whatever a reader of JSON makes of it.
            (
                r#"{"type":"output","id":99999999999999999999}"#,
                ("output", "99999999999999999999", "}"),
            ),
        ];
        for (json, expected) in cases {
            assert_eq!(split(json), Some(expected), "{json}");
        }
    }

    #[test]
    fn leaves_whole_what_a_reader_might_read_otherwise() {
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
        ] {
            assert_eq!(split(json), None, "{json}");
        }
    }
}
