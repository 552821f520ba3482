//! Secret strings.

use std::collections::BTreeMap;
use std::fmt;

use super::validate::Problems;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A secret string, such as a token.
///
/// `Debug` redacts it, and its memory is zeroized on drop.
///
/// See [Security](https://ravi-hq.github.io/agent-on-demand/latest/guide/security/).
///
/// # Examples
///
/// ```
/// let token = aod::models::Secret::from("hunter2");
/// assert_eq!(format!("{token:?}"), "[REDACTED]");
/// assert_eq!(token.expose(), "hunter2");
/// ```
#[derive(Clone, Default)]
pub struct Secret(SecretString);

impl Secret {
    /// Returns the secret in plain text.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into().into())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[REDACTED]")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// A map from names to secret strings, for environment variables and the headers of MCP servers.
///
/// `Debug` shows only the names, and the memory of the values is zeroized on drop.
///
/// # Examples
///
/// ```
/// let vars = aod::models::SecretMap::from([("NPM_TOKEN", "hunter2")]);
/// assert_eq!(format!("{vars:?}"), r#"{"NPM_TOKEN": [REDACTED]}"#);
/// assert_eq!(vars.get("NPM_TOKEN"), Some("hunter2"));
/// ```
#[derive(Clone, Default)]
pub struct SecretMap(BTreeMap<String, Secret>);

impl SecretMap {
    /// Creates an empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a value, replacing an earlier one of the same name.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Secret>) {
        self.0.insert(name.into(), value.into());
    }

    /// Returns the value of a name in plain text, if it exists.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(Secret::expose)
    }

    /// Returns an iterator over the names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns an iterator over the names and values in plain text, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.expose()))
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the map is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, V: Into<Secret>> FromIterator<(N, V)> for SecretMap {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl<N: Into<String>, V: Into<Secret>, const COUNT: usize> From<[(N, V); COUNT]> for SecretMap {
    fn from(pairs: [(N, V); COUNT]) -> Self {
        pairs.into_iter().collect()
    }
}

impl PartialEq for SecretMap {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for SecretMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.0).finish()
    }
}

impl Serialize for SecretMap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for SecretMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = BTreeMap::<String, String>::deserialize(deserializer)?;
        Ok(texts.into_iter().collect())
    }
}

pub(super) fn validate_env_vars(field: &str, vars: &SecretMap, problems: &mut Problems) {
    let named = vars.names().all(is_env_var_name);
    // The message does not repeat a name: it may be a misplaced value.
    problems.require(
        named,
        field,
        "names must consist of letters, digits and underscores, and not start with a digit",
    );
}

fn is_env_var_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
