//! 404 responses for records that do not exist or belong to another user.

use aod::models::{CreateEnvironment, CreateSession, UpdateAgent, UpdateEnvironment};
use aod::{Client, Error};
use aod_devserver::{Action, Generation, Script};
use uuid::Uuid;

use super::{ErrorResponse, assert_responses, conflict, text};
use crate::endpoints::world::{UNKNOWN_ID, World, tests};

tests! { in [april21 april30 june25]:
    a_record_that_does_not_exist_is_not_found,
    another_users_record_is_not_found,
    a_request_with_an_unknown_record_is_not_found,
    a_request_with_another_users_record_is_not_found,
}

tests! { in [april21]: a_missing_sandbox_is_not_found }
tests! { in [april30 june25]: a_missing_sandbox_is_a_conflict }

/// The errors of all calls with the IDs of an agent, an environment and a session.
async fn every_call(
    client: &Client,
    generation: Generation,
    agent: Uuid,
    environment: Uuid,
    session: Uuid,
) -> Vec<(Error, ErrorResponse)> {
    let (agents, environments, sessions) =
        (client.agents(), client.environments(), client.sessions());
    let no_agent = [
        agents.get(agent).await.unwrap_err(),
        agents.update(agent, UpdateAgent::new(1)).await.unwrap_err(),
        agents.archive(agent).await.unwrap_err(),
        agents.versions(agent).await.unwrap_err(),
    ];
    let no_environment = [
        environments.get(environment).await.unwrap_err(),
        environments
            .update(environment, UpdateEnvironment::new(1))
            .await
            .unwrap_err(),
        environments.archive(environment).await.unwrap_err(),
        environments.versions(environment).await.unwrap_err(),
        environments.delete(environment).await.unwrap_err(),
    ];
    let mut no_session = vec![
        sessions.get(session).await.unwrap_err(),
        sessions.wait_for_completion(session).await.unwrap_err(),
        sessions.prompt(session, "p").await.unwrap_err(),
        sessions.turns(session).await.unwrap_err(),
        sessions.terminate(session).await.unwrap_err(),
        sessions.delete(session).await.unwrap_err(),
        sessions.stream(session).await.unwrap_err(),
        sessions.stream(session).since(7).await.unwrap_err(),
    ];
    if generation == Generation::June25 {
        no_session.push(sessions.interrupt(session).await.unwrap_err());
    }
    let answered = |errors: Vec<Error>, detail: &'static str| {
        errors
            .into_iter()
            .map(move |error| (error, text(404, detail)))
    };
    answered(no_agent.into(), "Agent not found")
        .chain(answered(no_environment.into(), "Environment not found"))
        .chain(answered(no_session, "Session not found"))
        .collect()
}

async fn a_record_that_does_not_exist_is_not_found(world: World) {
    let rows = every_call(
        &world.client,
        world.generation,
        UNKNOWN_ID,
        UNKNOWN_ID,
        UNKNOWN_ID,
    )
    .await;
    assert_responses(rows);
    assert_eq!(world.control.stats().open_streams, 0);
}

async fn another_users_record_is_not_found(world: World) {
    let session = world.ended_session(Script::new()).await.id;
    let agent = world.agent("a").await.id;
    let environment = world.environment("e").await.id;
    let stranger = world.stranger();
    let rows = every_call(&stranger, world.generation, agent, environment, session).await;
    assert_responses(rows);
    // The record was not changed.
    let session = world.client.sessions().get(session).await.unwrap();
    assert_eq!(session.status.as_str(), "completed");
    let agent = world.client.agents().get(agent).await.unwrap();
    assert_eq!(agent.archived_at, None);
    world.client.environments().get(environment).await.unwrap();
}

async fn a_request_with_an_unknown_record_is_not_found(world: World) {
    let agent = world.agent("a").await.id;
    let deleted = world.environment("deleted").await.id;
    world.client.environments().delete(deleted).await.unwrap();
    assert_responses(naming(&world, &world.client, agent, UNKNOWN_ID, deleted).await);
}

async fn a_request_with_another_users_record_is_not_found(world: World) {
    let agent = world.agent("theirs").await.id;
    let environment = world.environment("theirs").await.id;
    let stranger = world.stranger();
    let own = stranger.agents().create(world.new_agent("own")).await;
    let own = own.unwrap().id;
    stranger
        .environments()
        .create(CreateEnvironment::new("own"))
        .await
        .unwrap();
    assert_responses(naming(&world, &stranger, own, agent, environment).await);
}

/// The errors of all requests with the IDs of an agent and an environment in their bodies.
async fn naming(
    world: &World,
    client: &Client,
    own: Uuid,
    agent: Uuid,
    environment: Uuid,
) -> [(Error, ErrorResponse); 4] {
    let (agents, sessions) = (client.agents(), client.sessions());
    let no_environment = || text(404, "Environment not found");
    let create = world.new_agent("x").environment(environment);
    let update = UpdateAgent::new(1).environment(environment);
    let session = CreateSession::new(own, "p").environment(environment);
    [
        (agents.create(create).await.unwrap_err(), no_environment()),
        (
            agents.update(own, update).await.unwrap_err(),
            no_environment(),
        ),
        (
            sessions.create(session).await.unwrap_err(),
            no_environment(),
        ),
        (
            sessions
                .create(CreateSession::new(agent, "p"))
                .await
                .unwrap_err(),
            text(404, "Agent not found"),
        ),
    ]
}

async fn a_missing_sandbox_is_not_found(world: World) {
    let lost = world.ended_session(Script::new()).await.id;
    world.act(lost, Action::LoseSandbox {});
    let unprovisioned = world.session(Script::manual()).await.id;
    for id in [lost, unprovisioned] {
        let error = world.client.sessions().prompt(id, "p").await.unwrap_err();
        assert_eq!(error.status(), Some(404));
        let detail = error.detail_text().unwrap();
        assert!(detail.starts_with("Sprite not found: "), "{detail}");
    }
}

async fn a_missing_sandbox_is_a_conflict(world: World) {
    let lost = world.ended_session(Script::new()).await.id;
    world.act(lost, Action::LoseSandbox {});
    let unprovisioned = world.session(Script::manual()).await.id;
    for id in [lost, unprovisioned] {
        let error = world.client.sessions().prompt(id, "p").await.unwrap_err();
        let expected = conflict(
            "Session backend is no longer available; start a new session.",
            aod::ConflictReason::BackendGone,
        );
        assert_eq!(ErrorResponse::of(&error), expected);
    }
}
