//! Recorded responses of real servers round-trip through their models without loss.

mod drift;
mod recorded;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Parses and serializes.
fn round_trip<T: DeserializeOwned + Serialize>(json: &Value) -> Value {
    let model: T =
        serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{error}: {json}"));
    serde_json::to_value(model).expect("a model is JSON")
}

/// The document with normalised timestamps, because the same time has several formats.
fn normalized(json: &Value) -> Value {
    match json {
        Value::String(text) => match text.parse::<jiff::Timestamp>() {
            Ok(instant) => instant.to_string().into(),
            Err(_) => json.clone(),
        },
        Value::Array(items) => items.iter().map(normalized).collect(),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(key, value)| (key.clone(), normalized(value)));
            Value::Object(fields.collect())
        }
        _ => json.clone(),
    }
}
