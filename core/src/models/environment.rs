//! Environments, their versions, and the requests that make and change them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::networking::validate_networking;
use super::open_enum::open_enum;
use super::patch::clear_as_empty;
use super::secret::validate_env_vars;
use super::validate::{Problems, Validate, fits};
use super::{Extra, Networking, Patch, SecretMap};

open_enum! {
    /// A package manager, in the order they run.
    #[derive(PartialOrd, Ord)]
    pub enum PackageManager {
        /// Debian packages.
        Apt = "apt",
        /// Rust crates.
        Cargo = "cargo",
        /// Ruby gems.
        Gem = "gem",
        /// Go modules.
        Go = "go",
        /// npm packages.
        Npm = "npm",
        /// Python packages.
        Pip = "pip",
    }
}

/// What to install, by package manager.
pub type Packages = BTreeMap<PackageManager, Vec<String>>;

/// An environment: what a sandbox is set up with. Its environment variables are write-only and never come back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Made by the server.
    pub id: Uuid,
    /// Always `environment`.
    #[serde(rename = "type", default = "environment_type")]
    pub object_type: String,
    /// Unique among the active environments of a user.
    pub name: String,
    /// What is installed.
    #[serde(default)]
    pub packages: Packages,
    /// A shell script run once, after the packages.
    #[serde(default)]
    pub setup_script: Option<String>,
    /// What a sandbox may reach.
    pub networking: Networking,
    /// Counts up from 1 with each update that changes something.
    pub version: i64,
    /// When the environment was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was archived; `None` while it is active.
    #[serde(default)]
    pub archived_at: Option<Timestamp>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An environment as it was at one version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnvironmentVersion {
    /// The environment's id.
    pub id: Uuid,
    /// Always `environment`.
    #[serde(rename = "type", default = "environment_type")]
    pub object_type: String,
    /// The name at that version.
    pub name: String,
    /// What was installed.
    #[serde(default)]
    pub packages: Packages,
    /// A shell script run once, after the packages.
    #[serde(default)]
    pub setup_script: Option<String>,
    /// What a sandbox could reach.
    pub networking: Networking,
    /// The version's number.
    pub version: i64,
    /// When this version came to be.
    pub created_at: Timestamp,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

fn environment_type() -> String {
    "environment".to_owned()
}

/// What `POST /environments` takes.
///
/// ```
/// use aod::models::{CreateEnvironment, Networking, PackageManager};
///
/// let request = CreateEnvironment::new("ci")
///     .packages(PackageManager::Pip, ["pytest", "ruff"])
///     .env_var("NPM_TOKEN", "hunter2")
///     .setup_script("git config --global user.name agent")
///     .networking(Networking::limited(["github.com", "pypi.org"]));
/// assert!(!format!("{request:?}").contains("hunter2"));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CreateEnvironment {
    /// At most 200 characters, unique among the user's active environments.
    pub name: String,
    /// What to install.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub packages: Packages,
    /// Environment variables of the sandbox. Secret: they are sent, and never shown or returned.
    #[serde(skip_serializing_if = "SecretMap::is_empty")]
    pub env_vars: SecretMap,
    /// A shell script run once, after the packages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setup_script: Option<String>,
    /// What a sandbox may reach; unrestricted when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networking: Option<Networking>,
}

impl CreateEnvironment {
    /// An environment of that name with nothing in it.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            packages: Packages::new(),
            env_vars: SecretMap::new(),
            setup_script: None,
            networking: None,
        }
    }

    /// Adds packages of one manager.
    #[must_use]
    pub fn packages<P: Into<String>>(
        mut self,
        manager: impl Into<PackageManager>,
        packages: impl IntoIterator<Item = P>,
    ) -> Self {
        let list = self.packages.entry(manager.into()).or_default();
        list.extend(packages.into_iter().map(Into::into));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env_var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env_vars.insert(name, value);
        self
    }

    /// Sets the script run once, after the packages.
    #[must_use]
    pub fn setup_script(mut self, script: impl Into<String>) -> Self {
        self.setup_script = Some(script.into());
        self
    }

    /// Sets what a sandbox may reach.
    #[must_use]
    pub fn networking(mut self, networking: Networking) -> Self {
        self.networking = Some(networking);
        self
    }
}

/// What `PUT /environments/{id}` takes: the version last read, and the fields to change.
///
/// A field left alone is not sent. `packages`, `env_vars` and `networking` replace what was there as a whole: the
/// server drops every environment variable that an update does not repeat.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpdateEnvironment {
    /// The version this update starts from; any other than the current one is a 409.
    pub version: i64,
    /// A new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// All packages anew; an empty map removes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packages: Option<Packages>,
    /// All environment variables anew; an empty map removes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env_vars: Option<SecretMap>,
    /// The script run once, after the packages.
    #[serde(
        skip_serializing_if = "Patch::is_keep",
        serialize_with = "clear_as_empty"
    )]
    pub setup_script: Patch<String>,
    /// What a sandbox may reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networking: Option<Networking>,
}

impl UpdateEnvironment {
    /// An update of that version that changes nothing yet.
    pub fn new(version: i64) -> Self {
        Self {
            version,
            name: None,
            packages: None,
            env_vars: None,
            setup_script: Patch::Keep,
            networking: None,
        }
    }

    /// Renames the environment.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Replaces all packages.
    #[must_use]
    pub fn packages(mut self, packages: Packages) -> Self {
        self.packages = Some(packages);
        self
    }

    /// Replaces all environment variables.
    #[must_use]
    pub fn env_vars(mut self, env_vars: impl Into<SecretMap>) -> Self {
        self.env_vars = Some(env_vars.into());
        self
    }

    /// Sets or clears the script run once, after the packages.
    #[must_use]
    pub fn setup_script(mut self, script: impl Into<Patch<String>>) -> Self {
        self.setup_script = script.into();
        self
    }

    /// Replaces the network rule.
    #[must_use]
    pub fn networking(mut self, networking: Networking) -> Self {
        self.networking = Some(networking);
        self
    }
}

impl Validate for CreateEnvironment {
    fn validate(&self, problems: &mut Problems) {
        problems.require(
            fits(&self.name, 200),
            "name",
            "must be at most 200 characters",
        );
        validate_packages(&self.packages, problems);
        validate_env_vars("env_vars", &self.env_vars, problems);
        if let Some(networking) = &self.networking {
            validate_networking(networking, problems);
        }
    }
}

impl Validate for UpdateEnvironment {
    fn validate(&self, problems: &mut Problems) {
        if let Some(all) = &self.packages {
            validate_packages(all, problems);
        }
        if let Some(vars) = &self.env_vars {
            validate_env_vars("env_vars", vars, problems);
        }
        if let Some(networking) = &self.networking {
            validate_networking(networking, problems);
        }
    }
}

fn validate_packages(packages: &Packages, problems: &mut Problems) {
    let known = packages
        .keys()
        .all(|manager| !matches!(manager, PackageManager::Unknown(_)));
    problems.require(
        known,
        "packages",
        "package managers are apt, cargo, gem, go, npm and pip",
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::validate::invalid_paths;

    #[test]
    fn an_environment_is_checked_without_its_values() {
        let environment = CreateEnvironment::new("e")
            .packages("brew", ["jq"])
            .env_var("hunter2=", "hunter2")
            .networking(Networking {
                networking_type: "walled".into(),
                ..Networking::unrestricted()
            });
        let error = crate::models::check(&environment).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
        assert_eq!(
            invalid_paths(&environment),
            ["packages", "env_vars", "networking"]
        );
    }
}
