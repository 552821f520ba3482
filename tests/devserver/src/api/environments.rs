//! The endpoints under `/environments`.

use axum::{http::Method, response::Response};
use serde_json::json;
use uuid::Uuid;

use super::{body, list, version_mismatch};
use crate::{
    generation::Generation,
    http::{Call, Refusal, json as reply},
    python::repr_str,
    store::{Environment, EnvironmentFields, Store},
    validation::{EnvironmentCreate, EnvironmentUpdate},
};

pub(super) fn collection(call: &Call) -> Result<Response, Refusal> {
    match call.method {
        Method::GET => {
            let store = call.shared.store();
            let own = store.environments.iter().rev().filter(|environment| {
                environment.owner == call.account && environment.archived_at.is_none()
            });
            Ok(list(own.map(Environment::to_json)))
        }
        Method::POST => create(call),
        _ => Err(Refusal::method_not_allowed()),
    }
}

pub(super) fn item(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    match call.method {
        Method::GET => Ok(reply(
            200,
            &find(&mut call.shared.store(), call, id)?.to_json(),
        )),
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

fn find<'a>(store: &'a mut Store, call: &Call, id: Uuid) -> Result<&'a mut Environment, Refusal> {
    store
        .environment(call.account, id)
        .ok_or_else(|| Refusal::not_found("Environment"))
}

fn create(call: &Call) -> Result<Response, Refusal> {
    let new = EnvironmentCreate::check(&body(call)?, call.shared.generation)?;
    let mut store = call.shared.store();
    refuse_taken_name(&store, call, &new.name, None)?;
    let fields = EnvironmentFields {
        name: new.name,
        packages: new.packages,
        env_vars: new.env_vars,
        setup_script: new.setup_script,
        networking: new.networking,
    };
    let environment = Environment::new(call.account, fields, call.shared.clock.now());
    let json = environment.to_json();
    store.environments.push(environment);
    Ok(reply(201, &json))
}

/// Refuses a name that is in use. Servers of 2026-04-21 fail with a 500 instead.
fn refuse_taken_name(
    store: &Store,
    call: &Call,
    name: &str,
    except: Option<Uuid>,
) -> Result<(), Refusal> {
    if store.environment_name_taken(call.account, name, except) {
        let name = repr_str(name);
        return Err(Refusal::detail(
            409,
            format!("An active environment named {name} already exists"),
        ));
    }
    Ok(())
}

/// Servers of 2026-04-21 check the row before the body, later ones the body before the row.
fn update(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    let generation = call.shared.generation;
    let mut store = call.shared.store();
    if generation == Generation::April21 {
        refuse_archived(find(&mut store, call, id)?)?;
    }
    let update = EnvironmentUpdate::check(&body(call)?, generation)?;
    let environment = find(&mut store, call, id)?;
    refuse_archived(environment)?;
    if environment.version != update.version {
        return Err(version_mismatch(environment.version, update.version));
    }
    let current = environment.fields.clone();
    let fields = EnvironmentFields {
        name: update.name.unwrap_or(current.name),
        packages: update.packages.unwrap_or(current.packages),
        env_vars: update.env_vars.unwrap_or(current.env_vars),
        setup_script: update.setup_script.unwrap_or(current.setup_script),
        networking: update.networking.unwrap_or(current.networking),
    };
    refuse_taken_name(&store, call, &fields.name, Some(id))?;
    let environment = find(&mut store, call, id)?;
    environment.update(fields, call.shared.clock.now());
    Ok(reply(200, &environment.to_json()))
}

fn refuse_archived(environment: &Environment) -> Result<(), Refusal> {
    match environment.archived_at {
        Some(_) => Err(Refusal::detail(
            409,
            "Cannot update an archived environment",
        )),
        None => Ok(()),
    }
}

pub(super) fn archive(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    let mut store = call.shared.store();
    let environment = find(&mut store, call, id)?;
    if environment.archived_at.is_some() {
        return Err(Refusal::detail(409, "Environment is already archived"));
    }
    environment.archive(call.shared.clock.now());
    Ok(reply(200, &environment.to_json()))
}

pub(super) fn delete(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    if call.method != Method::DELETE {
        return Err(Refusal::method_not_allowed());
    }
    let mut store = call.shared.store();
    find(&mut store, call, id)?;
    if store
        .sessions
        .iter()
        .any(|session| session.environment_id == Some(id))
    {
        return Err(Refusal::detail(
            409,
            "Cannot delete environment with existing sessions",
        ));
    }
    store.remove_environment(id);
    Ok(reply(200, &json!({"detail": "Environment deleted"})))
}

pub(super) fn versions(call: &Call, id: Uuid) -> Result<Response, Refusal> {
    Ok(list(find(&mut call.shared.store(), call, id)?.versions()))
}
