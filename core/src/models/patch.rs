//! The three things an update can do to a field.

use serde::{Serialize, Serializer};

/// What an update does to one field: leave it, clear it, or set it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// Leave the field as it is; nothing is sent.
    #[default]
    Keep,
    /// Empty the field.
    Clear,
    /// Set the field.
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

/// `Clear` is `null` on the wire.
pub(crate) fn clear_as_null<T: Serialize, S: Serializer>(
    patch: &Patch<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match patch {
        Patch::Set(value) => value.serialize(serializer),
        Patch::Clear | Patch::Keep => serializer.serialize_none(),
    }
}

/// `Clear` is `""` on the wire: the server takes `null` in a text field as "leave alone".
pub(crate) fn clear_as_empty<S: Serializer>(
    patch: &Patch<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match patch {
        Patch::Set(text) => serializer.serialize_str(text),
        Patch::Clear | Patch::Keep => serializer.serialize_str(""),
    }
}
