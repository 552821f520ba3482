//! Sessions, their turns and resources, and the requests and acknowledgements.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::open_enum::open_enum;
use super::secret::validate_env_vars;
use super::validate::{Problems, Validate};
use super::{Extra, Provider, Runtime, Secret, SecretMap};

open_enum! {
    /// The status of a session.
    pub enum SessionStatus {
        /// The sandbox is being provisioned, or a turn is queued.
        Pending = "pending",
        /// A turn is running.
        Running = "running",
        /// The last turn ended with exit code 0, or was interrupted; a prompt starts another turn.
        Completed = "completed",
        /// A turn or the provisioning failed. No further turn can start; the session can still be terminated.
        Failed = "failed",
        /// The session was terminated and its sandbox destroyed. Final.
        Terminated = "terminated",
    }
}

impl SessionStatus {
    /// Returns whether a turn is queued or running. An unknown status counts as not active.
    ///
    /// # Examples
    ///
    /// ```
    /// use aod::models::SessionStatus;
    ///
    /// assert!(SessionStatus::Running.is_active());
    /// assert!(!SessionStatus::from("archived").is_active());
    /// ```
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }
}

open_enum! {
    /// The status of a turn.
    pub enum TurnStatus {
        /// The turn is queued.
        Pending = "pending",
        /// The turn is running.
        Running = "running",
        /// The turn ended with exit code 0.
        Completed = "completed",
        /// The turn ended with another exit code, or without an exit code.
        Failed = "failed",
        /// The turn was interrupted (servers since 2026-06-25).
        Interrupted = "interrupted",
    }
}

open_enum! {
    /// The type of a resource.
    pub enum ResourceType {
        /// A GitHub repository, cloned into the sandbox.
        GithubRepository = "github_repository",
    }
}

/// A session: a sandbox in which an agent works on prompts, one turn for each.
///
/// See [Sessions and turns](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#sessions-and-turns).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The unique id.
    pub id: Uuid,
    /// The agent of the session.
    #[serde(default)]
    pub agent_id: Option<Uuid>,
    /// The environment of the sandbox.
    #[serde(default)]
    pub environment_id: Option<Uuid>,
    /// The agent runtime (servers before 2026-06-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// The model provider (servers since 2026-06-25).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// The status of the session.
    pub status: SessionStatus,
    /// The exit code of the last turn; `None` while the turn is active, or if it ended without an exit code.
    #[serde(default)]
    pub exit_code: Option<i64>,
    /// When the session was created.
    pub created_at: Timestamp,
    /// When it was last updated.
    pub updated_at: Timestamp,
    /// The resources in the sandbox.
    #[serde(default)]
    pub resources: Vec<SessionResource>,
    /// The number of turns.
    #[serde(default)]
    pub turn_count: i64,
    /// The highest turn number.
    #[serde(default)]
    pub current_turn: Option<i64>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A resource in the sandbox of a session. Its token is write-only: the server does not return it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionResource {
    /// The type of the resource.
    #[serde(rename = "type")]
    pub resource_type: ResourceType,
    /// The URL, without a `.git` suffix.
    #[serde(default)]
    pub url: String,
    /// The path in the sandbox.
    #[serde(default)]
    pub mount_path: Option<String>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One turn of a session: a prompt and its result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionTurn {
    /// The turn number, from 1.
    pub turn_number: i64,
    /// The prompt verbatim, without the system text of the agent.
    pub prompt: String,
    /// The status of the turn.
    pub status: TurnStatus,
    /// The exit code; `None` while the turn is active, or if it ended without an exit code.
    #[serde(default)]
    pub exit_code: Option<i64>,
    /// When the prompt was accepted.
    pub created_at: Timestamp,
    /// When the agent started to work on the prompt.
    #[serde(default)]
    pub started_at: Option<Timestamp>,
    /// When the turn ended.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The acknowledgement of create, prompt, terminate and interrupt requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionAck {
    /// The id of the session.
    pub id: Uuid,
    /// The status of the session; after an interrupt, the previous status.
    pub status: SessionStatus,
    /// The path of the event stream (create and prompt).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_url: Option<String>,
    /// The environment of the session (create).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<Uuid>,
    /// The resources to clone (create).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<SessionResource>,
    /// The number of the queued turn (create and prompt).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_turn: Option<i64>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A GitHub repository to clone into the sandbox of a session.
///
/// # Examples
///
/// ```
/// use aod::models::GithubRepository;
///
/// let repository = GithubRepository::new("https://github.com/acme/app")
///     .mount_path("/workspace/app")
///     .authorization_token("ghp_secret");
/// assert!(!format!("{repository:?}").contains("ghp_secret"));
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "github_repository")]
pub struct GithubRepository {
    /// The URL `https://github.com/<owner>/<repo>`, with or without `.git`.
    pub url: String,
    /// The absolute path of the folder in the sandbox to clone into. It must not be `/` or `/home/sprite`. Default
    /// `/workspace/<repo>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mount_path: Option<String>,
    /// A GitHub token for private repositories. It is write-only, and `Debug` redacts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_token: Option<Secret>,
}

impl fmt::Debug for GithubRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut url = Url::parse(&self.url).ok();
        if let Some(url) = &mut url {
            // Fails only for URLs that cannot have user information.
            let _ = url.set_username("").and_then(|()| url.set_password(None));
        }
        f.debug_struct("GithubRepository")
            .field("url", &url.as_ref().map(Url::as_str))
            .field("mount_path", &self.mount_path)
            .field("authorization_token", &self.authorization_token)
            .finish()
    }
}

impl GithubRepository {
    /// Creates a resource from the URL of a repository.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            mount_path: None,
            authorization_token: None,
        }
    }

    /// Sets the absolute path of the folder in the sandbox to clone into. It must not be `/` or `/home/sprite`. Default
    /// `/workspace/<repo>`.
    #[must_use]
    pub fn mount_path(mut self, path: impl Into<String>) -> Self {
        self.mount_path = Some(path.into());
        self
    }

    /// Sets the GitHub token for a private repository.
    #[must_use]
    pub fn authorization_token(mut self, token: impl Into<Secret>) -> Self {
        self.authorization_token = Some(token.into());
        self
    }
}

/// The request to create a session (`POST /sessions`).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use aod::models::{CreateSession, GithubRepository};
///
/// # let agent_id = uuid::Uuid::nil();
/// let request = CreateSession::new(agent_id, "Fix the failing test")
///     .timeout(Duration::from_secs(1800))
///     .repository(GithubRepository::new("https://github.com/acme/app"));
/// # let _ = request;
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateSession {
    /// The agent of the session.
    pub agent_id: Uuid,
    /// The first prompt.
    pub prompt: String,
    /// The environment. Default: the environment of the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<Uuid>,
    /// The time limit of the first turn: whole seconds, from 10 s to 1 h. Default of the server: 10 minutes.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds")]
    pub timeout: Option<Duration>,
    /// The repositories to clone into the sandbox: at most 10, with different paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<GithubRepository>,
    /// The environment variables of this session, which override those of the environment (servers since 2026-06-25;
    /// earlier servers ignore them). They are write-only, and `Debug` redacts them.
    #[serde(default, skip_serializing_if = "SecretMap::is_empty")]
    pub secret_env_vars: SecretMap,
}

impl CreateSession {
    /// Creates a request with an agent and the first prompt.
    pub fn new(agent_id: Uuid, prompt: impl Into<String>) -> Self {
        Self {
            agent_id,
            prompt: prompt.into(),
            environment_id: None,
            timeout: None,
            resources: Vec::new(),
            secret_env_vars: SecretMap::new(),
        }
    }

    /// Sets the environment, which overrides that of the agent.
    #[must_use]
    pub fn environment(mut self, id: Uuid) -> Self {
        self.environment_id = Some(id);
        self
    }

    /// Sets the time limit of the first turn: whole seconds, from 10 s to 1 h. Default of the server: 10 minutes.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Adds a repository to clone into the sandbox.
    #[must_use]
    pub fn repository(mut self, repository: GithubRepository) -> Self {
        self.resources.push(repository);
        self
    }

    /// Sets an environment variable of the session (servers since 2026-06-25).
    #[must_use]
    pub fn secret_env_var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.secret_env_vars.insert(name, value);
        self
    }
}

/// The request to send a prompt (`POST /sessions/{id}/prompt`). Strings convert into it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use aod::models::Prompt;
///
/// assert_eq!(Prompt::from("Now add a test"), Prompt::new("Now add a test"));
/// let long = Prompt::new("Run the whole suite").timeout(Duration::from_secs(3600));
/// # let _ = long;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// The prompt text.
    pub prompt: String,
    /// The time limit of the turn: whole seconds, from 10 s to 1 h. Default of the server: 10 minutes.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "seconds")]
    pub timeout: Option<Duration>,
}

impl Prompt {
    /// Creates a prompt.
    pub fn new(prompt: impl Into<String>) -> Self {
        Self {
            prompt: prompt.into(),
            timeout: None,
        }
    }

    /// Sets the time limit of the turn: whole seconds, from 10 s to 1 h. Default of the server: 10 minutes.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

impl<T: Into<String>> From<T> for Prompt {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}

/// A time limit as a number of seconds.
mod seconds {
    use std::time::Duration;

    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
    pub(super) fn serialize<S: Serializer>(
        timeout: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        timeout
            .map(|timeout| timeout.as_secs())
            .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(deserializer)?;
        let timeout = seconds.map(Duration::try_from_secs_f64).transpose();
        timeout.map_err(|_| D::Error::custom("not a number of seconds"))
    }
}

impl Validate for CreateSession {
    fn validate(&self, problems: &mut Problems) {
        validate_timeout(self.timeout, problems);
        validate_env_vars("secret_env_vars", &self.secret_env_vars, problems);
        problems.require(
            self.resources.len() <= 10,
            "resources",
            "must have at most 10 entries",
        );
        let mut paths = HashSet::new();
        for (index, repository) in self.resources.iter().enumerate() {
            let name = repository_name(&repository.url);
            problems.require(
                name.is_some(),
                ("resources", index, "url"),
                "must be https://github.com/<owner>/<repo>",
            );
            let path = mount_path(repository, name.unwrap_or_default());
            problems.require(
                path.starts_with('/'),
                ("resources", index, "mount_path"),
                "must be an absolute path",
            );
            problems.require(
                path != "/" && path != "/home/sprite",
                ("resources", index, "mount_path"),
                "must not be / or /home/sprite",
            );
            problems.require(
                paths.insert(path),
                ("resources", index, "mount_path"),
                "must differ from the other resources' paths",
            );
        }
    }
}

impl Validate for Prompt {
    fn validate(&self, problems: &mut Problems) {
        validate_timeout(self.timeout, problems);
    }
}

fn validate_timeout(timeout: Option<Duration>, problems: &mut Problems) {
    let Some(timeout) = timeout else { return };
    let whole = timeout.subsec_nanos() == 0;
    problems.require(
        whole && (10..=3600).contains(&timeout.as_secs()),
        "timeout",
        "must be whole seconds, from 10 s to 3600 s",
    );
}

/// Returns the name of the repository, if the server accepts the URL.
fn repository_name(url: &str) -> Option<&str> {
    let (owner, repo) = url.strip_prefix("https://github.com/")?.split_once('/')?;
    let named = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
    };
    let repo = repo.strip_suffix(".git").unwrap_or(repo);
    (named(owner) && named(repo)).then_some(repo)
}

/// Returns the path in the sandbox that the server will use.
fn mount_path(repository: &GithubRepository, name: &str) -> String {
    let given = repository.mount_path.clone();
    given.unwrap_or_else(|| format!("/workspace/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::validate::invalid_paths;

    #[test]
    fn timeouts_must_be_whole_seconds_within_the_limits() {
        for (millis, valid) in [
            (9_000, false),
            (10_000, true),
            (3_600_000, true),
            (3_601_000, false),
            (10_500, false),
        ] {
            let prompt = Prompt::new("p").timeout(Duration::from_millis(millis));
            assert_eq!(invalid_paths(&prompt).is_empty(), valid, "{millis} ms");
        }
    }

    #[test]
    fn repositories_must_be_on_github_and_have_different_paths() {
        let session = |urls: &[(&str, Option<&str>)]| {
            urls.iter().fold(
                CreateSession::new(Uuid::nil(), "p"),
                |session, (url, path)| {
                    let mut repository = GithubRepository::new(*url);
                    repository.mount_path = path.map(str::to_owned);
                    session.repository(repository)
                },
            )
        };
        assert!(
            invalid_paths(&session(&[
                ("https://github.com/a/b.git", None),
                ("https://github.com/a/b", Some("/w"))
            ]))
            .is_empty()
        );
        assert_eq!(
            invalid_paths(&session(&[
                ("https://github.com/a/b.git", None),
                ("https://github.com/c/b", None)
            ])),
            ["resources[1].mount_path"]
        );
        for url in [
            "http://github.com/a/b",
            "https://github.com/a",
            "https://github.com/a/b/",
            "https://github.com/a/b?c",
        ] {
            assert_eq!(
                invalid_paths(&session(&[(url, Some("/w"))])),
                ["resources[0].url"],
                "{url}"
            );
        }
        for path in ["relative", "/", "/home/sprite"] {
            assert_eq!(
                invalid_paths(&session(&[("https://github.com/a/b", Some(path))])),
                ["resources[0].mount_path"]
            );
        }
    }
}
