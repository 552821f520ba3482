//! 401 responses for invalid tokens.

use aod_devserver::NewKey;
use serde_json::json;

use super::{ErrorResponse, assert_responses, text};
use crate::endpoints::world::{UNKNOWN_ID, World, answer, tests};

tests! { in [april21 april30 june25]:
    the_error_names_what_is_wrong_with_a_token,
    every_call_except_health_requires_a_token,
    a_missing_token_is_refused,
}

async fn the_error_names_what_is_wrong_with_a_token(world: World) {
    let key = |token: &str, active, expired| {
        let mut key = NewKey::new(token);
        key.active = active;
        key.expired = expired;
        world.control.add_key(key).unwrap();
    };
    key("aod_inactive", false, false);
    key("aod_expired", true, true);
    key("aod_both", false, true);
    for (token, detail) in [
        ("unknown", "Invalid API key"),
        ("aod_inactive", "API key is inactive"),
        ("aod_expired", "API key has expired"),
        ("aod_both", "API key is inactive"),
    ] {
        let client = world.client_with_token(token);
        let error = client.agents().list().await.unwrap_err();
        assert_eq!(ErrorResponse::of(&error), text(401, detail));
        assert_eq!(error.attempts(), 1);
    }
}

async fn every_call_except_health_requires_a_token(world: World) {
    let client = world.client_with_token("unknown");
    let (agents, environments, sessions) =
        (client.agents(), client.environments(), client.sessions());
    let agent = world.new_agent("a");
    let environment = aod::models::CreateEnvironment::new("e");
    let session = aod::models::CreateSession::new(UNKNOWN_ID, "p");
    let mut errors = vec![
        agents.list().await.unwrap_err(),
        agents.create(agent).await.unwrap_err(),
        agents.get(UNKNOWN_ID).await.unwrap_err(),
        agents
            .update(UNKNOWN_ID, aod::models::UpdateAgent::new(1))
            .await
            .unwrap_err(),
        agents.archive(UNKNOWN_ID).await.unwrap_err(),
        agents.versions(UNKNOWN_ID).await.unwrap_err(),
        environments.list().await.unwrap_err(),
        environments.create(environment).await.unwrap_err(),
        environments.get(UNKNOWN_ID).await.unwrap_err(),
        environments
            .update(UNKNOWN_ID, aod::models::UpdateEnvironment::new(1))
            .await
            .unwrap_err(),
        environments.archive(UNKNOWN_ID).await.unwrap_err(),
        environments.versions(UNKNOWN_ID).await.unwrap_err(),
        environments.delete(UNKNOWN_ID).await.unwrap_err(),
        sessions.list().await.unwrap_err(),
        sessions.create(session.clone()).await.unwrap_err(),
        sessions.run(session).await.unwrap_err(),
        sessions.get(UNKNOWN_ID).await.unwrap_err(),
        sessions.wait_for_completion(UNKNOWN_ID).await.unwrap_err(),
        sessions.prompt(UNKNOWN_ID, "p").await.unwrap_err(),
        sessions.turns(UNKNOWN_ID).await.unwrap_err(),
        sessions.terminate(UNKNOWN_ID).await.unwrap_err(),
        sessions.delete(UNKNOWN_ID).await.unwrap_err(),
        sessions.stream(UNKNOWN_ID).await.unwrap_err(),
    ];
    if world.generation == aod_devserver::Generation::June25 {
        errors.push(sessions.interrupt(UNKNOWN_ID).await.unwrap_err());
    }
    assert_responses(
        errors
            .into_iter()
            .map(|error| (error, text(401, "Invalid API key"))),
    );
}

async fn a_missing_token_is_refused(world: World) {
    // The client always sends its token, but a proxy can remove it.
    let detail = "Missing or invalid Authorization header";
    world.fault("GET", "/agents", answer(401, &json!({"detail": detail})));
    let error = world.client.agents().list().await.unwrap_err();
    assert_eq!(ErrorResponse::of(&error), text(401, detail));
}
