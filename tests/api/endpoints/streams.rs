//! `GET /sessions/{id}/stream` of finished sessions: replay, cursors and terminal events.

use aod::ErrorKind;
use aod::models::event::StreamEvent;
use aod::models::{Provider, Runtime};
use aod_devserver::{Action, Effect, Generation, Script, StageState};
use futures::TryStreamExt;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::endpoints::world::{World, answer, finish, print, tests};

tests! { in [april21 april30 june25]:
    a_finished_session_is_replayed_with_every_field,
    the_start_event_names_the_session_and_its_runtime_or_provider,
    all_turns_are_replayed_with_one_terminal_event,
    one_turn_can_be_read_alone,
    a_cursor_skips_earlier_events,
    a_cursor_beyond_the_end_delivers_start_and_the_terminal_event,
    each_outcome_has_its_terminal_event,
    a_failed_provisioning_reports_its_reason_before_the_terminal_event,
    the_terminal_event_of_an_empty_log_has_the_id_zero,
    the_cursor_is_sent_in_the_query_and_the_header,
    opening_a_stream_is_retried_while_the_server_is_down,
    a_response_that_is_not_a_stream_is_an_error_of_the_call,
}

/// All events of a session after a cursor, as JSON.
pub(crate) async fn replay(world: &World, id: Uuid, since: Option<i64>) -> Vec<Value> {
    let mut request = world.client.sessions().stream(id);
    if let Some(since) = since {
        request = request.since(since);
    }
    let events: Vec<StreamEvent> = request.await.unwrap().try_collect().await.unwrap();
    events
        .iter()
        .map(|event| serde_json::to_value(event).unwrap())
        .collect()
}

/// The types of events, in order.
pub(crate) fn types(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect()
}

fn start(world: &World, id: Uuid) -> Value {
    match world.generation {
        Generation::April21 | Generation::April30 => {
            json!({"type": "start", "runtime": "claude", "session_id": id})
        }
        Generation::June25 => json!({"type": "start", "provider": "anthropic", "session_id": id}),
    }
}

fn output(id: i64, turn: i64, data: &str) -> Value {
    json!({"type": "output", "id": id, "stream": "stdout", "data": data, "turn": turn})
}

fn turn_start(id: i64, turn: i64) -> Value {
    json!({"type": "turn_start", "id": id, "turn": turn})
}

/// A session of two turns whose log starts at 41: stage, two outputs, a gap in the ids, stage, two outputs.
async fn two_turns(world: &World) -> Uuid {
    let id = world.session(Script::manual()).await.id;
    world.control.set_next_log_id(41).unwrap();
    world.act(id, Action::StartTurn { turn: 1 });
    world.act(id, print("first\n", 1));
    world.act(id, print("still first\n", 1));
    world.act(id, finish(1));
    // A prompt requires a sandbox. Its stages are skipped, because the log starts at 41.
    world.control.set_next_log_id(1_000).unwrap();
    world.act(id, Action::Provision {});
    world.client.sessions().prompt(id, "more").await.unwrap();
    world.control.set_next_log_id(2_000).unwrap();
    world.act(id, Action::StartTurn { turn: 2 });
    world.act(id, print("second\n", 2));
    world.act(id, print("still second\n", 2));
    world.act(id, finish(2));
    id
}

async fn a_finished_session_is_replayed_with_every_field(world: World) {
    let id = world.session(Script::manual()).await.id;
    world.control.set_next_log_id(41).unwrap();
    let stage = |state, duration_ms, message: &str| Action::Stage {
        stage: "provision_setup".to_owned(),
        state,
        duration_ms,
        message: message.to_owned(),
        id: None,
    };
    world.act(id, stage(StageState::Started, 0, ""));
    world.act(id, stage(StageState::Done, 1_200, ""));
    world.act(id, Action::StartTurn { turn: 1 });
    world.act(id, print("a\nb\n", 1));
    world.act(id, finish(1));
    let expected = [
        start(&world, id),
        json!({"type": "stage", "id": 41, "stage": "provision_setup", "state": "started"}),
        json!({"type": "stage", "id": 42, "stage": "provision_setup", "state": "done", "duration_ms": 1200}),
        json!({"type": "stage", "id": 43, "stage": "runtime_start", "state": "started"}),
        turn_start(44, 1),
        output(44, 1, "a\nb\n"),
        json!({"type": "exit", "id": 44, "code": 0}),
    ];
    assert_eq!(replay(&world, id, None).await, expected);
    assert_eq!(replay(&world, id, Some(0)).await, expected);
    world.control.streams_open(0).await;
}

async fn the_start_event_names_the_session_and_its_runtime_or_provider(world: World) {
    let id = world.ended_session(Script::new()).await.id;
    let mut events = world.client.sessions().stream(id).await.unwrap();
    let Some(StreamEvent::Start(event)) = events.try_next().await.unwrap() else {
        panic!("the first event is not `start`")
    };
    assert_eq!(event.session_id, Some(id));
    let engine = match world.generation {
        Generation::April21 | Generation::April30 => (Some(Runtime::Claude), None),
        Generation::June25 => (None, Some(Provider::Anthropic)),
    };
    assert_eq!((event.runtime, event.provider), engine);
    assert_eq!(event.id, None);
}

async fn all_turns_are_replayed_with_one_terminal_event(world: World) {
    let id = two_turns(&world).await;
    let events = replay(&world, id, None).await;
    let shown: Vec<_> = events
        .iter()
        .filter(|event| event["type"] != "stage")
        .cloned()
        .collect();
    assert_eq!(
        shown,
        [
            start(&world, id),
            turn_start(42, 1),
            output(42, 1, "first\n"),
            output(43, 1, "still first\n"),
            turn_start(2_001, 2),
            output(2_001, 2, "second\n"),
            output(2_002, 2, "still second\n"),
            json!({"type": "exit", "id": 2_002, "code": 0}),
        ]
    );
}

async fn one_turn_can_be_read_alone(world: World) {
    let id = two_turns(&world).await;
    let sessions = world.client.sessions();
    for (turn, expected) in [
        (
            1,
            vec!["start", "turn_start", "output", "output", "turn_start"],
        ),
        (2, vec!["start", "turn_start", "output", "output", "exit"]),
        (3, vec!["start", "exit"]),
    ] {
        let events = sessions.stream(id).await.unwrap().turn(turn);
        let events: Vec<StreamEvent> = events.try_collect().await.unwrap();
        let shown: Vec<_> = events.iter().map(StreamEvent::event_type).collect();
        assert_eq!(shown, expected);
        let (last, events) = events.split_last().unwrap();
        assert!(last.is_terminal() || last.turn() == Some(turn + 1));
        assert!(
            events
                .iter()
                .all(|event| event.turn().is_none_or(|of| of == turn))
        );
    }
    let answer = sessions.stream(id).await.unwrap().turn(2);
    assert_eq!(
        answer.collect_stdout().await.unwrap(),
        "second\nstill second\n"
    );
    let all = sessions.stream(id).await.unwrap();
    assert_eq!(
        all.collect_stdout().await.unwrap(),
        "first\nstill first\nsecond\nstill second\n"
    );
}

async fn a_cursor_skips_earlier_events(world: World) {
    let id = two_turns(&world).await;
    let all = replay(&world, id, None).await;
    // In the middle of a turn, `turn_start` is sent again.
    assert_eq!(
        replay(&world, id, Some(42)).await[..3],
        [
            start(&world, id),
            turn_start(43, 1),
            output(43, 1, "still first\n")
        ]
    );
    // IDs have gaps, so a cursor need not be one of them.
    assert_eq!(
        replay(&world, id, Some(1_999)).await,
        replay(&world, id, Some(1_500)).await
    );
    // After the last row, there is only the terminal event.
    assert_eq!(
        replay(&world, id, Some(2_002)).await,
        [
            start(&world, id),
            json!({"type": "exit", "id": 2_002, "code": 0})
        ]
    );
    for since in [-1, i64::MIN] {
        assert_eq!(replay(&world, id, Some(since)).await, all);
    }
}

async fn a_cursor_beyond_the_end_delivers_start_and_the_terminal_event(world: World) {
    let id = two_turns(&world).await;
    for since in [2_003, i64::MAX] {
        assert_eq!(
            replay(&world, id, Some(since)).await,
            [
                start(&world, id),
                json!({"type": "exit", "id": since, "code": 0})
            ]
        );
    }
}

async fn each_outcome_has_its_terminal_event(world: World) {
    let sessions = world.client.sessions();
    let completed = world.ended_session(Script::new().exit(0)).await.id;
    let failed = world.ended_session(Script::new().exit(3)).await.id;
    let crashed = world.ended_session(Script::new().crash()).await.id;
    let terminated = world.ended_session(Script::new().exit(0)).await.id;
    sessions.terminate(terminated).await.unwrap();
    for (id, expected) in [
        (completed, json!({"type": "exit", "code": 0})),
        (failed, json!({"type": "exit", "code": 3})),
        (
            crashed,
            json!({"type": "error", "message": "Session failed"}),
        ),
        (
            terminated,
            json!({"type": "terminated", "message": "Session terminated"}),
        ),
    ] {
        let events: Vec<StreamEvent> = sessions
            .stream(id)
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        let (end, before) = events.split_last().unwrap();
        assert!(end.is_terminal());
        assert!(!before.iter().any(StreamEvent::is_terminal));
        assert_eq!(end.exit_code(), expected["code"].as_i64());
        // The ID is that of the last row.
        assert_eq!(end.id(), before.last().unwrap().id());
        let mut end = serde_json::to_value(end).unwrap();
        end.as_object_mut().unwrap().remove("id");
        assert_eq!(end, expected);
    }
}

async fn a_failed_provisioning_reports_its_reason_before_the_terminal_event(world: World) {
    let reason = "Provisioning script failed: \nstderr:\nno such package";
    let script = Script::failing_in("provision_setup", reason);
    let id = world.ended_session(script).await.id;
    let events = replay(&world, id, None).await;
    let [.., stage, turn, output, end] = &events[..] else {
        panic!("{events:?}")
    };
    let stage_id = stage["id"].as_i64().unwrap();
    assert_eq!(
        stage,
        &json!({
            "type": "stage", "id": stage_id, "stage": "provision_setup", "state": "failed",
            "duration_ms": 120, "message": reason,
        })
    );
    assert_eq!(turn, &turn_start(stage_id + 1, 1));
    assert_eq!(output["stream"], "stderr");
    assert_eq!(output["data"], format!("provision failed: {reason}\n"));
    assert_eq!(
        end,
        &json!({"type": "error", "id": stage_id + 1, "message": "Session failed"})
    );
}

async fn the_terminal_event_of_an_empty_log_has_the_id_zero(world: World) {
    let id = world.session(Script::manual()).await.id;
    world.client.sessions().terminate(id).await.unwrap();
    assert_eq!(
        replay(&world, id, None).await,
        [
            start(&world, id),
            json!({"type": "terminated", "id": 0, "message": "Session terminated"})
        ]
    );
}

async fn the_cursor_is_sent_in_the_query_and_the_header(world: World) {
    let id = two_turns(&world).await;
    for (since, query, header) in [
        (None, "", None),
        (Some(0), "since=0", Some("0")),
        (Some(42), "since=42", Some("42")),
    ] {
        world.control.forget_requests();
        replay(&world, id, since).await;
        let requests = world.control.requests();
        let request = &requests[0];
        assert_eq!(request.path, format!("/sessions/{id}/stream"));
        assert_eq!(request.query, query);
        assert_eq!(request.header("last-event-id"), header);
        assert_eq!(request.header("accept"), Some("text/event-stream"));
    }
}

async fn opening_a_stream_is_retried_while_the_server_is_down(world: World) {
    let id = two_turns(&world).await;
    let all = replay(&world, id, None).await;
    for effect in [
        answer(503, &json!({"detail": "deploying"})),
        Effect::Drop { reset: false },
        Effect::Drop { reset: true },
    ] {
        world.fault("GET", "/sessions/*/stream", effect);
        assert_eq!(replay(&world, id, None).await, all);
    }
}

async fn a_response_that_is_not_a_stream_is_an_error_of_the_call(world: World) {
    let id = two_turns(&world).await;
    let page = Effect::ContentType {
        value: "text/html".to_owned(),
    };
    world.fault("GET", "/sessions/*/stream", page);
    let error = world.client.sessions().stream(id).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Protocol, Some(200))
    );
    assert_eq!(error.attempts(), 1);
    world.control.streams_open(0).await;
}
