//! Recognizes `output` events whose text can be passed verbatim.

use std::fmt;
use std::mem::replace;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::read::Text;
use super::scan::{scan, unit};
use super::unescape::unescape_into;
use super::{Extra, OutputEvent};

/// The id and the turn of an `output` event whose JSON text can be passed verbatim.
///
/// Such an event is an object with `type` as its first field, each of the four other fields exactly once and with the
/// expected type, further fields with scalar values only, and no lone surrogate. Every JSON parser accepts it and reads
/// it in the same way. Other events are parsed by [`StreamEvent::from_json`](super::StreamEvent::from_json).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlainOutput<'j> {
    pub(crate) id: Option<i64>,
    pub(crate) turn: Option<i64>,
    /// `None` if the event is not written as known servers write it.
    pub(crate) fields: Option<OutputFields<'j>>,
}

/// The fields of an `output` event as JSON. The event has no other fields, and its `type`, `id`, `stream`, `data` and
/// `turn` are in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputFields<'j> {
    /// The id.
    pub id: Option<i64>,
    /// The output stream, a string without escapes.
    pub stream: &'j str,
    /// The text, a JSON string with its quotation marks and escapes.
    pub data: &'j str,
    /// The turn number.
    pub turn: Option<i64>,
}

impl OutputFields<'_> {
    pub(crate) fn to_event(self) -> OutputEvent {
        let mut data = String::new();
        self.push_text(&mut data);
        OutputEvent {
            id: self.id,
            stream: self.stream.into(),
            data,
            turn: self.turn,
            extra: Extra::new(),
        }
    }

    /// Appends the decoded text: without quotation marks, and with escapes replaced by their characters.
    ///
    /// Appends nothing if [`data`](Self::data) was changed to something that is not a JSON string.
    pub fn push_text(&self, text: &mut String) {
        let start = text.len();
        if unescape_into(self.data, text).is_none() {
            // Only if the caller has changed `data`.
            text.truncate(start);
        }
    }
}

impl<'j> PlainOutput<'j> {
    pub(crate) fn read(json: &'j str) -> Option<Self> {
        match scan(json) {
            Some(fields) => Some(Self {
                id: fields.id,
                turn: fields.turn,
                fields: Some(fields),
            }),
            None => Self::parse(json),
        }
    }

    pub(super) fn parse(json: &'j str) -> Option<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let output = deserializer.deserialize_map(PlainOutputVisitor).ok()?;
        deserializer.end().ok()?;
        (!has_lone_surrogate(json)).then_some(output)
    }
}

struct PlainOutputVisitor;

impl<'de> Visitor<'de> for PlainOutputVisitor {
    type Value = PlainOutput<'static>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an output event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let not_plain = || A::Error::custom("not a plain output event");
        match map.next_entry::<Text<'_>, Text<'_>>()? {
            Some((key, value)) if &*key.0 == "type" && &*value.0 == "output" => {}
            _ => return Err(not_plain()),
        }
        let (mut id, mut turn) = (None, None);
        let (mut has_stream, mut has_data) = (false, false);
        while let Some(Text(key)) = map.next_key()? {
            let is_repeated = match &*key {
                "id" => id.replace(map.next_value()?).is_some(),
                "stream" => {
                    map.next_value::<Text<'_>>()?;
                    replace(&mut has_stream, true)
                }
                "data" => {
                    let value: &RawValue = map.next_value()?;
                    if !value.get().starts_with('"') {
                        return Err(not_plain());
                    }
                    replace(&mut has_data, true)
                }
                "turn" => turn.replace(map.next_value()?).is_some(),
                "type" => return Err(not_plain()),
                _ => {
                    map.next_value::<Scalar>()?;
                    false
                }
            };
            if is_repeated {
                return Err(not_plain());
            }
        }
        match (id, turn) {
            (Some(id), Some(turn)) if has_stream && has_data => Ok(PlainOutput {
                id,
                turn,
                fields: None,
            }),
            _ => Err(not_plain()),
        }
    }
}

/// Any value except an array, an object and a number that is not finite.
struct Scalar;

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ScalarVisitor;

        impl Visitor<'_> for ScalarVisitor {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a scalar")
            }

            fn visit_bool<E>(self, _: bool) -> Result<Scalar, E> {
                Ok(Scalar)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Scalar, E> {
                Ok(Scalar)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Scalar, E> {
                Ok(Scalar)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Scalar, E> {
                Ok(Scalar)
            }

            fn visit_str<E>(self, _: &str) -> Result<Scalar, E> {
                Ok(Scalar)
            }

            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar)
            }
        }

        deserializer.deserialize_any(ScalarVisitor)
    }
}

/// Made once: this takes longer than the search of a short text.
static UNICODE_ESCAPE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\\u"));

/// Returns whether valid JSON has an escaped surrogate without its other half.
fn has_lone_surrogate(json: &str) -> bool {
    let bytes = json.as_bytes();
    // Most texts escape only line feeds and quotation marks, and have no `\u` escapes.
    if UNICODE_ESCAPE.find(bytes).is_none() {
        return false;
    }
    let unit = |at: usize| bytes.get(at..).and_then(unit);
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &bytes[at..]) {
        let start = at + found;
        at = match unit(start) {
            None => start + 2,
            Some(0xDC00..=0xDFFF) => return true,
            Some(0xD800..=0xDBFF) => match unit(start + 6) {
                Some(0xDC00..=0xDFFF) => start + 12,
                _ => return true,
            },
            Some(_) => start + 6,
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::StreamEvent;
    use super::*;

    const PLAIN: [&str; 5] = [
        r#"{"type": "output", "id": 7, "stream": "stdout", "data": "a\n", "turn": 1}"#,
        r#"{"type":"output","turn":null,"data":"","stream":"stdin","id":null}"#,
        r#"{"type":"output","id":7,"stream":"stdout","data":"\ud83d\ude00 \\ud800","turn":1}"#,
        r#"{"type":"output","id":7,"stream":"stdout","data":"a","turn":1,"x":1e30,"y":null,"z":"b"}"#,
        "{\"type\":\"output\",\n\"id\":7,\"stream\":\"stderr\",\"data\":\"a\",\"turn\":1}",
    ];

    #[test]
    fn a_plain_output_equals_the_typed_event() {
        for json in PLAIN {
            let plain = PlainOutput::read(json).expect(json);
            let event = StreamEvent::from_json(json);
            assert_eq!((plain.id, plain.turn), (event.id(), event.turn()), "{json}");
            let verbatim: serde_json::Value = serde_json::from_str(json).expect(json);
            let mut typed = serde_json::to_value(&event).expect(json);
            if plain.id.is_none() {
                typed["id"] = serde_json::Value::Null;
            }
            assert_eq!(verbatim, typed);
        }
    }

    #[test]
    fn the_text_of_an_output_is_appended() {
        let mut fields = PlainOutput::read(PLAIN[0]).unwrap().fields.unwrap();
        let mut text = "before ".to_owned();
        fields.push_text(&mut text);
        assert_eq!(text, "before a\n");
        for malformed in ["", "\"", "a", r#""a\n\"#, r#""a\n\u12""#] {
            fields.data = malformed;
            fields.push_text(&mut text);
            assert_eq!(text, "before a\n", "{malformed}");
        }
    }

    #[test]
    fn the_fields_of_an_output_without_others_are_in_the_order_of_known_servers() {
        let fields = |json| PlainOutput::read(json).expect(json).fields;
        assert_eq!(
            fields(PLAIN[0]),
            Some(OutputFields {
                id: Some(7),
                stream: "stdout",
                data: r#""a\n""#,
                turn: Some(1)
            })
        );
        for json in [
            PLAIN[1],
            PLAIN[3],
            r#"{"type":"output","id":7,"stream":"std\u006fut","data":"a","turn":1}"#,
            r#"{"type":"output","x":1,"id":7,"stream":"stdout","data":"a","turn":1}"#,
        ] {
            assert_eq!(fields(json), None, "{json}");
        }
    }

    #[test]
    fn an_ambiguous_output_is_not_plain() {
        for json in [
            r#"{"type":"stage","id":7}"#,
            r#"{"id":7,"type":"output","stream":"stdout","data":"a","turn":1}"#,
            r#"{"type":"output","id":7,"stream":"stdout","data":"a"}"#,
            r#"{"type":"output","id":7,"stream":"stdout","turn":1}"#,
            r#"{"type":"output","id":7,"data":"a","turn":1}"#,
            r#"{"type":"output","stream":"stdout","data":"a","turn":1}"#,
            r#"{"type":"output","type":"exit","id":7,"stream":"stdout","data":"a","turn":1}"#,
            r#"{"type":"output","id":7,"id":8,"stream":"stdout","data":"a","turn":1}"#,
            r#"{"type":"output","id":7,"stream":"stdout","data":"a","data":"b","turn":1}"#,
            r#"{"type":"output","id":7,"stream":"stdout","data":5,"turn":1}"#,
            r#"{"type":"output","id":"7","stream":"stdout","data":"a","turn":1}"#,
            r#"{"type":"output","id":7.5,"stream":"stdout","data":"a","turn":1}"#,
            r#"{"type":"output","id":7,"stream":null,"data":"a","turn":1}"#,
            r#"{"type":"output","id":7,"stream":"stdout","data":"\ud800","turn":1}"#,
            r#"{"type":"output","id":7,"stream":"stdout","data":"\udc00\ud800","turn":1}"#,
            r#"{"type":"output","id":7,"stream":"stdout","data":"\ud83dx","turn":1}"#,
            r#"{"type":"output","id":7,"stream":"stdout","data":"a","turn":1,"x":"\uD800"}"#,
            r#"{"type":"output","id":7,"stream":"stdout","data":"a","turn":1,"x":[]}"#,
            r#"{"type":"output","id":7,"stream":"stdout","data":"a","turn":1,"x":{}}"#,
            r#"{"type":"output","id":7,"stream":"stdout","data":"a","turn":1,"x":1e400}"#,
            r#"{"type":"output","id":7,"stream":"stdout","data":"a","turn":1,"x":NaN}"#,
            r#"{"type":"output","id":7,"stream":"stdout","data":"a","turn":1} x"#,
            r#"{"type":"output","id":7,"stream":"stdout","data":"a","turn":1"#,
            r#"{"type":"output","id":7,"stream":"stdout","data":"\x","turn":1}"#,
            "",
            "[]",
        ] {
            assert_eq!(PlainOutput::read(json), None, "{json}");
        }
        let digits = "9".repeat(5_000);
        let long = format!(
            r#"{{"type":"output","id":7,"stream":"stdout","data":"a","turn":1,"x":{digits}}}"#
        );
        assert_eq!(PlainOutput::read(&long), None);
    }
}
