//! The control interface, in process and over HTTP.

use std::time::Duration;

use aod_devserver::{Action, Effect, Fault, Generation, Script};
use serde_json::{Value, json};

use crate::api::{Api, id, output, read_until, stream_path, types};

#[tokio::test]
async fn unknown_values_in_a_body_are_a_400_that_names_them() {
    let api = Api::start(Generation::April21).await;
    let cases = [
        ("script", json!({"script": {"stepps": []}}), "stepps"),
        (
            "script",
            json!({"script": {"steps": [{"stdoutt": "x"}]}}),
            "stdoutt",
        ),
        (
            "script",
            json!({"script": {"turns": [{"steps": [{"massage": "x"}]}]}}),
            "massage",
        ),
        (
            "script",
            json!({"script": {"turns": [{}], "steps": [{"exit": 0}]}}),
            "not both",
        ),
        (
            "fault",
            json!({"path": "*", "effect": {"cut": {"after": 1}}}),
            "after",
        ),
        (
            "fault",
            json!({"path": "*", "effect": {"explode": {}}}),
            "explode",
        ),
        (
            "fault",
            json!({"path": "*", "effect": {"status": {"status": 42}}}),
            "status",
        ),
        ("clock", json!({"advance": 1}), "advance"),
        ("quota", json!({"limit": 1, "account": "nobody"}), "account"),
        ("key", json!({"token": "t", "revoked": true}), "revoked"),
        (
            "session",
            json!({"session": uuid::Uuid::nil(), "action": {"provision": {}}}),
            "session",
        ),
        ("reset", json!({"all": true}), "all"),
    ];
    for (call, body, word) in cases {
        let (status, answer) = api.call("POST", &format!("/__dev/{call}"), body).await;
        assert_eq!(status, 400, "{call}: {answer}");
        assert!(
            answer["detail"].as_str().expect("a text").contains(word),
            "{call}: {answer}"
        );
    }
}

#[tokio::test]
async fn numbers_out_of_range_are_a_400_that_names_the_range() {
    let api = Api::start(Generation::April21).await;
    api.control.set_script(Script::manual());
    let session = api.session("x").await;
    let output = |id: i64| json!({"output": {"stream": "stdout", "data": "x", "id": id}});
    let stage = |id: i64| json!({"stage": {"stage": "x", "state": "started", "id": id}});
    let action = |action: Value| json!({"session": session, "action": action});
    let (ids, clock) = ("1 to 2^62", "year 9999");
    let pattern = "1024 bytes";
    for (call, body, range) in [
        ("clock", json!({"advance_ms": u64::MAX}), clock),
        (
            "clock",
            json!({"frozen": true, "advance_ms": 1_u64 << 60}),
            clock,
        ),
        ("log-id", json!({"next": i64::MAX}), ids),
        ("log-id", json!({"next": 0}), ids),
        ("log-id", json!({"next": i64::MIN}), ids),
        ("session", action(output(i64::MAX)), ids),
        ("session", action(output(-1)), ids),
        ("session", action(stage(i64::MAX)), ids),
        (
            "session",
            action(json!({"start_turn": {"turn": i64::MAX}})),
            "no such turn",
        ),
        (
            "fault",
            json!({"path": "*".repeat(1025), "effect": {"gzip": {}}}),
            pattern,
        ),
    ] {
        let (status, answer) = api
            .call("POST", &format!("/__dev/{call}"), body.clone())
            .await;
        assert_eq!(status, 400, "{call} {body}: {answer}");
        let detail = answer["detail"].as_str().expect("a text");
        assert!(detail.contains(range), "{call} {body}: {detail}");
    }
    for header in ["Content-Length", "transfer-encoding"] {
        let effect = json!({"status": {"status": 200, "headers": {header: "5"}, "body": "x"}});
        let (status, answer) = api
            .call(
                "POST",
                "/__dev/fault",
                json!({"path": "*", "effect": effect}),
            )
            .await;
        let detail = "the server itself sets content-length and transfer-encoding";
        assert_eq!((status, &answer["detail"]), (400, &json!(detail)));
    }
    // None of them had an effect.
    api.control
        .act(session, Action::Provision {})
        .expect("the session exists");
    api.control
        .act(
            session,
            Action::FinishTurn {
                turn: 1,
                exit_code: Some(0),
            },
        )
        .expect("the turn exists");
    assert_eq!(api.events(session).await[1]["id"], 1);
}

#[tokio::test]
async fn extreme_numbers_in_range_do_not_stop_the_server() {
    let api = Api::start(Generation::April21).await;
    let ok = async |call: &str, body: Value| {
        let (status, answer) = api
            .call("POST", &format!("/__dev/{call}"), body.clone())
            .await;
        assert_eq!(status, 200, "{call} {body}: {answer}");
    };
    let script = |steps: Value, stage_delay: u64| {
        let provisioning = json!({"stage_delay_ms": stage_delay});
        json!({"script": {"steps": steps, "provisioning": provisioning}})
    };
    ok("clock", json!({"advance_ms": 200_000_000_000_000_u64})).await;
    ok("log-id", json!({"next": 1_i64 << 62})).await;
    ok(
        "script",
        script(json!([{"stdout": "x"}, {"exit": i64::MIN}]), 0),
    )
    .await;
    let session = api.session("x").await;
    let events = api.events(session).await;
    assert_eq!(events[1]["id"], 1_i64 << 62);
    assert_eq!(events.last().expect("an end")["code"], i64::MIN);

    ok("script", script(json!([{"delay_ms": u64::MAX}]), 0)).await;
    let waiting = api.session("x").await;
    ok("script", script(json!([]), u64::MAX)).await;
    let provisioning = api.session("x").await;
    for session in [waiting, provisioning] {
        let path = format!("/sessions/{session}/terminate");
        assert_eq!(api.call("POST", &path, Value::Null).await.0, 200);
    }

    ok("quota", json!({"limit": i64::MIN})).await;
    let agent = api.create("/agents", api.agent_fields(&Value::Null)).await;
    let new = json!({"agent_id": agent["id"], "prompt": "x"});
    assert_eq!(
        api.call("POST", "/sessions", new).await.1["limit"],
        i64::MIN
    );
    for effect in [
        json!({"drip": {"bytes": u64::MAX, "every_ms": 0}}),
        json!({"drip": {"bytes": 0, "every_ms": 0}}),
        json!({"stall": {"after_bytes": u64::MAX}}),
        json!({"cut": {"after_bytes": u64::MAX, "how": "end"}}),
        json!({"cut_after_events": {"events": u64::MAX}}),
        json!({"insert": {"before_event": u64::MAX, "text": "x"}}),
    ] {
        let fault =
            json!({"path": "/agents", "skip": u32::MAX, "times": u32::MAX, "effect": effect});
        ok("fault", fault).await;
        ok("fault", json!({"path": "/agents", "effect": effect})).await;
        assert_eq!(
            api.get("/agents").await["data"][0]["id"],
            agent["id"],
            "{effect}"
        );
    }
}

#[tokio::test]
async fn the_clock_ends_with_the_year_9999() {
    let api = Api::start(Generation::April21).await;
    api.control.advance(Duration::MAX);
    api.control.advance(Duration::from_secs(1));
    let agent = api.create("/agents", api.agent_fields(&Value::Null)).await;
    let created = agent["created_at"].as_str().expect("a time");
    assert!(created.starts_with("9999-12-30T"), "{created}");
    api.control.freeze_clock();
    api.control.run_clock();
    let agent = api.create("/agents", api.agent_fields(&Value::Null)).await;
    assert_eq!(agent["created_at"], created);
}

#[tokio::test]
async fn every_call_works_over_http() {
    let api = Api::start(Generation::April21).await;
    let ok = async |method: &str, call: &str, body: Value| {
        let (status, answer) = api.call(method, &format!("/__dev/{call}"), body).await;
        assert_eq!(status, 200, "{call}: {answer}");
        answer
    };
    let script = json!({"steps": [{"stdout": "a"}, {"hold": "go"}, {"stderr": "b"}, {"exit": 4}]});
    ok(
        "POST",
        "script",
        json!({"script": script, "prompt": "held"}),
    )
    .await;
    ok("POST", "log-id", json!({"next": 5_000_000_000_i64})).await;
    let session = api.session("held").await;
    ok("POST", "reached", json!({"name": "go"})).await;
    ok("POST", "release", json!({"name": "go"})).await;
    let events = api.events(session).await;
    assert_eq!(events[1]["id"], 5_000_000_000_i64);
    assert_eq!(
        (output(&events, "stdout"), output(&events, "stderr")),
        (vec!["a"], vec!["b"])
    );
    assert_eq!(events.last().expect("an end")["code"], 4);
    ok("POST", "close", json!({"name": "go"})).await;

    ok("POST", "script", json!({"script": {"manual": true}})).await;
    let session = api.session("by hand").await;
    for action in [
        json!({"provision": {}}),
        json!({"start_turn": {"turn": 1}}),
        json!({"output": {"stream": "stdout", "data": "x", "turn": 1}}),
        json!({"finish_turn": {"turn": 1, "exit_code": 0}}),
        json!({"lose_sandbox": {}}),
    ] {
        ok(
            "POST",
            "session",
            json!({"session": session, "action": action}),
        )
        .await;
    }
    assert_eq!(api.statuses(session).await.0, "completed");
    let prompt = json!({"prompt": "x"});
    assert_eq!(
        api.call("POST", &format!("/sessions/{session}/prompt"), prompt)
            .await
            .0,
        404
    );

    ok("POST", "quota", json!({"limit": 0})).await;
    let agent = api.create("/agents", api.agent_fields(&Value::Null)).await;
    let new = json!({"agent_id": agent["id"], "prompt": "x"});
    assert_eq!(api.call("POST", "/sessions", new.clone()).await.0, 429);
    ok("POST", "quota", json!({"limit": null})).await;
    ok(
        "POST",
        "agent",
        json!({"agent": agent["id"], "change": {"runtime": "retired"}}),
    )
    .await;
    assert_eq!(api.call("POST", "/sessions", new).await.0, 400);

    ok(
        "POST",
        "account",
        json!({"name": "other", "session_limit": 3}),
    )
    .await;
    ok(
        "POST",
        "key",
        json!({"token": "aod_other", "account": "other"}),
    )
    .await;
    ok(
        "POST",
        "fault",
        json!({"path": "/health", "times": null, "effect": {"drop": {}}}),
    )
    .await;
    ok("DELETE", "fault", Value::Null).await;
    assert_eq!(api.get("/health").await, json!({"status": "ok"}));
    ok("POST", "clock", json!({"frozen": true, "advance_ms": 1000})).await;
    ok("POST", "clock", json!({"frozen": false})).await;
    ok("POST", "wait", json!({"streams": 0})).await;
    assert_eq!(ok("GET", "stats", Value::Null).await["open_streams"], 0);
    ok("DELETE", "requests", Value::Null).await;
    api.get("/agents?x=1").await;
    let requests = ok("GET", "requests", Value::Null).await;
    assert_eq!(
        (&requests["data"][0]["path"], &requests["data"][0]["query"]),
        (&json!("/agents"), &json!("x=1"))
    );
    ok("DELETE", "script", Value::Null).await;
    ok("POST", "reset", Value::Null).await;
    assert_eq!(api.get("/agents").await, json!({"data": []}));
}

#[tokio::test]
async fn records_requests_without_their_secrets() {
    let api = Api::start(Generation::April21).await;
    let environment = json!({"name": "base", "env_vars": {"KEY": "s3cr3t"}});
    api.create("/environments", environment.clone()).await;
    let seen = api.control.requests();
    assert_eq!(
        (seen[0].method.as_str(), seen[0].path.as_str()),
        ("POST", "/environments")
    );
    assert_eq!(seen[0].header("authorization"), Some("<redacted>"));
    assert_eq!(seen[0].body.as_str(), environment.to_string());
    let shown = format!("{seen:?}");
    assert!(
        !shown.contains("s3cr3t") && !shown.contains("aod_dev"),
        "{shown}"
    );
}

#[tokio::test]
async fn counts_connections_and_streams() {
    let api = Api::start(Generation::April21).await;
    api.control.set_script(Script::manual());
    let session = api.session("x").await;
    api.control.connections_open(0).await;
    let first = api.stream(session).await;
    let second = api.stream(session).await;
    let stats = api.control.stats();
    assert_eq!((stats.open_streams, stats.open_connections), (2, 2));
    assert_eq!((stats.requests, stats.accepted_connections), (4, 4));
    drop((first, second));
    api.control.connections_open(0).await;
    assert_eq!(api.control.stats().open_streams, 0);
}

#[tokio::test]
async fn heartbeats_and_stale_follow_the_clock() {
    let api = Api::start(Generation::April30).await;
    api.control.freeze_clock();
    api.control
        .set_script(Script::new().stdout("working").hang());
    let session = api.session("x").await;
    let mut stream = api.stream(session).await;
    read_until(&mut stream, "working").await;
    for _ in 0..3 {
        api.control.advance(Duration::from_secs(15));
        assert_eq!(read_until(&mut stream, ":").await, b": heartbeat\n\n");
    }
    api.control.advance(Duration::from_secs(600));
    let (rest, complete) = stream.read().await;
    assert!(complete && rest.starts_with(b": heartbeat\n\n"));
    let end = crate::api::parse(&rest);
    assert_eq!(types(&end), ["stale"]);
    assert_eq!(end[0]["message"], "No output for 600s");
    assert_eq!(api.statuses(session).await.0, "running");
}

#[tokio::test]
async fn a_reset_breaks_streams_and_empties_the_server() {
    let api = Api::start(Generation::April21).await;
    api.control.set_script(Script::manual());
    api.control
        .plan_fault(Fault::on("GET", "/agents", Effect::Drop { reset: false }))
        .expect("the fault is valid");
    let session = api.session("x").await;
    let stream = api.stream(session).await;
    api.control.reset();
    let (_, complete) = stream.read().await;
    assert!(!complete);
    assert_eq!(api.get("/agents").await, json!({"data": []}));
    let path = stream_path(session);
    assert_eq!(
        api.call("GET", &path, Value::Null).await,
        (404, json!({"detail": "Session not found"}))
    );
    let agent = api.create("/agents", api.agent_fields(&Value::Null)).await;
    let session = api.session_of(&agent, "back to the built-in script").await;
    assert_eq!(types(&api.events(session).await).last(), Some(&"exit"));
    assert_ne!(id(&agent), session);
}

#[tokio::test]
async fn stopping_closes_the_port_and_every_connection() {
    let api = Api::start(Generation::April21).await;
    api.control.set_script(Script::manual());
    let session = api.session("x").await;
    let stream = api.stream(session).await;
    let address = api
        .server
        .url()
        .strip_prefix("http://")
        .expect("http")
        .to_owned();
    api.server.stop().await;
    assert!(!stream.read().await.1);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_script_can_be_larger_than_an_api_body() {
    let api = Api::start(Generation::April21).await;
    let data = "x".repeat(3_000_000);
    let script = json!({"script": {"steps": [{"stdout": data}]}});
    assert_eq!(api.call("POST", "/__dev/script", script).await.0, 200);
    let session = api.session("x").await;
    assert_eq!(output(&api.events(session).await, "stdout"), [data]);
}
