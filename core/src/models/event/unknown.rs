//! The event that keeps what this version cannot read.

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::models::Extra;

/// An event of an unknown type, a known one whose fields have other types than they should, or no JSON object at all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnknownEvent {
    /// The event's `type`; empty if it has none that can be read.
    pub event_type: String,
    /// The event's `id`, if it has one that can be read.
    pub id: Option<i64>,
    /// The event's data as it came; JSON or not.
    pub raw: String,
}

impl UnknownEvent {
    pub(super) fn new(raw: &str) -> Self {
        let fields: Extra = serde_json::from_str(raw).unwrap_or_default();
        let event_type = fields.get("type").and_then(|value| value.as_str());
        Self {
            event_type: event_type.unwrap_or_default().to_owned(),
            id: fields.get("id").and_then(serde_json::Value::as_i64),
            raw: raw.to_owned(),
        }
    }
}

/// The JSON object as it came, but for blanks around it; any other data as a JSON string, so that it can stand where an event is expected.
impl Serialize for UnknownEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serde_json::from_str::<Extra>(&self.raw).is_ok() {
            RawValue::from_string(self.raw.clone())
                .map_err(S::Error::custom)?
                .serialize(serializer)
        } else {
            serializer.serialize_str(&self.raw)
        }
    }
}
