//! The endpoints. The order of the checks is that of the generation, because it determines the error.

mod agents;
mod environments;
mod sessions;

use axum::response::Response;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    generation::Generation,
    http::{Call, Refusal, Route, json as reply},
    validation::parse_body,
};

/// Handles an authenticated call.
pub(crate) fn handle(route: Route, call: Call) -> Result<Response, Refusal> {
    match route {
        Route::Health => Ok(health(call.shared.generation)),
        Route::Agents => agents::collection(&call),
        Route::Agent(id) => agents::item(&call, id),
        Route::AgentArchive(id) => agents::archive(&call, id),
        Route::AgentVersions(id) => agents::versions(&call, id),
        Route::Environments => environments::collection(&call),
        Route::Environment(id) => environments::item(&call, id),
        Route::EnvironmentArchive(id) => environments::archive(&call, id),
        Route::EnvironmentDelete(id) => environments::delete(&call, id),
        Route::EnvironmentVersions(id) => environments::versions(&call, id),
        Route::Sessions => sessions::collection(&call),
        Route::Session(id) => sessions::get(&call, id),
        Route::SessionPrompt(id) => sessions::prompt(&call, id),
        Route::SessionTurns(id) => sessions::turns(&call, id),
        Route::SessionTerminate(id) => sessions::terminate(&call, id),
        Route::SessionInterrupt(id) => sessions::interrupt(&call, id),
        Route::SessionDelete(id) => sessions::delete(&call, id),
        Route::SessionStream(id) => sessions::stream(call, id),
    }
}

fn health(generation: Generation) -> Response {
    let body = if generation == Generation::April21 {
        json!({"status": "ok"})
    } else {
        json!({"status": "ok", "checks": {"db": "ok", "crypto": "ok"}})
    };
    reply(200, &body)
}

fn body(call: &Call) -> Result<Map<String, Value>, Refusal> {
    parse_body(&call.body, call.shared.generation)
}

fn list(items: impl Iterator<Item = Value>) -> Response {
    let data: Vec<Value> = items.collect();
    reply(200, &json!({"data": data}))
}

/// Parses an ID in a JSON body: a UUID in any format. Anything else is a 500 in every generation.
fn body_id(text: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(text).map_err(|_| Refusal::Html(500))
}

fn version_mismatch(expected: i64, got: i64) -> Refusal {
    Refusal::detail(
        409,
        format!("Version mismatch: expected {expected}, got {got}"),
    )
}
