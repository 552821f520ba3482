//! 409 responses: every text of the server, and its `ConflictReason`.

use aod::ConflictReason::{self, AlreadyArchived, Archived};
use aod::models::{CreateEnvironment, CreateSession, UpdateAgent, UpdateEnvironment};
use aod_devserver::{Action, Generation, Script, Status};

use super::{ErrorResponse, assert_responses, conflict};
use crate::endpoints::world::{World, tests};

tests! { in [april21 april30 june25]:
    an_update_of_another_version_is_a_mismatch_with_both_numbers,
    archived_records_cannot_be_changed_or_used,
    a_name_in_use_is_a_conflict,
    an_environment_with_sessions_cannot_be_deleted,
    a_running_session_refuses_prompts_and_deletion,
    a_session_that_has_ended_refuses_prompts,
    a_conflict_is_not_retried,
}

tests! { in [april30 june25]:
    an_agent_cannot_use_an_archived_environment,
    a_session_with_a_queued_turn_refuses_prompts,
    a_pending_session_cannot_be_deleted,
}
tests! { in [april21]: old_servers_accept_archived_environments_and_delete_pending_sessions }
tests! { in [june25]: only_an_active_turn_can_be_interrupted }

async fn an_update_of_another_version_is_a_mismatch_with_both_numbers(world: World) {
    let (agents, environments) = (world.client.agents(), world.client.environments());
    let agent = world.agent("a").await.id;
    let environment = world.environment("e").await.id;
    let update = UpdateAgent::new(1).name("b");
    agents.update(agent, update).await.unwrap();
    let mismatch = |expected, got| {
        conflict(
            &format!("Version mismatch: expected {expected}, got {got}"),
            ConflictReason::VersionMismatch { expected, got },
        )
    };
    let agent_update = async |version| {
        let update = UpdateAgent::new(version);
        agents.update(agent, update).await.unwrap_err()
    };
    let environment_update = async |version| {
        let update = UpdateEnvironment::new(version);
        environments.update(environment, update).await.unwrap_err()
    };
    assert_responses([
        (agent_update(1).await, mismatch(2, 1)),
        (agent_update(3).await, mismatch(2, 3)),
        (agent_update(-1).await, mismatch(2, -1)),
        (agent_update(i64::MAX).await, mismatch(2, i64::MAX)),
        (environment_update(2).await, mismatch(1, 2)),
        (environment_update(0).await, mismatch(1, 0)),
    ]);
}

async fn archived_records_cannot_be_changed_or_used(world: World) {
    let (agents, environments) = (world.client.agents(), world.client.environments());
    let environment = world.environment("e").await.id;
    let own = world.new_agent("with environment").environment(environment);
    let own = agents.create(own).await.unwrap().id;
    let other = world.agent("active").await.id;
    let agent = world.agent("archived").await.id;
    agents.archive(agent).await.unwrap();
    environments.archive(environment).await.unwrap();

    let session = async |request| world.client.sessions().create(request).await.unwrap_err();
    assert_responses([
        (
            agents
                .update(agent, UpdateAgent::new(1).name("b"))
                .await
                .unwrap_err(),
            conflict("Cannot update an archived agent", Archived),
        ),
        (
            agents.archive(agent).await.unwrap_err(),
            conflict("Agent is already archived", AlreadyArchived),
        ),
        (
            environments
                .update(environment, UpdateEnvironment::new(1))
                .await
                .unwrap_err(),
            conflict("Cannot update an archived environment", Archived),
        ),
        (
            environments.archive(environment).await.unwrap_err(),
            conflict("Environment is already archived", AlreadyArchived),
        ),
        (
            session(CreateSession::new(agent, "p")).await,
            conflict("Cannot create session with archived agent", Archived),
        ),
        (
            session(CreateSession::new(other, "p").environment(environment)).await,
            conflict("Cannot create session with archived environment", Archived),
        ),
        (
            session(CreateSession::new(own, "p")).await,
            conflict("Cannot create session with archived environment", Archived),
        ),
    ]);
}

async fn an_agent_cannot_use_an_archived_environment(world: World) {
    let agents = world.client.agents();
    let environment = world.environment("e").await.id;
    let agent = world.agent("a").await.id;
    let archive = world.client.environments().archive(environment).await;
    archive.unwrap();
    let expected = || {
        conflict(
            "Cannot assign an archived environment to an agent",
            Archived,
        )
    };
    let create = world.new_agent("b").environment(environment);
    let update = UpdateAgent::new(1).environment(environment);
    assert_responses([
        (agents.create(create).await.unwrap_err(), expected()),
        (agents.update(agent, update).await.unwrap_err(), expected()),
    ]);
}

async fn a_name_in_use_is_a_conflict(world: World) {
    let environments = world.client.environments();
    world.environment("ci").await;
    world.environment("it's").await;
    let other = world.environment("other").await.id;
    let taken = |name: &str| {
        let detail = format!("An active environment named {name} already exists");
        conflict(&detail, ConflictReason::NameTaken)
    };
    assert_responses([
        (
            environments
                .create(CreateEnvironment::new("ci"))
                .await
                .unwrap_err(),
            taken("'ci'"),
        ),
        (
            environments
                .update(other, UpdateEnvironment::new(1).name("it's"))
                .await
                .unwrap_err(),
            taken("\"it's\""),
        ),
    ]);
}

async fn an_environment_with_sessions_cannot_be_deleted(world: World) {
    let environment = world.environment("e").await.id;
    let agent = world.agent("a").await.id;
    world.control.set_script(Script::new());
    let request = CreateSession::new(agent, "p").environment(environment);
    world.client.sessions().run(request).await.unwrap();
    let error = world
        .client
        .environments()
        .delete(environment)
        .await
        .unwrap_err();
    let detail = "Cannot delete environment with existing sessions";
    assert_eq!(
        ErrorResponse::of(&error),
        conflict(detail, ConflictReason::InUse)
    );
}

async fn a_running_session_refuses_prompts_and_deletion(world: World) {
    let sessions = world.client.sessions();
    let id = world.session(Script::new().hold("work")).await.id;
    world.control.hold_reached("work").await;
    let stays = match world.generation {
        Generation::April21 => "Cannot delete a running session",
        Generation::April30 | Generation::June25 => "Cannot delete an active session",
    };
    assert_responses([
        (
            sessions.prompt(id, "p").await.unwrap_err(),
            conflict("Session is already running", ConflictReason::Running),
        ),
        (
            sessions.delete(id).await.unwrap_err(),
            conflict(stays, ConflictReason::Running),
        ),
    ]);
}

async fn a_session_with_a_queued_turn_refuses_prompts(world: World) {
    let id = world.manual_session().await.id;
    let error = world.client.sessions().prompt(id, "p").await.unwrap_err();
    let detail = "Session already has a pending turn";
    assert_eq!(
        ErrorResponse::of(&error),
        conflict(detail, ConflictReason::Pending)
    );
}

async fn a_pending_session_cannot_be_deleted(world: World) {
    let id = world.manual_session().await.id;
    let error = world.client.sessions().delete(id).await.unwrap_err();
    let detail = "Cannot delete an active session";
    assert_eq!(
        ErrorResponse::of(&error),
        conflict(detail, ConflictReason::Running)
    );
}

async fn old_servers_accept_archived_environments_and_delete_pending_sessions(world: World) {
    let environment = world.environment("e").await.id;
    let archive = world.client.environments().archive(environment).await;
    archive.unwrap();
    let request = world.new_agent("a").environment(environment);
    let agent = world.client.agents().create(request).await.unwrap();
    assert_eq!(agent.environment_id, Some(environment));

    let id = world.manual_session().await.id;
    world.client.sessions().prompt(id, "queued").await.unwrap();
    world.client.sessions().delete(id).await.unwrap();
}

async fn a_session_that_has_ended_refuses_prompts(world: World) {
    let sessions = world.client.sessions();
    let failed = world.ended_session(Script::new().exit(1)).await.id;
    let terminated = world.ended_session(Script::new()).await.id;
    sessions.terminate(terminated).await.unwrap();
    assert_responses([
        (
            sessions.prompt(failed, "p").await.unwrap_err(),
            conflict(
                "Session has failed and cannot be resumed. Start a new session.",
                ConflictReason::Failed,
            ),
        ),
        (
            sessions.prompt(terminated, "p").await.unwrap_err(),
            conflict("Session has been terminated", ConflictReason::Terminated),
        ),
        (
            sessions.terminate(terminated).await.unwrap_err(),
            conflict(
                "Session is already terminated",
                ConflictReason::AlreadyTerminated,
            ),
        ),
    ]);
}

async fn only_an_active_turn_can_be_interrupted(world: World) {
    let sessions = world.client.sessions();
    let completed = world.ended_session(Script::new()).await.id;
    let failed = world.ended_session(Script::new().exit(1)).await.id;
    let terminated = world.manual_session().await.id;
    world.act(
        terminated,
        Action::SetStatus {
            status: Status::Terminated,
            exit_code: None,
        },
    );
    assert_responses([
        (
            sessions.interrupt(completed).await.unwrap_err(),
            conflict(
                "Session has no active turn to interrupt",
                ConflictReason::NoActiveTurn,
            ),
        ),
        (
            sessions.interrupt(failed).await.unwrap_err(),
            conflict("Session has failed", ConflictReason::Failed),
        ),
        (
            sessions.interrupt(terminated).await.unwrap_err(),
            conflict("Session has been terminated", ConflictReason::Terminated),
        ),
    ]);
}

async fn a_conflict_is_not_retried(world: World) {
    let agent = world.agent("a").await.id;
    world.control.forget_requests();
    let update = UpdateAgent::new(9);
    let error = world.client.agents().update(agent, update).await;
    let error = error.unwrap_err();
    assert_eq!(error.attempts(), 1);
    assert!(!error.is_retryable());
    assert_eq!(world.control.requests().len(), 1);
}
