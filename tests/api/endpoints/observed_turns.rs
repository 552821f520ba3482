//! `on_event` and `on_change` of `sessions().run`, `ask` and `follow`.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use aod::models::event::StreamEvent;
use aod::models::{CreateSession, SessionStatus};
use aod::transcript::{Change, ItemKind, Outcome};
use aod::{ErrorKind, OnAbandon};
use aod_devserver::{Effect, Fault, Script};
use futures::FutureExt as _;

use crate::endpoints::world::{World, tests};

tests! { in [april21 april30 june25]:
    the_events_of_a_run_are_observed_in_order,
    each_change_is_observed_after_the_event_that_made_it,
    only_the_turn_that_is_asked_for_is_observed,
    a_later_turn_is_not_observed,
    the_changes_of_a_turn_without_output_are_its_start_and_its_end,
    the_changes_of_the_end_are_observed_without_a_terminal_event,
    changes_are_observed_before_the_session_is_retrieved,
    a_panic_of_a_callback_abandons_the_session,
    a_panic_at_the_terminal_event_does_not_stop_the_session,
}

/// What callbacks were called with, as text, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn push(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn without_stages(&self) -> Vec<String> {
        let mut lines = self.lines();
        lines.retain(|line| !line.starts_with("stage "));
        lines
    }

    fn events(&self) -> impl FnMut(&StreamEvent) + Send + 'static {
        let log = self.clone();
        move |event| match event {
            StreamEvent::Stage(event) => log.push(format!("stage {}", event.stage)),
            StreamEvent::Output(event) => log.push(format!("output {}", event.data.trim_end())),
            event => log.push(event.event_type()),
        }
    }

    fn changes(&self) -> impl FnMut(&Change) + Send + 'static {
        let log = self.clone();
        move |change| log.push(describe(change))
    }
}

fn describe(change: &Change) -> String {
    match change {
        Change::AgentUpdated { .. } => "> agent".to_owned(),
        Change::TurnStarted { turn } => format!("> turn {turn} started"),
        Change::ItemAdded { turn, item } => match &item.kind {
            ItemKind::Text { text, .. } => format!("> turn {turn}: {text}"),
            kind => format!("> turn {turn}: {kind:?}"),
        },
        Change::TurnEnded { turn, outcome, .. } => format!("> turn {turn} ended: {outcome:?}"),
        Change::TextAppended { turn, text, .. } => format!("> turn {turn}: +{text:?}"),
        change => format!("> {change:?}"),
    }
}

async fn the_events_of_a_run_are_observed_in_order(world: World) {
    let script = Script::new().stdout("one\n").stdout("two\n").exit(0);
    world.control.set_script(script);
    let agent = world.agent("a").await;
    let request = CreateSession::new(agent.id, "p");
    let log = Log::default();
    let created = log.clone();
    let run = world.client.sessions().run(request);
    let run = run.on_created(move |_| created.push("created"));
    run.on_event(log.events()).await.unwrap();
    assert_eq!(
        log.without_stages(),
        [
            "created",
            "start",
            "turn_start",
            "output one",
            "output two",
            "exit"
        ]
    );
    assert_eq!(log.lines()[2], "stage create_sprite");
}

async fn each_change_is_observed_after_the_event_that_made_it(world: World) {
    let script = Script::new().stdout("one\ntw").stdout("o\n").exit(0);
    world.control.set_script(script);
    let agent = world.agent("a").await;
    let request = CreateSession::new(agent.id, "p");
    let log = Log::default();
    let run = world.client.sessions().run(request);
    let run = run.on_change(log.changes()).on_event(log.events());
    run.await.unwrap();
    assert_eq!(
        log.without_stages(),
        [
            "start",
            "> agent",
            "turn_start",
            "> turn 1 started",
            "output one\ntw",
            "> turn 1: one",
            "output o",
            "> turn 1: +\"\\ntwo\"",
            "exit",
            "> turn 1 ended: Success",
        ]
    );
}

async fn only_the_turn_that_is_asked_for_is_observed(world: World) {
    let id = world
        .ended_session(Script::new().stdout("first\n").exit(0))
        .await
        .id;
    world
        .control
        .set_script(Script::new().stdout("second\n").exit(0));
    let log = Log::default();
    let asked = world.client.sessions().ask(id, "and?");
    let asked = asked.on_change(log.changes()).on_event(log.events());
    asked.await.unwrap();
    assert_eq!(
        log.lines(),
        [
            "start",
            "> agent",
            "turn_start",
            "> turn 2 started",
            "output second",
            "> turn 2: second",
            "exit",
            "> turn 2 ended: Success",
        ]
    );
}

async fn a_later_turn_is_not_observed(world: World) {
    let ack = world
        .ended_session(Script::new().stdout("first\n").exit(0))
        .await;
    world
        .control
        .set_script(Script::new().stdout("second\n").exit(0));
    let sessions = world.client.sessions();
    sessions.ask(ack.id, "and?").await.unwrap();
    let log = Log::default();
    let followed = sessions.follow(&ack).on_change(log.changes());
    followed.on_event(log.events()).await.unwrap();
    assert_eq!(
        log.without_stages(),
        [
            "start",
            "> agent",
            "turn_start",
            "> turn 1 started",
            "output first",
            "> turn 1: first",
            "> turn 1 ended: Unknown",
        ]
    );
}

async fn the_changes_of_a_turn_without_output_are_its_start_and_its_end(world: World) {
    let id = world
        .ended_session(Script::new().stdout("first\n").exit(0))
        .await
        .id;
    world.control.set_script(Script::new().exit(0));
    let log = Log::default();
    let asked = world.client.sessions().ask(id, "and?");
    let asked = asked.on_change(log.changes()).on_event(log.events());
    asked.await.unwrap();
    assert_eq!(
        log.lines(),
        [
            "start",
            "> agent",
            "exit",
            "> turn 2 started",
            "> turn 2 ended: Success"
        ]
    );
}

/// Answers the next request for a stream with an incomplete line of output, and the one after it with the end.
fn end_without_a_terminal_event(world: &World) {
    let output = "data: {\"type\":\"output\",\"id\":9,\"stream\":\"stdout\",\"data\":\"half\"}\n\n";
    let events = Effect::Status {
        status: 200,
        headers: [("content-type".to_owned(), "text/event-stream".to_owned())].into(),
        body: output.to_owned(),
    };
    let no_more = Effect::Status {
        status: 204,
        headers: [].into(),
        body: String::new(),
    };
    for (skipped, effect) in [(0, events), (1, no_more)] {
        let fault = Fault::on("GET", "/sessions/*/stream", effect);
        world.plan(fault.skip(skipped).times(1));
    }
}

async fn the_changes_of_the_end_are_observed_without_a_terminal_event(world: World) {
    let ack = world.ended_session(Script::new().exit(0)).await;
    end_without_a_terminal_event(&world);
    let log = Log::default();
    let sessions = world.client.sessions();
    let followed = sessions.follow(&ack).on_change(log.changes());
    let followed = followed.on_event(log.events()).await.unwrap();
    assert_eq!(followed.turn.outcome, Some(Outcome::Unknown));
    assert_eq!(
        log.lines(),
        [
            "output half",
            "> turn 1 started",
            "> turn 1: half",
            "> turn 1 ended: Unknown",
        ]
    );
}

async fn changes_are_observed_before_the_session_is_retrieved(world: World) {
    let ack = world.ended_session(Script::new().exit(0)).await;
    end_without_a_terminal_event(&world);
    let refusal = Effect::Status {
        status: 403,
        headers: [].into(),
        body: String::new(),
    };
    let path = format!("/sessions/{}", ack.id);
    world.plan(Fault::on("GET", &path, refusal).times(1));
    let log = Log::default();
    let sessions = world.client.sessions();
    let followed = sessions.follow(&ack).on_change(log.changes()).await;
    assert_eq!(followed.unwrap_err().kind(), ErrorKind::Auth);
    assert_eq!(log.lines().last().unwrap(), "> turn 1 ended: Unknown");
}

async fn a_panic_of_a_callback_abandons_the_session(world: World) {
    world.control.set_script(Script::new().stdout("x\n").hang());
    let agent = world.agent("a").await;
    let sessions = world.client.sessions();
    let run = || {
        let request = CreateSession::new(agent.id, "p");
        sessions.run(request).on_abandon(OnAbandon::Terminate)
    };
    let of_event = run().on_event(|event| assert!(event.stdout().is_none(), "planted"));
    let of_change = run().on_change(|change| {
        assert!(!matches!(change, Change::ItemAdded { .. }), "planted");
    });
    for run in [of_event, of_change] {
        let run = AssertUnwindSafe(run.into_future()).catch_unwind();
        let panic = run.await.unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"planted"));
    }
    for session in sessions.list().await.unwrap() {
        let session = sessions.wait_for_completion(session.id).await.unwrap();
        assert_eq!(session.status, SessionStatus::Terminated);
    }
}

async fn a_panic_at_the_terminal_event_does_not_stop_the_session(world: World) {
    world.control.set_script(Script::new().exit(0));
    let agent = world.agent("a").await;
    let sessions = world.client.sessions();
    let run = sessions
        .run(CreateSession::new(agent.id, "p"))
        .on_abandon(OnAbandon::Terminate)
        .on_event(|event| assert!(!event.is_terminal(), "planted"));
    AssertUnwindSafe(run.into_future())
        .catch_unwind()
        .await
        .unwrap_err();
    // A request that was sent in the background would have arrived before these.
    let id = sessions.list().await.unwrap()[0].id;
    sessions.ask(id, "and?").await.unwrap();
    let requests = world.control.requests();
    assert!(
        requests
            .iter()
            .all(|request| !request.path.ends_with("/terminate"))
    );
}
