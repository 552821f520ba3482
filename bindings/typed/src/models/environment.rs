//! Environments, the requests that make and change them, and health.

use aod::models::{
    CreateEnvironment, Environment, EnvironmentVersion, Health, Networking, NetworkingType,
    PackageManager, Packages, SecretMap, UpdateEnvironment,
};
use uuid::Uuid;

use super::agent::TextPatch;
use super::values::{Checks, JsonFields, Timestamp};

/// A package manager, in the order they run.
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
    /// A value that this version does not know, as the server sent it.
    Unknown(#[uniffi(name = "value")] String),
}

/// How much of the network a sandbox reaches.
#[uniffi::remote(Enum)]
pub enum NetworkingType {
    /// Everything.
    Unrestricted,
    /// Only the allowed hosts.
    Limited,
    /// A value that this version does not know, as the server sent it.
    Unknown(#[uniffi(name = "value")] String),
}

/// The network rule of an environment.
#[uniffi::remote(Record)]
pub struct Networking {
    /// How much is reached.
    pub networking_type: NetworkingType,
    /// The hosts that `limited` lets through; an empty list blocks everything. Absent when the server names none.
    #[uniffi(default)]
    pub allowed_hosts: Option<Vec<String>>,
    /// Fields this version does not know, and `allowed_hosts` when it is no list of strings.
    pub extra: JsonFields,
}

/// An environment: what a sandbox is set up with. Its environment variables are write-only and never come back.
#[uniffi::remote(Record)]
pub struct Environment {
    /// Made by the server.
    pub id: Uuid,
    /// Always `environment`.
    pub object_type: String,
    /// Unique among the active environments of a user.
    pub name: String,
    /// What is installed.
    #[uniffi(default)]
    pub packages: Packages,
    /// A shell script run once, after the packages.
    #[uniffi(default)]
    pub setup_script: Option<String>,
    /// What a sandbox may reach.
    pub networking: Networking,
    /// Counts up from 1 with each update that changes something.
    pub version: i64,
    /// When the environment was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it was archived; absent while it is active.
    #[uniffi(default)]
    pub archived_at: Option<Timestamp>,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// An environment as it was at one version.
#[uniffi::remote(Record)]
pub struct EnvironmentVersion {
    /// The environment's id.
    pub id: Uuid,
    /// Always `environment`.
    pub object_type: String,
    /// The name at that version.
    pub name: String,
    /// What was installed.
    #[uniffi(default)]
    pub packages: Packages,
    /// A shell script run once, after the packages.
    #[uniffi(default)]
    pub setup_script: Option<String>,
    /// What a sandbox could reach.
    pub networking: Networking,
    /// The version's number.
    pub version: i64,
    /// When this version came to be.
    pub created_at: Timestamp,
    /// Fields this version does not know.
    pub extra: JsonFields,
}

/// What `POST /environments` takes.
#[uniffi::remote(Record)]
pub struct CreateEnvironment {
    /// At most 200 characters, unique among the user's active environments.
    pub name: String,
    /// What to install.
    #[uniffi(default)]
    pub packages: Packages,
    /// Environment variables of the sandbox. Secret: they are sent, and never shown or returned.
    #[uniffi(default)]
    pub env_vars: SecretMap,
    /// A shell script run once, after the packages.
    #[uniffi(default)]
    pub setup_script: Option<String>,
    /// What a sandbox may reach; unrestricted when absent.
    #[uniffi(default)]
    pub networking: Option<Networking>,
}

/// What `PUT /environments/{id}` takes: the version last read, and the fields to change.
///
/// A field left alone is not sent. `packages`, `env_vars` and `networking` replace what was there as a whole: the
/// server drops every environment variable that an update does not repeat.
#[uniffi::remote(Record)]
pub struct UpdateEnvironment {
    /// The version this update starts from; any other than the current one is a 409.
    pub version: i64,
    /// A new name.
    #[uniffi(default)]
    pub name: Option<String>,
    /// All packages anew; an empty map removes them.
    #[uniffi(default)]
    pub packages: Option<Packages>,
    /// All environment variables anew; an empty map removes them.
    #[uniffi(default)]
    pub env_vars: Option<SecretMap>,
    /// The script run once, after the packages.
    pub setup_script: TextPatch,
    /// What a sandbox may reach.
    #[uniffi(default)]
    pub networking: Option<Networking>,
}

/// The answer of `GET /health`.
#[uniffi::remote(Record)]
pub struct Health {
    /// `ok`, or `degraded` (which comes with 503, so as an error).
    pub status: String,
    /// The result of each check, by its name (S1 and later).
    #[uniffi(default)]
    pub checks: Checks,
    /// Fields this version does not know.
    pub extra: JsonFields,
}
