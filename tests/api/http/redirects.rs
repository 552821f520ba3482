//! Redirects, which must stay within the origin and keep the method of writes.

use aod::ErrorKind;
use aod_test_support::ScriptedServer;
use uuid::Uuid;

use super::{AGENTS, client};

/// Redirects all requests except `/moved` to `/moved`.
async fn redirecting(status: u16, location: &'static str) -> ScriptedServer {
    ScriptedServer::start(move |_, exchange| async move {
        if exchange.request.target == "/moved" {
            exchange.respond_json(200, AGENTS).await;
        } else {
            exchange
                .respond(status, &[("location", location)], "")
                .await;
        }
    })
    .await
}

#[tokio::test]
async fn a_read_follows_redirects_within_the_origin() {
    for status in [301, 302, 303, 307, 308] {
        let server = redirecting(status, "/moved").await;
        client(&server.url()).agents().list().await.unwrap();
        assert_eq!(
            server.received()[1].header("authorization"),
            Some("Bearer aod_test"),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_chain_of_20_redirects_is_followed() {
    let server = ScriptedServer::start(|_, exchange| async move {
        let hop = exchange.request.target.strip_prefix("/hop/");
        let hop = hop.map_or(0, |hop| hop.parse::<u32>().unwrap());
        if hop == 20 {
            exchange.respond_json(200, AGENTS).await;
        } else {
            let next = format!("/hop/{}", hop + 1);
            exchange.respond(307, &[("location", &next)], "").await;
        }
    })
    .await;
    client(&server.url()).agents().list().await.unwrap();
    assert_eq!(server.received().len(), 21);
}

#[tokio::test]
async fn redirects_to_another_origin_are_refused() {
    let elsewhere = ScriptedServer::start(|_, exchange| exchange.respond_json(200, AGENTS)).await;
    let location: &'static str = Box::leak(elsewhere.url().into_boxed_str());
    for location in [location, "https://127.0.0.1/agents", "//aod.invalid/agents"] {
        let server = redirecting(302, location).await;
        let error = client(&server.url()).agents().list().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Protocol, Some(302)),
            "{location}"
        );
        let redirected = redirecting(302, location).await;
        let stream = client(&redirected.url())
            .sessions()
            .stream(Uuid::nil())
            .await;
        assert_eq!(stream.unwrap_err().kind(), ErrorKind::Protocol);
    }
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn a_write_follows_only_redirects_that_keep_the_method() {
    let server = redirecting(308, "/moved").await;
    client(&server.url())
        .environments()
        .delete(Uuid::nil())
        .await
        .unwrap();
    assert_eq!(server.received()[1].method, "DELETE");

    let server = redirecting(302, "/moved").await;
    let error = client(&server.url())
        .environments()
        .delete(Uuid::nil())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Status, Some(302))
    );
}

#[tokio::test]
async fn redirect_loops_end() {
    let server = redirecting(302, "/agents").await;
    let error = client(&server.url()).agents().list().await.unwrap_err();
    assert_eq!(
        (error.kind(), server.received().len()),
        (ErrorKind::Protocol, 21)
    );
}
