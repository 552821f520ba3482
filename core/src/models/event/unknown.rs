//! The event that keeps unknown or malformed data.

use std::borrow::Cow;

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::models::{Extra, repair};

/// An event of an unknown type, an event with fields of unexpected types, or data that is not a JSON object.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnknownEvent {
    /// The `type` of the event; empty if the event has no `type`, or if its `type` cannot be read.
    pub event_type: String,
    /// The `id` of the event; `None` if the event has no `id`, or if its `id` cannot be read.
    pub id: Option<i64>,
    /// The data of the event verbatim, JSON or not.
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

/// Serializes a JSON object verbatim, except for surrounding whitespace and for what common parsers reject, and any other
/// data as a JSON string.
impl Serialize for UnknownEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is_object = |json: &str| serde_json::from_str::<Extra>(json).is_ok();
        let mut json = Cow::Borrowed(self.raw.as_str());
        if !is_object(&json)
            && let Some(repaired) = repair(self.raw.as_bytes())
            && let Ok(repaired) = String::from_utf8(repaired)
        {
            json = Cow::Owned(repaired);
        }
        if !is_object(&json) {
            return serializer.serialize_str(&self.raw);
        }
        RawValue::from_string(json.into_owned())
            .map_err(S::Error::custom)?
            .serialize(serializer)
    }
}
