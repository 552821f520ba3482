//! Sessions, their turns and resources, and the requests and acknowledgements around them.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

use super::open_enum::open_enum;
use super::secret::validate_env_vars;
use super::validate::{Problems, Validate};
use super::{Extra, Provider, Runtime, Secret, SecretMap};

open_enum! {
    /// Where a session is in its life.
    pub enum SessionStatus {
        /// Accepted: being provisioned, or a turn is queued.
        Pending = "pending",
        /// A turn is running.
        Running = "running",
        /// The last turn ended with exit code 0; a prompt starts another.
        Completed = "completed",
        /// A turn ended badly; final.
        Failed = "failed",
        /// Stopped and its sandbox destroyed; final.
        Terminated = "terminated",
    }
}

impl SessionStatus {
    /// Whether a turn is queued or running. An unknown status counts as not active.
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }
}

open_enum! {
    /// Where a turn is in its life.
    pub enum TurnStatus {
        /// Queued.
        Pending = "pending",
        /// Running.
        Running = "running",
        /// Ended with exit code 0.
        Completed = "completed",
        /// Ended with another exit code, or without one.
        Failed = "failed",
        /// Stopped by `interrupt` (S2).
        Interrupted = "interrupted",
    }
}

open_enum! {
    /// What a resource is.
    pub enum ResourceType {
        /// A repository on GitHub, cloned into the sandbox.
        GithubRepository = "github_repository",
    }
}

/// A session: a sandbox in which an agent works on prompts, one turn each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Made by the server.
    pub id: Uuid,
    /// The agent that works.
    #[serde(default)]
    pub agent_id: Option<Uuid>,
    /// What the sandbox was set up with.
    #[serde(default)]
    pub environment_id: Option<Uuid>,
    /// The program that runs the agent (S0 and S1 servers).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// Whose model it is (S2 servers).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Provider>,
    /// Where the session is in its life.
    pub status: SessionStatus,
    /// The exit code of the last turn; `None` while it runs, and when it ended without one.
    #[serde(default)]
    pub exit_code: Option<i64>,
    /// When the session was accepted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What was cloned into the sandbox.
    #[serde(default)]
    pub resources: Vec<SessionResource>,
    /// How many turns there are.
    #[serde(default)]
    pub turn_count: i64,
    /// The highest turn number.
    #[serde(default)]
    pub current_turn: Option<i64>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Something cloned into a session's sandbox. Its token is write-only and never comes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionResource {
    /// What it is.
    #[serde(rename = "type")]
    pub resource_type: ResourceType,
    /// Where it comes from, without a `.git` suffix.
    #[serde(default)]
    pub url: String,
    /// Where it is in the sandbox.
    #[serde(default)]
    pub mount_path: Option<String>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One prompt of a session and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionTurn {
    /// Counts up from 1.
    pub turn_number: i64,
    /// The prompt as it was sent, without the agent's system text.
    pub prompt: String,
    /// Where the turn is in its life.
    pub status: TurnStatus,
    /// The exit code; `None` while it runs, and when it ended without one.
    #[serde(default)]
    pub exit_code: Option<i64>,
    /// When the prompt was accepted.
    pub created_at: Timestamp,
    /// When the agent began to work on it.
    #[serde(default)]
    pub started_at: Option<Timestamp>,
    /// When the agent was done with it.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What the server answers to create, prompt, terminate and interrupt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionAck {
    /// The session.
    pub id: Uuid,
    /// Its status now.
    pub status: SessionStatus,
    /// The path of its event stream (create and prompt).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_url: Option<String>,
    /// The environment it will have (create).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<Uuid>,
    /// What will be cloned into it (create).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<SessionResource>,
    /// The turn just queued (create and prompt).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_turn: Option<i64>,
    /// Fields this version does not know.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A GitHub repository to clone into a session's sandbox.
///
/// ```
/// use aod::models::GithubRepository;
///
/// let repository = GithubRepository::new("https://github.com/acme/app")
///     .mount_path("/workspace/app")
///     .authorization_token("ghp_secret");
/// assert!(!format!("{repository:?}").contains("ghp_secret"));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "github_repository")]
pub struct GithubRepository {
    /// `https://github.com/<owner>/<repo>`, with or without `.git`.
    pub url: String,
    /// An absolute path; `/workspace/<repo>` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mount_path: Option<String>,
    /// A GitHub token, for private repositories. Secret: it is sent, and never shown or returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_token: Option<Secret>,
}

impl GithubRepository {
    /// The repository at that URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            mount_path: None,
            authorization_token: None,
        }
    }

    /// Sets where the repository is cloned to.
    #[must_use]
    pub fn mount_path(mut self, path: impl Into<String>) -> Self {
        self.mount_path = Some(path.into());
        self
    }

    /// Sets the GitHub token to clone with.
    #[must_use]
    pub fn authorization_token(mut self, token: impl Into<Secret>) -> Self {
        self.authorization_token = Some(token.into());
        self
    }
}

/// What `POST /sessions` takes.
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CreateSession {
    /// The agent that works.
    pub agent_id: Uuid,
    /// What it is asked first.
    pub prompt: String,
    /// The environment; the agent's own when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_id: Option<Uuid>,
    /// How long the first turn may take: whole seconds, 10 s to 1 h; the server's default is 10 minutes.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_seconds")]
    pub timeout: Option<Duration>,
    /// What to clone into the sandbox; at most 10, each at a path of its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<GithubRepository>,
    /// Environment variables of this session, over the environment's own (S2 servers; older ones ignore them).
    /// Secret: they are sent, and never shown or returned.
    #[serde(skip_serializing_if = "SecretMap::is_empty")]
    pub secret_env_vars: SecretMap,
}

impl CreateSession {
    /// A session of that agent that starts with that prompt.
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

    /// Sets the environment, in place of the agent's own.
    #[must_use]
    pub fn environment(mut self, id: Uuid) -> Self {
        self.environment_id = Some(id);
        self
    }

    /// Sets how long the first turn may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Adds a repository to clone.
    #[must_use]
    pub fn repository(mut self, repository: GithubRepository) -> Self {
        self.resources.push(repository);
        self
    }

    /// Sets an environment variable of this session (S2 servers).
    #[must_use]
    pub fn secret_env_var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.secret_env_vars.insert(name, value);
        self
    }
}

/// What `POST /sessions/{id}/prompt` takes. A plain string is one too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Prompt {
    /// What the agent is asked.
    pub prompt: String,
    /// How long the turn may take: whole seconds, 10 s to 1 h; the server's default is 10 minutes.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_seconds")]
    pub timeout: Option<Duration>,
}

impl Prompt {
    /// A prompt of that text.
    pub fn new(prompt: impl Into<String>) -> Self {
        Self {
            prompt: prompt.into(),
            timeout: None,
        }
    }

    /// Sets how long the turn may take.
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

#[expect(
    clippy::ref_option,
    reason = "serde hands over a reference to the field"
)]
fn as_seconds<S: Serializer>(timeout: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    timeout
        .map(|timeout| timeout.as_secs())
        .serialize(serializer)
}

impl Validate for CreateSession {
    fn validate(&self, problems: &mut Problems) {
        validate_timeout(self.timeout, problems);
        validate_env_vars("secret_env_vars", &self.secret_env_vars, problems);
        problems.require(
            self.resources.len() <= 10,
            "resources",
            "must be at most 10",
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

/// The repository's name, when the URL is one the server takes.
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

/// Where the server will put the repository.
fn mount_path(repository: &GithubRepository, name: &str) -> String {
    let given = repository.mount_path.clone();
    given.unwrap_or_else(|| format!("/workspace/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::validate::invalid_paths;

    #[test]
    fn timeouts_are_whole_seconds_within_the_limits() {
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
    fn repositories_are_on_github_and_at_paths_of_their_own() {
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
