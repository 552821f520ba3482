//! Agents: bodies of create and update, MCP servers, models and runtimes.

use serde_json::{Map, Value};

use super::{
    fields::{Fields, Need},
    skills::skills,
};
use crate::{
    generation::Generation,
    http::Refusal,
    python::{repr, repr_list},
};

/// The body of `POST /agents`.
pub(crate) struct AgentCreate {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) system: String,
    pub(crate) model: String,
    pub(crate) engine: String,
    /// An empty string is treated as absent.
    pub(crate) environment_id: Option<String>,
    pub(crate) skills: Vec<Value>,
    pub(crate) mcp_servers: Vec<Value>,
    pub(crate) metadata: Map<String, Value>,
}

impl AgentCreate {
    pub(crate) fn check(
        body: &Map<String, Value>,
        generation: Generation,
    ) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let name = fields.string("name", Need::Required, Some(200));
        let model = fields.string("model", Need::Required, Some(100));
        check_listed_model(&mut fields, model.as_deref(), generation);
        let engine = fields.string(generation.engine_field(), Need::Required, Some(32));
        let system = fields.string("system", Need::Optional, None);
        let description = fields.string("description", Need::Optional, None);
        let environment_id = fields.string("environment_id", Need::Nullable, None);
        let skills = skills(&mut fields, Need::Optional, generation);
        let (mcp_servers, trips) = mcp_servers(&mut fields, Need::Optional);
        let metadata = fields.dict("metadata", Need::Optional);
        if trips {
            return Err(Refusal::Html(500));
        }
        fields.finish()?;
        Ok(Self {
            name: name.unwrap_or_default(),
            description: description.unwrap_or_default(),
            system: system.unwrap_or_default(),
            model: model.unwrap_or_default(),
            engine: engine.unwrap_or_default(),
            environment_id: environment_id.filter(|id| !id.is_empty()),
            skills: skills.unwrap_or_default(),
            mcp_servers: mcp_servers.unwrap_or_default(),
            metadata: metadata.unwrap_or_default(),
        })
    }
}

/// The body of `PUT /agents/{id}`. Fields that are `None` do not change.
pub(crate) struct AgentUpdate {
    pub(crate) version: i64,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) system: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) engine: Option<String>,
    pub(crate) environment_id: Option<String>,
    /// Whether `environment_id` was sent as null, which detaches it since 2026-04-30.
    pub(crate) detach: bool,
    pub(crate) skills: Option<Vec<Value>>,
    pub(crate) mcp_servers: Option<Vec<Value>>,
    pub(crate) metadata: Option<Map<String, Value>>,
}

impl AgentUpdate {
    pub(crate) fn check(
        body: &Map<String, Value>,
        generation: Generation,
    ) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let version = fields.int("version", Need::Required);
        let name = fields.string("name", Need::Nullable, None);
        let model_limit = (generation == Generation::June25).then_some(100);
        let model = fields.string("model", Need::Nullable, model_limit);
        check_listed_model(&mut fields, model.as_deref(), generation);
        let engine = fields
            .string(generation.engine_field(), Need::Nullable, None)
            .filter(|engine| !engine.is_empty() || generation != Generation::June25);
        let system = fields.string("system", Need::Nullable, None);
        let description = fields.string("description", Need::Nullable, None);
        let environment_id = fields.string("environment_id", Need::Nullable, None);
        let skills = skills(&mut fields, Need::Nullable, generation);
        let (mcp_servers, trips) = mcp_servers(&mut fields, Need::Nullable);
        let metadata = fields.dict("metadata", Need::Nullable);
        if trips {
            return Err(Refusal::Html(500));
        }
        fields.finish()?;
        Ok(Self {
            version: version.unwrap_or_default(),
            name,
            description,
            system,
            model,
            engine,
            environment_id,
            detach: generation > Generation::April21
                && body.get("environment_id").is_some_and(Value::is_null),
            skills,
            mcp_servers,
            metadata,
        })
    }
}

/// Checks the model against the list, if the generation has one. An unknown model is a 422 entry of its field.
fn check_listed_model(fields: &mut Fields, model: Option<&str>, generation: Generation) {
    let models = generation.models();
    if let Some(model) = model
        && !models.is_empty()
        && !models.contains(&model)
    {
        let list = repr_list(models);
        fields.rule(
            "model",
            Err(format!("Unknown model: {model}. Must be one of: {list}")),
        );
    }
}

/// Checks the runtime or provider. An unknown runtime is a 400, an unknown provider a 422 with a string.
pub(crate) fn check_engine(engine: &str, generation: Generation) -> Result<(), Refusal> {
    let engines = generation.engines();
    if engines.contains(&engine) {
        return Ok(());
    }
    let list = repr_list(engines);
    Err(if generation == Generation::June25 {
        Refusal::detail(
            422,
            format!("Unknown provider: {engine}. Must be one of: {list}"),
        )
    } else {
        Refusal::detail(
            400,
            format!("Unknown runtime: {engine}. Must be one of: {list}"),
        )
    })
}

/// Checks whether the runtime supports the model, on 2026-04-30 only. An error is a 422 with a string.
pub(crate) fn check_model(
    model: &str,
    engine: &str,
    generation: Generation,
) -> Result<(), Refusal> {
    if generation != Generation::April30 {
        return Ok(());
    }
    let provider = model
        .split_once('/')
        .map_or(model, |(provider, _)| provider);
    let served = Generation::providers_of(engine);
    if served.contains(&provider) {
        return Ok(());
    }
    let list = repr_list(served);
    Err(Refusal::detail(
        422,
        format!("Runtime {engine} cannot serve model {model}: provider {provider} not in {list}"),
    ))
}

/// Returns a provider and its model as they are stored since 2026-06-25: trimmed, and the model without a prefix that
/// equals its provider. An error is a 422 with a string.
pub(crate) fn normalized(provider: &str, model: &str) -> Result<(String, String), Refusal> {
    let (provider, model) = (provider.trim(), model.trim());
    check_engine(provider, Generation::June25)?;
    let stored = match model.split_once('/') {
        Some((prefix @ ("anthropic" | "openai" | "google" | "kimi"), rest)) => {
            if prefix != provider {
                return Err(Refusal::detail(
                    422,
                    format!(
                        "Model provider prefix '{prefix}' does not match provider '{provider}'"
                    ),
                ));
            }
            rest.trim()
        }
        _ => model,
    };
    if stored.is_empty() {
        return Err(Refusal::detail(422, "Model must be a non-empty string"));
    }
    Ok((provider.to_owned(), stored.to_owned()))
}

/// Checks MCP servers. Names and types are compared by hash, so a list or object as one is a 500, which the second
/// value reports.
fn mcp_servers(fields: &mut Fields, need: Need) -> (Option<Vec<Value>>, bool) {
    let Some(items) = fields.list("mcp_servers", need) else {
        return (None, false);
    };
    let mut trips = false;
    let outcome = check_mcp_servers(&items, &mut trips);
    let good = fields.rule("mcp_servers", outcome);
    (good.then_some(items), trips)
}

fn check_mcp_servers(items: &[Value], trips: &mut bool) -> Result<(), String> {
    let mut names: Vec<&Value> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let at = format!("mcp_servers[{index}]");
        let Value::Object(item) = item else {
            return Err(format!("{at} must be an object"));
        };
        let Some(name) = item.get("name") else {
            return Err(format!("{at} missing required field: name"));
        };
        let (kind, needed) = match item.get("type").map(Value::as_str) {
            None | Some(Some("url")) => ("url", "url"),
            Some(Some("stdio")) => ("stdio", "command"),
            Some(None) if is_unhashable(&item["type"]) => {
                *trips = true;
                return Ok(());
            }
            Some(_) => {
                let kind = repr(&item["type"]);
                return Err(format!(
                    "{at}: unknown type {kind}. Must be one of: ['stdio', 'url']"
                ));
            }
        };
        if !item.contains_key(needed) {
            return Err(format!("{at} ({kind}): missing required field: {needed}"));
        }
        if is_unhashable(name) {
            *trips = true;
            return Ok(());
        }
        if names.contains(&name) {
            return Err(format!("{at}: duplicate name {}", repr(name)));
        }
        names.push(name);
    }
    if items.len() > 20 {
        return Err("Maximum 20 MCP servers per agent".to_owned());
    }
    Ok(())
}

fn is_unhashable(value: &Value) -> bool {
    value.is_array() || value.is_object()
}
