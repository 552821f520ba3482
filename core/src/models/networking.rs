//! What a sandbox may reach.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::Extra;
use super::open_enum::open_enum;
use super::validate::Problems;

open_enum! {
    /// How much of the network a sandbox reaches.
    pub enum NetworkingType {
        /// Everything.
        Unrestricted = "unrestricted",
        /// Only the allowed hosts.
        Limited = "limited",
    }
}

/// The network rule of an environment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Networking {
    /// How much is reached.
    #[serde(rename = "type")]
    pub networking_type: NetworkingType,
    /// The hosts that `limited` lets through; an empty list blocks everything. `None` when the server names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_hosts: Option<Vec<String>>,
    /// Fields this version does not know, and `allowed_hosts` when it is no list of strings.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Networking {
    /// No limit.
    pub fn unrestricted() -> Self {
        Self {
            networking_type: NetworkingType::Unrestricted,
            allowed_hosts: None,
            extra: Extra::new(),
        }
    }

    /// Only these hosts. On S0 and S1 servers the limit holds while packages are installed and repositories are
    /// cloned, so their hosts belong here too.
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

/// S0 stores what an update sends unchecked, so each field is taken only if it fits and else stays in `extra`.
impl<'de> Deserialize<'de> for Networking {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut extra = Map::deserialize(deserializer)?;
        let networking_type = match extra.remove("type") {
            Some(Value::String(word)) => word.into(),
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
            extra,
        })
    }
}

pub(super) fn validate_networking(networking: &Networking, problems: &mut Problems) {
    problems.require(
        !matches!(networking.networking_type, NetworkingType::Unknown(_)),
        "networking",
        "the type is unrestricted or limited",
    );
}
