//! What is checked before a request is sent: only what every server would refuse, where the message is clearer
//! here than there. Messages name the field and the rule, never the value.

use std::collections::HashSet;
use std::time::Duration;

use crate::client::Client;
use crate::error::{Detail, Error, ErrorKind, FieldError, LocationPart, Result};
use crate::models::{
    CreateAgent, CreateEnvironment, CreateSession, GithubRepository, McpServer, Networking,
    NetworkingType, PackageManager, Packages, Prompt, SecretMap, Skill, UpdateAgent,
    UpdateEnvironment,
};

/// A request that can say what is wrong with it.
pub(crate) trait Validate {
    fn validate(&self, problems: &mut Problems);
}

/// What was found wrong, field by field.
#[derive(Default)]
pub(crate) struct Problems(Vec<FieldError>);

impl Problems {
    fn require(&mut self, holds: bool, field: impl IntoLocation, rule: &str) {
        if !holds {
            self.0.push(FieldError::new(
                "invalid_request",
                field.into_location(),
                rule,
            ));
        }
    }
}

/// Ways to name a field: `"name"`, or `("skills", 3, "name")`.
trait IntoLocation {
    fn into_location(self) -> Vec<LocationPart>;
}

impl IntoLocation for &str {
    fn into_location(self) -> Vec<LocationPart> {
        vec![self.into()]
    }
}

impl IntoLocation for (&str, usize) {
    fn into_location(self) -> Vec<LocationPart> {
        vec![self.0.into(), self.1.into()]
    }
}

impl IntoLocation for (&str, usize, &str) {
    fn into_location(self) -> Vec<LocationPart> {
        vec![self.0.into(), self.1.into(), self.2.into()]
    }
}

impl Client {
    /// Refuses a request that the server would certainly refuse, unless that is switched off.
    pub(crate) fn check(&self, request: &impl Validate) -> Result<()> {
        if !self.settings.validate {
            return Ok(());
        }
        let mut problems = Problems::default();
        request.validate(&mut problems);
        if problems.0.is_empty() {
            return Ok(());
        }
        Err(
            Error::new(ErrorKind::InvalidRequest, "the request is not valid")
                .with_detail(Some(Detail::Fields(problems.0))),
        )
    }
}

impl Validate for CreateAgent {
    fn validate(&self, problems: &mut Problems) {
        problems.require(
            fits(&self.name, 200),
            "name",
            "must be at most 200 characters",
        );
        problems.require(!self.model.trim().is_empty(), "model", "must not be blank");
        problems.require(
            fits(&self.model, 100),
            "model",
            "must be at most 100 characters",
        );
        let runtime = self.runtime.as_ref().map_or("", |runtime| runtime.as_str());
        problems.require(
            fits(runtime, 32),
            "runtime",
            "must be at most 32 characters",
        );
        problems.require(
            self.runtime.is_some() || self.provider.is_some(),
            "runtime",
            "a runtime is required, or on newer servers a provider",
        );
        skills(&self.skills, problems);
        mcp_servers(&self.mcp_servers, problems);
    }
}

impl Validate for UpdateAgent {
    fn validate(&self, problems: &mut Problems) {
        skills(self.skills.as_deref().unwrap_or_default(), problems);
        mcp_servers(self.mcp_servers.as_deref().unwrap_or_default(), problems);
    }
}

impl Validate for CreateEnvironment {
    fn validate(&self, problems: &mut Problems) {
        problems.require(
            fits(&self.name, 200),
            "name",
            "must be at most 200 characters",
        );
        packages(&self.packages, problems);
        env_vars("env_vars", &self.env_vars, problems);
        if let Some(networking) = &self.networking {
            networking_type(networking, problems);
        }
    }
}

impl Validate for UpdateEnvironment {
    fn validate(&self, problems: &mut Problems) {
        if let Some(all) = &self.packages {
            packages(all, problems);
        }
        if let Some(vars) = &self.env_vars {
            env_vars("env_vars", vars, problems);
        }
        if let Some(networking) = &self.networking {
            networking_type(networking, problems);
        }
    }
}

impl Validate for CreateSession {
    fn validate(&self, problems: &mut Problems) {
        timeout(self.timeout, problems);
        env_vars("secret_env_vars", &self.secret_env_vars, problems);
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
        timeout(self.timeout, problems);
    }
}

/// The server counts characters, not bytes.
fn fits(text: &str, longest: usize) -> bool {
    text.len() <= longest || text.chars().count() <= longest
}

fn timeout(timeout: Option<Duration>, problems: &mut Problems) {
    let Some(timeout) = timeout else { return };
    let whole = timeout.subsec_nanos() == 0;
    problems.require(
        whole && (10..=3600).contains(&timeout.as_secs()),
        "timeout",
        "must be whole seconds, from 10 s to 3600 s",
    );
}

fn packages(packages: &Packages, problems: &mut Problems) {
    let known = packages
        .keys()
        .all(|manager| !matches!(manager, PackageManager::Unknown(_)));
    problems.require(
        known,
        "packages",
        "package managers are apt, cargo, gem, go, npm and pip",
    );
}

fn env_vars(field: &str, vars: &SecretMap, problems: &mut Problems) {
    let named = vars.names().all(is_env_var_name);
    // A name may be a value in the wrong place, so it is not repeated.
    problems.require(
        named,
        field,
        "names are letters, digits and underscores, and do not start with a digit",
    );
}

fn is_env_var_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn networking_type(networking: &Networking, problems: &mut Problems) {
    problems.require(
        !matches!(networking.networking_type, NetworkingType::Unknown(_)),
        "networking",
        "the type is unrestricted or limited",
    );
}

fn skills(skills: &[Skill], problems: &mut Problems) {
    problems.require(skills.len() <= 20, "skills", "must be at most 20");
    let mut names = HashSet::new();
    for (index, skill) in skills.iter().enumerate() {
        match skill {
            Skill::Inline(skill) => {
                problems.require(
                    is_skill_name(&skill.name),
                    ("skills", index, "name"),
                    "must be 1 to 64 lower-case letters, digits and hyphens, not a hyphen first",
                );
                problems.require(
                    names.insert(&skill.name),
                    ("skills", index, "name"),
                    "must be unique",
                );
                problems.require(
                    fits(&skill.description, 1024),
                    ("skills", index, "description"),
                    "must be at most 1024 characters",
                );
                problems.require(
                    skill.content.len() <= 65_536,
                    ("skills", index, "content"),
                    "must be at most 65536 bytes",
                );
                problems.require(
                    !skill.content.contains("SKILL_EOF"),
                    ("skills", index, "content"),
                    "must not contain SKILL_EOF",
                );
            }
            Skill::Github(skill) => problems.require(
                skill.source.split_once('/').is_some_and(|(owner, repo)| {
                    !owner.is_empty() && !repo.is_empty() && !repo.contains('/')
                }),
                ("skills", index, "source"),
                "must be owner/repo",
            ),
            Skill::Unknown(_) => {}
        }
    }
}

fn is_skill_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=64).contains(&name.len()) && !name.starts_with('-') && name.bytes().all(allowed)
}

fn mcp_servers(servers: &[McpServer], problems: &mut Problems) {
    problems.require(servers.len() <= 20, "mcp_servers", "must be at most 20");
    let mut names = HashSet::new();
    for (index, server) in servers.iter().enumerate() {
        let unique = server.name().is_none_or(|name| names.insert(name));
        problems.require(unique, ("mcp_servers", index), "its name must be unique");
    }
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
    use uuid::Uuid;

    fn paths(request: &impl Validate) -> Vec<String> {
        let mut problems = Problems::default();
        request.validate(&mut problems);
        problems.0.iter().map(FieldError::path).collect()
    }

    #[test]
    fn an_agent_needs_a_runtime_or_a_provider() {
        assert_eq!(paths(&CreateAgent::new("a", "m")), ["runtime"]);
        assert!(paths(&CreateAgent::new("a", "m").runtime("codex")).is_empty());
        assert!(paths(&CreateAgent::new("a", "m").provider("openai")).is_empty());
    }

    #[test]
    fn names_are_counted_in_characters() {
        assert!(paths(&CreateAgent::new("é".repeat(200), "m").runtime("claude")).is_empty());
        assert_eq!(
            paths(&CreateAgent::new("é".repeat(201), "m").runtime("claude")),
            ["name"]
        );
    }

    #[test]
    fn skills_are_checked_one_by_one() {
        let agent = CreateAgent::new("a", "m")
            .runtime("claude")
            .skill(Skill::inline("ok", "", ""))
            .skill(Skill::inline("Not ok", "d".repeat(1025), "SKILL_EOF"))
            .skill(Skill::inline("ok", "", ""))
            .skill(Skill::github("no-slash", ""));
        let expected = [
            "skills[1].name",
            "skills[1].description",
            "skills[1].content",
            "skills[2].name",
            "skills[3].source",
        ];
        assert_eq!(paths(&agent), expected);
    }

    #[test]
    fn mcp_servers_are_few_and_of_different_names() {
        let mut agent = CreateAgent::new("a", "m").runtime("claude");
        agent.mcp_servers = (0..20)
            .map(|n| McpServer::url(n.to_string(), "u").into())
            .collect();
        assert!(paths(&agent).is_empty());
        agent.mcp_servers.push(McpServer::stdio("7", "c").into());
        assert_eq!(paths(&agent), ["mcp_servers", "mcp_servers[20]"]);
    }

    #[test]
    fn an_environment_is_checked_without_its_values() {
        let environment = CreateEnvironment::new("e")
            .packages("brew", ["jq"])
            .env_var("hunter2=", "hunter2")
            .networking(Networking {
                networking_type: "walled".into(),
                ..Networking::unrestricted()
            });
        let mut problems = Problems::default();
        environment.validate(&mut problems);
        assert!(!format!("{:?}", problems.0).contains("hunter2"));
        assert_eq!(paths(&environment), ["packages", "env_vars", "networking"]);
    }

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
            assert_eq!(paths(&prompt).is_empty(), valid, "{millis} ms");
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
            paths(&session(&[
                ("https://github.com/a/b.git", None),
                ("https://github.com/a/b", Some("/w"))
            ]))
            .is_empty()
        );
        assert_eq!(
            paths(&session(&[
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
                paths(&session(&[(url, Some("/w"))])),
                ["resources[0].url"],
                "{url}"
            );
        }
        for path in ["relative", "/", "/home/sprite"] {
            assert_eq!(
                paths(&session(&[("https://github.com/a/b", Some(path))])),
                ["resources[0].mount_path"]
            );
        }
    }
}
