//! 400, 422 and 503 responses for sessions: resources, timeouts, retired runtimes, missing credentials, malformed
//! cursors.

use std::time::Duration;

use aod::models::{CreateSession, GithubRepository, Prompt};
use aod::{Detail, HeaderName, HeaderValue, Options};
use aod_devserver::{AgentChange, Fault, Generation, NewAccount, Script};
use serde_json::json;

use super::{ErrorResponse, assert_refused, assert_responses, both, conflict, fields, rule, text};
use crate::endpoints::world::{UNKNOWN_ID, World, answer, tests};

tests! { in [april21 april30 june25]:
    invalid_resources_are_refused,
    timeouts_have_limits,
    a_token_echoed_by_the_server_is_not_shown,
    the_body_is_checked_before_the_agent_and_the_status_before_the_body,
    an_agent_with_a_retired_runtime_is_refused,
    missing_credentials,
    missing_credentials_are_reported_at_the_next_prompt,
    a_malformed_cursor_is_a_bad_request,
}

tests! { in [april30]: an_agent_with_a_retired_model_is_refused }
tests! { in [june25]: names_of_secret_variables_are_checked }
tests! { in [april21 april30]: older_servers_ignore_secret_variables }

async fn invalid_resources_are_refused(world: World) {
    let agent = world.agent("a").await.id;
    let at = |url: &str, path: &str| {
        let repository = GithubRepository::new(url).mount_path(path);
        CreateSession::new(agent, "p").repository(repository)
    };
    let path = |path| at("https://github.com/a/b", path);
    let url = "Value error, Must be a valid https://github.com/<owner>/<repo> URL";
    let mut rows: Vec<_> = [
        "http://github.com/a/b",
        "https://gitlab.com/a/b",
        "https://www.github.com/a/b",
        "https://GitHub.com/a/b",
        "https://github.com/a",
        "https://github.com/a/b/",
        "https://github.com/a/b/tree/main",
        "https://github.com/a/b?c=d",
        "git@github.com:a/b.git",
        "",
    ]
    .map(|repository| {
        both(
            at(repository, "/w"),
            ["resources[0].url"],
            fields([("resources[0].url", url)]),
        )
    })
    .into();
    let many = |count: usize| {
        (0..count).fold(CreateSession::new(agent, "p"), |session, n| {
            session.repository(GithubRepository::new(format!("https://github.com/a/b{n}")))
        })
    };
    let twice = CreateSession::new(agent, "p")
        .repository(GithubRepository::new("https://github.com/a/b"))
        .repository(GithubRepository::new("https://github.com/c/b.git"));
    let mount_path = "resources[0].mount_path";
    let root = "Value error, mount_path must not be the Sprite root";
    rows.extend([
        both(
            path("relative"),
            [mount_path],
            fields([(
                mount_path,
                "Value error, mount_path must be an absolute path",
            )]),
        ),
        both(path("/"), [mount_path], fields([(mount_path, root)])),
        both(
            path("/home/sprite"),
            [mount_path],
            fields([(mount_path, root)]),
        ),
        both(
            at("https://github.com/a", "relative"),
            ["resources[0].url", mount_path],
            fields([
                ("resources[0].url", url),
                (
                    mount_path,
                    "Value error, mount_path must be an absolute path",
                ),
            ]),
        ),
        both(
            twice,
            ["resources[1].mount_path"],
            rule("resources", "Duplicate mount_path in resources"),
        ),
        both(
            many(11),
            ["resources"],
            rule("resources", "Maximum 10 resources per session"),
        ),
    ]);
    assert_refused(&world, rows, async |client, request| {
        client.sessions().create(request).await
    })
    .await;
    // At the limits they are accepted.
    for request in [many(10), path("/home/sprite/")] {
        world.client.sessions().create(request).await.unwrap();
    }
}

async fn timeouts_have_limits(world: World) {
    let agent = world.agent("a").await.id;
    let id = world.ended_session(Script::new()).await.id;
    let limits = [
        (9, "Input should be greater than or equal to 10"),
        (3601, "Input should be less than or equal to 3600"),
    ];
    let rows = limits.map(|(seconds, detail)| {
        let request = CreateSession::new(agent, "p").timeout(Duration::from_secs(seconds));
        both(request, ["timeout"], fields([("timeout", detail)]))
    });
    assert_refused(&world, rows, async |client, request| {
        client.sessions().create(request).await
    })
    .await;
    let rows = limits.map(|(seconds, detail)| {
        let request = Prompt::new("p").timeout(Duration::from_secs(seconds));
        both(request, ["timeout"], fields([("timeout", detail)]))
    });
    assert_refused(&world, rows, async |client, request| {
        client.sessions().prompt(id, request).await
    })
    .await;
    // The server accepts whole seconds.
    let uneven = Prompt::new("p").timeout(Duration::from_millis(10_500));
    let error = world.client.sessions().prompt(id, uneven).await;
    assert_eq!(super::refused_by_client(&error.unwrap_err()), ["timeout"]);
}

async fn a_token_echoed_by_the_server_is_not_shown(world: World) {
    let agent = world.agent("a").await.id;
    let repository =
        GithubRepository::new("https://github.com/a/b").authorization_token("ghp_hunter2");
    let request = CreateSession::new(agent, "p")
        .repository(repository.clone())
        .repository(repository);
    let error = world
        .unchecked()
        .sessions()
        .create(request)
        .await
        .unwrap_err();
    let Some(Detail::Fields(fields)) = error.detail() else {
        panic!("{error:?}")
    };
    assert_eq!(
        fields[0].input().unwrap()[0]["authorization_token"],
        "ghp_hunter2"
    );
    assert!(!format!("{error} {error:?} {error:#?}").contains("hunter2"));
}

async fn the_body_is_checked_before_the_agent_and_the_status_before_the_body(world: World) {
    let sessions = world.unchecked();
    let sessions = sessions.sessions();
    let request = CreateSession::new(UNKNOWN_ID, "p").timeout(Duration::from_secs(1));
    let running = world.session(Script::new().hold("work")).await.id;
    world.control.hold_reached("work").await;
    let prompt = Prompt::new("p").timeout(Duration::from_secs(1));
    assert_responses([
        (
            sessions.create(request).await.unwrap_err(),
            fields([("timeout", "Input should be greater than or equal to 10")]),
        ),
        (
            sessions.prompt(running, prompt).await.unwrap_err(),
            conflict("Session is already running", aod::ConflictReason::Running),
        ),
    ]);
}

async fn an_agent_with_a_retired_runtime_is_refused(world: World) {
    let agent = world.agent("a").await.id;
    let change = AgentChange {
        runtime: Some("retired".into()),
        model: None,
    };
    world.control.change_agent(agent, change).unwrap();
    let expected = match world.generation {
        Generation::April21 => text(
            400,
            "Unknown runtime: retired. Must be one of: ['claude', 'codex', 'gemini', 'claude-oauth']",
        ),
        Generation::April30 => text(
            400,
            "Unknown runtime: retired. Must be one of: ['claude', 'codex', 'gemini', 'opencode']",
        ),
        Generation::June25 => text(
            422,
            "Unknown provider: retired. Must be one of: ['anthropic', 'openai']",
        ),
    };
    let request = CreateSession::new(agent, "p");
    let error = world.client.sessions().create(request).await;
    assert_eq!(ErrorResponse::of(&error.unwrap_err()), expected);
    // The agent itself can still be read, with its retired runtime.
    let agent = world.client.agents().get(agent).await.unwrap();
    let engine = serde_json::to_value(&agent).unwrap();
    assert!(engine["runtime"] == "retired" || engine["provider"] == "retired");
}

async fn an_agent_with_a_retired_model_is_refused(world: World) {
    let agent = world.agent("a").await.id;
    let sessions = world.client.sessions();
    let model = |model: &str| AgentChange {
        model: Some(model.into()),
        runtime: None,
    };
    for (changed, detail) in [
        ("anthropic/retired", "Unknown model: anthropic/retired"),
        (
            "openai/o3",
            "Runtime claude cannot serve model openai/o3: provider openai not in ['anthropic']",
        ),
    ] {
        world.control.change_agent(agent, model(changed)).unwrap();
        let error = sessions.create(CreateSession::new(agent, "p")).await;
        assert_eq!(ErrorResponse::of(&error.unwrap_err()), text(422, detail));
    }
}

async fn missing_credentials(world: World) {
    let account = |name: &str, model_key, sandbox_key| NewAccount {
        model_key,
        sandbox_key,
        ..NewAccount::named(name)
    };
    let refused = async |account| {
        let client = world.client_of(account);
        let agent = client.agents().create(world.new_agent("a")).await.unwrap();
        let request = CreateSession::new(agent.id, "p");
        client.sessions().create(request).await
    };
    let no_model_key = refused(account("no-model-key", false, true)).await;
    let no_sandbox = refused(account("no-sandbox", true, false)).await;
    match world.generation {
        Generation::April21 => assert_responses([
            (
                no_model_key.unwrap_err(),
                text(400, "No API key configured for runtime: claude"),
            ),
            (
                no_sandbox.unwrap_err(),
                text(400, "No Sprites API key configured"),
            ),
        ]),
        Generation::April30 => assert_responses([
            (
                no_model_key.unwrap_err(),
                text(400, "No API key configured for runtime: claude"),
            ),
            (
                no_sandbox.unwrap_err(),
                text(400, "No backend credentials configured"),
            ),
        ]),
        Generation::June25 => {
            // Without the key, the session fails.
            assert_eq!(no_model_key.unwrap().current_turn, Some(1));
            assert_responses([(
                no_sandbox.unwrap_err(),
                text(503, "Session backend is not configured"),
            )]);
        }
    }
}

async fn missing_credentials_are_reported_at_the_next_prompt(world: World) {
    let id = world.ended_session(Script::new()).await.id;
    // Credentials cannot be removed with the API, so a fault replaces the response.
    let (status, detail) = match world.generation {
        Generation::April21 => (400, "No Sprites API key configured"),
        Generation::April30 => (400, "No backend credentials configured"),
        Generation::June25 => (503, "Session backend token is not configured"),
    };
    let effect = answer(status, &json!({"detail": detail}));
    world.plan(Fault::on("POST", "/sessions/*/prompt", effect).always());
    let error = world.client.sessions().prompt(id, "p").await.unwrap_err();
    assert_eq!(ErrorResponse::of(&error), text(status, detail));
    // A write is not retried, even after a 503.
    assert_eq!(error.attempts(), 1);
}

async fn a_malformed_cursor_is_a_bad_request(world: World) {
    let id = world.ended_session(Script::new()).await.id;
    for cursor in ["abc", "1.5", "0x1"] {
        // The client's cursors are numbers, but a custom header can have any value.
        let header = HeaderName::from_static("last-event-id");
        let options = Options::new().header(header, HeaderValue::from_static(cursor));
        let client = world.client.with_options(options);
        let error = client.sessions().stream(id).await.unwrap_err();
        assert_eq!(
            ErrorResponse::of(&error),
            text(400, "since must be an integer")
        );
    }
    assert_eq!(world.control.stats().open_streams, 0);
}

async fn names_of_secret_variables_are_checked(world: World) {
    let agent = world.agent("a").await.id;
    let request = CreateSession::new(agent, "p").secret_env_var("1A", "v");
    let detail = "Invalid env_var key '1A': must match [A-Za-z_][A-Za-z0-9_]*";
    let rows = [both(
        request,
        ["secret_env_vars"],
        rule("secret_env_vars", detail),
    )];
    assert_refused(&world, rows, async |client, request| {
        client.sessions().create(request).await
    })
    .await;
}

async fn older_servers_ignore_secret_variables(world: World) {
    world.control.set_script(Script::manual());
    let agent = world.agent("a").await.id;
    let request = CreateSession::new(agent, "p").secret_env_var("1A", "v");
    world.unchecked().sessions().create(request).await.unwrap();
}
