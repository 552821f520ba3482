//! From the JSON of one event to its type, in one pass.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{
    ErrorEvent, ExitEvent, OutputEvent, StageEvent, StaleEvent, StartEvent, StreamEvent,
    TerminatedEvent, TurnStartEvent, UnknownEvent,
};
use crate::models::Extra;

impl StreamEvent {
    /// Reads the data of one event.
    ///
    /// Fields left out take their defaults, an event without a `type` is an `output`, and what cannot be read is
    /// [`StreamEvent::Unknown`]: malformed JSON, anything but an object, an unknown type, a field of the wrong type.
    pub fn from_json(text: &str) -> Self {
        let mut json = serde_json::Deserializer::from_str(text);
        let event = json.deserialize_map(EventVisitor);
        match event.and_then(|event| json.end().map(|()| event)) {
            Ok(event) => event,
            Err(_) => Self::Unknown(UnknownEvent::new(text)),
        }
    }
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

struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = StreamEvent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<StreamEvent, A::Error> {
        match fields.next_key::<Text<'de>>()? {
            None => read_fields("output", fields),
            // Every server so far writes the type first, so that the fields can be read straight into their places.
            Some(Text(key)) if key == "type" => {
                let Text(event_type) = fields.next_value()?;
                read_fields(&event_type, fields)
            }
            Some(Text(key)) => {
                let mut object = Extra::new();
                object.insert(key.into_owned(), fields.next_value()?);
                while let Some((key, value)) = fields.next_entry()? {
                    object.insert(key, value);
                }
                let event_type = match object.remove("type") {
                    None => "output".to_owned(),
                    Some(Value::String(event_type)) => event_type,
                    Some(_) => return Err(A::Error::custom("the type is not a string")),
                };
                let fields = MapDeserializer::<_, serde_json::Error>::new(object.into_iter());
                read_fields(&event_type, fields).map_err(A::Error::custom)
            }
        }
    }
}

/// Reads the known fields into their places and the others into `extra`.
macro_rules! read_into {
    ($event:ident { $($field:ident),+ } from $fields:ident) => {{
        let mut event = $event::default();
        while let Some(Text(key)) = $fields.next_key()? {
            match &*key {
                $(stringify!($field) => event.$field = $fields.next_value()?,)+
                "type" => return Err(A::Error::custom("two types")),
                _ => {
                    event.extra.insert(key.into_owned(), $fields.next_value()?);
                }
            }
        }
        event
    }};
}

fn read_fields<'de, A: MapAccess<'de>>(
    event_type: &str,
    mut fields: A,
) -> Result<StreamEvent, A::Error> {
    Ok(match event_type {
        "output" => {
            StreamEvent::Output(read_into!(OutputEvent { id, stream, data, turn } from fields))
        }
        "start" => StreamEvent::Start(
            read_into!(StartEvent { id, runtime, provider, session_id } from fields),
        ),
        "stage" => StreamEvent::Stage(
            read_into!(StageEvent { id, stage, state, duration_ms, message } from fields),
        ),
        "turn_start" => StreamEvent::TurnStart(read_into!(TurnStartEvent { id, turn } from fields)),
        "exit" => StreamEvent::Exit(read_into!(ExitEvent { id, code } from fields)),
        "error" => StreamEvent::Error(read_into!(ErrorEvent { id, message } from fields)),
        "terminated" => {
            StreamEvent::Terminated(read_into!(TerminatedEvent { id, message } from fields))
        }
        "stale" => StreamEvent::Stale(read_into!(StaleEvent { id, message } from fields)),
        _ => return Err(A::Error::custom("a type this version does not know")),
    })
}

/// A string that borrows from the input unless it is escaped there.
struct Text<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
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
                self.visit_string(text.to_owned())
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}
