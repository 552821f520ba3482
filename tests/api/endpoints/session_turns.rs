//! `/sessions/{id}`: prompt, turns, interrupt.

use std::time::Duration;

use aod::models::{CreateSession, Prompt, SessionStatus, TurnStatus};
use aod_devserver::{Action, Script};
use jiff::SignedDuration;
use serde_json::json;

use crate::endpoints::world::{World, finish, tests};

tests! { in [april21 april30 june25]:
    a_prompt_adds_a_turn,
    turns_have_start_and_end_times,
    timeouts_are_sent_in_whole_seconds,
}

tests! { in [april21]: a_prompt_can_be_queued_behind_another }
tests! { in [june25]:
    an_interrupted_turn_ends_and_the_session_accepts_further_prompts,
    a_queued_turn_can_be_interrupted,
}

async fn a_prompt_adds_a_turn(world: World) {
    let sessions = world.client.sessions();
    let id = world.ended_session(Script::new().exit(0)).await.id;
    world.control.set_script(Script::new().hold("second"));

    let ack = sessions.prompt(id, "Und jetzt?").await.unwrap();

    assert_eq!(ack.id, id);
    assert_eq!(ack.status, SessionStatus::Pending);
    assert_eq!(ack.stream_url, Some(format!("/sessions/{id}/stream")));
    assert_eq!(ack.current_turn, Some(2));
    assert_eq!((ack.environment_id, ack.resources.len()), (None, 0));
    let session = sessions.get(id).await.unwrap();
    assert_eq!((session.turn_count, session.current_turn), (2, Some(2)));
    assert_eq!(session.exit_code, None);

    world.control.release("second");
    let session = sessions.wait_for_completion(id).await.unwrap();
    assert_eq!(session.status, SessionStatus::Completed);
    let turns = sessions.turns(id).await.unwrap();
    let shown: Vec<_> = turns
        .iter()
        .map(|turn| (turn.turn_number, turn.prompt.as_str(), turn.exit_code))
        .collect();
    assert_eq!(shown, [(1, "Do it", Some(0)), (2, "Und jetzt?", Some(0))]);
}

async fn turns_have_start_and_end_times(world: World) {
    world.control.freeze_clock();
    let id = world.manual_session().await.id;
    let start = world.client.sessions().get(id).await.unwrap().created_at;
    world.control.advance(Duration::from_secs(3));
    world.act(id, Action::StartTurn { turn: 1 });
    world.control.advance(Duration::from_secs(4));
    world.act(id, finish(1));
    let turn = world.client.sessions().turns(id).await.unwrap().remove(0);
    let at = |seconds| start + SignedDuration::from_secs(seconds);
    assert_eq!(turn.created_at, at(0));
    assert_eq!(turn.started_at, Some(at(3)));
    assert_eq!(turn.ended_at, Some(at(7)));
    let session = world.client.sessions().get(id).await.unwrap();
    assert_eq!(session.updated_at, at(7));
}

async fn timeouts_are_sent_in_whole_seconds(world: World) {
    let ack = world.ended_session(Script::new()).await;
    let prompt = Prompt::new("p").timeout(Duration::from_secs(3600));
    world
        .client
        .sessions()
        .prompt(ack.id, prompt)
        .await
        .unwrap();
    assert_eq!(world.last_body(), json!({"prompt": "p", "timeout": 3600}));
    let agent = world.agent("a").await;
    let request = CreateSession::new(agent.id, "").timeout(Duration::from_secs(10));
    world.client.sessions().create(request).await.unwrap();
    assert_eq!(
        world.last_body(),
        json!({"agent_id": agent.id, "prompt": "", "timeout": 10})
    );
}

async fn a_prompt_can_be_queued_behind_another(world: World) {
    let id = world.manual_session().await.id;
    let ack = world.client.sessions().prompt(id, "next").await.unwrap();
    assert_eq!(ack.current_turn, Some(2));
    world.act(id, Action::StartTurn { turn: 1 });
    world.act(id, finish(1));
    let session = world.client.sessions().get(id).await.unwrap();
    assert_eq!(session.status, SessionStatus::Pending);
    world.act(id, finish(2));
    let session = world.client.sessions().get(id).await.unwrap();
    assert_eq!(session.status, SessionStatus::Completed);
}

async fn an_interrupted_turn_ends_and_the_session_accepts_further_prompts(world: World) {
    let script = Script::new().stdout("half").hold("work");
    let id = world.session(script).await.id;
    world.control.hold_reached("work").await;
    let sessions = world.client.sessions();

    let ack = sessions.interrupt(id).await.unwrap();

    // The previous status: the turn ends a moment later.
    assert_eq!((ack.id, ack.status), (id, SessionStatus::Running));
    let session = sessions.wait_for_completion(id).await.unwrap();
    assert_eq!(session.status, SessionStatus::Completed);
    assert_eq!(session.exit_code, Some(143));
    let turn = sessions.turns(id).await.unwrap().remove(0);
    assert_eq!(
        (turn.status, turn.exit_code),
        (TurnStatus::Interrupted, Some(143))
    );
    assert!(turn.ended_at.is_some());

    world.control.set_script(Script::new());
    let ack = sessions.prompt(id, "again").await.unwrap();
    assert_eq!(ack.current_turn, Some(2));
    let session = sessions.wait_for_completion(id).await.unwrap();
    assert_eq!(session.exit_code, Some(0));
}

async fn a_queued_turn_can_be_interrupted(world: World) {
    let id = world.session(Script::manual()).await.id;
    let sessions = world.client.sessions();
    let ack = sessions.interrupt(id).await.unwrap();
    assert_eq!(ack.status, SessionStatus::Pending);
    let session = sessions.wait_for_completion(id).await.unwrap();
    assert_eq!(session.status, SessionStatus::Completed);
    assert_eq!(session.exit_code, None);
    let turn = sessions.turns(id).await.unwrap().remove(0);
    assert_eq!(
        (turn.status, turn.exit_code),
        (TurnStatus::Interrupted, None)
    );
}
