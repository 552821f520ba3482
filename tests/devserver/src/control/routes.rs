//! The control interface over HTTP, under `/__dev/`.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    response::Response,
    routing::{get, post},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Action, AgentChange, Control, ControlError, NewAccount, NewKey, messages::main_account,
};
use crate::{faults::Fault, http::json as reply, script::Script, server::Shared};

/// The routes, relative to `/__dev`.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/reset", post(reset))
        .route("/script", post(set_script).delete(clear_scripts))
        .route("/release", post(release))
        .route("/close", post(close))
        .route("/reached", post(reached))
        .route("/fault", post(plan_fault).delete(clear_faults))
        .route("/clock", post(set_clock))
        .route("/quota", post(set_quota))
        .route("/account", post(add_account))
        .route("/key", post(add_key))
        .route("/log-id", post(set_log_id))
        .route("/agent", post(change_agent))
        .route("/session", post(act))
        .route("/stats", get(stats))
        .route("/requests", get(requests).delete(forget_requests))
        .route("/wait", post(wait))
        // Scripts can be long.
        .layer(DefaultBodyLimit::disable())
}

type Server = State<Arc<Shared>>;

/// The error text of a failed control call; the status is always 400.
struct Problem(String);

impl axum::response::IntoResponse for Problem {
    fn into_response(self) -> Response {
        reply(400, &json!({"detail": self.0}))
    }
}

impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Self {
        Self(error.to_string())
    }
}

/// The response of a call without a result.
fn done() -> Response {
    reply(200, &json!({}))
}

/// Parses a body. Unknown fields are an error. An empty body is treated as `{}`.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| Problem(error.to_string()))
}

async fn reset(State(shared): Server, body: Bytes) -> Result<Response, Problem> {
    read::<Empty>(&body)?;
    Control::new(shared).reset();
    Ok(done())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetScript {
    script: Script,
    #[serde(default)]
    prompt: Option<String>,
    #[serde(default)]
    session: Option<Uuid>,
}

async fn set_script(State(shared): Server, body: Bytes) -> Result<Response, Problem> {
    let call: SetScript = read(&body)?;
    if !call.script.turns.is_empty() && !call.script.steps.is_empty() {
        return Err(Problem("a script has turns or steps, not both".to_owned()));
    }
    let control = Control::new(shared);
    match (call.prompt, call.session) {
        (None, None) => control.set_script(call.script),
        (Some(text), None) => control.set_script_for_prompt(text, call.script),
        (None, Some(session)) => control.set_script_for_session(session, call.script)?,
        (Some(_), Some(_)) => {
            return Err(Problem(
                "a script is for a prompt or for a session, not for both".to_owned(),
            ));
        }
    }
    Ok(done())
}

async fn clear_scripts(State(shared): Server) -> Response {
    Control::new(shared).clear_scripts();
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
}

async fn release(State(shared): Server, body: Bytes) -> Result<Response, Problem> {
    Control::new(shared).release(&read::<Name>(&body)?.name);
    Ok(done())
}

async fn close(State(shared): Server, body: Bytes) -> Result<Response, Problem> {
    Control::new(shared).close_hold(&read::<Name>(&body)?.name);
    Ok(done())
}

async fn reached(State(shared): Server, body: Bytes) -> Result<Response, Problem> {
    let call: Name = read(&body)?;
    Control::new(shared).hold_reached(&call.name).await;
    Ok(done())
}

async fn plan_fault(State(shared): Server, body: Bytes) -> Result<Response, Problem> {
    let fault: Fault = read(&body)?;
    Control::new(shared).plan_fault(fault)?;
    Ok(done())
}

async fn clear_faults(State(shared): Server) -> Response {
    Control::new(shared).clear_faults();
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct SetClock {
    frozen: Option<bool>,
    advance_ms: Option<u64>,
}

async fn set_clock(State(shared): Server, body: Bytes) -> Result<Response, Problem> {
    let call: SetClock = read(&body)?;
    let advance = call.advance_ms.map(Duration::from_millis);
    if advance.is_some_and(|by| shared.clock.ends_within(by)) {
        return Err(Problem(
            "the clock stops at the end of the year 9999".to_owned(),
        ));
    }
    let now = Arc::clone(&shared);
    let control = Control::new(shared);
    match call.frozen {
        Some(true) => control.freeze_clock(),
        Some(false) => control.run_clock(),
        None => {}
    }
    if let Some(by) = advance {
        control.advance(by);
    }
    Ok(reply(200, &json!({"now": now.clock.now().to_string()})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetQuota {
    #[serde(default = "main_account")]
    account: String,
    limit: Option<i64>,
}

async fn set_quota(State(shared): Server, body: Bytes) -> Result<Response, Problem> {
    let call: SetQuota = read(&body)?;
    Control::new(shared).set_quota(&call.account, call.limit)?;
    Ok(done())
}

async fn add_account(State(shared): Server, body: Bytes) -> Result<Response, Problem> {
    let account: NewAccount = read(&body)?;
    Control::new(shared).add_account(account)?;
    Ok(done())
}

async fn add_key(State(shared): Server, body: Bytes) -> Result<Response, Problem> {
    let key: NewKey = read(&body)?;
    Control::new(shared).add_key(key)?;
    Ok(done())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetLogId {
    next: i64,
}

async fn set_log_id(State(shared): Server, body: Bytes) -> Result<Response, Problem> {
    let call: SetLogId = read(&body)?;
    Control::new(shared).set_next_log_id(call.next)?;
    Ok(done())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeAgent {
    agent: Uuid,
    change: AgentChange,
}

async fn change_agent(State(shared): Server, body: Bytes) -> Result<Response, Problem> {
    let call: ChangeAgent = read(&body)?;
    Control::new(shared).change_agent(call.agent, call.change)?;
    Ok(done())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PerformAction {
    session: Uuid,
    action: Action,
}

async fn act(State(shared): Server, body: Bytes) -> Result<Response, Problem> {
    let call: PerformAction = read(&body)?;
    Control::new(shared).act(call.session, call.action)?;
    Ok(done())
}

async fn stats(State(shared): Server) -> Response {
    reply(200, &json!(Control::new(shared).stats()))
}

async fn requests(State(shared): Server) -> Response {
    let requests = Control::new(shared).requests();
    let data: Vec<Value> = requests.iter().map(|request| json!(request)).collect();
    reply(200, &json!({"data": data}))
}

async fn forget_requests(State(shared): Server) -> Response {
    Control::new(shared).forget_requests();
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wait {
    streams: Option<usize>,
    requests: Option<u64>,
    connections: Option<usize>,
}

async fn wait(State(shared): Server, body: Bytes) -> Result<Response, Problem> {
    let call: Wait = read(&body)?;
    let control = Control::new(shared);
    if let Some(streams) = call.streams {
        control.streams_open(streams).await;
    }
    if let Some(requests) = call.requests {
        control.requests_received(requests).await;
    }
    if let Some(connections) = call.connections {
        control.connections_open(connections).await;
    }
    Ok(done())
}
