//! `sessions().run_all` and `sessions().watch`.

use std::collections::HashMap;

use aod::ErrorKind;
use aod::models::{CreateSession, SessionStatus};
use aod_devserver::Script;
use futures::StreamExt;
use uuid::Uuid;

use crate::endpoints::world::{UNKNOWN_ID, World, finish, print, tests};

tests! { in [april21 april30 june25]:
    the_results_of_many_runs_are_in_the_order_of_their_requests,
    a_run_that_fails_does_not_affect_the_others,
    a_session_waits_for_the_quota,
    at_most_so_many_sessions_are_active_as_configured,
    the_events_of_several_sessions_arrive_in_one_stream,
    a_session_that_cannot_be_watched_has_one_item,
    watching_resumes_from_the_cursor_of_each_session,
    watching_no_session_ends_at_once,
}

/// Returns the number of requests to create a session.
fn creations(world: &World) -> usize {
    let requests = world.control.requests();
    let creations = requests
        .iter()
        .filter(|r| r.method == "POST" && r.path == "/sessions");
    creations.count()
}

async fn requests(world: &World, count: usize) -> Vec<CreateSession> {
    let agent = world.agent("worker").await.id;
    (0..count)
        .map(|number| CreateSession::new(agent, number.to_string()))
        .collect()
}

async fn the_results_of_many_runs_are_in_the_order_of_their_requests(world: World) {
    world.control.set_script(Script::new().stdout("x").exit(0));
    let sessions = world.client.sessions();
    let runs = sessions
        .run_all(requests(&world, 6).await)
        .max_concurrent(3)
        .await;
    assert_eq!(runs.len(), 6);
    for (number, run) in runs.into_iter().enumerate() {
        let run = run.unwrap();
        assert_eq!(
            (run.session.status, run.stdout.as_str()),
            (SessionStatus::Completed, "x")
        );
        let turns = sessions.turns(run.session.id).await.unwrap();
        assert_eq!(turns[0].prompt, number.to_string());
    }
    assert!(sessions.run_all([]).await.is_empty());
}

async fn a_run_that_fails_does_not_affect_the_others(world: World) {
    world.control.set_script(Script::new().exit(0));
    let mut requests = requests(&world, 3).await;
    requests[1].agent_id = UNKNOWN_ID;
    let runs = world.client.sessions().run_all(requests).await;
    let kinds: Vec<_> = runs
        .iter()
        .map(|run| run.as_ref().err().map(aod::Error::kind))
        .collect();
    assert_eq!(kinds, [None, Some(ErrorKind::NotFound), None]);
}

async fn a_session_waits_for_the_quota(world: World) {
    world.control.set_script(Script::new().exit(0));
    let requests = requests(&world, 4).await;
    world.control.set_quota("main", Some(1)).unwrap();
    let runs = world
        .client
        .sessions()
        .run_all(requests)
        .max_concurrent(4)
        .await;
    assert!(runs.iter().all(Result::is_ok), "{runs:?}");
    assert!(creations(&world) > 4, "no session had to wait");
}

async fn at_most_so_many_sessions_are_active_as_configured(world: World) {
    world.control.set_script(Script::new().exit(0));
    let requests = requests(&world, 5).await;
    // A third session would be refused, and created by another request.
    world.control.set_quota("main", Some(2)).unwrap();
    let runs = world
        .client
        .sessions()
        .run_all(requests)
        .max_concurrent(2)
        .await;
    assert!(runs.iter().all(Result::is_ok), "{runs:?}");
    assert_eq!(creations(&world), 5);
}

/// Reads the stream to its end. Returns the types of the events and errors of each session.
async fn types(mut events: aod::WatchStream<'_>) -> HashMap<Uuid, Vec<String>> {
    let mut types: HashMap<Uuid, Vec<String>> = HashMap::new();
    while let Some(item) = events.next().await {
        let shown = match item.event {
            Ok(event) => event.event_type().to_owned(),
            Err(error) => {
                assert_eq!(error.session_id(), Some(item.session_id));
                error.kind().as_str().to_owned()
            }
        };
        types.entry(item.session_id).or_default().push(shown);
    }
    types
}

async fn the_events_of_several_sessions_arrive_in_one_stream(world: World) {
    let first = world.manual_session().await.id;
    let second = world.manual_session().await.id;
    let sessions = world.client.sessions();
    let mut events = sessions.watch([first, second]);
    let mut texts = Vec::new();
    // Each event is read before the next one is written, so they arrive in this order.
    for (id, text) in [(first, "a"), (second, "b"), (first, "c")] {
        world.act(id, print(text, 1));
        loop {
            let item = events.next().await.unwrap();
            let event = item.event.unwrap();
            if let Some(text) = event.text() {
                texts.push((item.session_id, text.to_owned()));
                break;
            }
        }
    }
    let expected = [(first, "a"), (second, "b"), (first, "c")];
    assert_eq!(texts, expected.map(|(id, text)| (id, text.to_owned())));
    for id in [first, second] {
        world.act(id, finish(1));
    }
    let rest = types(events).await;
    assert_eq!(rest.len(), 2);
    assert!(rest.values().all(|types| *types == ["exit"]), "{rest:?}");
}

async fn a_session_that_cannot_be_watched_has_one_item(world: World) {
    let id = world
        .ended_session(Script::new().stdout("x").exit(0))
        .await
        .id;
    let ids = [UNKNOWN_ID, id, UNKNOWN_ID];
    let types = types(world.client.sessions().watch(ids)).await;
    assert_eq!(types[&UNKNOWN_ID], ["not_found"]);
    assert_eq!(types[&id].last().map(String::as_str), Some("exit"));
}

async fn watching_resumes_from_the_cursor_of_each_session(world: World) {
    let sessions = world.client.sessions();
    let script = || Script::new().stdout("x").exit(0);
    let first = world.ended_session(script()).await.id;
    let second = world.ended_session(script()).await.id;
    let mut cursor = None;
    let mut events = sessions.watch([first]);
    while let Some(item) = events.next().await {
        cursor = item.event.unwrap().cursor().or(cursor);
    }
    let types = types(
        sessions
            .watch([first, second])
            .since(first, cursor.unwrap()),
    )
    .await;
    assert_eq!(types[&first], ["start", "exit"]);
    assert!(types[&second].len() > 2, "{types:?}");
}

async fn watching_no_session_ends_at_once(world: World) {
    assert!(world.client.sessions().watch([]).next().await.is_none());
}
