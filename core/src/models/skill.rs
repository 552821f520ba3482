//! The skills of an agent.

use std::collections::HashSet;

use super::validate::{Problems, fits};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::Extra;

/// A skill that an agent can use.
///
/// # Examples
///
/// ```
/// use aod::models::{CreateAgent, Skill};
///
/// let request = CreateAgent::new("reviewer", "claude-sonnet-4-6")
///     .skill(Skill::inline("tone", "How to phrase a review", "Be kind and precise."))
///     .skill(Skill::github("acme/skills", "The skills of the team").name("release-notes"));
/// # let _ = request;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Skill {
    /// A skill whose content is stored with the agent.
    Inline(InlineSkill),
    /// A skill in a GitHub repository (servers since 2026-04-30).
    Github(GithubSkill),
    /// A skill of another type or form, verbatim.
    Unknown(Value),
}

/// A skill whose content is stored with the agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InlineSkill {
    /// The name, unique within the agent: 1 to 64 lowercase letters, digits and hyphens. It must not start with a hyphen.
    pub name: String,
    /// When to use the skill: at most 1,024 characters.
    pub description: String,
    /// The content: at most 65,536 bytes, without the text `SKILL_EOF`.
    pub content: String,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A skill in a GitHub repository.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GithubSkill {
    /// The repository in the form `owner/repo`.
    pub source: String,
    /// When to use the skill.
    pub description: String,
    /// The name of the skill to use. Default: all skills of the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Fields unknown to this version of the crate.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Skill {
    /// Creates a skill whose content is stored with the agent.
    pub fn inline(
        name: impl Into<String>,
        description: impl Into<String>,
        content: impl Into<String>,
    ) -> InlineSkill {
        InlineSkill {
            name: name.into(),
            description: description.into(),
            content: content.into(),
            extra: Extra::new(),
        }
    }

    /// Creates a skill from a GitHub repository in the form `owner/repo` (servers since 2026-04-30).
    pub fn github(source: impl Into<String>, description: impl Into<String>) -> GithubSkill {
        GithubSkill {
            source: source.into(),
            description: description.into(),
            name: None,
            extra: Extra::new(),
        }
    }
}

impl GithubSkill {
    /// Selects one skill of the repository by its name. Default: all skills.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

impl From<InlineSkill> for Skill {
    fn from(skill: InlineSkill) -> Self {
        Self::Inline(skill)
    }
}

impl From<GithubSkill> for Skill {
    fn from(skill: GithubSkill) -> Self {
        Self::Github(skill)
    }
}

/// The variants that are serialized with a type; an inline skill is serialized without one.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Tagged<'a> {
    Github(&'a GithubSkill),
}

impl Serialize for Skill {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Inline(skill) => skill.serialize(serializer),
            Self::Github(skill) => Tagged::Github(skill).serialize(serializer),
            Self::Unknown(json) => json.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Skill {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Value::deserialize(deserializer)?;
        let known = match json.get("type") {
            None => serde_json::from_value(json.clone()).ok().map(Self::Inline),
            Some(Value::String(kind)) if kind == "github" => {
                let mut fields = json.clone();
                if let Value::Object(fields) = &mut fields {
                    fields.remove("type");
                }
                serde_json::from_value(fields).ok().map(Self::Github)
            }
            Some(_) => None,
        };
        Ok(known.unwrap_or(Self::Unknown(json)))
    }
}

pub(super) fn validate_skills(skills: &[Skill], problems: &mut Problems) {
    problems.require(skills.len() <= 20, "skills", "must have at most 20 entries");
    let mut names = HashSet::new();
    for (index, skill) in skills.iter().enumerate() {
        match skill {
            Skill::Inline(skill) => {
                problems.require(
                    is_skill_name(&skill.name),
                    ("skills", index, "name"),
                    "must be 1 to 64 lowercase letters, digits and hyphens, and not start with a hyphen",
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
