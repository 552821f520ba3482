//! Every response that real servers gave reads into its model and writes back without loss.

mod drift;
mod recorded;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads and writes back.
fn round_trip<T: DeserializeOwned + Serialize>(json: &Value) -> Value {
    let model: T =
        serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{error}: {json}"));
    serde_json::to_value(model).expect("a model is JSON")
}

/// The same document with its timestamps in one spelling: the same instant may be written in several.
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
