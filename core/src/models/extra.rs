//! Unknown fields.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The fields of a response that are unknown to this version of the crate, verbatim.
///
/// It dereferences to a [`serde_json::Map`]. Nearly all responses have no such fields; an empty `Extra` has the size of
/// a pointer and allocates nothing.
///
/// # Examples
///
/// ```
/// use aod::models::{Extra, Health};
///
/// let health: Health = serde_json::from_str(r#"{"status": "ok", "uptime": 3}"#)?;
/// assert_eq!(health.extra["uptime"], 3);
///
/// let mut extra = Extra::new();
/// assert!(extra.is_empty());
/// extra.insert("region".into(), "eu-1".into());
/// assert_eq!(serde_json::to_string(&extra)?, r#"{"region":"eu-1"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Extra(Option<Box<Map<String, Value>>>);

static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);

impl Extra {
    /// Creates an `Extra` without fields.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }
}

impl Deref for Extra {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        self.0.as_deref().unwrap_or(&EMPTY)
    }
}

impl DerefMut for Extra {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.0.get_or_insert_default()
    }
}

impl From<Map<String, Value>> for Extra {
    fn from(fields: Map<String, Value>) -> Self {
        Self((!fields.is_empty()).then(|| Box::new(fields)))
    }
}

impl From<Extra> for Map<String, Value> {
    fn from(extra: Extra) -> Self {
        extra.0.map_or_else(Self::new, |fields| *fields)
    }
}

impl From<Extra> for Value {
    fn from(extra: Extra) -> Self {
        Self::Object(extra.into())
    }
}

impl FromIterator<(String, Value)> for Extra {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(fields: I) -> Self {
        Map::from_iter(fields).into()
    }
}

impl IntoIterator for Extra {
    type Item = (String, Value);
    type IntoIter = serde_json::map::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        Map::from(self).into_iter()
    }
}

impl<'e> IntoIterator for &'e Extra {
    type Item = (&'e String, &'e Value);
    type IntoIter = serde_json::map::Iter<'e>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Eq for Extra {}

impl PartialEq for Extra {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl Serialize for Extra {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Extra {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self::from)
    }
}
