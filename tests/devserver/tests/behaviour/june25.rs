//! Generation 2026-06-25: providers, secret variables and interrupts.

use aod_devserver::{Generation, NewAccount, NewKey, Script};
use aod_test_support::raw::{self, Request};
use serde_json::{Value, json};

use crate::api::{Api, id, output, parse, read_until, types};

async fn api() -> Api {
    Api::start(Generation::June25).await
}

#[tokio::test]
async fn agents_sessions_and_streams_name_the_provider() {
    let api = api().await;
    let agent = api.create("/agents", api.agent_fields(&Value::Null)).await;
    assert_eq!(agent["provider"], "anthropic");
    assert!(agent.get("runtime").is_none());
    let session = api.session_of(&agent, "x").await;
    assert_eq!(
        api.get(&format!("/sessions/{session}")).await["provider"],
        "anthropic"
    );
    let events = api.events(session).await;
    assert_eq!(events[0]["provider"], "anthropic");
    let versions = api.get(&format!("/agents/{}/versions", id(&agent))).await;
    assert_eq!(versions["data"][0]["provider"], "anthropic");
}

#[tokio::test]
async fn a_model_prefix_equal_to_the_provider_is_removed() {
    let api = api().await;
    let agent = api.agent_fields(&json!({"model": "anthropic/claude-next"}));
    let agent = api.create("/agents", agent).await;
    assert_eq!(agent["model"], "claude-next");

    let path = format!("/agents/{}", id(&agent));
    let update = json!({"version": 1, "model": "anthropic/claude-next"});
    let (status, same) = api.call("PUT", &path, update).await;
    assert_eq!((status, &same["version"]), (200, &json!(1)));
    let update = json!({"version": 1, "provider": "openai", "model": "openai/o9"});
    let (status, moved) = api.call("PUT", &path, update).await;
    assert_eq!(
        (status, &moved["model"], &moved["provider"]),
        (200, &json!("o9"), &json!("openai"))
    );
}

#[tokio::test]
async fn blanks_around_models_and_providers_are_removed() {
    let api = api().await;
    let agent = json!({"provider": " anthropic\n", "model": " anthropic/ claude-next "});
    let agent = api.create("/agents", api.agent_fields(&agent)).await;
    let stored = (&agent["provider"], &agent["model"]);
    assert_eq!(stored, (&json!("anthropic"), &json!("claude-next")));
}

#[tokio::test]
async fn an_update_checks_the_provider_last_and_ignores_an_empty_one() {
    let api = api().await;
    let agent = api.create("/agents", api.agent_fields(&Value::Null)).await;
    let path = format!("/agents/{}", id(&agent));
    let unknown = json!({"version": 1, "provider": "acme"});
    let with = |field: &str, value: Value| {
        let mut update = unknown.clone();
        update[field] = value;
        update
    };
    let nowhere = json!(uuid::Uuid::nil());
    for (update, status) in [
        (with("environment_id", nowhere), 404),
        (with("version", json!(2)), 409),
        (unknown, 422),
    ] {
        let (answer, body) = api.call("PUT", &path, update).await;
        assert_eq!(answer, status, "{body}");
    }
    let update = json!({"version": 1, "provider": "", "name": "Renamed"});
    let (status, renamed) = api.call("PUT", &path, update).await;
    assert_eq!(
        (status, &renamed["name"], &renamed["provider"]),
        (200, &json!("Renamed"), &json!("anthropic"))
    );
}

#[tokio::test]
async fn models_and_providers_are_refused_with_a_text() {
    let api = api().await;
    let cases = [
        (
            json!({"model": "openai/o3"}),
            "Model provider prefix 'openai' does not match provider 'anthropic'",
        ),
        (json!({"model": "  "}), "Model must be a non-empty string"),
        (
            json!({"provider": "acme"}),
            "Unknown provider: acme. Must be one of: ['anthropic', 'openai']",
        ),
    ];
    for (fields, text) in cases {
        let answer = api.call("POST", "/agents", api.agent_fields(&fields)).await;
        assert_eq!(answer, (422, json!({"detail": text})));
    }
    let (status, body) = api
        .call(
            "POST",
            "/agents",
            json!({"name": "x", "model": "m", "runtime": "claude"}),
        )
        .await;
    assert_eq!(
        (status, &body["detail"][0]["loc"]),
        (422, &json!(["provider"]))
    );
}

#[tokio::test]
async fn secret_variables_are_checked_and_never_shown() {
    let api = api().await;
    let agent = api.create("/agents", api.agent_fields(&Value::Null)).await;
    let session =
        |vars: Value| json!({"agent_id": agent["id"], "prompt": "x", "secret_env_vars": vars});
    let ack = api
        .create("/sessions", session(json!({"API_KEY": "s3cr3t"})))
        .await;
    assert!(!ack.to_string().contains("s3cr3t"));

    let (status, body) = api
        .call("POST", "/sessions", session(json!({"BAD-KEY": "v"})))
        .await;
    assert_eq!(status, 422);
    assert_eq!(
        body["detail"][0]["msg"],
        "Value error, Invalid env_var key 'BAD-KEY': must match [A-Za-z_][A-Za-z0-9_]*"
    );
    let (status, body) = api
        .call("POST", "/sessions", session(json!({"A": 1})))
        .await;
    assert_eq!(
        (status, &body["detail"][0]["loc"]),
        (422, &json!(["secret_env_vars", "A"]))
    );
}

#[tokio::test]
async fn an_interrupt_ends_the_turn_and_keeps_the_session() {
    let api = api().await;
    api.control
        .set_script_for_prompt("long", Script::new().stdout("working").hang());
    api.control
        .set_script_for_prompt("next", Script::new().stdout("next"));
    let session = api.session("long").await;
    let mut stream = api.stream(session).await;
    read_until(&mut stream, "working").await;
    let path = format!("/sessions/{session}/interrupt");
    let (status, ack) = api.call("POST", &path, Value::Null).await;
    assert_eq!(
        (status, ack),
        (202, json!({"id": session, "status": "running"}))
    );
    let (rest, complete) = stream.read().await;
    assert!(complete);
    let events = parse(&rest);
    assert_eq!(types(&events), ["exit"]);
    // That of a process that SIGTERM ended.
    assert_eq!(events[0]["code"], 143);
    assert_eq!(
        api.exit_codes(session).await,
        (json!(143), vec![json!(143)])
    );
    assert_eq!(
        api.statuses(session).await,
        ("completed".to_owned(), vec!["interrupted".to_owned()])
    );

    let text = "Session has no active turn to interrupt";
    assert_eq!(
        api.call("POST", &path, Value::Null).await,
        (409, json!({"detail": text}))
    );
    api.create(
        &format!("/sessions/{session}/prompt"),
        json!({"prompt": "next"}),
    )
    .await;
    assert_eq!(
        output(&api.events(session).await, "stdout"),
        ["working", "next"]
    );

    api.call(
        "POST",
        &format!("/sessions/{session}/terminate"),
        Value::Null,
    )
    .await;
    let text = "Session has been terminated";
    assert_eq!(
        api.call("POST", &path, Value::Null).await,
        (409, json!({"detail": text}))
    );
}

#[tokio::test]
async fn an_interrupt_before_the_agent_started_takes_effect_after_provisioning_without_exit_code() {
    let api = api().await;
    api.control
        .set_script(Script::new().hold_provisioning("sandbox").stdout("ran"));
    let session = api.session("x").await;
    api.control.hold_reached("sandbox").await;
    let path = format!("/sessions/{session}/interrupt");
    let ack = json!({"id": session, "status": "pending"});
    for _ in 0..2 {
        assert_eq!(
            api.call("POST", &path, Value::Null).await,
            (202, ack.clone())
        );
    }
    assert_eq!(api.statuses(session).await.0, "pending");

    api.control.release("sandbox");
    let events = api.events(session).await;
    let end = events.last().expect("an end");
    assert_eq!((&end["type"], &end["code"]), (&json!("exit"), &Value::Null));
    assert!(events.iter().all(|event| event["stage"] != "runtime_start"));
    assert_eq!(
        api.exit_codes(session).await,
        (Value::Null, vec![Value::Null])
    );
    assert_eq!(
        api.statuses(session).await,
        ("completed".to_owned(), vec!["interrupted".to_owned()])
    );
    let turns = api.get(&format!("/sessions/{session}/turns")).await;
    let turn = &turns["data"][0];
    assert!(turn["started_at"].is_string());
    assert_eq!(turn["started_at"], turn["ended_at"]);

    // The sandbox is ready, and the interrupt does not affect the next turn.
    let prompt = json!({"prompt": "again"});
    api.create(&format!("/sessions/{session}/prompt"), prompt)
        .await;
    let events = api.events(session).await;
    assert_eq!(output(&events, "stdout"), ["ran"]);
    assert_eq!(events.last().expect("an end")["code"], 0);
}

#[tokio::test]
async fn a_failure_of_provisioning_and_a_termination_win_over_an_interrupt() {
    let api = api().await;
    let failing = Script::failing_in("create_sprite", "Failed to create Sprite: no capacity");
    for (script, ending) in [(failing, "failed"), (Script::new(), "terminated")] {
        let hold = format!("until {ending}");
        api.control.set_script(script.hold_provisioning(&hold));
        let session = api.session("x").await;
        api.control.hold_reached(&hold).await;
        let path = format!("/sessions/{session}");
        let call = async |action: &str| {
            let path = format!("{path}/{action}");
            api.call("POST", &path, Value::Null).await.0
        };
        assert_eq!(call("interrupt").await, 202);
        if ending == "terminated" {
            assert_eq!(call("terminate").await, 200);
        }
        api.control.release(&hold);
        api.events(session).await;
        assert_eq!(api.statuses(session).await.0, ending);
    }
}

#[tokio::test]
async fn a_failed_session_cannot_be_interrupted() {
    let api = api().await;
    api.control.set_script(Script::new().exit(1));
    let session = api.session("x").await;
    api.events(session).await;
    let path = format!("/sessions/{session}/interrupt");
    let text = "Session has failed";
    assert_eq!(
        api.call("POST", &path, Value::Null).await,
        (409, json!({"detail": text}))
    );
}

#[tokio::test]
async fn earlier_generations_have_no_interrupt() {
    for generation in [Generation::April21, Generation::April30] {
        let api = Api::start(generation).await;
        let session = api.session("x").await;
        let path = format!("/sessions/{session}/interrupt");
        let reply = api.send("POST", &path, &Value::Null).await;
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (404, Some("text/html; charset=utf-8"))
        );
    }
}

/// Makes a call with the key of an account that lacks credentials.
async fn call_as(api: &Api, token: &str, path: &str, body: Value) -> (u16, Value) {
    let authorization = format!("Bearer {token}");
    let request = Request {
        method: "POST",
        path,
        headers: vec![("authorization", &authorization)],
        body: body.to_string().into_bytes(),
    };
    let reply = raw::send(api.server.url(), request).await;
    let status = reply.status;
    let (body, _) = reply.read().await;
    (status, serde_json::from_slice(&body).expect("JSON"))
}

#[tokio::test]
async fn missing_credentials_fail_late_and_a_missing_sandbox_immediately() {
    let api = api().await;
    for (name, model_key, sandbox_key) in [("nokey", false, true), ("nosandbox", true, false)] {
        let account = NewAccount {
            model_key,
            sandbox_key,
            ..NewAccount::named(name)
        };
        api.control.add_account(account).expect("a new name");
        api.control
            .add_key(NewKey::new(name).account(name))
            .expect("a known account");
    }
    let (_, agent) = call_as(&api, "nokey", "/agents", api.agent_fields(&Value::Null)).await;
    let session = json!({"agent_id": agent["id"], "prompt": "x"});
    let (status, ack) = call_as(&api, "nokey", "/sessions", session).await;
    assert_eq!(status, 202);
    let stream = Request {
        method: "GET",
        path: ack["stream_url"].as_str().expect("a path"),
        headers: vec![("authorization", "Bearer nokey")],
        body: Vec::new(),
    };
    let (body, _) = raw::send(api.server.url(), stream).await.read().await;
    let events = parse(&body);
    assert_eq!(events.last().expect("an end")["code"], 1);
    assert_eq!(
        output(&events, "stderr"),
        ["No API key configured for provider: anthropic\n"]
    );

    let (_, agent) = call_as(&api, "nosandbox", "/agents", api.agent_fields(&Value::Null)).await;
    let session = json!({"agent_id": agent["id"], "prompt": "x"});
    let text = "Session backend is not configured";
    assert_eq!(
        call_as(&api, "nosandbox", "/sessions", session).await,
        (503, json!({"detail": text}))
    );
}
