//! The recorded traffic of the servers of 2026-04-21 and 2026-04-30.

use std::collections::BTreeMap;

use aod::models::{
    Agent, AgentVersion, Environment, EnvironmentVersion, Health, Session, SessionAck, SessionTurn,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{normalized, round_trip};

#[test]
fn every_recorded_success_round_trips() {
    for recording in ["http-s0.jsonl", "http-s1.jsonl"] {
        let mut seen = BTreeMap::<&str, usize>::new();
        for exchange in aod_test_support::recorded_exchanges(recording) {
            let Some(model) = check(&exchange) else {
                continue;
            };
            *seen.entry(model).or_default() += 1;
        }
        for model in [
            "Agent",
            "[Agent]",
            "[AgentVersion]",
            "Environment",
            "[Environment]",
            "[EnvironmentVersion]",
            "Session",
            "[Session]",
            "[SessionTurn]",
            "SessionAck",
            "Health",
        ] {
            assert!(
                seen.contains_key(model),
                "{recording} has no {model}: {seen:?}"
            );
        }
    }
}

/// Round-trips the response of a recorded exchange. Returns the name of its model, or `None` if it has none.
fn check(exchange: &Value) -> Option<&'static str> {
    let status = exchange["status"].as_u64()?;
    let body = &exchange["response"];
    if !(200..300).contains(&status) || !body.is_object() {
        return None;
    }
    let path = exchange["path"].as_str()?.trim_start_matches('/');
    let segments: Vec<&str> = path.split('/').collect();
    let method = exchange["method"].as_str()?;
    let model = match (method, segments.as_slice()) {
        ("GET", ["health"]) => one::<Health>(body, "Health"),
        ("GET", ["agents"]) => list::<Agent>(body, "[Agent]"),
        ("GET", ["agents", _, "versions"]) => list::<AgentVersion>(body, "[AgentVersion]"),
        (_, ["agents", ..]) => one::<Agent>(body, "Agent"),
        ("GET", ["environments"]) => list::<Environment>(body, "[Environment]"),
        ("GET", ["environments", _, "versions"]) => {
            list::<EnvironmentVersion>(body, "[EnvironmentVersion]")
        }
        ("DELETE", _) => return None,
        (_, ["environments", ..]) => one::<Environment>(body, "Environment"),
        ("GET", ["sessions"]) => list::<Session>(body, "[Session]"),
        ("GET", ["sessions", _]) => one::<Session>(body, "Session"),
        ("GET", ["sessions", _, "turns"]) => list::<SessionTurn>(body, "[SessionTurn]"),
        ("POST", ["sessions", ..]) => one::<SessionAck>(body, "SessionAck"),
        _ => panic!("no model for {method} /{path}"),
    };
    Some(model)
}

fn one<T: DeserializeOwned + Serialize>(body: &Value, model: &'static str) -> &'static str {
    assert_eq!(
        normalized(&round_trip::<T>(body)),
        normalized(&comparable(body)),
        "{model}"
    );
    model
}

fn list<T: DeserializeOwned + Serialize>(body: &Value, model: &'static str) -> &'static str {
    for item in body["data"].as_array().expect("a list has data") {
        one::<T>(item, model);
    }
    model
}

/// Normalises equivalent JSON: an MCP server without a type has the type `url`, and empty lists and maps of MCP servers
/// and a null environment of an acknowledgement are absent.
fn comparable(body: &Value) -> Value {
    let mut body = body.clone();
    for server in body
        .get_mut("mcp_servers")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let Some(fields) = server.as_object_mut() else {
            continue;
        };
        fields.entry("type").or_insert_with(|| "url".into());
        fields
            .retain(|_, value| *value != serde_json::json!([]) && *value != serde_json::json!({}));
    }
    if let Some(fields) = body
        .as_object_mut()
        .filter(|fields| fields.contains_key("stream_url"))
    {
        fields.retain(|_, value| !value.is_null() && *value != serde_json::json!([]));
    }
    body
}
