//! Environments, the requests that create and update them, and the server's health.

use aod::models::{
    CreateEnvironment, Environment, EnvironmentVersion, Extra, Health, Networking, NetworkingType,
    PackageManager, Packages, SecretMap, UpdateEnvironment,
};
use uuid::Uuid;

use super::agent::TextPatch;
use super::values::{Checks, Timestamp};

/// A package manager. Packages are installed in the order of the managers in this list.
#[uniffi::remote(Enum)]
pub enum PackageManager {
    /// Debian packages.
    Apt,
    /// Rust crates.
    Cargo,
    /// Ruby gems.
    Gem,
    /// Go modules.
    Go,
    /// npm packages.
    Npm,
    /// Python packages.
    Pip,
    /// A value that this version does not know, verbatim.
    Unknown(#[uniffi(name = "value")] String),
}

/// The network access of a sandbox.
#[uniffi::remote(Enum)]
pub enum NetworkingType {
    /// All hosts can be reached.
    Unrestricted,
    /// Only the allowed hosts can be reached.
    Limited,
    /// A value that this version does not know, verbatim.
    Unknown(#[uniffi(name = "value")] String),
}

/// The network settings of an environment.
#[uniffi::remote(Record)]
pub struct Networking {
    /// The type of access.
    pub networking_type: NetworkingType,
    /// The allowed hosts if the type is `limited`. An empty list blocks all access. Absent if the server does not
    /// return the list.
    #[uniffi(default)]
    pub allowed_hosts: Option<Vec<String>>,
    /// Fields that this version does not know, and `allowed_hosts` if it is not a list of strings.
    pub extra: Extra,
}

/// An environment: the configuration of sandboxes. Its environment variables are write-only and are never returned.
///
/// See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#agents-and-environments).
#[uniffi::remote(Record)]
pub struct Environment {
    /// The ID, assigned by the server.
    pub id: Uuid,
    /// Always `environment`.
    pub object_type: String,
    /// The name, unique among the user's active environments.
    pub name: String,
    /// The packages to install.
    #[uniffi(default)]
    pub packages: Packages,
    /// A shell script that runs once per sandbox, after the packages are installed.
    #[uniffi(default)]
    pub setup_script: Option<String>,
    /// The network access of the sandboxes.
    pub networking: Networking,
    /// The version. It starts at 1 and increases by 1 with each update that changes something.
    pub version: i64,
    /// When the environment was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was archived. Absent if it is active.
    #[uniffi(default)]
    pub archived_at: Option<Timestamp>,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// A version of an environment: its configuration after it was created or updated. It is immutable.
#[uniffi::remote(Record)]
pub struct EnvironmentVersion {
    /// The environment's ID.
    pub id: Uuid,
    /// Always `environment`.
    pub object_type: String,
    /// The name at that version.
    pub name: String,
    /// The packages at that version.
    #[uniffi(default)]
    pub packages: Packages,
    /// A shell script that runs once per sandbox, after the packages are installed.
    #[uniffi(default)]
    pub setup_script: Option<String>,
    /// The network access at that version.
    pub networking: Networking,
    /// The version number.
    pub version: i64,
    /// When this version was created.
    pub created_at: Timestamp,
    /// Fields that this version does not know.
    pub extra: Extra,
}

/// The request of `POST /environments`.
#[uniffi::remote(Record)]
pub struct CreateEnvironment {
    /// The name, at most 200 characters. Unique among the user's active environments.
    pub name: String,
    /// The packages to install.
    #[uniffi(default)]
    pub packages: Packages,
    /// The environment variables of the sandbox. Secret: never shown or returned.
    #[uniffi(default)]
    pub env_vars: SecretMap,
    /// A shell script that runs once per sandbox, after the packages are installed.
    #[uniffi(default)]
    pub setup_script: Option<String>,
    /// The network access of the sandboxes. Default: unrestricted.
    #[uniffi(default)]
    pub networking: Option<Networking>,
}

/// The request of `PUT /environments/{id}`: the version that was last read, and the fields to change.
///
/// Fields that are not set keep their values. `packages`, `env_vars` and `networking` replace the whole value: the
/// server removes every environment variable that the update does not contain.
#[uniffi::remote(Record)]
pub struct UpdateEnvironment {
    /// The version that was last read. The server responds with 409 if it is not the current one.
    pub version: i64,
    /// The new name.
    #[uniffi(default)]
    pub name: Option<String>,
    /// The new packages, replacing all existing ones; an empty map removes them.
    #[uniffi(default)]
    pub packages: Option<Packages>,
    /// The new environment variables, replacing all existing ones; an empty map removes them. Secret: never shown or
    /// returned.
    #[uniffi(default)]
    pub env_vars: Option<SecretMap>,
    /// The change of the shell script that runs once per sandbox, after the packages are installed.
    pub setup_script: TextPatch,
    /// The new network access.
    #[uniffi(default)]
    pub networking: Option<Networking>,
}

/// The response of `GET /health`.
#[uniffi::remote(Record)]
pub struct Health {
    /// The status: `ok`. A degraded server responds with 503, which is an error.
    pub status: String,
    /// The result of each check by name. Sent by servers since 2026-04-30.
    #[uniffi(default)]
    pub checks: Checks,
    /// Fields that this version does not know.
    pub extra: Extra,
}
