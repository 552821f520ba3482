//! The endpoints under `/sessions`.

use std::sync::Arc;

use axum::{
    http::{HeaderName, Method},
    response::Response,
};
use serde_json::json;
use url::form_urlencoded;
use uuid::Uuid;

use super::{body, body_id, list};
use crate::{
    generation::Generation,
    http::{Call, Refusal, json as reply},
    python,
    script::player,
    store::{
        Agent, DEFAULT_SESSION_LIMIT, NewSession, Resource, Sandbox, Session, StagePlan, Status,
        Store,
    },
    stream,
    validation::{PromptCreate, SessionCreate, check_engine, check_model},
};

pub(super) fn collection(call: &Call) -> Result<Response, Refusal> {
    match call.method {
        Method::GET => {
            let store = call.shared.store();
            let own = store
                .sessions
                .iter()
                .rev()
                .filter(|session| session.owner == call.account);
            Ok(list(
                own.map(|session| session.to_json(call.shared.generation)),
            ))
        }
        Method::POST => create(call),
        _ => Err(Refusal::method_not_allowed()),
    }
}

fn find<'a>(store: &'a mut Store, call: &Call, id: Uuid) -> Result<&'a mut Session, Refusal> {
    store
        .session(call.account, id)
        .ok_or_else(|| Refusal::not_found("Session"))
}

fn create(call: &Call) -> Result<Response, Refusal> {
    let generation = call.shared.generation;
    let input = SessionCreate::check(&body(call)?, generation)?;
    let mut store = call.shared.store();
    if generation == Generation::April21 {
        check_quota(&store, call)?;
    }
    let new = resolve(&mut store, call, input)?;
    if generation == Generation::April21 {
        refuse_archived_environment(&mut store, &new)?;
    }
    check_model_access(&store, call, &new)?;
    if generation > Generation::April21 {
        refuse_archived_environment(&mut store, &new)?;
    }
    check_sandbox_access(&store, call)?;
    if generation > Generation::April21 {
        check_quota(&store, call)?;
    }
    let session = Session::new(new, call.shared.clock.now());
    let ack = json!({
        "id": session.id,
        "status": session.status,
        "stream_url": format!("/sessions/{}/stream", session.id),
        "environment_id": session.environment_id,
        "resources": session.resources,
        "current_turn": 1,
    });
    let (id, changes) = (session.id, session.changes());
    store.sessions.push(session);
    tokio::spawn(player::run(Arc::clone(&call.shared), id, changes));
    Ok(reply(202, &ack))
}

/// Returns the limit of concurrent sessions. Servers of 2026-04-21 allow no session at a limit of 0; later ones apply
/// the default.
fn check_quota(store: &Store, call: &Call) -> Result<(), Refusal> {
    let own = store.account(call.account).session_limit;
    let limit = own
        .filter(|limit| *limit != 0 || call.shared.generation == Generation::April21)
        .unwrap_or(DEFAULT_SESSION_LIMIT);
    let active = store.active_sessions(call.account);
    if active >= limit {
        return Err(Refusal::Quota { limit, active });
    }
    Ok(())
}

/// Finds the agent and the environment, which is the given one or that of the agent.
fn resolve(store: &mut Store, call: &Call, input: SessionCreate) -> Result<NewSession, Refusal> {
    let agent_id = body_id(&input.agent_id)?;
    let agent = store
        .agent(call.account, agent_id)
        .ok_or_else(|| Refusal::not_found("Agent"))?;
    if agent.archived_at.is_some() {
        return Err(Refusal::detail(
            409,
            "Cannot create session with archived agent",
        ));
    }
    let mut new = NewSession {
        owner: call.account,
        agent_id,
        environment_id: None,
        engine: agent.fields.engine.clone(),
        model: agent.fields.model.clone(),
        prompt: input.prompt,
        stages: stage_plan(agent),
        resources: Vec::new(),
    };
    let environment_id = match input.environment_id {
        Some(text) => Some(body_id(&text)?),
        None => agent.fields.environment_id,
    };
    if let Some(id) = environment_id {
        let environment = store
            .environment(call.account, id)
            .ok_or_else(|| Refusal::not_found("Environment"))?;
        new.environment_id = Some(id);
        new.stages.limited_network = environment.fields.is_limited();
    }
    for resource in input.resources {
        new.stages.repository_token |= resource.has_token;
        new.resources.push(Resource {
            r#type: "github_repository",
            url: resource.url,
            mount_path: resource.mount_path,
        });
    }
    Ok(new)
}

fn stage_plan(agent: &Agent) -> StagePlan {
    StagePlan {
        mcp_servers: !agent.fields.mcp_servers.is_empty(),
        skills: !agent.fields.skills.is_empty(),
        ..StagePlan::default()
    }
}

/// Servers of 2026-04-21 check this together with the environment, later ones after the model.
fn refuse_archived_environment(store: &mut Store, new: &NewSession) -> Result<(), Refusal> {
    let archived = new
        .environment_id
        .and_then(|id| store.environment(new.owner, id))
        .is_some_and(|environment| environment.archived_at.is_some());
    if archived {
        return Err(Refusal::detail(
            409,
            "Cannot create session with archived environment",
        ));
    }
    Ok(())
}

/// Checks whether the agent's runtime and model are still supported.
fn check_model_access(store: &Store, call: &Call, new: &NewSession) -> Result<(), Refusal> {
    let generation = call.shared.generation;
    check_engine(&new.engine, generation)?;
    let account = store.account(call.account);
    if !account.model_key && generation < Generation::June25 {
        let engine = &new.engine;
        return Err(Refusal::detail(
            400,
            format!("No API key configured for runtime: {engine}"),
        ));
    }
    if generation == Generation::April30 {
        let model = &new.model;
        if !generation.models().contains(&model.as_str()) {
            return Err(Refusal::detail(422, format!("Unknown model: {model}")));
        }
        check_model(model, &new.engine, generation)?;
    }
    Ok(())
}

fn check_sandbox_access(store: &Store, call: &Call) -> Result<(), Refusal> {
    if store.account(call.account).sandbox_key {
        return Ok(());
    }
    Err(match call.shared.generation {
        Generation::April21 => Refusal::detail(400, "No Sprites API key configured"),
        Generation::April30 => Refusal::detail(400, "No backend credentials configured"),
        Generation::June25 => Refusal::detail(503, "Session backend is not configured"),
    })
}

pub(super) fn get(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    let mut store = call.shared.store();
    let session = find(&mut store, call, id)?;
    Ok(reply(200, &session.to_json(call.shared.generation)))
}

pub(super) fn turns(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    let mut store = call.shared.store();
    Ok(list(find(&mut store, call, id)?.turns_json()))
}

pub(super) fn prompt(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    let generation = call.shared.generation;
    let mut store = call.shared.store();
    refuse_unpromptable(find(&mut store, call, id)?.status)?;
    let input = PromptCreate::check(&body(call)?)?;
    if !store.account(call.account).sandbox_key {
        return Err(match generation {
            Generation::April21 => Refusal::detail(400, "No Sprites API key configured"),
            Generation::April30 => Refusal::detail(400, "No backend credentials configured"),
            Generation::June25 => Refusal::detail(503, "Session backend token is not configured"),
        });
    }
    let now = call.shared.clock.now();
    let session = find(&mut store, call, id)?;
    if session.sandbox != Sandbox::Ready {
        let name = &session.sandbox_name;
        return Err(if generation == Generation::April21 {
            let text = format!("Sprite not found: Resource not found for get sprite '{name}'");
            Refusal::detail(404, text)
        } else {
            Refusal::detail(
                409,
                "Session backend is no longer available; start a new session.",
            )
        });
    }
    if session.status == Status::Pending && generation > Generation::April21 {
        return Err(Refusal::detail(409, "Session already has a pending turn"));
    }
    let turn = session.prompt(input.prompt, now);
    Ok(reply(
        202,
        &json!({
            "id": id,
            "status": session.status,
            "stream_url": format!("/sessions/{id}/stream"),
            "current_turn": turn,
        }),
    ))
}

fn refuse_unpromptable(status: Status) -> Result<(), Refusal> {
    let text = match status {
        Status::Running => "Session is already running",
        Status::Terminated => "Session has been terminated",
        Status::Failed => "Session has failed and cannot be resumed. Start a new session.",
        _ => return Ok(()),
    };
    Err(Refusal::detail(409, text))
}

pub(super) fn terminate(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    let mut store = call.shared.store();
    let session = find(&mut store, call, id)?;
    if session.status == Status::Terminated {
        return Err(Refusal::detail(409, "Session is already terminated"));
    }
    session.terminate(call.shared.clock.now());
    Ok(reply(200, &json!({"id": id, "status": session.status})))
}

/// Interrupts the active turn. The response has the current status; the worker ends the turn later.
pub(super) fn interrupt(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    let mut store = call.shared.store();
    let session = find(&mut store, call, id)?;
    let text = match session.status {
        Status::Terminated => "Session has been terminated",
        Status::Failed => "Session has failed",
        Status::Pending | Status::Running => {
            session.interrupt_requested = true;
            session.announce();
            return Ok(reply(202, &json!({"id": id, "status": session.status})));
        }
        _ => "Session has no active turn to interrupt",
    };
    Err(Refusal::detail(409, text))
}

pub(super) fn delete(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    if call.method != Method::DELETE {
        return Err(Refusal::method_not_allowed());
    }
    let mut store = call.shared.store();
    let status = find(&mut store, call, id)?.status;
    if call.shared.generation > Generation::April21 && status.is_active() {
        return Err(Refusal::detail(409, "Cannot delete an active session"));
    }
    if status == Status::Running {
        return Err(Refusal::detail(409, "Cannot delete a running session"));
    }
    store.sessions.retain(|session| session.id != id);
    Ok(reply(200, &json!({"detail": "Session deleted"})))
}

pub(super) fn stream(call: Call, id: Uuid) -> Result<Response, Refusal> {
    let opening = {
        let mut store = call.shared.store();
        let session = find(&mut store, &call, id)?;
        stream::StreamStart {
            session: id,
            engine: session.engine.clone(),
            changes: session.changes(),
            cursor: cursor(&call)?,
        }
    };
    Ok(stream::open(call, opening))
}

/// Returns `Last-Event-ID` if it is not empty, else the last `since`, else 0. Negative values count as 0.
fn cursor(call: &Call) -> Result<i64, Refusal> {
    let header = call.header(&HeaderName::from_static("last-event-id"));
    // Header values are Latin-1.
    let header = header.map(|value| {
        value
            .iter()
            .map(|&byte| char::from(byte))
            .collect::<String>()
    });
    let query = call.uri.query().unwrap_or_default();
    let since = || {
        form_urlencoded::parse(query.as_bytes())
            .filter(|(key, _)| key == "since")
            .last()
            .map(|(_, value)| value.into_owned())
    };
    match header.filter(|text| !text.is_empty()).or_else(since) {
        None => Ok(0),
        Some(text) => python::int(&text)
            .map(|cursor| cursor.max(0))
            .ok_or_else(|| Refusal::detail(400, "since must be an integer")),
    }
}
