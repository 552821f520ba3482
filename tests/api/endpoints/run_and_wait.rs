//! `sessions().run` and `sessions().wait_for_completion`.

use std::time::Duration;

use aod::models::{CreateSession, SessionStatus};
use aod::{Detail, ErrorKind};
use aod_devserver::{Script, Step};
use futures::FutureExt;

use crate::endpoints::world::{World, tests};

tests! { in [april21 april30 june25]:
    a_run_returns_the_ended_session_and_its_stdout,
    a_failed_turn_is_not_an_error_of_the_run,
    a_refused_run_starts_nothing,
    waiting_for_an_ended_session_sends_one_request,
    waiting_lasts_until_the_turn_has_ended,
    waiting_continues_after_a_stale_stream,
    waiting_for_a_terminated_session_ends,
}

async fn a_run_returns_the_ended_session_and_its_stdout(world: World) {
    let script = Script::new()
        .stdout("Grüße, ")
        .stderr("not this")
        .stdout("🦀\n")
        .exit(0);
    world.control.set_script(script);
    let agent = world.agent("a").await;
    let request = CreateSession::new(agent.id, "p");
    let run = world.client.sessions().run(request).await.unwrap();
    assert_eq!(run.stdout, "Grüße, 🦀\n");
    assert_eq!(run.session.status, SessionStatus::Completed);
    assert_eq!(run.session.exit_code, Some(0));
    assert_eq!(run.session.agent_id, Some(agent.id));
    let session = world.client.sessions().get(run.session.id).await.unwrap();
    assert_eq!(session, run.session);
    world.control.streams_open(0).await;
}

async fn a_failed_turn_is_not_an_error_of_the_run(world: World) {
    let agent = world.agent("a").await;
    for (ending, exit_code) in [(Step::Exit(2), Some(2)), (Step::Crash, None)] {
        world
            .control
            .set_script(Script::new().stdout("so far").step(ending));
        let request = CreateSession::new(agent.id, "p");
        let run = world.client.sessions().run(request).await.unwrap();
        assert_eq!(run.session.status, SessionStatus::Failed);
        assert_eq!(run.session.exit_code, exit_code);
        assert_eq!(run.stdout, "so far");
    }
}

async fn a_refused_run_starts_nothing(world: World) {
    let agent = world.agent("a").await;
    let request = CreateSession::new(agent.id, "p").timeout(Duration::from_secs(1));
    let error = world.client.sessions().run(request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(matches!(error.detail(), Some(Detail::Fields(_))));
    assert!(world.client.sessions().list().await.unwrap().is_empty());
}

async fn waiting_for_an_ended_session_sends_one_request(world: World) {
    let id = world.ended_session(Script::new().exit(3)).await.id;
    world.control.forget_requests();
    let session = world
        .client
        .sessions()
        .wait_for_completion(id)
        .await
        .unwrap();
    assert_eq!(session.exit_code, Some(3));
    assert_eq!(world.control.requests().len(), 1);
}

async fn waiting_lasts_until_the_turn_has_ended(world: World) {
    let id = world
        .session(Script::new().stdout("x").hold("go").exit(0))
        .await
        .id;
    let waiting = world.client.sessions();
    let mut waiting = waiting.wait_for_completion(id).boxed();
    world.control.hold_reached("go").await;
    tokio::select! {
        session = &mut waiting => panic!("too early: {session:?}"),
        () = world.control.streams_open(1) => {}
    }
    world.control.release("go");
    let session = waiting.await.unwrap();
    assert_eq!(session.status, SessionStatus::Completed);
    world.control.streams_open(0).await;
}

async fn waiting_continues_after_a_stale_stream(world: World) {
    world.control.freeze_clock();
    let id = world.session(Script::new().hold("go").exit(0)).await.id;
    world.control.hold_reached("go").await;
    let sessions = world.client.sessions();
    let mut waiting = sessions.wait_for_completion(id).boxed();
    tokio::select! {
        session = &mut waiting => panic!("too early: {session:?}"),
        () = world.control.streams_open(1) => {}
    }
    world.control.forget_requests();
    world.control.advance(Duration::from_secs(601));
    tokio::select! {
        session = &mut waiting => panic!("too early: {session:?}"),
        () = world.control.streams_open(0) => {}
    }
    tokio::select! {
        session = &mut waiting => panic!("too early: {session:?}"),
        () = world.control.streams_open(1) => {}
    }
    world.control.release("go");
    let session = waiting.await.unwrap();
    assert_eq!(session.status, SessionStatus::Completed);
    let paths = world.control.requests();
    let streams = paths
        .iter()
        .filter(|request| request.path.ends_with("/stream"));
    // The second request confirms the end.
    assert_eq!(streams.count(), 2);
}

async fn waiting_for_a_terminated_session_ends(world: World) {
    let id = world.session(Script::new().hang()).await.id;
    let sessions = world.client.sessions();
    let mut waiting = sessions.wait_for_completion(id).boxed();
    tokio::select! {
        session = &mut waiting => panic!("too early: {session:?}"),
        () = world.control.streams_open(1) => {}
    }
    sessions.terminate(id).await.unwrap();
    let session = waiting.await.unwrap();
    assert_eq!(session.status, SessionStatus::Terminated);
}
