//! The change of one field in an update.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The change of one field in an update: keep it, clear it, or set it.
///
/// # Examples
///
/// ```
/// use aod::models::{Patch, UpdateAgent};
///
/// let request = UpdateAgent::new(3).description(Patch::Clear).system("Be brief.");
/// assert_eq!(request.system, Patch::Set("Be brief.".to_owned()));
/// assert_eq!(request.environment_id, Patch::Keep);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Keep the value; the field is not sent.
    #[default]
    Keep,
    /// Clear the field.
    Clear,
    /// Set the field to a value.
    Set(T),
}

impl<T> Patch<T> {
    pub(crate) fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

/// Reads `null` as `Clear`, and a missing field, with `#[serde(default)]`, as `Keep`.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

/// Returns the change from the current text to a new one: `Keep` if there is no new text, or if they are equal. The
/// server does not return an empty text, so a missing text counts as empty.
pub(super) fn changed_text(new: Option<&String>, current: Option<&String>) -> Patch<String> {
    let current = current.map_or("", String::as_str);
    match new {
        Some(new) if new != current => Patch::Set(new.clone()),
        _ => Patch::Keep,
    }
}

/// Serializes `Clear` as `null`.
pub(crate) fn clear_as_null<T: Serialize, S: Serializer>(
    patch: &Patch<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match patch {
        Patch::Set(value) => value.serialize(serializer),
        Patch::Clear | Patch::Keep => serializer.serialize_none(),
    }
}

/// Serializes `Clear` as `""`, because the server interprets `null` in a text field as "keep".
pub(crate) fn clear_as_empty<S: Serializer>(
    patch: &Patch<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match patch {
        Patch::Set(text) => serializer.serialize_str(text),
        Patch::Clear | Patch::Keep => serializer.serialize_str(""),
    }
}
