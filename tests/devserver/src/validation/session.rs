//! Sessions: bodies of create and prompt, and repositories.

use serde_json::{Map, Value, json};

use super::{
    environment::env_vars,
    fields::{Fields, Need},
};
use crate::{generation::Generation, http::Refusal};

/// The body of `POST /sessions`. Timeouts and secret variables are validated but have no effect.
pub(crate) struct SessionCreate {
    pub(crate) agent_id: String,
    pub(crate) prompt: String,
    /// An empty string is treated as absent.
    pub(crate) environment_id: Option<String>,
    pub(crate) resources: Vec<ResourceInput>,
}

impl SessionCreate {
    pub(crate) fn check(
        body: &Map<String, Value>,
        generation: Generation,
    ) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let agent_id = fields.string("agent_id", Need::Required, None);
        let prompt = fields.string("prompt", Need::Required, None);
        fields.int_between("timeout", Need::Optional, 10, 3600);
        let environment_id = fields.string("environment_id", Need::Nullable, None);
        let resources = resources(&mut fields, generation);
        if generation == Generation::June25 {
            env_vars(&mut fields, "secret_env_vars", Need::Optional, generation);
        }
        fields.finish()?;
        Ok(Self {
            agent_id: agent_id.unwrap_or_default(),
            prompt: prompt.unwrap_or_default(),
            environment_id: environment_id.filter(|id| !id.is_empty()),
            resources: resources.unwrap_or_default(),
        })
    }
}

/// The body of `POST /sessions/{id}/prompt`.
pub(crate) struct PromptCreate {
    pub(crate) prompt: String,
}

impl PromptCreate {
    pub(crate) fn check(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let prompt = fields.string("prompt", Need::Required, None);
        fields.int_between("timeout", Need::Optional, 10, 3600);
        fields.finish()?;
        Ok(Self {
            prompt: prompt.unwrap_or_default(),
        })
    }
}

/// A normalised repository: without `.git` and with a resolved mount path.
pub(crate) struct ResourceInput {
    pub(crate) url: String,
    pub(crate) mount_path: String,
    pub(crate) has_token: bool,
}

fn resources(fields: &mut Fields, generation: Generation) -> Option<Vec<ResourceInput>> {
    let items = fields.list("resources", Need::Optional)?;
    let mut resources = Vec::new();
    let mut errors = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let loc = vec![json!("resources"), json!(index)];
        match item {
            Value::Object(object) => match resource(object, loc, generation) {
                Ok(resource) => resources.push(resource),
                Err(found) => errors.extend(found),
            },
            other => {
                let empty = Map::new();
                let mut wrong = Fields::nested(&empty, vec![json!("resources")]);
                wrong.error_at(
                    "model_type",
                    json!(index),
                    "Input should be a valid dictionary or instance of GitHubRepoResource",
                    other,
                );
                errors.extend(wrong.into_errors());
            }
        }
    }
    if !errors.is_empty() {
        fields.absorb(errors);
        return None;
    }
    let mut paths: Vec<_> = resources
        .iter()
        .map(|resource| &resource.mount_path)
        .collect();
    paths.sort_unstable();
    let outcome = if resources.len() > 10 {
        Err("Maximum 10 resources per session".to_owned())
    } else if paths.windows(2).any(|pair| pair[0] == pair[1]) {
        Err("Duplicate mount_path in resources".to_owned())
    } else {
        Ok(())
    };
    fields.rule("resources", outcome).then_some(resources)
}

fn resource(
    object: &Map<String, Value>,
    loc: Vec<Value>,
    generation: Generation,
) -> Result<ResourceInput, Vec<Value>> {
    let mut fields = Fields::nested(object, loc);
    fields.literal("type", "github_repository");
    let url = fields.string("url", Need::Required, None);
    let url = url.and_then(|url| {
        let repository = parse_github_url(&url, generation);
        let outcome = match repository {
            Some(_) => Ok(()),
            None => Err("Must be a valid https://github.com/<owner>/<repo> URL".to_owned()),
        };
        fields.rule("url", outcome);
        repository
    });
    let mount_path = fields.string("mount_path", Need::Nullable, None);
    if let Some(path) = &mount_path {
        let outcome = if !path.starts_with('/') {
            Err("mount_path must be an absolute path".to_owned())
        } else if path == "/" || path == "/home/sprite" {
            Err("mount_path must not be the Sprite root".to_owned())
        } else {
            Ok(())
        };
        fields.rule("mount_path", outcome);
    }
    let token = fields.string("authorization_token", Need::Nullable, None);
    let errors = fields.into_errors();
    match url {
        Some((url, repo)) if errors.is_empty() => Ok(ResourceInput {
            mount_path: mount_path.unwrap_or_else(|| format!("/workspace/{repo}")),
            url,
            has_token: token.is_some(),
        }),
        _ => Err(errors),
    }
}

/// Returns the URL without a `.git` suffix, and the name of the repository.
fn parse_github_url(url: &str, generation: Generation) -> Option<(String, String)> {
    // On servers of 2026-04-21, Python's `$` allows one trailing newline. Later servers match the whole text.
    let url = match url.strip_suffix('\n') {
        Some(rest) if generation == Generation::April21 => rest,
        _ => url,
    };
    let url = url.strip_suffix(".git").unwrap_or(url);
    let (owner, repo) = url.strip_prefix("https://github.com/")?.split_once('/')?;
    let word = |c: char| {
        matches!(c, '_' | '.' | '-')
            || if generation == Generation::April21 {
                c.is_alphanumeric()
            } else {
                c.is_ascii_alphanumeric()
            }
    };
    let part = |part: &str| !part.is_empty() && part.chars().all(word);
    (part(owner) && part(repo)).then(|| (url.to_owned(), repo.to_owned()))
}
