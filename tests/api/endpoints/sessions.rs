//! `/sessions`: create, get, list, terminate, delete.

use aod::models::{
    CreateSession, GithubRepository, Provider, ResourceType, Runtime, SessionStatus, TurnStatus,
};
use aod::{ErrorKind, models::SessionResource};
use aod_devserver::{Generation, Script};
use serde_json::json;

use crate::endpoints::world::{World, tests};

tests! { in [april21 april30 june25]:
    a_session_is_created_with_its_first_turn,
    resources_are_returned_normalised_and_without_their_token,
    a_session_uses_its_agents_environment_unless_it_specifies_one,
    a_session_has_the_status_of_its_lifecycle,
    a_failed_session_has_the_exit_code_or_none,
    the_list_contains_the_users_sessions_of_every_status_newest_first,
    terminating_keeps_the_exit_code,
    a_deleted_session_is_not_found,
    archiving_the_agent_and_the_environment_does_not_affect_their_sessions,
}

tests! { in [june25]: secret_variables_are_sent_and_never_returned }

async fn a_session_is_created_with_its_first_turn(world: World) {
    world.control.set_script(Script::manual());
    let agent = world.agent("a").await;
    let sessions = world.client.sessions();
    let ack = sessions
        .create(CreateSession::new(agent.id, "Zähle die Tests 🧪"))
        .await
        .unwrap();
    assert_eq!(ack.status, SessionStatus::Pending);
    assert_eq!(ack.stream_url, Some(format!("/sessions/{}/stream", ack.id)));
    assert_eq!(ack.environment_id, None);
    assert!(ack.resources.is_empty());
    assert_eq!(ack.current_turn, Some(1));

    let session = sessions.get(ack.id).await.unwrap();
    assert_eq!(session.id, ack.id);
    assert_eq!(session.agent_id, Some(agent.id));
    assert_eq!(session.environment_id, None);
    let engine = match world.generation {
        Generation::April21 | Generation::April30 => (Some(Runtime::Claude), None),
        Generation::June25 => (None, Some(Provider::Anthropic)),
    };
    assert_eq!((session.runtime, session.provider), engine);
    assert_eq!(session.status, SessionStatus::Pending);
    assert_eq!(session.exit_code, None);
    assert_eq!(session.updated_at, session.created_at);
    assert_eq!((session.turn_count, session.current_turn), (1, Some(1)));
    assert!(session.extra.is_empty(), "{:?}", session.extra);

    let turns = sessions.turns(ack.id).await.unwrap();
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0].turn_number, 1);
    assert_eq!(turns[0].prompt, "Zähle die Tests 🧪");
    assert_eq!(turns[0].status, TurnStatus::Pending);
    assert_eq!(turns[0].created_at, session.created_at);
    assert_eq!(
        (turns[0].exit_code, turns[0].started_at, turns[0].ended_at),
        (None, None, None)
    );
}

async fn resources_are_returned_normalised_and_without_their_token(world: World) {
    world.control.set_script(Script::manual());
    let agent = world.agent("a").await;
    let request = CreateSession::new(agent.id, "p")
        .repository(GithubRepository::new("https://github.com/acme/app.git"))
        .repository(
            GithubRepository::new("https://github.com/acme/my.lib_-x")
                .mount_path("/src/lib/")
                .authorization_token("ghp_hunter2"),
        )
        .repository(GithubRepository::new("https://github.com/a/twice.git.git"));
    let sessions = world.client.sessions();

    let ack = sessions.create(request).await.unwrap();

    let sent = &world.last_body()["resources"];
    assert_eq!(
        sent[1],
        json!({
            "type": "github_repository",
            "url": "https://github.com/acme/my.lib_-x",
            "mount_path": "/src/lib/",
            "authorization_token": "ghp_hunter2",
        })
    );
    let shown = |resource: &SessionResource| {
        assert_eq!(resource.resource_type, ResourceType::GithubRepository);
        assert!(resource.extra.is_empty(), "{:?}", resource.extra);
        (
            resource.url.clone(),
            resource.mount_path.clone().unwrap_or_default(),
        )
    };
    let shown: Vec<_> = ack.resources.iter().map(shown).collect();
    let expected = [
        ("https://github.com/acme/app", "/workspace/app"),
        ("https://github.com/acme/my.lib_-x", "/src/lib/"),
        ("https://github.com/a/twice.git", "/workspace/twice.git"),
    ];
    assert_eq!(
        shown,
        expected.map(|(url, path)| (url.to_owned(), path.to_owned()))
    );
    let session = sessions.get(ack.id).await.unwrap();
    assert_eq!(session.resources, ack.resources);
}

async fn a_session_uses_its_agents_environment_unless_it_specifies_one(world: World) {
    world.control.set_script(Script::manual());
    let own = world.environment("own").await;
    let other = world.environment("other").await;
    let request = world.new_agent("a").environment(own.id);
    let agent = world.client.agents().create(request).await.unwrap();
    let request = CreateSession::new(agent.id, "p");
    for (request, expected) in [
        (request.clone(), own.id),
        (request.environment(other.id), other.id),
    ] {
        let ack = world.client.sessions().create(request).await.unwrap();
        assert_eq!(ack.environment_id, Some(expected));
        let session = world.client.sessions().get(ack.id).await.unwrap();
        assert_eq!(session.environment_id, Some(expected));
    }
}

async fn a_session_has_the_status_of_its_lifecycle(world: World) {
    let script = Script::new()
        .hold_provisioning("provision")
        .hold("work")
        .exit(0);
    let id = world.session(script).await.id;
    let sessions = world.client.sessions();
    let status = async || sessions.get(id).await.unwrap().status;

    world.control.hold_reached("provision").await;
    assert_eq!(status().await, SessionStatus::Pending);
    world.control.release("provision");
    world.control.hold_reached("work").await;
    assert_eq!(status().await, SessionStatus::Running);
    assert_eq!(
        sessions.turns(id).await.unwrap()[0].status,
        TurnStatus::Running
    );
    world.control.release("work");
    let ended = sessions.wait_for_completion(id).await.unwrap();
    assert_eq!(ended.status, SessionStatus::Completed);
    assert_eq!(ended.exit_code, Some(0));
    assert_eq!(sessions.get(id).await.unwrap(), ended);
}

async fn a_failed_session_has_the_exit_code_or_none(world: World) {
    for (script, exit_code) in [
        (Script::new().stdout("x").exit(3), Some(3)),
        (Script::new().exit(-9), Some(-9)),
        (Script::new().crash(), None),
        (
            Script::failing_in("create_sprite", "Failed to create Sprite: no room"),
            None,
        ),
    ] {
        let id = world.session(script).await.id;
        let session = world
            .client
            .sessions()
            .wait_for_completion(id)
            .await
            .unwrap();
        assert_eq!(session.status, SessionStatus::Failed);
        assert_eq!(session.exit_code, exit_code);
        let turns = world.client.sessions().turns(id).await.unwrap();
        assert_eq!(
            (&turns[0].status, turns[0].exit_code),
            (&TurnStatus::Failed, exit_code)
        );
    }
}

async fn the_list_contains_the_users_sessions_of_every_status_newest_first(world: World) {
    let sessions = world.client.sessions();
    assert!(sessions.list().await.unwrap().is_empty());
    let completed = world.ended_session(Script::new()).await.id;
    let failed = world.ended_session(Script::new().exit(1)).await.id;
    let terminated = world.ended_session(Script::new()).await.id;
    sessions.terminate(terminated).await.unwrap();
    let running = world.session(Script::new().hold("running")).await.id;
    world.control.hold_reached("running").await;
    let pending = world.session(Script::manual()).await.id;
    let list = sessions.list().await.unwrap();
    let shown: Vec<_> = list
        .iter()
        .map(|session| (session.id, session.status.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            (pending, "pending"),
            (running, "running"),
            (terminated, "terminated"),
            (failed, "failed"),
            (completed, "completed"),
        ]
    );
    assert!(world.stranger().sessions().list().await.unwrap().is_empty());
}

async fn terminating_keeps_the_exit_code(world: World) {
    let sessions = world.client.sessions();
    let pending = world.session(Script::manual()).await.id;
    let running = world.session(Script::new().hang()).await.id;
    let completed = world.ended_session(Script::new()).await.id;
    let failed = world.ended_session(Script::new().exit(3)).await.id;
    for (id, exit_code) in [
        (pending, None),
        (running, None),
        (completed, Some(0)),
        (failed, Some(3)),
    ] {
        let ack = sessions.terminate(id).await.unwrap();
        assert_eq!((ack.id, ack.status), (id, SessionStatus::Terminated));
        assert_eq!((ack.stream_url, ack.current_turn), (None, None));
        let session = sessions.get(id).await.unwrap();
        assert_eq!(session.status, SessionStatus::Terminated);
        assert_eq!(session.exit_code, exit_code);
    }
    // A queued turn remains queued.
    let turns = sessions.turns(pending).await.unwrap();
    assert_eq!(turns[0].status, TurnStatus::Pending);
}

async fn a_deleted_session_is_not_found(world: World) {
    let sessions = world.client.sessions();
    let id = world.ended_session(Script::new()).await.id;
    sessions.delete(id).await.unwrap();
    for error in [
        sessions.get(id).await.unwrap_err(),
        sessions.turns(id).await.unwrap_err(),
        sessions.stream(id).await.unwrap_err(),
        sessions.delete(id).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
    assert!(sessions.list().await.unwrap().is_empty());
}

async fn archiving_the_agent_and_the_environment_does_not_affect_their_sessions(world: World) {
    world.control.set_script(Script::new().hold("go"));
    let environment = world.environment("e").await;
    let request = world.new_agent("a").environment(environment.id);
    let agent = world.client.agents().create(request).await.unwrap();
    let sessions = world.client.sessions();
    let request = CreateSession::new(agent.id, "p");
    let id = sessions.create(request).await.unwrap().id;
    world.control.hold_reached("go").await;

    world.client.agents().archive(agent.id).await.unwrap();
    let archive = world.client.environments().archive(environment.id).await;
    archive.unwrap();

    assert_eq!(
        sessions.get(id).await.unwrap().status,
        SessionStatus::Running
    );
    world.control.release("go");
    sessions.wait_for_completion(id).await.unwrap();
    let ack = sessions.prompt(id, "more").await.unwrap();
    assert_eq!(ack.current_turn, Some(2));
    let session = sessions.wait_for_completion(id).await.unwrap();
    assert_eq!(session.status, SessionStatus::Completed);
    assert_eq!(session.environment_id, Some(environment.id));
}

async fn secret_variables_are_sent_and_never_returned(world: World) {
    world.control.set_script(Script::manual());
    let agent = world.agent("a").await;
    let request = CreateSession::new(agent.id, "p").secret_env_var("API_KEY", "hunter2");
    let sessions = world.client.sessions();
    let ack = sessions.create(request).await.unwrap();
    assert_eq!(
        world.last_body()["secret_env_vars"],
        json!({"API_KEY": "hunter2"})
    );
    for text in [
        serde_json::to_string(&ack).unwrap(),
        serde_json::to_string(&sessions.get(ack.id).await.unwrap()).unwrap(),
        serde_json::to_string(&sessions.list().await.unwrap()).unwrap(),
        serde_json::to_string(&sessions.turns(ack.id).await.unwrap()).unwrap(),
    ] {
        assert!(
            !text.contains("hunter2") && !text.contains("API_KEY"),
            "{text}"
        );
    }
}
