//! The content of requests.

use std::time::Duration;

use aod::models::{
    CreateAgent, CreateEnvironment, CreateSession, GithubRepository, Patch, Prompt, Skill,
    UpdateAgent, UpdateEnvironment,
};
use aod::{Detail, Error, ErrorKind, FieldError, HeaderName, HeaderValue, Operation, Options};
use aod_test_support::ScriptedServer;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{AGENTS, builder, client};

async fn empty_list() -> ScriptedServer {
    ScriptedServer::start(|_, exchange| exchange.respond_json(200, AGENTS)).await
}

#[tokio::test]
async fn a_read_sends_the_token_and_accepts_json() {
    let server = empty_list().await;
    client(&server.url()).agents().list().await.unwrap();
    let request = &server.received()[0];
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("GET", "/agents")
    );
    assert_eq!(request.header("authorization"), Some("Bearer aod_test"));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("content-type"), None);
    let agent = request.header("user-agent").unwrap();
    assert_eq!(agent, format!("aod-sdk-rust/{}", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn a_path_prefix_is_kept_and_trailing_slashes_are_removed() {
    let server = empty_list().await;
    client(&format!("{}/api/v1//", server.url()))
        .agents()
        .list()
        .await
        .unwrap();
    assert_eq!(server.received()[0].target, "/api/v1/agents");
}

#[tokio::test]
async fn a_write_without_content_declares_an_empty_body() {
    let server = ScriptedServer::start(|_, exchange| exchange.respond_json(404, "{}")).await;
    client(&server.url())
        .agents()
        .archive(Uuid::nil())
        .await
        .unwrap_err();
    let request = &server.received()[0];
    assert_eq!(
        (request.method.as_str(), request.header("content-length")),
        ("POST", Some("0"))
    );
    assert_eq!(request.header("content-type"), None);
}

#[tokio::test]
async fn absent_fields_are_not_sent_and_secrets_are() {
    let server = ScriptedServer::start(|_, exchange| exchange.respond_json(404, "{}")).await;
    let client = client(&server.url());
    let environment = CreateEnvironment::new("ci").env_var("KEY", "hunter2");
    client.environments().create(environment).await.unwrap_err();
    let update = UpdateAgent::new(3)
        .system(Patch::Clear)
        .environment(Patch::Clear)
        .remove_metadata("team");
    client
        .agents()
        .update(Uuid::nil(), update)
        .await
        .unwrap_err();

    let bodies: Vec<Value> = server
        .received()
        .iter()
        .map(|request| serde_json::from_slice(&request.body).unwrap())
        .collect();
    assert_eq!(
        bodies[0],
        json!({"name": "ci", "env_vars": {"KEY": "hunter2"}})
    );
    assert_eq!(
        bodies[1],
        json!({"version": 3, "system": "", "environment_id": null, "metadata": {"team": ""}})
    );
    assert_eq!(
        server.received()[0].header("content-type"),
        Some("application/json")
    );
}

#[tokio::test]
async fn custom_headers_are_sent_and_never_replace_the_clients_own() {
    let server = empty_list().await;
    let name = HeaderName::from_static;
    let client = builder(&server.url())
        .header(name("x-team"), HeaderValue::from_static("core"))
        .header(name("x-trace"), HeaderValue::from_static("1"))
        .header(name("authorization"), HeaderValue::from_static("Basic x"))
        .header(name("host"), HeaderValue::from_static("elsewhere"))
        .header(name("content-length"), HeaderValue::from_static("7"))
        .header(name("accept-encoding"), HeaderValue::from_static("br"))
        .user_agent_suffix("my-app/1.4")
        .build()
        .unwrap();
    let traced =
        client.with_options(Options::new().header(name("x-trace"), HeaderValue::from_static("2")));
    traced.agents().list().await.unwrap();
    client.agents().list().await.unwrap();

    let received = server.received();
    assert_eq!(received[0].header("x-team"), Some("core"));
    assert_eq!(received[0].header("x-trace"), Some("2"));
    assert_eq!(received[1].header("x-trace"), Some("1"));
    assert_eq!(received[0].header("authorization"), Some("Bearer aod_test"));
    let host = server.url().replace("http://", "");
    assert_eq!(received[0].header("host"), Some(host.as_str()));
    assert_eq!(received[0].header("content-length"), None);
    assert_eq!(received[0].header("accept-encoding"), Some("gzip, deflate"));
    assert!(
        received[0]
            .header("user-agent")
            .unwrap()
            .ends_with(" my-app/1.4")
    );
}

#[tokio::test]
async fn a_stream_requests_uncompressed_uncached_events_after_its_cursor() {
    let server = ScriptedServer::start(|_, exchange| {
        exchange.respond(
            200,
            &[("content-type", "Text/Event-Stream; charset=utf-8")],
            "data: {\"type\":\"exit\"}\n\n",
        )
    })
    .await;
    let client = client(&server.url());
    client.sessions().stream(Uuid::nil()).await.unwrap();
    client
        .sessions()
        .stream(Uuid::nil())
        .since(41230)
        .await
        .unwrap();
    let received = server.received();
    assert_eq!(received[0].header("accept"), Some("text/event-stream"));
    assert_eq!(received[0].header("accept-encoding"), Some("identity"));
    assert_eq!(received[0].header("cache-control"), Some("no-cache"));
    assert_eq!(received[0].header("last-event-id"), None);
    assert!(
        received[1].target.ends_with("/stream?since=41230"),
        "{}",
        received[1].target
    );
    assert_eq!(received[1].header("last-event-id"), Some("41230"));
}

#[tokio::test]
async fn a_proxy_receives_the_requests() {
    let proxy = empty_list().await;
    let client = builder("http://aod.invalid")
        .proxy(proxy.url().replace("//", "//user:hunter2@"))
        .build()
        .unwrap();
    client.agents().list().await.unwrap();
    let request = &proxy.received()[0];
    assert_eq!(request.target, "http://aod.invalid/agents");
    assert!(
        request
            .header("proxy-authorization")
            .unwrap()
            .starts_with("Basic ")
    );
}

fn rejected(error: &Error) -> Vec<String> {
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::InvalidRequest, 0)
    );
    match error.detail() {
        Some(Detail::Fields(fields)) => fields.iter().map(FieldError::path).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_json_body_is_validated_like_the_typed_request() {
    let server = empty_list().await;
    let client = client(&server.url());
    let id = Uuid::nil();
    let short = Duration::from_secs(5);
    let agent = CreateAgent::new("a".repeat(201), "");
    let new_agent = UpdateAgent::new(1).skills([Skill::inline("Not a name", "d", "c").into()]);
    let environment = CreateEnvironment::new("e".repeat(201)).packages("brew", ["jq"]);
    let new_environment = UpdateEnvironment::new(1).env_vars([("A=", "b")]);
    let session = CreateSession::new(id, "p")
        .timeout(short)
        .repository(GithubRepository::new("https://example.com/o/r"));
    let prompt = Prompt::new("p").timeout(short);
    let (agents, environments, sessions) =
        (client.agents(), client.environments(), client.sessions());
    for (operation, body, typed) in [
        (
            Operation::CreateAgent,
            json!(agent),
            agents.create(agent).await.err(),
        ),
        (
            Operation::UpdateAgent,
            json!(new_agent),
            agents.update(id, new_agent).await.err(),
        ),
        (
            Operation::CreateEnvironment,
            json!(environment),
            environments.create(environment).await.err(),
        ),
        (
            Operation::UpdateEnvironment,
            json!(new_environment),
            environments.update(id, new_environment).await.err(),
        ),
        (
            Operation::CreateSession,
            json!(session),
            sessions.create(session).await.err(),
        ),
        (
            Operation::PromptSession,
            json!(prompt),
            sessions.prompt(id, prompt).await.err(),
        ),
    ] {
        let body = body.to_string();
        let error = client
            .call_json(operation, Some(id.into()), Some(body.into()))
            .await
            .unwrap_err();
        assert_eq!(rejected(&error), rejected(&typed.unwrap()), "{operation:?}");
    }
    assert!(server.received().is_empty());

    // What does not have the form of a request is for the server to judge.
    for body in ["", "[", r#"{"name": 1}"#] {
        let call = client.call_json(Operation::CreateAgent, None, Some(body.into()));
        call.await.unwrap();
    }
    assert_eq!(server.received().len(), 3);
}

#[test]
fn requests_are_read_from_the_json_that_they_are_written_as() {
    fn same<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(request: &T) {
        let json = serde_json::to_string(request).unwrap();
        assert_eq!(
            &serde_json::from_str::<T>(&json).unwrap(),
            request,
            "{json}"
        );
    }
    same(
        &CreateAgent::new("a", "m")
            .runtime("claude")
            .skill(Skill::inline("n", "d", "c")),
    );
    same(&UpdateAgent::new(1));
    same(
        &UpdateAgent::new(1)
            .description("d")
            .environment(Patch::Clear),
    );
    same(
        &CreateEnvironment::new("e")
            .packages("pip", ["pytest"])
            .env_var("A", "b"),
    );
    same(&UpdateEnvironment::new(2).setup_script("s"));
    same(&CreateSession::new(Uuid::nil(), "p").timeout(Duration::from_secs(60)));
    same(&Prompt::new("p"));
}
