//! Values for which each language has its own type.

use std::collections::HashMap;

use aod::models::{Extra, PackageManager, Packages, Secret, SecretMap};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use aod::ErrorKind;

use crate::error::CallError;

pub(crate) type Timestamp = jiff::Timestamp;
pub(crate) type JsonFields = serde_json::Map<String, serde_json::Value>;
pub(crate) type JsonValue = serde_json::Value;
/// The results of health checks by name.
pub(crate) type Checks = std::collections::BTreeMap<String, String>;

uniffi::custom_type!(
    /// A UUID.
    Uuid,
    String,
    { remote, lower: |id| id.to_string(), try_lift: |text| Ok(Uuid::try_parse(&text)?) }
);

// In microseconds: the server's precision, which every platform's own type represents exactly.
uniffi::custom_type!(
    /// A point in time.
    Timestamp,
    i64,
    { remote, lower: |time| time.as_microsecond(), try_lift: |time| Ok(parse_time(time)?) }
);

uniffi::custom_type!(
    /// A JSON value.
    JsonValue,
    String,
    { remote, lower: |json| json.to_string(), try_lift: |text| Ok(parse_json(&text)?) }
);

uniffi::custom_type!(
    /// A JSON object.
    JsonFields,
    String,
    { remote, lower: |fields| write_fields(&fields), try_lift: |text| Ok(parse_fields(&text)?) }
);

uniffi::custom_type!(
    /// The fields of a response that are unknown to this version of the SDK.
    Extra,
    String,
    { remote, lower: |extra| write_fields(&extra), try_lift: |text| Ok(parse_fields(&text)?.into()) }
);

uniffi::custom_type!(
    /// A string that is sent to the server and never shown.
    Secret,
    String,
    { remote, lower: |secret| secret.expose().to_owned(), try_lift: |text| Ok(Secret::from(text)) }
);

uniffi::custom_type!(
    /// Strings by name that are sent to the server and never shown.
    SecretMap,
    HashMap<String, Secret>,
    {
        remote,
        lower: |map| map.iter().map(|(name, value)| (name.to_owned(), Secret::from(value))).collect(),
        try_lift: |map| Ok(map.into_iter().collect()),
    }
);

uniffi::custom_type!(
    /// The packages to install, by package manager.
    Packages,
    HashMap<PackageManager, Vec<String>>,
    { remote, lower: |map| map.into_iter().collect(), try_lift: |map| Ok(merge(map)) }
);

uniffi::custom_type!(
    /// The results of health checks, by name.
    Checks,
    HashMap<String, String>,
    { remote, lower: |map| map.into_iter().collect(), try_lift: |map| Ok(map.into_iter().collect()) }
);

/// Returns an empty text for an empty object. Nearly all are empty, and parsing them would dominate reading a stream.
fn write_fields(fields: &JsonFields) -> String {
    if fields.is_empty() {
        String::new()
    } else {
        // Writing to memory cannot fail: the keys are strings.
        serde_json::to_string(fields).unwrap_or_default()
    }
}

fn parse_fields(text: &str) -> Result<JsonFields, CallError> {
    if text.is_empty() {
        return Ok(JsonFields::new());
    }
    parse_json(text)
}

/// Parses JSON from a caller. It can be invalid because the caller's types allow numbers that are not finite.
fn parse_json<T: DeserializeOwned>(text: &str) -> Result<T, CallError> {
    serde_json::from_str(text).map_err(|_| {
        CallError::new(
            ErrorKind::InvalidRequest,
            "a value cannot be represented as JSON, such as a number that is not finite or too large",
        )
    })
}

fn parse_time(microseconds: i64) -> Result<Timestamp, CallError> {
    Timestamp::from_microsecond(microseconds)
        .map_err(|_| CallError::new(ErrorKind::InvalidRequest, "a time is out of range"))
}

/// Merges the packages of each manager, which callers can also pass as an unknown value with a known name.
fn merge(packages: HashMap<PackageManager, Vec<String>>) -> Packages {
    let mut merged = Packages::new();
    let (unknown, known): (Vec<_>, Vec<_>) = packages
        .into_iter()
        .partition(|(manager, _)| matches!(manager, PackageManager::Unknown(_)));
    for (manager, names) in known.into_iter().chain(unknown) {
        let manager = PackageManager::from(manager.as_str());
        merged.entry(manager).or_default().extend(names);
    }
    merged
}
