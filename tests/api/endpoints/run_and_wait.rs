//! `sessions().run` and `sessions().wait_for_completion`.

use std::collections::BTreeMap;
use std::time::Duration;

use aod::models::{CreateSession, SessionStatus};
use aod::transcript::Outcome;
use aod::{ConflictReason, Detail, ErrorKind, OnAbandon};
use aod_devserver::{Effect, Fault, Script, Step};
use futures::FutureExt;

use crate::endpoints::world::{World, tests};

tests! { in [april21 april30 june25]:
    a_run_returns_the_ended_session_and_its_stdout,
    the_result_of_a_run_has_the_answer_and_the_turn_as_data,
    a_failed_turn_is_not_an_error_of_the_run,
    asking_returns_the_answer_of_the_next_turn_only,
    asking_during_a_turn_is_a_conflict_or_waits,
    a_turn_without_output_has_its_number,
    the_error_of_asking_names_the_session,
    a_refused_run_starts_nothing,
    the_error_of_a_run_names_the_session,
    a_dropped_run_leaves_the_session_running,
    a_turn_is_followed_without_the_output_of_others,
    nothing_is_stopped_after_the_end_of_the_turn,
    a_turn_is_followed_across_a_stale_stream,
    a_turn_ends_when_a_later_one_starts,
    a_request_that_is_dropped_before_it_is_polled_stops_the_session,
    a_request_that_is_dropped_outside_of_the_runtime_stops_the_session,
    an_abandoned_session_is_terminated,
    a_run_that_is_dropped_while_it_creates_the_session_stops_it,
    a_prompt_that_is_dropped_while_it_is_sent_stops_the_session,
    waiting_for_an_ended_session_sends_one_request,
    waiting_lasts_until_the_turn_has_ended,
    waiting_continues_after_a_stale_stream,
    waiting_for_a_terminated_session_ends,
}

tests! { in [april21]:
    a_run_has_the_stdout_of_the_new_history,
}

tests! { in [june25]:
    the_usage_of_codex_is_that_of_the_turn,
    an_abandoned_turn_is_interrupted,
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

/// What Claude Code prints for an answer.
fn answer(text: &str) -> String {
    format!(
        "{{\"type\":\"assistant\",\"message\":\"{text}\"}}\n{{\"type\":\"result\",\"subtype\":\"success\"}}\n"
    )
}

async fn the_result_of_a_run_has_the_answer_and_the_turn_as_data(world: World) {
    let script = Script::new().stdout(answer("Done.")).exit(0);
    world.control.set_script(script);
    let agent = world.agent("a").await;
    let request = CreateSession::new(agent.id, "p");
    let run = world.client.sessions().run(request).await.unwrap();
    assert_eq!(run.text.as_deref(), Some("Done."));
    assert_eq!(run.turn.number, 1);
    assert_eq!(run.turn.outcome, Some(Outcome::Success));
    assert_eq!(run.turn.items.len(), 2);
    let copy: aod::RunResult = serde_json::from_value(serde_json::to_value(&run).unwrap()).unwrap();
    assert_eq!(copy, run);
}

async fn asking_returns_the_answer_of_the_next_turn_only(world: World) {
    let script = Script::new().stdout(answer("First.")).exit(0);
    let session = world.ended_session(script).await;
    let script = Script::new().stdout(answer("Second.")).exit(0);
    world.control.set_script(script);
    let answered = world.client.sessions().ask(session.id, "and?").await;
    let answered = answered.unwrap();
    assert_eq!(answered.text.as_deref(), Some("Second."));
    assert_eq!(answered.turn.number, 2);
    assert_eq!(answered.stdout, answer("Second."));
    assert_eq!(answered.session.status, SessionStatus::Completed);
}

async fn asking_during_a_turn_is_a_conflict_or_waits(world: World) {
    let script = Script::new().stdout("x").hold("go").exit(0);
    let id = world.session(script).await.id;
    world
        .control
        .set_script(Script::new().stdout(answer("Later.")).exit(0));
    let sessions = world.client.sessions();
    let error = sessions.ask(id, "and?").await.unwrap_err();
    assert!(
        matches!(
            error.conflict(),
            Some(ConflictReason::Running | ConflictReason::Pending)
        ),
        "{error:?}"
    );
    let asked = sessions.ask(id, "and?").wait(true);
    let mut asked = asked.into_future();
    tokio::select! {
        answered = &mut asked => panic!("too early: {answered:?}"),
        () = world.control.streams_open(1) => {}
    }
    world.control.release("go");
    let answered = asked.await.unwrap();
    assert_eq!(answered.text.as_deref(), Some("Later."));
    assert_eq!(answered.turn.number, 2);
}

async fn a_turn_without_output_has_its_number(world: World) {
    let script = Script::new().stdout(answer("First.")).exit(0);
    let id = world.ended_session(script).await.id;
    world.control.set_script(Script::new().exit(1));
    let asked = world.client.sessions().ask(id, "and?").await.unwrap();
    assert_eq!(asked.turn.number, 2);
    assert!(asked.turn.items.is_empty());
    let reason = "exit code 1".to_owned();
    assert_eq!(asked.turn.outcome, Some(Outcome::Failed { reason }));
    assert_eq!(asked.text, None);
}

async fn the_usage_of_codex_is_that_of_the_turn(world: World) {
    let printed = |tokens: u32| {
        format!(
            "{{\"type\":\"thread.started\",\"thread_id\":\"t\"}}\n{{\"type\":\"turn.completed\",\"usage\":{{\"input_tokens\":{tokens},\"output_tokens\":1}}}}\n"
        )
    };
    let request = aod::models::CreateAgent::new("a", world.model()).provider("openai");
    let agent = world.client.agents().create(request).await.unwrap();
    let sessions = world.client.sessions();
    world
        .control
        .set_script(Script::new().stdout(printed(1000)).exit(0));
    let run = sessions
        .run(CreateSession::new(agent.id, "p"))
        .await
        .unwrap();
    world
        .control
        .set_script(Script::new().stdout(printed(1500)).exit(0));
    let asked = sessions.ask(run.session.id, "and?").await.unwrap();
    let tokens = |turn: &aod::transcript::Turn| turn.usage.unwrap().input_tokens;
    assert_eq!(
        (tokens(&run.turn), tokens(&asked.turn)),
        (Some(1000), Some(500))
    );
}

async fn the_error_of_asking_names_the_session(world: World) {
    let script = Script::new().stdout("x").exit(0);
    let id = world.ended_session(script).await.id;
    let refusal = Effect::Status {
        status: 403,
        headers: BTreeMap::new(),
        body: String::new(),
    };
    let fault = Fault::on("GET", "/sessions/*/stream", refusal).times(1);
    world.control.plan_fault(fault).unwrap();
    let error = world.client.sessions().ask(id, "and?").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert_eq!(error.session_id(), Some(id));
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

async fn the_error_of_a_run_names_the_session(world: World) {
    let agent = world.agent("a").await;
    world.control.set_script(Script::new().hang());
    // The stream; then the session, after the two requests of a stream.
    for skipped in [0, 2] {
        world.control.clear_scripts();
        let refusal = Effect::Status {
            status: 403,
            headers: BTreeMap::new(),
            body: String::new(),
        };
        let fault = Fault::on("GET", "/sessions/*", refusal)
            .skip(skipped)
            .times(1);
        world.control.plan_fault(fault).unwrap();
        let request = CreateSession::new(agent.id, "p");
        let error = world.client.sessions().run(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth);
        let created = &world.client.sessions().list().await.unwrap()[0];
        assert_eq!(error.session_id(), Some(created.id));
    }
}

async fn a_dropped_run_leaves_the_session_running(world: World) {
    world.control.set_script(Script::new().hold("go").exit(0));
    let agent = world.agent("a").await;
    let sessions = world.client.sessions();
    let mut run = sessions
        .run(CreateSession::new(agent.id, "p"))
        .into_future();
    tokio::select! {
        run = &mut run => panic!("too early: {run:?}"),
        () = world.control.streams_open(1) => {}
    }
    drop(run);
    world.control.streams_open(0).await;
    world.control.release("go");
    let id = sessions.list().await.unwrap()[0].id;
    let session = sessions.wait_for_completion(id).await.unwrap();
    assert_eq!(session.status, SessionStatus::Completed);
}

async fn a_turn_is_followed_without_the_output_of_others(world: World) {
    let id = world
        .ended_session(Script::new().stdout("first\n").exit(0))
        .await
        .id;
    world
        .control
        .set_script_for_prompt("next", Script::new().stdout("second\n").exit(0));
    let sessions = world.client.sessions();
    let ack = sessions.prompt(id, "next").await.unwrap();
    let run = sessions.follow(&ack).await.unwrap();
    assert_eq!(run.stdout, "second\n");
    assert_eq!(run.session.status, SessionStatus::Completed);
}

async fn nothing_is_stopped_after_the_end_of_the_turn(world: World) {
    let agent = world.agent("a").await;
    let sessions = world.client.sessions();
    let ack = sessions
        .create(CreateSession::new(agent.id, "p"))
        .await
        .unwrap();
    sessions.wait_for_completion(ack.id).await.unwrap();
    let refusal = Effect::Status {
        status: 403,
        headers: BTreeMap::new(),
        body: String::new(),
    };
    let path = format!("/sessions/{}", ack.id);
    let fault = Fault::on("GET", &path, refusal).times(1);
    world.control.plan_fault(fault).unwrap();
    let follow = sessions.follow(&ack).on_abandon(OnAbandon::Terminate);
    assert_eq!(follow.await.unwrap_err().session_id(), Some(ack.id));
    // A request that was sent in the background would have arrived before this one.
    let follow = sessions.follow(&ack).on_abandon(OnAbandon::Terminate);
    assert_eq!(
        follow.await.unwrap().session.status,
        SessionStatus::Completed
    );
    let requests = world.control.requests();
    assert!(
        requests
            .iter()
            .all(|request| !request.path.ends_with("/terminate"))
    );
}

async fn a_turn_ends_when_a_later_one_starts(world: World) {
    let ack = world
        .ended_session(Script::new().stdout("first\n").exit(0))
        .await;
    let id = ack.id;
    world
        .control
        .set_script_for_prompt("next", Script::new().stdout("second\n").hang());
    let sessions = world.client.sessions();
    sessions.prompt(id, "next").await.unwrap();
    let follow = sessions.follow(&ack).on_abandon(OnAbandon::Terminate);
    let followed = follow.await.unwrap();
    assert_eq!(followed.stdout, "first\n");
    assert_eq!(followed.turn.number, 1);
    assert_eq!(followed.turn.outcome, Some(Outcome::Unknown));
    assert_eq!(followed.session.status, SessionStatus::Running);
    // A request that was sent in the background would have arrived before this one.
    assert_eq!(
        sessions.get(id).await.unwrap().status,
        SessionStatus::Running
    );
    let requests = world.control.requests();
    assert!(
        requests
            .iter()
            .all(|request| !request.path.ends_with("/terminate"))
    );
}

async fn a_turn_is_followed_across_a_stale_stream(world: World) {
    world.control.freeze_clock();
    world
        .control
        .set_script(Script::new().hold("go").stdout("late").exit(0));
    let agent = world.agent("a").await;
    let sessions = world.client.sessions();
    let mut run = sessions
        .run(CreateSession::new(agent.id, "p"))
        .into_future();
    tokio::select! {
        run = &mut run => panic!("too early: {run:?}"),
        () = world.control.streams_open(1) => {}
    }
    world.control.advance(Duration::from_secs(601));
    for open in [0, 1] {
        tokio::select! {
            run = &mut run => panic!("too early: {run:?}"),
            () = world.control.streams_open(open) => {}
        }
    }
    world.control.release("go");
    assert_eq!(run.await.unwrap().stdout, "late");
}

async fn a_run_has_the_stdout_of_the_new_history(world: World) {
    let script = Script::new().stdout("one\n").stdout("two\n").exit(0);
    world.control.set_script(script);
    let row =
        r#"data: {"type": "output", "id": 1, "stream": "stdout", "data": "again\n", "turn": 1}"#;
    let effect = Effect::Insert {
        before_event: 10,
        text: format!("id: 1\n{row}\n\n"),
    };
    let fault = Fault::on("GET", "/sessions/*/stream", effect);
    world.control.plan_fault(fault).unwrap();
    let agent = world.agent("a").await;
    let request = CreateSession::new(agent.id, "p");
    let run = world.client.sessions().run(request).await.unwrap();
    assert_eq!(run.stdout, "again\ntwo\n");
    assert_eq!(run.turn.items.len(), 1, "{:?}", run.turn.items);
}

async fn a_request_that_is_dropped_before_it_is_polled_stops_the_session(world: World) {
    world.control.set_script(Script::new().hang());
    let agent = world.agent("a").await;
    let sessions = world.client.sessions();
    let ack = sessions
        .create(CreateSession::new(agent.id, "p"))
        .await
        .unwrap();
    let follow = sessions.follow(&ack).on_abandon(OnAbandon::Terminate);
    drop(follow.into_future());
    let session = sessions.wait_for_completion(ack.id).await.unwrap();
    assert_eq!(session.status, SessionStatus::Terminated);
}

async fn a_request_that_is_dropped_outside_of_the_runtime_stops_the_session(world: World) {
    world.control.set_script(Script::new().hang());
    let agent = world.agent("a").await;
    let sessions = world.client.sessions();
    let ack = sessions
        .create(CreateSession::new(agent.id, "p"))
        .await
        .unwrap();
    let follow = sessions.follow(&ack).on_abandon(OnAbandon::Terminate);
    let follow = follow.into_future();
    std::thread::scope(|scope| {
        scope.spawn(move || drop(follow));
    });
    let session = sessions.wait_for_completion(ack.id).await.unwrap();
    assert_eq!(session.status, SessionStatus::Terminated);
}

async fn an_abandoned_session_is_terminated(world: World) {
    let status = abandon(&world, OnAbandon::Terminate).await;
    assert_eq!(status, SessionStatus::Terminated);
}

async fn an_abandoned_turn_is_interrupted(world: World) {
    let status = abandon(&world, OnAbandon::Interrupt).await;
    assert!(
        !status.is_active() && status != SessionStatus::Terminated,
        "{status}"
    );
}

/// Stops following a session that runs, and returns its status once it has stopped.
async fn abandon(world: &World, action: OnAbandon) -> SessionStatus {
    world.control.set_script(Script::new().stdout("x").hang());
    let agent = world.agent("a").await;
    let sessions = world.client.sessions();
    let (created, id) = tokio::sync::oneshot::channel();
    let mut run = sessions
        .run(CreateSession::new(agent.id, "p"))
        .on_created(|ack| created.send(ack.id).unwrap())
        .on_abandon(action)
        .into_future();
    tokio::select! {
        run = &mut run => panic!("too early: {run:?}"),
        () = world.control.streams_open(1) => {}
    }
    drop(run);
    let id = id.await.unwrap();
    sessions.wait_for_completion(id).await.unwrap().status
}

async fn a_run_that_is_dropped_while_it_creates_the_session_stops_it(world: World) {
    let agent = world.agent("a").await;
    let sessions = world.client.sessions();
    let run = sessions
        .run(CreateSession::new(agent.id, "p"))
        .on_abandon(OnAbandon::Terminate)
        .into_future();
    drop_while_sent(&world, "/sessions", run).await;
    let session = sessions.list().await.unwrap().remove(0);
    let session = sessions.wait_for_completion(session.id).await.unwrap();
    assert_eq!(session.status, SessionStatus::Terminated);
}

async fn a_prompt_that_is_dropped_while_it_is_sent_stops_the_session(world: World) {
    let id = world.ended_session(Script::new().exit(0)).await.id;
    let sessions = world.client.sessions();
    let ask = sessions
        .ask(id, "p")
        .on_abandon(OnAbandon::Terminate)
        .into_future();
    drop_while_sent(&world, "/sessions/*/prompt", ask).await;
    let session = sessions.wait_for_completion(id).await.unwrap();
    assert_eq!(session.status, SessionStatus::Terminated);
}

/// Drops a request while the server has not responded to its `POST`, and waits for the request that stops the session.
async fn drop_while_sent(world: &World, path: &str, mut request: impl Future + Unpin) {
    let delay = Duration::from_secs(1);
    world.control.set_script(Script::new().stdout("x").hang());
    world.control.freeze_clock();
    let slow = Fault::slow(delay).matching("POST", path);
    world.control.plan_fault(slow).unwrap();
    let received = world.control.stats().requests;
    tokio::select! {
        _ = &mut request => panic!("too early"),
        () = world.control.requests_received(received + 1) => {}
    }
    drop(request);
    world.control.advance(delay);
    world.control.run_clock();
    world.control.requests_received(received + 2).await;
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
