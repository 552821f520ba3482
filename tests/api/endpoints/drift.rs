//! Servers newer than this client: unknown values, fields and types are parsed and kept.

use aod::models::event::{OutputStream, StageState, StreamEvent};
use aod::models::{
    CreateEnvironment, McpServer, NetworkingType, PackageManager, ResourceType, SessionStatus,
    Skill, TurnStatus,
};
use aod_devserver::{Effect, Fault, Generation, Script};
use futures::TryStreamExt;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::endpoints::world::{World, answer, tests};

tests! { in [april21 april30 june25]:
    unknown_content_of_an_agent_is_kept_in_every_response,
    unknown_content_of_an_environment_is_kept_in_every_response,
    unknown_content_of_a_session_is_kept_in_every_response,
    waiting_ends_at_an_unknown_status,
    an_unknown_record_does_not_affect_the_others,
    unknown_values_and_fields_of_events_are_kept,
    an_event_of_an_unknown_type_is_delivered_in_full,
    unknown_fields_of_health_are_kept,
}

/// Sets fields in the next response: in its record, or in each record of its list.
fn drift(world: &World, method: &str, path: &str, fields: &Value) {
    let fields = fields.as_object().expect("fields are an object").clone();
    let effect = Effect::Merge {
        fields,
        event_type: None,
    };
    world.fault(method, path, effect);
}

/// The JSON of a record with unknown fields.
fn with_unknown_fields(plain: &impl Serialize, fields: &Value) -> Value {
    let mut json = serde_json::to_value(plain).unwrap();
    merge(&mut json, fields);
    json
}

fn merge(into: &mut Value, fields: &Value) {
    let fields: Map<String, Value> = fields.as_object().unwrap().clone();
    into.as_object_mut().unwrap().extend(fields);
}

fn json_of(value: &impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

async fn unknown_content_of_an_agent_is_kept_in_every_response(world: World) {
    let agents = world.client.agents();
    let agent = world.agent("a").await;
    let engine = match world.generation {
        Generation::April21 | Generation::April30 => "runtime",
        Generation::June25 => "provider",
    };
    let fields = json!({
        "type": "super_agent",
        engine: "quantum",
        "skills": [
            {"type": "gitlab", "source": "a/b", "ref": 5},
            {"name": "n", "description": "d", "content": "c", "new": [1]},
            "a bare word",
        ],
        "mcp_servers": [
            {"name": "w", "type": "websocket", "url": "wss://x", "retry": {"max": 3}},
            {"name": "u", "type": "url", "url": "u", "headers": {"A": "b"}, "timeout": 5},
            {"name": {"strange": true}, "type": "stdio", "command": 7},
        ],
        "budget": {"usd": 1.25, "hard": true},
        "labels": ["é", null],
        "version": 9_007_199_254_740_993_i64,
    });
    let expected = with_unknown_fields(&agent, &fields);
    let path = format!("/agents/{}", agent.id);

    drift(&world, "GET", "/agents", &fields);
    let list = agents.list().await.unwrap();
    assert_eq!(json_of(&list), json!([expected]));
    assert_eq!(list[0].extra["budget"], json!({"usd": 1.25, "hard": true}));
    assert!(matches!(list[0].skills[0], Skill::Unknown(_)));
    assert!(matches!(list[0].skills[1], Skill::Inline(_)));
    assert!(matches!(list[0].mcp_servers[0], McpServer::Unknown(_)));
    assert!(matches!(list[0].mcp_servers[1], McpServer::Url(_)));
    assert!(matches!(list[0].mcp_servers[2], McpServer::Unknown(_)));
    let runs = list[0].runtime.as_ref().map(AsRef::as_ref);
    let runs = runs.or(list[0].provider.as_ref().map(AsRef::as_ref));
    assert_eq!(runs, Some("quantum"));

    drift(&world, "GET", &path, &fields);
    assert_eq!(json_of(&agents.get(agent.id).await.unwrap()), expected);
    drift(&world, "GET", &format!("{path}/versions"), &fields);
    let version = agents.versions(agent.id).await.unwrap().remove(0);
    let mut snapshot = expected.clone();
    snapshot.as_object_mut().unwrap().remove("updated_at");
    snapshot.as_object_mut().unwrap().remove("archived_at");
    assert_eq!(json_of(&version), snapshot);
    drift(&world, "PUT", &path, &fields);
    let update = aod::models::UpdateAgent::new(1);
    let updated = agents.update(agent.id, update).await.unwrap();
    assert_eq!(json_of(&updated), expected);
}

async fn unknown_content_of_an_environment_is_kept_in_every_response(world: World) {
    let environments = world.client.environments();
    let environment = world.environment("e").await;
    let fields = json!({
        "packages": {"apt": ["jq"], "brew": ["wget"]},
        "networking": {"type": "vpn", "allowed_hosts": ["h", 5], "peers": [{"ip": "::1"}]},
        "region": "eu-1",
        "limits": {"cpu": 0.5},
    });
    let expected = with_unknown_fields(&environment, &fields);
    let path = format!("/environments/{}", environment.id);

    drift(&world, "GET", "/environments", &fields);
    let list = environments.list().await.unwrap();
    assert_eq!(json_of(&list), json!([expected]));
    assert_eq!(
        list[0].networking.networking_type,
        NetworkingType::Unknown("vpn".into())
    );
    let brew = PackageManager::Unknown("brew".into());
    assert_eq!(list[0].packages[&brew], ["wget"]);
    assert_eq!(list[0].extra["region"], "eu-1");

    drift(&world, "GET", &path, &fields);
    let got = environments.get(environment.id).await.unwrap();
    assert_eq!(json_of(&got), expected);
    drift(&world, "POST", "/environments", &fields);
    let created = environments.create(CreateEnvironment::new("f")).await;
    assert_eq!(created.unwrap().extra["limits"], json!({"cpu": 0.5}));
    drift(&world, "POST", &format!("{path}/archive"), &fields);
    let archived = environments.archive(environment.id).await.unwrap();
    assert_eq!(archived.extra["region"], "eu-1");
}

async fn unknown_content_of_a_session_is_kept_in_every_response(world: World) {
    let sessions = world.client.sessions();
    let id = world.ended_session(Script::new()).await.id;
    let session = sessions.get(id).await.unwrap();
    let fields = json!({
        "status": "hibernating",
        "exit_code": -1,
        "resources": [
            {"type": "s3_bucket", "bucket": "b", "keys": ["k"]},
            {"type": "github_repository", "url": "https://github.com/a/b", "mount_path": null, "branch": "main"},
        ],
        "agent_id": null,
        "cost": {"usd": 0.01},
    });
    let expected = with_unknown_fields(&session, &fields);
    // A resource has its usual fields even if the response did not contain them.
    let expect = |session: Value| {
        let mut expected = expected.clone();
        let bucket = &mut expected["resources"][0];
        merge(bucket, &json!({"url": "", "mount_path": null}));
        assert_eq!(session, expected);
    };

    drift(&world, "GET", "/sessions", &fields);
    let list = sessions.list().await.unwrap();
    expect(json_of(&list[0]));
    assert_eq!(list[0].status, SessionStatus::Unknown("hibernating".into()));
    assert_eq!(
        list[0].resources[0].resource_type,
        ResourceType::Unknown("s3_bucket".into())
    );
    assert_eq!(list[0].resources[0].extra["bucket"], "b");
    drift(&world, "GET", &format!("/sessions/{id}"), &fields);
    expect(json_of(&sessions.get(id).await.unwrap()));

    let fields = json!({"status": "skipped", "tokens": {"in": 5, "out": 7}});
    let plain = sessions.turns(id).await.unwrap().remove(0);
    drift(&world, "GET", &format!("/sessions/{id}/turns"), &fields);
    let turn = sessions.turns(id).await.unwrap().remove(0);
    assert_eq!(turn.status, TurnStatus::Unknown("skipped".into()));
    assert_eq!(json_of(&turn), with_unknown_fields(&plain, &fields));

    let fields = json!({"status": "queued", "position": 3});
    drift(&world, "POST", &format!("/sessions/{id}/prompt"), &fields);
    let ack = sessions.prompt(id, "p").await.unwrap();
    assert_eq!(ack.status, SessionStatus::Unknown("queued".into()));
    assert_eq!(ack.extra["position"], 3);
}

async fn waiting_ends_at_an_unknown_status(world: World) {
    let id = world.manual_session().await.id;
    drift(
        &world,
        "GET",
        &format!("/sessions/{id}"),
        &json!({"status": "hibernating"}),
    );
    let session = world
        .client
        .sessions()
        .wait_for_completion(id)
        .await
        .unwrap();
    assert_eq!(session.status.as_str(), "hibernating");
}

async fn an_unknown_record_does_not_affect_the_others(world: World) {
    let sessions = world.client.sessions();
    for _ in 0..3 {
        world.ended_session(Script::new()).await;
    }
    let mut list = json_of(&sessions.list().await.unwrap());
    let strange = json!({"status": "hibernating", "wakes_at": "tomorrow"});
    merge(&mut list[1], &strange);
    let body = json!({"data": list, "next": null});
    world.fault("GET", "/sessions", answer(200, &body));
    let read = sessions.list().await.unwrap();
    assert_eq!(json_of(&read), list);
    let statuses: Vec<_> = read.iter().map(|session| session.status.as_str()).collect();
    assert_eq!(statuses, ["completed", "hibernating", "completed"]);
}

/// The events of a session whose stream is changed by a fault, and those of the unchanged stream.
async fn tampered(
    world: &World,
    script: Script,
    effect: Effect,
) -> (Vec<StreamEvent>, Vec<StreamEvent>) {
    let id = world.ended_session(script).await.id;
    let sessions = world.client.sessions();
    let plain = sessions.stream(id).await.unwrap().try_collect().await;
    // The second request confirms the end.
    let mut fault = Fault::on("GET", "/sessions/*/stream", effect);
    fault.times = Some(2);
    world.plan(fault);
    let strange = sessions.stream(id).await.unwrap().try_collect().await;
    (plain.unwrap(), strange.unwrap())
}

async fn unknown_values_and_fields_of_events_are_kept(world: World) {
    for (event_type, fields) in [
        ("start", json!({"runtime": "quantum", "region": "eu"})),
        ("stage", json!({"state": "paused", "progress": 0.5})),
        ("turn_start", json!({"parent": 1})),
        ("output", json!({"stream": "trace", "level": {"n": 3}})),
        ("exit", json!({"code": 255, "signal": "SIGKILL"})),
    ] {
        let effect = Effect::Merge {
            fields: fields.as_object().unwrap().clone(),
            event_type: Some(event_type.to_owned()),
        };
        let script = Script::new().stdout("x").exit(0);
        let (plain, strange) = tampered(&world, script, effect).await;
        assert_eq!(strange.len(), plain.len());
        for (plain, strange) in plain.iter().zip(&strange) {
            let mut expected = json_of(plain);
            if plain.event_type() == event_type {
                merge(&mut expected, &fields);
            }
            assert!(!matches!(strange, StreamEvent::Unknown(_)), "{strange:?}");
            assert_eq!(json_of(strange), expected);
            match strange {
                StreamEvent::Stage(stage) if event_type == "stage" => {
                    assert_eq!(stage.state, StageState::Unknown("paused".into()));
                }
                StreamEvent::Output(output) if event_type == "output" => {
                    assert_eq!(output.stream, OutputStream::Unknown("trace".into()));
                    // Text of an unknown output stream is text, but not stdout.
                    assert_eq!((strange.text(), strange.stdout()), (Some("x"), None));
                }
                _ => {}
            }
        }
    }
}

async fn an_event_of_an_unknown_type_is_delivered_in_full(world: World) {
    let fields = json!({"type": "delta", "tokens": 5});
    let effect = Effect::Merge {
        fields: fields.as_object().unwrap().clone(),
        event_type: Some("output".to_owned()),
    };
    let (plain, strange) = tampered(&world, Script::new().stdout("é"), effect).await;
    for (plain, strange) in plain.iter().zip(&strange) {
        let mut expected = json_of(plain);
        if plain.event_type() == "output" {
            merge(&mut expected, &fields);
            assert!(matches!(strange, StreamEvent::Unknown(_)));
            assert_eq!((strange.event_type(), strange.id()), ("delta", plain.id()));
        }
        assert_eq!(json_of(strange), expected);
    }
    assert_eq!(strange.last().unwrap().exit_code(), Some(0));
}

async fn unknown_fields_of_health_are_kept(world: World) {
    let fields = json!({"status": "fine", "uptime": 3});
    drift(&world, "GET", "/health", &fields);
    let health = world.client.health().await.unwrap();
    assert_eq!(health.status, "fine");
    assert_eq!(health.extra["uptime"], 3);
}
