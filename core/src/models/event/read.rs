//! Parses the JSON of an event in one pass.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::repair;
use super::scan::scan;
use super::unescape::unescape;
use super::{
    ErrorEvent, ExitEvent, Extra, OutputEvent, StageEvent, StaleEvent, StartEvent, StreamEvent,
    TerminatedEvent, TurnStartEvent, UnknownEvent,
};

impl StreamEvent {
    /// Parses the data of one event. It never fails.
    ///
    /// Missing fields have their defaults, and an event without a `type` is an `output`. Malformed JSON, a value that
    /// is not an object, an unknown type and a field of the wrong type result in [`StreamEvent::Unknown`]. A lone
    /// surrogate becomes U+FFFD. A terminal event is recognized regardless of its other fields: those of the wrong type
    /// are in its `extra`.
    ///
    /// # Examples
    ///
    /// ```
    /// use aod::models::event::StreamEvent;
    ///
    /// let event = StreamEvent::from_json(r#"{"type": "turn_start", "id": 7, "turn": 2}"#);
    /// assert_eq!(event.turn(), Some(2));
    /// assert!(matches!(StreamEvent::from_json("{"), StreamEvent::Unknown(_)));
    /// ```
    pub fn from_json(text: &str) -> Self {
        match scan(text) {
            Some(fields) => Self::Output(fields.to_event()),
            None => Self::parse(text),
        }
    }

    /// Parses an event with a JSON parser, whatever its form.
    pub(super) fn parse(text: &str) -> Self {
        read(text, EventVisitor::TypeFirst).unwrap_or_else(|_| Self::from_json_slow(text))
    }

    /// Parses an event in two passes. Known servers write the type first; otherwise the first pass finds it.
    #[cold]
    fn from_json_slow(text: &str) -> Self {
        let repaired = repair(text.as_bytes()).and_then(|json| String::from_utf8(json).ok());
        let json = repaired.as_deref().unwrap_or(text);
        find_type(json)
            .and_then(|event_type| {
                read(json, EventVisitor::Type(&event_type))
                    .or_else(|error| read_terminal(json, &event_type).ok_or(error))
            })
            .unwrap_or_else(|_| {
                let unknown = UnknownEvent::new(json);
                Self::Unknown(UnknownEvent {
                    raw: text.to_owned(),
                    ..unknown
                })
            })
    }
}

/// Reads a terminal event field by field. Fields of the wrong type are kept in `extra`.
fn read_terminal(json: &str, event_type: &str) -> Option<StreamEvent> {
    let fields: Extra = serde_json::from_str(json).ok()?;
    let (mut id, mut code, mut message) = (None, None, None);
    let mut extra = Extra::new();
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("type", _) | ("id" | "code" | "message", Value::Null) => {}
            ("id", Value::Number(number)) if number.is_i64() => id = number.as_i64(),
            ("code", Value::Number(number)) if event_type == "exit" && number.is_i64() => {
                code = number.as_i64();
            }
            ("message", Value::String(text)) if event_type != "exit" => message = Some(text),
            (_, value) => {
                extra.insert(name, value);
            }
        }
    }
    Some(match event_type {
        "exit" => StreamEvent::Exit(ExitEvent { id, code, extra }),
        "error" => StreamEvent::Error(ErrorEvent { id, message, extra }),
        "terminated" => StreamEvent::Terminated(TerminatedEvent { id, message, extra }),
        "stale" => StreamEvent::Stale(StaleEvent { id, message, extra }),
        _ => return None,
    })
}

/// Deserializes the JSON object of the API, or the JSON string of an unknown event that is not an object.
impl<'de> Deserialize<'de> for StreamEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        match serde_json::from_str::<String>(json.get()) {
            Ok(raw) => Ok(Self::from_json(&raw)),
            Err(_) => Ok(Self::from_json(json.get())),
        }
    }
}

fn read(text: &str, fields: EventVisitor<'_>) -> serde_json::Result<StreamEvent> {
    let mut json = serde_json::Deserializer::from_str(text);
    let event = json.deserialize_map(fields)?;
    json.end()?;
    Ok(event)
}

fn find_type(text: &str) -> serde_json::Result<Cow<'_, str>> {
    #[derive(serde::Deserialize)]
    struct Typed<'t> {
        #[serde(borrow, rename = "type", default = "output")]
        event_type: Text<'t>,
    }

    fn output() -> Text<'static> {
        Text("output".into())
    }

    serde_json::from_str::<Typed<'_>>(text).map(|typed| typed.event_type.0)
}

/// Reads an event whose first field is its type, or an event of a known type.
enum EventVisitor<'t> {
    TypeFirst,
    Type(&'t str),
}

impl<'de> Visitor<'de> for EventVisitor<'_> {
    type Value = StreamEvent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StreamEvent, A::Error> {
        match self {
            Self::Type(event_type) => Fields {
                map,
                type_seen: false,
            }
            .read(event_type),
            Self::TypeFirst => match map.next_entry()? {
                Some((Text(key), Text(event_type))) if key == "type" => Fields {
                    map,
                    type_seen: true,
                }
                .read(&event_type),
                _ => Err(A::Error::custom("the type is not the first field")),
            },
        }
    }
}

/// The remaining fields of an event.
struct Fields<A> {
    map: A,
    type_seen: bool,
}

/// Reads known fields into the struct and unknown ones into `extra`.
macro_rules! read_into {
    ($event:ident { $($field:ident $(by $read:ident)?),+ } from $fields:ident) => {{
        let mut event = $event::default();
        while let Some(Text(key)) = $fields.map.next_key()? {
            match &*key {
                $(stringify!($field) => event.$field = read_into!(@value $fields $($read)?),)+
                "type" => $fields.skip_type()?,
                _ => {
                    event.extra.insert(key.into_owned(), $fields.map.next_value()?);
                }
            }
        }
        event
    }};
    (@value $fields:ident) => { $fields.map.next_value()? };
    (@value $fields:ident $read:ident) => { $fields.$read()? };
}

impl<'de, A: MapAccess<'de>> Fields<A> {
    fn read(mut self, event_type: &str) -> Result<StreamEvent, A::Error> {
        Ok(match event_type {
            "output" => StreamEvent::Output(
                read_into!(OutputEvent { id, stream, data by read_text, turn } from self),
            ),
            "start" => StreamEvent::Start(
                read_into!(StartEvent { id, runtime, provider, session_id } from self),
            ),
            "stage" => StreamEvent::Stage(
                read_into!(StageEvent { id, stage, state, duration_ms, message } from self),
            ),
            "turn_start" => {
                StreamEvent::TurnStart(read_into!(TurnStartEvent { id, turn } from self))
            }
            "exit" => StreamEvent::Exit(read_into!(ExitEvent { id, code } from self)),
            "error" => StreamEvent::Error(read_into!(ErrorEvent { id, message } from self)),
            "terminated" => {
                StreamEvent::Terminated(read_into!(TerminatedEvent { id, message } from self))
            }
            "stale" => StreamEvent::Stale(read_into!(StaleEvent { id, message } from self)),
            _ => return Err(A::Error::custom("unknown type")),
        })
    }

    /// Reads a string with one allocation, while `serde_json` decodes an escaped one into a temporary buffer first.
    /// Output is nearly always escaped, because it ends in a line feed.
    fn read_text(&mut self) -> Result<String, A::Error> {
        let json: &RawValue = self.map.next_value()?;
        unescape(json.get()).ok_or_else(|| A::Error::custom("not a string"))
    }

    fn skip_type(&mut self) -> Result<(), A::Error> {
        if std::mem::replace(&mut self.type_seen, true) {
            return Err(A::Error::custom("duplicate type"));
        }
        self.map.next_value::<IgnoredAny>().map(|_| ())
    }
}

/// A string that is borrowed from the input unless it contains escapes.
pub(super) struct Text<'t>(pub(super) Cow<'t, str>);

impl<'de: 't, 't> Deserialize<'de> for Text<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}
