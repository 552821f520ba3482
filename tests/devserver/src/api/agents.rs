//! The endpoints under `/agents`.

use axum::{http::Method, response::Response};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{body, body_id, list, version_mismatch};
use crate::{
    generation::Generation,
    http::{Call, Refusal, json as reply},
    store::{Agent, AgentFields, Store},
    validation::{AgentCreate, AgentUpdate, check_engine, check_model, normalized},
};

pub(super) fn collection(call: &Call) -> Result<Response, Refusal> {
    match call.method {
        Method::GET => {
            let store = call.shared.store();
            let own = store
                .agents
                .iter()
                .rev()
                .filter(|agent| agent.owner == call.account && agent.archived_at.is_none());
            Ok(list(own.map(|agent| agent.to_json(call.shared.generation))))
        }
        Method::POST => create(call),
        _ => Err(Refusal::method_not_allowed()),
    }
}

pub(super) fn item(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    match call.method {
        Method::GET => Ok(reply(
            200,
            &find(&mut call.shared.store(), call, id)?.to_json(call.shared.generation),
        )),
        Method::PUT if call.shared.generation == Generation::April21 => update_april21(call, id),
        Method::PUT => update(call, id),
        _ => {
            // Servers of 2026-04-21 look up the row first.
            if call.shared.generation == Generation::April21 {
                find(&mut call.shared.store(), call, id)?;
            }
            Err(Refusal::method_not_allowed())
        }
    }
}

fn find<'a>(store: &'a mut Store, call: &Call, id: Uuid) -> Result<&'a mut Agent, Refusal> {
    store
        .agent(call.account, id)
        .ok_or_else(|| Refusal::not_found("Agent"))
}

fn create(call: &Call) -> Result<Response, Refusal> {
    let generation = call.shared.generation;
    let new = AgentCreate::check(&body(call)?, generation)?;
    let (engine, model) = if generation == Generation::June25 {
        normalized(&new.engine, &new.model)?
    } else {
        check_engine(&new.engine, generation)?;
        check_model(&new.model, &new.engine, generation)?;
        (new.engine, new.model)
    };
    let mut store = call.shared.store();
    let environment_id = assignable(&mut store, call, new.environment_id.as_deref())?;
    let fields = AgentFields {
        name: new.name,
        description: new.description,
        system: new.system,
        model,
        engine,
        environment_id,
        skills: new.skills,
        mcp_servers: new.mcp_servers,
        metadata: new.metadata,
    };
    let agent = Agent::new(call.account, fields, call.shared.clock.now());
    let json = agent.to_json(generation);
    store.agents.push(agent);
    Ok(reply(201, &json))
}

/// Finds the environment of an agent. Since 2026-04-30 it must not be archived.
fn assignable(store: &mut Store, call: &Call, id: Option<&str>) -> Result<Option<Uuid>, Refusal> {
    let Some(text) = id else {
        return Ok(None);
    };
    let environment = store
        .environment(call.account, body_id(text)?)
        .ok_or_else(|| Refusal::not_found("Environment"))?;
    if environment.archived_at.is_some() && call.shared.generation > Generation::April21 {
        return Err(Refusal::detail(
            409,
            "Cannot assign an archived environment to an agent",
        ));
    }
    Ok(Some(environment.id))
}

/// Updates an agent like servers of 2026-04-21: checks the row before the body, and the runtime after the version.
fn update_april21(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    let mut store = call.shared.store();
    refuse_archived(find(&mut store, call, id)?)?;
    let update = AgentUpdate::check(&body(call)?, Generation::April21)?;
    check_version(find(&mut store, call, id)?, update.version)?;
    if let Some(engine) = &update.engine {
        check_engine(engine, Generation::April21)?;
    }
    let environment_id = assignable(&mut store, call, update.environment_id.as_deref())?;
    let agent = find(&mut store, call, id)?;
    let fields = merged(&agent.fields, update, environment_id);
    agent.update(fields, call.shared.clock.now());
    Ok(reply(200, &agent.to_json(Generation::April21)))
}

/// Updates an agent like servers since 2026-04-30: checks the body first, and the model with its runtime or provider
/// last. Only 2026-04-30 checks whether the runtime is known right after the body.
fn update(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    let generation = call.shared.generation;
    let update = AgentUpdate::check(&body(call)?, generation)?;
    if let Some(engine) = &update.engine
        && generation == Generation::April30
    {
        check_engine(engine, generation)?;
    }
    let mut store = call.shared.store();
    let environment_id = assignable(&mut store, call, update.environment_id.as_deref())?;
    let agent = find(&mut store, call, id)?;
    refuse_archived(agent)?;
    check_version(agent, update.version)?;
    let mut fields = merged(&agent.fields, update, environment_id);
    if generation == Generation::June25 {
        (fields.engine, fields.model) = normalized(&fields.engine, &fields.model)?;
    } else if fields.model != agent.fields.model || fields.engine != agent.fields.engine {
        check_model(&fields.model, &fields.engine, generation)?;
    }
    agent.update(fields, call.shared.clock.now());
    Ok(reply(200, &agent.to_json(generation)))
}

fn refuse_archived(agent: &Agent) -> Result<(), Refusal> {
    match agent.archived_at {
        Some(_) => Err(Refusal::detail(409, "Cannot update an archived agent")),
        None => Ok(()),
    }
}

fn check_version(agent: &Agent, version: i64) -> Result<(), Refusal> {
    if agent.version == version {
        Ok(())
    } else {
        Err(version_mismatch(agent.version, version))
    }
}

fn merged(current: &AgentFields, update: AgentUpdate, environment_id: Option<Uuid>) -> AgentFields {
    let mut fields = current.clone();
    if update.detach {
        fields.environment_id = None;
    } else if environment_id.is_some() {
        fields.environment_id = environment_id;
    }
    set(&mut fields.name, update.name);
    set(&mut fields.description, update.description);
    set(&mut fields.system, update.system);
    set(&mut fields.model, update.model);
    set(&mut fields.engine, update.engine);
    set(&mut fields.skills, update.skills);
    set(&mut fields.mcp_servers, update.mcp_servers);
    merge_metadata(&mut fields.metadata, update.metadata.unwrap_or_default());
    fields
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// Merges metadata by top-level key. An empty string removes the key; any other value is stored verbatim.
fn merge_metadata(metadata: &mut Map<String, Value>, update: Map<String, Value>) {
    for (key, value) in update {
        if value == "" {
            metadata.shift_remove(&key);
        } else {
            metadata.insert(key, value);
        }
    }
}

pub(super) fn archive(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    let mut store = call.shared.store();
    let agent = find(&mut store, call, id)?;
    if agent.archived_at.is_some() {
        return Err(Refusal::detail(409, "Agent is already archived"));
    }
    agent.archive(call.shared.clock.now());
    Ok(reply(200, &agent.to_json(call.shared.generation)))
}

pub(super) fn versions(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    let mut store = call.shared.store();
    let agent = find(&mut store, call, id)?;
    Ok(list(agent.versions(call.shared.generation)))
}
