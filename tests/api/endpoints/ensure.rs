//! `update_with`, `ensure`, `ensure_archived` and `ensure_terminated`: calls that several callers can make at once.

use aod::models::{
    Agent, CreateEnvironment, McpServer, Networking, PackageManager, SessionStatus, Skill,
    UpdateAgent,
};
use aod::{ConflictReason, ErrorKind};
use aod_devserver::{Fault, Script};
use futures::future::{join_all, try_join_all};
use serde_json::json;

use crate::endpoints::world::{UNKNOWN_ID, World, answer, tests};

tests! { in [april21 april30 june25]:
    a_new_agent_is_created,
    an_agent_that_has_the_fields_is_returned_unchanged,
    an_agent_is_updated_with_the_fields_that_differ,
    callers_that_ensure_the_same_new_agent_get_the_same_one,
    a_new_environment_is_created,
    an_environment_that_has_the_fields_is_returned_unchanged,
    an_environment_is_updated_with_the_fields_that_differ,
    callers_that_ensure_the_same_new_environment_get_the_same_one,
    updates_of_several_callers_are_all_kept,
    a_conflict_that_does_not_end_is_returned,
    an_archived_agent_cannot_be_updated,
    archiving_twice_is_no_error,
    terminating_twice_is_no_error,
    unknown_ids_are_not_found,
}

/// Returns the number of requests with a method.
fn requests(world: &World, method: &str) -> usize {
    let requests = world.control.requests();
    requests.iter().filter(|r| r.method == method).count()
}

async fn a_new_agent_is_created(world: World) {
    let agents = world.client.agents();
    world.agent("other").await;
    let request = world.new_agent("reviewer").system("s").metadata("k", 1);
    let agent = agents.ensure(request).await.unwrap();
    assert_eq!((agent.name.as_str(), agent.version), ("reviewer", 1));
    assert_eq!(agent.system.as_deref(), Some("s"));
    assert_eq!(agents.list().await.unwrap().len(), 2);

    // An archived agent does not count.
    agents.archive(agent.id).await.unwrap();
    let new = agents.ensure(world.new_agent("reviewer")).await.unwrap();
    assert_ne!(new.id, agent.id);
}

async fn an_agent_that_has_the_fields_is_returned_unchanged(world: World) {
    let environment = world.environment("ci").await;
    let request = world
        .new_agent("reviewer")
        .description("")
        .system("s")
        .environment(environment.id)
        .skill(Skill::inline("tone", "How to word a review", "Be exact."))
        .mcp_server(McpServer::url("issues", "https://mcp.example.com").header("X", "hunter2"))
        .mcp_server(McpServer::stdio("files", "mcp-files").env("X", "hunter2"))
        .metadata("k", json!({"a": [1, null]}))
        .metadata("empty", "");
    let agents = world.client.agents();
    let first = agents.ensure(request.clone()).await.unwrap();
    // What others have added is kept.
    let added = first
        .update()
        .metadata("owner", "ops")
        .remove_metadata("empty");
    let before = agents.update(first.id, added).await.unwrap();
    let updates = requests(&world, "PUT");

    assert_eq!(agents.ensure(request).await.unwrap(), before);
    assert_eq!(
        agents.ensure(world.new_agent("reviewer")).await.unwrap(),
        before
    );
    assert_eq!(requests(&world, "PUT"), updates);
}

async fn an_agent_is_updated_with_the_fields_that_differ(world: World) {
    let agents = world.client.agents();
    let request = world
        .new_agent("reviewer")
        .description("d")
        .system("s")
        .metadata("k", 1);
    let before = agents.ensure(request.metadata("l", 2)).await.unwrap();

    let request = world.new_agent("reviewer").system("").metadata("k", 2);
    let after = agents.ensure(request).await.unwrap();

    let sent = world.last_body();
    assert_eq!(
        sent,
        json!({"version": 1, "system": "", "metadata": {"k": 2}})
    );
    assert_eq!((after.id, after.version), (before.id, 2));
    assert_eq!(
        (after.description.as_deref(), after.system),
        (Some("d"), None)
    );
    assert_eq!(json!(after.metadata), json!({"k": 2, "l": 2}));
}

async fn callers_that_ensure_the_same_new_agent_get_the_same_one(world: World) {
    let agents = world.client.agents();
    let callers = (0..8).map(|_| agents.ensure(world.new_agent("reviewer")));
    let ensured = try_join_all(callers).await.unwrap();
    let listed = agents.list().await.unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert!(
        ensured.iter().all(|agent| *agent == listed[0]),
        "{ensured:?}"
    );
}

async fn a_new_environment_is_created(world: World) {
    let environments = world.client.environments();
    let request = CreateEnvironment::new("ci")
        .packages(PackageManager::Pip, ["pytest"])
        .env_var("TOKEN", "hunter2");
    let environment = environments.ensure(request).await.unwrap();
    assert_eq!((environment.name.as_str(), environment.version), ("ci", 1));
    assert_eq!(world.last_body()["env_vars"], json!({"TOKEN": "hunter2"}));
}

async fn an_environment_that_has_the_fields_is_returned_unchanged(world: World) {
    let environments = world.client.environments();
    for (name, networking) in [
        ("unrestricted", Networking::unrestricted()),
        ("limited", Networking::limited(["github.com"])),
        ("closed", Networking::limited::<String>([])),
    ] {
        let request = CreateEnvironment::new(name)
            .packages(PackageManager::Pip, ["pytest", "ruff"])
            .setup_script("true")
            .networking(networking);
        let before = environments.ensure(request.clone()).await.unwrap();
        // The variables cannot be compared.
        let request = request.env_var("TOKEN", "hunter2");
        assert_eq!(environments.ensure(request).await.unwrap(), before);
    }
    assert_eq!(requests(&world, "PUT"), 0);
}

async fn an_environment_is_updated_with_the_fields_that_differ(world: World) {
    let environments = world.client.environments();
    let request = CreateEnvironment::new("ci")
        .setup_script("true")
        .env_var("OLD", "1");
    let before = environments.ensure(request).await.unwrap();

    let request = CreateEnvironment::new("ci")
        .packages(PackageManager::Apt, ["jq"])
        .env_var("NEW", "hunter2");
    let after = environments.ensure(request).await.unwrap();

    let expected =
        json!({"version": 1, "packages": {"apt": ["jq"]}, "env_vars": {"NEW": "hunter2"}});
    assert_eq!(world.last_body(), expected);
    assert_eq!((after.id, after.version), (before.id, 2));
    assert_eq!(after.setup_script.as_deref(), Some("true"));
}

async fn callers_that_ensure_the_same_new_environment_get_the_same_one(world: World) {
    let environments = world.client.environments();
    let callers = (0..8).map(|_| environments.ensure(CreateEnvironment::new("ci")));
    let ensured = try_join_all(callers).await.unwrap();
    let listed = environments.list().await.unwrap();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert!(
        ensured.iter().all(|environment| *environment == listed[0]),
        "{ensured:?}"
    );

    // Another failure of the server is returned.
    let broken = answer(500, &json!({"detail": "broken"}));
    world.fault("POST", "/environments", broken);
    let error = environments
        .ensure(CreateEnvironment::new("other"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
}

async fn updates_of_several_callers_are_all_kept(world: World) {
    let agents = world.client.agents();
    let agent = world.agent("reviewer").await;
    let callers = (0..4).map(|caller| {
        agents.update_with(agent.id, move |agent| {
            let system = agent.system.as_deref().unwrap_or_default();
            // The version of the request does not count.
            UpdateAgent::new(0).system(format!("{system}{caller}"))
        })
    });
    for updated in join_all(callers).await {
        updated.unwrap();
    }
    let after = agents.get(agent.id).await.unwrap();
    let mut system: Vec<char> = after.system.unwrap_or_default().chars().collect();
    system.sort_unstable();
    assert_eq!(system, ['0', '1', '2', '3']);
    assert_eq!(after.version, 5);

    let environments = world.client.environments();
    let environment = world.environment("ci").await;
    let callers = ["jq", "git", "curl"].map(|package| {
        environments.update_with(environment.id, move |environment| {
            let mut packages = environment.packages.clone();
            let list = packages.entry(PackageManager::Apt).or_default();
            list.push(package.to_owned());
            environment.update().packages(packages)
        })
    });
    try_join_all(callers).await.unwrap();
    let after = environments.get(environment.id).await.unwrap();
    assert_eq!(after.packages[&PackageManager::Apt].len(), 3);
}

async fn a_conflict_that_does_not_end_is_returned(world: World) {
    let agents = world.client.agents();
    let agent = world.agent("reviewer").await;
    let path = format!("/agents/{}", agent.id);
    let mismatch = answer(
        409,
        &json!({"detail": "Version mismatch: expected 2, got 1"}),
    );
    world.plan(Fault {
        times: Some(10),
        ..Fault::on("PUT", &path, mismatch)
    });
    let mut calls = 0;
    let updated = agents.update_with(agent.id, |agent| {
        calls += 1;
        agent.update().name("x")
    });
    let conflict = updated.await.unwrap_err().conflict();
    let expected = ConflictReason::VersionMismatch {
        expected: 2,
        got: 1,
    };
    assert_eq!(conflict, Some(expected));
    assert_eq!((calls, requests(&world, "PUT")), (10, 10));
}

async fn an_archived_agent_cannot_be_updated(world: World) {
    let agents = world.client.agents();
    let agent = world.agent("reviewer").await;
    agents.archive(agent.id).await.unwrap();
    let updated = agents.update_with(agent.id, |agent| agent.update().name("x"));
    let conflict = updated.await.unwrap_err().conflict();
    assert_eq!(conflict, Some(ConflictReason::Archived));
    assert_eq!(requests(&world, "PUT"), 1);
}

async fn archiving_twice_is_no_error(world: World) {
    let (agents, environments) = (world.client.agents(), world.client.environments());
    let (agent, environment) = (world.agent("a").await, world.environment("e").await);
    let archived = agents.ensure_archived(agent.id).await.unwrap();
    assert!(archived.archived_at.is_some());
    assert_eq!(agents.ensure_archived(agent.id).await.unwrap(), archived);
    let archived = environments.ensure_archived(environment.id).await.unwrap();
    assert!(archived.archived_at.is_some());
    let again = environments.ensure_archived(environment.id).await.unwrap();
    assert_eq!(again, archived);
}

async fn terminating_twice_is_no_error(world: World) {
    let ack = world.ended_session(Script::default()).await;
    let sessions = world.client.sessions();
    let terminated = sessions.ensure_terminated(ack.id).await.unwrap();
    assert_eq!(terminated.status, SessionStatus::Terminated);
    assert_eq!(
        sessions.ensure_terminated(ack.id).await.unwrap(),
        terminated
    );
}

async fn unknown_ids_are_not_found(world: World) {
    let client = &world.client;
    let errors = [
        client
            .agents()
            .ensure_archived(UNKNOWN_ID)
            .await
            .unwrap_err(),
        client
            .environments()
            .ensure_archived(UNKNOWN_ID)
            .await
            .unwrap_err(),
        client
            .sessions()
            .ensure_terminated(UNKNOWN_ID)
            .await
            .unwrap_err(),
        client
            .agents()
            .update_with(UNKNOWN_ID, Agent::update)
            .await
            .unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
}
