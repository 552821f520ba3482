//! From the JSON of one event to its type, in one pass.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::super::repair;
use super::unescape::unescape;
use super::{
    ErrorEvent, ExitEvent, Extra, OutputEvent, StageEvent, StaleEvent, StartEvent, StreamEvent,
    TerminatedEvent, TurnStartEvent, UnknownEvent,
};

impl StreamEvent {
    /// Reads the data of one event.
    ///
    /// Fields left out take their defaults, an event without a `type` is an `output`, and what cannot be read is
    /// [`StreamEvent::Unknown`]: malformed JSON, anything but an object, an unknown type, a field of the wrong type. Lone
    /// surrogates become U+FFFD. A terminal event is one whatever its fields are: those of the wrong type go into its
    /// `extra`.
    pub fn from_json(text: &str) -> Self {
        read(text, EventVisitor::TypeAhead).unwrap_or_else(|_| Self::from_json_slow(text))
    }

    /// Every server so far writes the type first. Where it comes later, a second pass knows it from the start.
    #[cold]
    fn from_json_slow(text: &str) -> Self {
        let repaired = repair(text.as_bytes()).and_then(|json| String::from_utf8(json).ok());
        let json = repaired.as_deref().unwrap_or(text);
        find_type(json)
            .and_then(|event_type| {
                read(json, EventVisitor::Type(&event_type))
                    .or_else(|error| read_terminal(json, &event_type).ok_or(error))
            })
            .unwrap_or_else(|_| Self::Unknown(UnknownEvent::new(text)))
    }
}

/// Reads a terminal event field by field. Those of the wrong type are kept as they are.
fn read_terminal(json: &str, event_type: &str) -> Option<StreamEvent> {
    let mut extra: Extra = serde_json::from_str(json).ok()?;
    extra.remove("type");
    let id = take(&mut extra, "id", Value::as_i64);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    Some(match event_type {
        "exit" => StreamEvent::Exit(ExitEvent {
            id,
            code: take(&mut extra, "code", Value::as_i64),
            extra,
        }),
        "error" => StreamEvent::Error(ErrorEvent {
            id,
            message: take(&mut extra, "message", text),
            extra,
        }),
        "terminated" => StreamEvent::Terminated(TerminatedEvent {
            id,
            message: take(&mut extra, "message", text),
            extra,
        }),
        "stale" => StreamEvent::Stale(StaleEvent {
            id,
            message: take(&mut extra, "message", text),
            extra,
        }),
        _ => return None,
    })
}

/// Takes a field out if it has the right type.
fn take<T>(fields: &mut Extra, name: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
    let value = read(fields.get(name)?);
    if value.is_some() || fields[name].is_null() {
        fields.remove(name);
    }
    value
}

/// Takes the object of the wire, or the string that an unknown event without one was serialized to.
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

/// Reads an event whose first field is its type, or one of a type already known.
enum EventVisitor<'t> {
    TypeAhead,
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
                past_type: false,
            }
            .read(event_type),
            Self::TypeAhead => match map.next_entry()? {
                Some((Text(key), Text(event_type))) if key == "type" => Fields {
                    map,
                    past_type: true,
                }
                .read(&event_type),
                _ => Err(A::Error::custom("the type is not the first field")),
            },
        }
    }
}

/// The fields of an event that are not read yet.
struct Fields<A> {
    map: A,
    past_type: bool,
}

/// Reads the known fields into their places and the others into `extra`.
macro_rules! read_into {
    ($event:ident { $($field:ident $(by $read:ident)?),+ } from $fields:ident) => {{
        let mut event = $event::default();
        while let Some(Text(key)) = $fields.map.next_key()? {
            match &*key {
                $(stringify!($field) => event.$field = read_into!(@value $fields $($read)?),)+
                "type" => $fields.pass_type()?,
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
            _ => return Err(A::Error::custom("a type this version does not know")),
        })
    }

    /// Reads a string with one allocation, where `serde_json` collects an escaped one in a buffer of its own first.
    /// Output is nearly always escaped: it ends in a line feed.
    fn read_text(&mut self) -> Result<String, A::Error> {
        let json: &RawValue = self.map.next_value()?;
        unescape(json.get()).ok_or_else(|| A::Error::custom("not a string"))
    }

    fn pass_type(&mut self) -> Result<(), A::Error> {
        if std::mem::replace(&mut self.past_type, true) {
            return Err(A::Error::custom("two types"));
        }
        self.map.next_value::<IgnoredAny>().map(|_| ())
    }
}

/// A string that borrows from the input unless it is escaped there.
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
