//! Scripted agents.

use std::time::Duration;

use aod_devserver::{Generation, Script, Step, ToolCall, Turn};
use serde_json::{Value, json};

use crate::api::{Api, output, read_until, types};

/// The stages of a session with all optional stages.
async fn stages(generation: Generation) -> Vec<String> {
    let api = Api::start(generation).await;
    let environment = json!({"name": "closed", "networking": {"type": "limited"}});
    let environment = api.create("/environments", environment).await;
    let agent = api.agent_fields(&json!({
        "environment_id": environment["id"],
        "mcp_servers": [{"name": "docs", "url": "https://mcp.example"}],
        "skills": [{"name": "notes", "description": "d", "content": "c"}],
    }));
    let agent = api.create("/agents", agent).await;
    let repository = json!({
        "type": "github_repository", "url": "https://github.com/a/b", "authorization_token": "t",
    });
    let session = json!({"agent_id": agent["id"], "prompt": "x", "resources": [repository]});
    let session = crate::api::id(&api.create("/sessions", session).await);
    let events = api.events(session).await;
    events
        .iter()
        .filter(|event| event["state"] == "started")
        .map(|event| event["stage"].as_str().expect("a stage").to_owned())
        .collect()
}

#[tokio::test]
async fn a_session_goes_through_the_stages_of_its_generation() {
    assert_eq!(
        stages(Generation::April21).await,
        [
            "create_sprite",
            "network_policy",
            "env_file",
            "git_credentials",
            "provision_setup",
            "mcp_config",
            "skills",
            "runtime_start"
        ]
    );
    for generation in [Generation::April30, Generation::June25] {
        assert_eq!(
            stages(generation).await,
            [
                "create_sprite",
                "install_runtime",
                "network_policy",
                "env_file",
                "git_credentials",
                "provision_setup",
                "runtime_config",
                "skills",
                "runtime_start"
            ]
        );
    }
}

#[tokio::test]
async fn without_a_script_a_claude_agent_prints_stream_json() {
    let api = Api::start(Generation::April21).await;
    let session = api.session("Grüße aus der Küche 🚀").await;
    let events = api.events(session).await;
    let text = output(&events, "stdout").concat();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect();
    assert_eq!(lines[0]["subtype"], "init");
    assert_eq!(lines.last().expect("lines")["type"], "result");
    assert!(text.contains("Grüße aus der Küche 🚀"));
    assert_eq!(events.last().expect("events")["code"], 0);
}

/// Returns the lines of the first turn of a new session.
async fn lines(api: &Api, runtime: &str, model: &str) -> Vec<Value> {
    let agent = api.agent_fields(&json!({"runtime": runtime, "model": model}));
    let agent = api.create("/agents", agent).await;
    let session = api.session_of(&agent, "Hello").await;
    let text = output(&api.events(session).await, "stdout").concat();
    let line = |line: &str| serde_json::from_str(line).expect("each line is JSON");
    text.lines().map(line).collect()
}

#[tokio::test]
async fn each_runtime_prints_its_own_lines() {
    let api = Api::start(Generation::April30).await;
    let cases = [
        ("claude", "anthropic/claude-opus-4-6", "system", "result"),
        ("codex", "openai/o3", "thread.started", "turn.completed"),
        ("gemini", "google/gemini-2.5-pro", "init", "result"),
        ("opencode", "openai/gpt-4.1", "step_start", "step_finish"),
    ];
    for scripted in [false, true] {
        if scripted {
            api.control.set_script(Turn::new().message("Done."));
        }
        for (runtime, model, first, last) in cases {
            let lines = lines(&api, runtime, model).await;
            let types: Vec<_> = lines.iter().map(|line| &line["type"]).collect();
            assert_eq!(types.first(), Some(&&json!(first)), "{runtime}");
            assert_eq!(types.last(), Some(&&json!(last)), "{runtime}");
            let text = json!(lines).to_string();
            assert_eq!(text.contains("Done."), scripted, "{runtime}: {text}");
        }
    }
}

#[test]
fn an_unknown_runtime_prints_text() {
    let script = Script::sample("abacus", "m", "Hello");
    let printed: String = script.steps.iter().filter_map(stdout).collect();
    assert!(printed.starts_with("On it: Hello\n"), "{printed}");
}

fn stdout(step: &Step) -> Option<&str> {
    match step {
        Step::Stdout(data) => Some(data),
        _ => None,
    }
}

#[tokio::test]
async fn each_turn_of_a_session_plays_its_turn_of_the_script() {
    let api = Api::start(Generation::April30).await;
    let script = json!({"script": {"turns": [
        {"steps": [{"message": "first"}]},
        {"steps": [{"stderr": "half"}], "end": {"failed": "out of tokens"}, "exit_code": 3},
    ]}});
    let (status, answer) = api.call("POST", "/__dev/script", script).await;
    assert_eq!((status, answer), (200, json!({})));
    let session = api.session("x").await;
    assert_eq!(api.events(session).await.last().expect("an end")["code"], 0);
    let path = format!("/sessions/{session}/prompt");
    api.create(&path, json!({"prompt": "again"})).await;
    let events = api.events(session).await;
    assert_eq!(events.last().expect("an end")["code"], 3);
    assert!(output(&events, "stdout").concat().contains("out of tokens"));
    assert_eq!(output(&events, "stderr"), ["half"]);
}

#[tokio::test]
async fn a_script_that_is_set_between_turns_starts_with_its_first_turn() {
    let api = Api::start(Generation::April30).await;
    let session = api.session("special").await;
    api.events(session).await;
    let turns = |name: &str| [1, 2].map(|number| Turn::new().stdout(format!("{name} {number}")));
    let prompt = async |text: &str| {
        let path = format!("/sessions/{session}/prompt");
        api.create(&path, json!({"prompt": text})).await;
        let events = api.events(session).await;
        let chunks = output(&events, "stdout");
        // The other chunks are the lines of the runtime, in JSON.
        let scripted = chunks.iter().rfind(|chunk| !chunk.starts_with('{'));
        scripted.expect("a scripted chunk").to_string()
    };
    api.control.set_script(turns("default"));
    assert_eq!(prompt("plain").await, "default 1");
    assert_eq!(prompt("plain").await, "default 2");
    api.control
        .set_script_for_prompt("special", turns("prompt"));
    assert_eq!(prompt("special").await, "prompt 1");
    // A turn with another script in between does not count.
    assert_eq!(prompt("plain").await, "default 2");
    assert_eq!(prompt("special").await, "prompt 2");
    let script = turns("session");
    api.control
        .set_script_for_session(session, script.clone())
        .expect("it exists");
    assert_eq!(prompt("special").await, "session 1");
    api.control
        .set_script_for_session(session, script)
        .expect("it exists");
    assert_eq!(prompt("special").await, "session 1");
    assert_eq!(prompt("special").await, "session 2");
}

#[tokio::test]
async fn a_call_is_printed_before_its_result() {
    let api = Api::start(Generation::April30).await;
    let call = ToolCall::new("Bash", [("command", "make")])
        .hold("built")
        .output("all good");
    api.control.set_script(Turn::new().tool(call).crash());
    let session = api.session("x").await;
    let mut stream = api.stream(session).await;
    api.control.hold_reached("built").await;
    let before = read_until(&mut stream, "tool_use").await;
    assert!(!String::from_utf8_lossy(&before).contains("all good"));
    api.control.release("built");
    let (rest, _) = stream.read().await;
    let rest = crate::api::parse(&rest);
    assert!(output(&rest, "stdout").concat().contains("all good"));
    assert_eq!(types(&rest).last(), Some(&"error"));
}

#[tokio::test]
async fn delays_of_turns_follow_the_clock() {
    let api = Api::start(Generation::April30).await;
    api.control.freeze_clock();
    let delay = Duration::from_secs(60);
    api.control
        .set_script(Turn::new().message("now").delay(delay).message("later"));
    let session = api.session("x").await;
    let mut stream = api.stream(session).await;
    read_until(&mut stream, "now").await;
    api.control.advance(delay);
    read_until(&mut stream, "later").await;
}

#[tokio::test]
async fn a_script_replaces_that_of_the_same_text() {
    let api = Api::start(Generation::April21).await;
    for text in ["first", "second"] {
        let script = Script::new().stdout(text);
        api.control.set_script_for_prompt("special", script);
    }
    let session = api.session("something special").await;
    assert_eq!(output(&api.events(session).await, "stdout"), ["second"]);
}

#[tokio::test]
async fn the_script_of_a_session_overrides_that_of_a_prompt_and_the_default() {
    let api = Api::start(Generation::April21).await;
    api.control.set_script(Script::new().stdout("default"));
    api.control
        .set_script_for_prompt("special", Script::new().stdout("by prompt"));
    let plain = api.session("anything").await;
    let special = api.session("something special").await;
    assert_eq!(output(&api.events(plain).await, "stdout"), ["default"]);
    assert_eq!(output(&api.events(special).await, "stdout"), ["by prompt"]);

    api.control
        .set_script_for_session(special, Script::new().stdout("its own"))
        .expect("the session exists");
    let prompt = json!({"prompt": "special again"});
    api.create(&format!("/sessions/{special}/prompt"), prompt)
        .await;
    assert_eq!(
        output(&api.events(special).await, "stdout"),
        ["by prompt", "its own"]
    );
}

#[tokio::test]
async fn a_hold_delays_the_turn_until_it_is_released() {
    let api = Api::start(Generation::April21).await;
    api.control.set_script(
        Script::new()
            .stdout("before")
            .hold("go")
            .stdout("after")
            .exit(3),
    );
    let session = api.session("x").await;
    let mut stream = api.stream(session).await;
    api.control.hold_reached("go").await;
    let before = read_until(&mut stream, "before").await;
    assert!(!String::from_utf8_lossy(&before).contains("after"));
    assert_eq!(
        api.statuses(session).await,
        ("running".to_owned(), vec!["running".to_owned()])
    );
    api.control.release("go");
    let (rest, complete) = stream.read().await;
    let rest = crate::api::parse(&rest);
    assert!(complete);
    assert_eq!(output(&rest, "stdout"), ["after"]);
    assert_eq!(rest.last().expect("an end")["code"], 3);
}

#[tokio::test]
async fn a_session_stays_pending_while_provisioning_is_held() {
    let api = Api::start(Generation::April21).await;
    api.control
        .set_script(Script::new().hold_provisioning("up"));
    let session = api.session("x").await;
    api.control.hold_reached("up").await;
    assert_eq!(api.statuses(session).await.0, "pending");
    api.control.release("up");
    assert_eq!(api.events(session).await.last().expect("an end")["code"], 0);
}

#[tokio::test]
async fn delays_follow_the_clock() {
    let api = Api::start(Generation::April21).await;
    api.control.freeze_clock();
    api.control
        .set_script(Script::new().stdout("now").delay_ms(60_000).stdout("later"));
    let session = api.session("x").await;
    let mut stream = api.stream(session).await;
    read_until(&mut stream, "now").await;
    api.control.advance(Duration::from_mins(1));
    let body = read_until(&mut stream, "later").await;
    assert!(String::from_utf8_lossy(&body).contains("later"));
}

#[tokio::test(flavor = "multi_thread")]
async fn delays_count_from_what_a_client_has_seen() {
    let api = Api::start(Generation::April21).await;
    api.control.freeze_clock();
    let minute = Duration::from_mins(1);
    for _ in 0..100 {
        api.control
            .set_script(Script::new().delay_ms(60_000).stdout("later"));
        let session = api.session("x").await;
        // The session has just been created: the script may not play yet.
        api.control.advance(minute);
        assert_eq!(output(&api.events(session).await, "stdout"), ["later"]);
    }
}

#[tokio::test]
async fn a_failing_stage_fails_the_session_with_its_message_on_stderr() {
    let api = Api::start(Generation::April30).await;
    api.control.set_script(Script::failing_in(
        "provision_setup",
        "Provisioning script failed: no",
    ));
    let session = api.session("x").await;
    let events = api.events(session).await;
    let failed = events
        .iter()
        .find(|event| event["state"] == "failed")
        .expect("a failure");
    assert_eq!(failed["stage"], "provision_setup");
    assert_eq!(failed["message"], "Provisioning script failed: no");
    assert_eq!(
        output(&events, "stderr"),
        ["provision failed: Provisioning script failed: no\n"]
    );
    assert_eq!(
        types(&events)[events.len() - 3..],
        ["turn_start", "output", "error"]
    );
    assert_eq!(
        api.statuses(session).await,
        ("failed".to_owned(), vec!["failed".to_owned()])
    );
}

#[tokio::test]
async fn a_crash_has_no_exit_code() {
    let api = Api::start(Generation::April21).await;
    api.control.set_script(Script::new().stdout("x").crash());
    let session = api.session("x").await;
    assert_eq!(types(&api.events(session).await).last(), Some(&"error"));
    let row = api.get(&format!("/sessions/{session}")).await;
    assert_eq!(
        (&row["status"], &row["exit_code"]),
        (&json!("failed"), &Value::Null)
    );
}

#[tokio::test]
async fn a_hanging_turn_ends_when_its_session_is_terminated() {
    let api = Api::start(Generation::April21).await;
    api.control
        .set_script(Script::new().stdout("working").hang());
    let session = api.session("x").await;
    let mut stream = api.stream(session).await;
    read_until(&mut stream, "working").await;
    let (status, _) = api
        .call(
            "POST",
            &format!("/sessions/{session}/terminate"),
            Value::Null,
        )
        .await;
    assert_eq!(status, 200);
    let (rest, complete) = stream.read().await;
    assert!(complete);
    assert_eq!(types(&crate::api::parse(&rest)), ["terminated"]);
}

#[tokio::test]
async fn a_session_that_is_terminated_before_its_turn_starts_says_so() {
    for generation in [Generation::April30, Generation::June25] {
        let api = Api::start(generation).await;
        api.control
            .set_script(Script::new().hold_provisioning("sandbox"));
        let session = api.session("x").await;
        api.control.hold_reached("sandbox").await;
        let path = format!("/sessions/{session}/terminate");
        assert_eq!(api.call("POST", &path, Value::Null).await.0, 200);
        // The worker writes it later: a stream that is open may end without it.
        let mut events = api.events(session).await;
        while output(&events, "stderr").is_empty() {
            events = api.events(session).await;
        }
        assert_eq!(
            types(&events),
            ["start", "turn_start", "output", "terminated"]
        );
        let text = "turn aborted: session terminated before execution started\n";
        assert_eq!(output(&events, "stderr"), [text]);
        let (status, turns) = api.statuses(session).await;
        assert_eq!((&*status, &*turns[0]), ("terminated", "pending"));
    }
}

#[tokio::test]
async fn queued_prompts_are_played_one_after_the_other() {
    let api = Api::start(Generation::April21).await;
    api.control
        .set_script_for_prompt("one", Script::new().stdout("1"));
    api.control
        .set_script_for_prompt("two", Script::new().hold("go").stdout("2"));
    api.control
        .set_script_for_prompt("three", Script::new().stdout("3"));
    let session = api.session("one").await;
    api.events(session).await;
    let prompt = format!("/sessions/{session}/prompt");
    // The generation 2026-04-21 accepts a prompt while one is queued. The first must not start before the second is
    // queued.
    api.control
        .set_script_for_session(session, Script::manual())
        .expect("the session exists");
    api.create(&prompt, json!({"prompt": "two"})).await;
    api.create(&prompt, json!({"prompt": "three"})).await;
    api.control
        .set_script_for_session(session, Script::new().stdout("played"))
        .expect("the session exists");
    let events = api.events(session).await;
    let turns: Vec<_> = events
        .iter()
        .filter(|event| event["type"] == "output")
        .map(|event| (event["turn"].as_i64(), event["data"].as_str()))
        .collect();
    assert_eq!(
        turns,
        [
            (Some(1), Some("1")),
            (Some(2), Some("played")),
            (Some(3), Some("played"))
        ]
    );
    assert_eq!(
        types(&events)
            .iter()
            .filter(|kind| **kind == "exit")
            .count(),
        1
    );
}
