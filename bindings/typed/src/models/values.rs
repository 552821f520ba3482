//! Values that each language has a type of its own for.

use std::collections::HashMap;

use aod::models::{PackageManager, Packages, Secret, SecretMap};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use aod::ErrorKind;

use crate::error::CallError;

pub(crate) type Timestamp = jiff::Timestamp;
pub(crate) type JsonFields = serde_json::Map<String, serde_json::Value>;
pub(crate) type JsonValue = serde_json::Value;
/// The results of health checks by their names.
pub(crate) type Checks = std::collections::BTreeMap<String, String>;

uniffi::custom_type!(
    /// An id.
    Uuid,
    String,
    { remote, lower: |id| id.to_string(), try_lift: |text| Ok(Uuid::try_parse(&text)?) }
);

// In microseconds, which every platform's own type holds exactly, and which the server counts in.
uniffi::custom_type!(
    /// A point in time.
    Timestamp,
    i64,
    { remote, lower: |time| time.as_microsecond(), try_lift: |time| Ok(parse_time(time)?) }
);

uniffi::custom_type!(
    /// Any JSON.
    JsonValue,
    String,
    { remote, lower: |json| json.to_string(), try_lift: |text| Ok(parse_json(&text)?) }
);

// An empty object, which is nearly every one, crosses as an empty text: parsing one is what a stream's reader would
// otherwise spend its time on.
uniffi::custom_type!(
    /// JSON by name.
    JsonFields,
    String,
    {
        remote,
        lower: |fields| if fields.is_empty() { String::new() } else { JsonValue::Object(fields).to_string() },
        try_lift: |text| if text.is_empty() { Ok(JsonFields::new()) } else { Ok(parse_json(&text)?) },
    }
);

uniffi::custom_type!(
    /// A text that is sent and never shown.
    Secret,
    String,
    { remote, lower: |secret| secret.expose().to_owned(), try_lift: |text| Ok(Secret::from(text)) }
);

uniffi::custom_type!(
    /// Texts by name that are sent and never shown.
    SecretMap,
    HashMap<String, Secret>,
    {
        remote,
        lower: |map| map.iter().map(|(name, value)| (name.to_owned(), Secret::from(value))).collect(),
        try_lift: |map| Ok(map.into_iter().collect()),
    }
);

uniffi::custom_type!(
    /// What to install, by package manager.
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

/// Parses JSON that a caller passes, whose own types may hold what JSON cannot, such as a number that is not finite.
fn parse_json<T: DeserializeOwned>(text: &str) -> Result<T, CallError> {
    serde_json::from_str(text).map_err(|_| {
        CallError::new(
            ErrorKind::InvalidRequest,
            "a value is not JSON, such as a number that is not finite or too large",
        )
    })
}

fn parse_time(microseconds: i64) -> Result<Timestamp, CallError> {
    Timestamp::from_microsecond(microseconds)
        .map_err(|_| CallError::new(ErrorKind::InvalidRequest, "a time is out of range"))
}

/// Merges the packages of one manager, which callers may name by its case and as an unknown value.
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
