//! Responses of the web framework instead of the API: HTML pages and empty bodies.

use aod::models::{CreateSession, McpServer};
use aod::{Client, ErrorKind};
use aod_devserver::{Effect, Generation, Script};
use serde_json::json;

use super::{Body, ErrorResponse, page, text};
use crate::endpoints::world::{UNKNOWN_ID, World, tests};

tests! { in [april21 april30 june25]:
    an_unknown_path_is_an_html_page,
    a_body_above_the_limit_is_an_html_page,
    an_internal_server_error_is_an_html_page,
    a_wrong_method_before_authentication_has_an_empty_body,
    a_write_to_a_read_only_path_is_forbidden_with_an_html_page,
    a_wrong_method_after_authentication_has_a_text,
}

tests! { in [april21 april30]: older_servers_have_no_interrupt }

async fn an_unknown_path_is_an_html_page(world: World) {
    let client = Client::builder()
        .base_url(format!("{}/api/v1", world.url()))
        .token("aod_dev")
        .no_proxy()
        .build()
        .unwrap();
    let error = client.agents().list().await.unwrap_err();
    assert_eq!(ErrorResponse::of(&error), page(404));
    // The page is not shown.
    let url = format!("{}/api/v1/agents", world.url());
    assert_eq!(error.to_string(), format!("GET {url} -> 404: Not Found"));
}

async fn older_servers_have_no_interrupt(world: World) {
    let id = world.manual_session().await.id;
    let error = world.client.sessions().interrupt(id).await.unwrap_err();
    let expected = ErrorResponse {
        kind: ErrorKind::Unsupported,
        ..page(404)
    };
    assert_eq!(ErrorResponse::of(&error), expected);
    let shown = error.to_string();
    assert!(
        shown.contains("404: the server does not have this endpoint; only newer servers have it"),
        "{shown}"
    );
}

async fn a_body_above_the_limit_is_an_html_page(world: World) {
    world.control.set_script(Script::manual());
    let agent = world.agent("a").await.id;
    let sessions = world.client.sessions();
    let rest = json!({"agent_id": agent, "prompt": ""}).to_string().len();
    let session = |bytes: usize| CreateSession::new(agent, "p".repeat(bytes - rest));
    let limit = 2_621_440;
    let error = sessions.create(session(limit + 1)).await.unwrap_err();
    assert_eq!(ErrorResponse::of(&error), page(400));
    sessions.create(session(limit)).await.unwrap();
}

async fn an_internal_server_error_is_an_html_page(world: World) {
    let list_as_name = McpServer::Unknown(json!({"name": [], "url": "u"}));
    let request = world.new_agent("a").mcp_server(list_as_name);
    let error = world.client.agents().create(request).await.unwrap_err();
    assert_eq!(ErrorResponse::of(&error), page(500));
    assert_eq!(error.attempts(), 1);
    assert!(error.is_retryable());
    assert!(!error.is_unsent());
}

/// Redirects requests to another path, like a misconfigured proxy.
fn misroute(world: &World, method: &str, path: &str, to: &str) {
    let effect = Effect::Redirect {
        status: 307,
        location: to.to_owned(),
    };
    world.fault(method, path, effect);
}

async fn a_wrong_method_before_authentication_has_an_empty_body(world: World) {
    // Before the token is checked.
    let client = world.client_with_token("unknown");
    misroute(
        &world,
        "GET",
        "/agents",
        &format!("/agents/{UNKNOWN_ID}/archive"),
    );
    let error = client.agents().list().await.unwrap_err();
    assert_eq!(
        ErrorResponse::of(&error),
        ErrorResponse::new(405, Body::Empty)
    );
    assert!(error.to_string().ends_with("-> 405: Method Not Allowed"));
}

async fn a_write_to_a_read_only_path_is_forbidden_with_an_html_page(world: World) {
    let client = world.client_with_token("unknown");
    let terminate = format!("/sessions/{UNKNOWN_ID}/terminate");
    misroute(
        &world,
        "POST",
        &terminate,
        &format!("/sessions/{UNKNOWN_ID}"),
    );
    let error = client.sessions().terminate(UNKNOWN_ID).await.unwrap_err();
    assert_eq!(ErrorResponse::of(&error), page(403));
}

async fn a_wrong_method_after_authentication_has_a_text(world: World) {
    let environments = world.client.environments();
    let known = world.environment("e").await.id;
    for id in [known, UNKNOWN_ID] {
        let delete = format!("/environments/{id}/delete");
        misroute(&world, "DELETE", &delete, &format!("/environments/{id}"));
        let error = environments.delete(id).await.unwrap_err();
        // Servers of 2026-04-21 look up the row first.
        let expected = if id == UNKNOWN_ID && world.generation == Generation::April21 {
            text(404, "Environment not found")
        } else {
            text(405, "Method not allowed")
        };
        assert_eq!(ErrorResponse::of(&error), expected);
    }
    environments.get(known).await.unwrap();
}
