//! 429 responses: the limit of concurrent sessions.

use aod::Quota;
use aod::models::CreateSession;
use aod_devserver::{Generation, Script};

use super::{ErrorResponse, text};
use crate::endpoints::world::{UNKNOWN_ID, World, tests};

tests! { in [april21 april30 june25]:
    a_session_above_the_limit_is_refused_with_both_numbers,
    a_terminated_session_makes_room,
    the_active_sessions_can_exceed_a_lowered_limit,
    a_prompt_is_not_counted,
    the_generation_decides_whether_the_quota_is_checked_first_or_last,
    the_generation_decides_whether_a_limit_of_zero_is_none_or_the_default,
}

fn reached(active: i64, limit: i64) -> ErrorResponse {
    text(
        429,
        format!(
            "Concurrent session limit reached ({active}/{limit}). \
             Terminate an active session before starting a new one."
        ),
    )
}

async fn a_session_above_the_limit_is_refused_with_both_numbers(world: World) {
    world.control.set_quota("main", Some(2)).unwrap();
    let agent = world.session(Script::manual()).await;
    let agent = world
        .client
        .sessions()
        .get(agent.id)
        .await
        .unwrap()
        .agent_id;
    let request = CreateSession::new(agent.unwrap(), "p");
    let sessions = world.client.sessions();
    sessions.create(request.clone()).await.unwrap();
    world.control.forget_requests();

    let error = sessions.create(request.clone()).await.unwrap_err();

    assert_eq!(ErrorResponse::of(&error), reached(2, 2));
    let quota = Quota {
        limit: 2,
        active: 2,
    };
    assert_eq!(error.quota(), Some(quota));
    // It can succeed later, but without `Retry-After` it is not retried.
    assert!(error.is_retryable());
    assert_eq!((error.retry_after(), error.attempts()), (None, 1));
    assert_eq!(world.control.requests().len(), 1);
    let error = sessions.run(request).await.unwrap_err();
    assert_eq!(ErrorResponse::of(&error), reached(2, 2));
}

async fn a_terminated_session_makes_room(world: World) {
    world.control.set_quota("main", Some(1)).unwrap();
    let first = world.session(Script::manual()).await.id;
    let sessions = world.client.sessions();
    let agent = world.agent("a").await.id;
    let request = || CreateSession::new(agent, "p");
    assert_eq!(
        ErrorResponse::of(&sessions.create(request()).await.unwrap_err()),
        reached(1, 1)
    );
    sessions.terminate(first).await.unwrap();
    sessions.create(request()).await.unwrap();
}

async fn the_active_sessions_can_exceed_a_lowered_limit(world: World) {
    for _ in 0..3 {
        world.session(Script::manual()).await;
    }
    world.control.set_quota("main", Some(1)).unwrap();
    let agent = world.agent("a").await.id;
    let request = CreateSession::new(agent, "p");
    let error = world.client.sessions().create(request).await.unwrap_err();
    assert_eq!(ErrorResponse::of(&error), reached(3, 1));
    let quota = Quota {
        limit: 1,
        active: 3,
    };
    assert_eq!(error.quota(), Some(quota));
}

async fn a_prompt_is_not_counted(world: World) {
    let ended = world.ended_session(Script::new()).await.id;
    world.control.set_quota("main", Some(1)).unwrap();
    world.session(Script::manual()).await;
    let ack = world.client.sessions().prompt(ended, "p").await.unwrap();
    assert_eq!(ack.current_turn, Some(2));
}

async fn the_generation_decides_whether_the_quota_is_checked_first_or_last(world: World) {
    world.control.set_quota("main", Some(1)).unwrap();
    world.session(Script::manual()).await;
    let request = CreateSession::new(UNKNOWN_ID, "p");
    let error = world.client.sessions().create(request).await.unwrap_err();
    let expected = match world.generation {
        Generation::April21 => reached(1, 1),
        Generation::April30 | Generation::June25 => text(404, "Agent not found"),
    };
    assert_eq!(ErrorResponse::of(&error), expected);
}

async fn the_generation_decides_whether_a_limit_of_zero_is_none_or_the_default(world: World) {
    world.control.set_quota("main", Some(0)).unwrap();
    let agent = world.agent("a").await.id;
    let created = world
        .client
        .sessions()
        .create(CreateSession::new(agent, "p"))
        .await;
    match world.generation {
        Generation::April21 => assert_eq!(ErrorResponse::of(&created.unwrap_err()), reached(0, 0)),
        Generation::April30 | Generation::June25 => {
            assert_eq!(created.unwrap().current_turn, Some(1));
        }
    }
}
