//! The network rule of an environment.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::Extra;
use super::open_enum::open_enum;
use super::validate::Problems;

open_enum! {
    /// The type of a network rule.
    pub enum NetworkingType {
        /// All hosts are allowed.
        Unrestricted = "unrestricted",
        /// Only the listed hosts are allowed.
        Limited = "limited",
    }
}

/// The network rule of an environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Networking {
    /// The type of the rule.
    #[serde(rename = "type")]
    pub networking_type: NetworkingType,
    /// The hosts that a `limited` rule allows; an empty list blocks all hosts. `None` if the server returns no list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_hosts: Option<Vec<String>>,
    /// Fields unknown to this version of the crate, and `allowed_hosts` if it is not a list of strings.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Networking {
    /// Creates a rule that allows all hosts.
    pub fn unrestricted() -> Self {
        Self {
            networking_type: NetworkingType::Unrestricted,
            allowed_hosts: None,
            extra: Extra::new(),
        }
    }

    /// Creates a rule that allows only these hosts. On servers before 2026-06-25 the rule also applies while packages
    /// are installed and repositories are cloned, so include their hosts.
    ///
    /// # Examples
    ///
    /// ```
    /// # use aod::models::Networking;
    /// let rule = Networking::limited(["github.com", "pypi.org", "files.pythonhosted.org"]);
    /// # let _ = rule;
    /// ```
    pub fn limited<H: Into<String>>(hosts: impl IntoIterator<Item = H>) -> Self {
        Self {
            networking_type: NetworkingType::Limited,
            allowed_hosts: Some(hosts.into_iter().map(Into::into).collect()),
            extra: Extra::new(),
        }
    }
}

impl Networking {
    /// Returns whether two rules are equivalent. The server does not return the hosts of an unrestricted rule, and
    /// returns an empty list for a limited rule without hosts.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let hosts = |rule: &Self| rule.allowed_hosts.clone().unwrap_or_default();
        self.networking_type == other.networking_type
            && (self.networking_type == NetworkingType::Unrestricted
                || (hosts(self) == hosts(other) && self.extra == other.extra))
    }
}

/// Servers before 2026-04-30 do not validate updates, so a field of an unexpected type stays in `extra`.
impl<'de> Deserialize<'de> for Networking {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut extra = Map::deserialize(deserializer)?;
        let networking_type = match extra.remove("type") {
            Some(Value::String(value)) => value.into(),
            None => NetworkingType::Unrestricted,
            Some(other) => NetworkingType::Unknown(other.to_string()),
        };
        let hosts = extra.get("allowed_hosts").map(Vec::<String>::deserialize);
        let allowed_hosts = hosts.and_then(Result::ok);
        if allowed_hosts.is_some() {
            extra.remove("allowed_hosts");
        }
        Ok(Self {
            networking_type,
            allowed_hosts,
            extra: extra.into(),
        })
    }
}

pub(super) fn validate_networking(networking: &Networking, problems: &mut Problems) {
    problems.require(
        !matches!(networking.networking_type, NetworkingType::Unknown(_)),
        "networking",
        "the type must be unrestricted or limited",
    );
}
