//! Environments, their versions, and the requests to create and update them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::networking::validate_networking;
use super::open_enum::open_enum;
use super::patch::{changed_text, clear_as_empty};
use super::secret::validate_env_vars;
use super::validate::{Problems, Validate, fits};
use super::{Extra, Networking, Patch, SecretMap};

open_enum! {
    /// A package manager. The server runs the package managers in the order of the variants.
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

/// Package names by package manager.
pub type Packages = BTreeMap<PackageManager, Vec<String>>;

/// An environment: the packages, the setup script and the network rule of sandboxes. Its environment variables are
/// write-only: the server does not return them.
///
/// See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#agents-and-environments).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// The unique id.
    pub id: Uuid,
    /// Always `environment`.
    #[serde(rename = "type", default = "environment_type")]
    pub object_type: String,
    /// The name, unique among the active environments of a user.
    pub name: String,
    /// The installed packages.
    #[serde(default)]
    pub packages: Packages,
    /// The shell script that runs once after the packages are installed.
    #[serde(default)]
    pub setup_script: Option<String>,
    /// The network rule.
    pub networking: Networking,
    /// The version number: starts at 1 and increases with each update that changes something.
    pub version: i64,
    /// When the environment was created.
    pub created_at: Timestamp,
    /// When it was last updated.
    pub updated_at: Timestamp,
    /// When it was archived; `None` while it is active.
    #[serde(default)]
    pub archived_at: Option<Timestamp>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One version of an environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnvironmentVersion {
    /// The environment's id.
    pub id: Uuid,
    /// Always `environment`.
    #[serde(rename = "type", default = "environment_type")]
    pub object_type: String,
    /// The name at that version.
    pub name: String,
    /// The installed packages.
    #[serde(default)]
    pub packages: Packages,
    /// The shell script that runs once after the packages are installed.
    #[serde(default)]
    pub setup_script: Option<String>,
    /// The network rule.
    pub networking: Networking,
    /// The version number.
    pub version: i64,
    /// When this version was created.
    pub created_at: Timestamp,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Environment {
    /// Returns an update request for this environment, with its current [`version`](Self::version), that changes
    /// nothing yet.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn demo(client: aod::Client, id: uuid::Uuid) -> aod::Result<()> {
    /// let renamed = client.environments().update_with(id, |environment| environment.update().name("ci")).await?;
    /// # let _ = renamed;
    /// # Ok(())
    /// # }
    /// ```
    pub fn update(&self) -> UpdateEnvironment {
        UpdateEnvironment::new(self.version)
    }
}

fn environment_type() -> String {
    "environment".to_owned()
}

/// The request to create an environment (`POST /environments`).
///
/// # Examples
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateEnvironment {
    /// The name: at most 200 characters, unique among the active environments of the user.
    pub name: String,
    /// The packages to install.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub packages: Packages,
    /// The environment variables of the sandbox. They are write-only, and `Debug` redacts them.
    #[serde(default, skip_serializing_if = "SecretMap::is_empty")]
    pub env_vars: SecretMap,
    /// The shell script that runs once after the packages are installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup_script: Option<String>,
    /// The network rule. Default: unrestricted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networking: Option<Networking>,
}

impl CreateEnvironment {
    /// Creates a request with a name and no packages or variables.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            packages: Packages::new(),
            env_vars: SecretMap::new(),
            setup_script: None,
            networking: None,
        }
    }

    /// Adds packages of one package manager.
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

    /// Sets the shell script that runs once after the packages are installed.
    #[must_use]
    pub fn setup_script(mut self, script: impl Into<String>) -> Self {
        self.setup_script = Some(script.into());
        self
    }

    /// Sets the network rule.
    #[must_use]
    pub fn networking(mut self, networking: Networking) -> Self {
        self.networking = Some(networking);
        self
    }
}

impl CreateEnvironment {
    /// Returns the update that gives an environment the fields that this request sets, or `None` if it has them. The
    /// environment variables cannot be compared: they are part of an update, but do not cause one.
    pub(crate) fn update_of(&self, environment: &Environment) -> Option<UpdateEnvironment> {
        let mut update = environment.update();
        let without_empty = |packages: &Packages| {
            let mut packages = packages.clone();
            packages.retain(|_, list| !list.is_empty());
            packages
        };
        if !self.packages.is_empty()
            && without_empty(&self.packages) != without_empty(&environment.packages)
        {
            update.packages = Some(self.packages.clone());
        }
        update.setup_script = changed_text(
            self.setup_script.as_ref(),
            environment.setup_script.as_ref(),
        );
        if let Some(networking) = &self.networking
            && !networking.is_same(&environment.networking)
        {
            update.networking = Some(networking.clone());
        }
        if update == environment.update() {
            return None;
        }
        update.env_vars = (!self.env_vars.is_empty()).then(|| self.env_vars.clone());
        Some(update)
    }
}

/// The request to update an environment (`PUT /environments/{id}`): the current version and the fields to change.
///
/// Fields that are not set are not sent and keep their values. `packages`, `env_vars` and `networking` are replaced as
/// a whole: the server removes every environment variable that is not repeated.
///
/// # Examples
///
/// ```
/// use aod::models::{Networking, UpdateEnvironment};
///
/// let request = UpdateEnvironment::new(1)
///     .env_vars([("STAGE", "test")])
///     .networking(Networking::limited(["github.com"]));
/// # let _ = request;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdateEnvironment {
    /// The current version of the environment. The server responds to any other version with 409
    /// ([`VersionMismatch`](crate::ConflictReason::VersionMismatch)).
    pub version: i64,
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Replaces all packages; an empty map removes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packages: Option<Packages>,
    /// Replaces all environment variables; an empty map removes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env_vars: Option<SecretMap>,
    /// The shell script that runs once after the packages are installed.
    #[serde(
        default,
        skip_serializing_if = "Patch::is_keep",
        serialize_with = "clear_as_empty"
    )]
    pub setup_script: Patch<String>,
    /// The new network rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networking: Option<Networking>,
}

impl UpdateEnvironment {
    /// Creates a request for an environment whose current version is `version`. It changes nothing yet.
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

    /// Sets the name.
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

    /// Sets or clears the shell script that runs once after the packages are installed.
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
        "the package manager must be apt, cargo, gem, go, npm or pip",
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::validate::invalid_paths;

    #[test]
    fn validation_errors_do_not_repeat_values() {
        let environment = CreateEnvironment::new("e")
            .packages("brew", ["jq"])
            .env_var("hunter2=", "hunter2")
            .networking(Networking {
                networking_type: "restricted".into(),
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
