//! The details of errors.

use aod::models::{CreateAgent, CreateEnvironment, Prompt};
use aod::{ConflictReason, Detail, ErrorKind, Operation};
use aod_test_support::ScriptedServer;
use uuid::Uuid;

use super::{builder, client};

async fn answering(
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
) -> ScriptedServer {
    ScriptedServer::start(move |_, exchange| exchange.respond(status, headers, body)).await
}

#[tokio::test]
async fn an_error_names_the_request_the_status_and_the_servers_text() {
    let server = answering(
        404,
        &[("x-request-id", "req-7")],
        r#"{"detail":"Agent not found"}"#,
    )
    .await;
    let error = client(&server.url())
        .agents()
        .get(Uuid::nil())
        .await
        .unwrap_err();
    let url = format!("{}/agents/{}", server.url(), Uuid::nil());
    assert_eq!(
        error.to_string(),
        format!("GET {url} -> 404: Agent not found")
    );
    assert_eq!(
        (error.method(), error.url(), error.request_id()),
        (Some("GET"), Some(url.as_str()), Some("req-7"))
    );
    assert_eq!(
        (error.kind(), error.status(), error.attempts()),
        (ErrorKind::NotFound, Some(404), 1)
    );
}

#[tokio::test]
async fn a_conflict_has_a_reason() {
    let server = answering(409, &[], r#"{"detail":"Session is already running"}"#).await;
    let error = client(&server.url())
        .sessions()
        .prompt(Uuid::nil(), "p")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.conflict()),
        (ErrorKind::Conflict, Some(ConflictReason::Running))
    );
    let server = answering(409, &[], "<html>").await;
    let error = client(&server.url())
        .sessions()
        .terminate(Uuid::nil())
        .await
        .unwrap_err();
    assert_eq!(error.conflict(), Some(ConflictReason::Other));
}

#[tokio::test]
async fn both_forms_of_422_are_parsed() {
    let list = r#"{"detail":[{"type":"missing","loc":["name"],"msg":"Field required","input":{"env_vars":{"K":"hunter2"}},"url":"u"}]}"#;
    let server = answering(422, &[], list).await;
    let error = client(&server.url())
        .environments()
        .create(CreateEnvironment::new("e"))
        .await
        .unwrap_err();
    assert!(
        error.to_string().ends_with("-> 422: name: Field required"),
        "{error}"
    );
    let Some(Detail::Fields(fields)) = error.detail() else {
        panic!("{error:?}")
    };
    assert_eq!(fields[0].input().unwrap()["env_vars"]["K"], "hunter2");
    assert!(!format!("{error} {error:?} {error:#?}").contains("hunter2"));

    let server = answering(422, &[], r#"{"detail":"Unknown model: M"}"#).await;
    let request = CreateAgent::new("a", "M").runtime("claude");
    let error = client(&server.url())
        .agents()
        .create(request)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.detail_text()),
        (ErrorKind::Validation, Some("Unknown model: M"))
    );
}

#[tokio::test]
async fn an_error_with_a_byte_order_mark_has_all_its_details() {
    let conflict = "\u{feff}{\"detail\": \"Session is already running\"}";
    let server = answering(409, &[], conflict).await;
    let error = client(&server.url())
        .sessions()
        .prompt(Uuid::nil(), "p")
        .await
        .unwrap_err();
    assert_eq!(error.conflict(), Some(ConflictReason::Running));
    assert_eq!(error.detail_text(), Some("Session is already running"));
    assert_eq!(error.body(), conflict.as_bytes());

    let body = "\u{feff}{\"detail\": \"Limit reached\", \"limit\": 3, \"active\": 4}";
    let server = answering(429, &[], body).await;
    let error = client(&server.url()).agents().list().await.unwrap_err();
    let quota = aod::Quota {
        limit: 3,
        active: 4,
    };
    assert_eq!(error.quota(), Some(quota));
}

/// The request can be parsed, but not the response that repeats it.
#[tokio::test]
async fn an_error_that_repeats_a_deep_request_has_all_its_details() {
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    let body = format!(
        r#"{{"detail":[{{"type":"missing","loc":["name"],"msg":"Field required","input":{}}}]}}"#,
        deep(127)
    );
    let server = answering(422, &[], body.leak()).await;
    let error = client(&server.url())
        .call_json(Operation::CreateEnvironment, None, Some(deep(127).into()))
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(text.ends_with("-> 422: name: Field required"), "{text}");
    assert!(matches!(error.detail(), Some(Detail::Fields(_))));
}

/// Nothing is known about the secrets of such a request.
#[tokio::test]
async fn no_text_of_an_error_is_shown_if_the_request_cannot_be_parsed() {
    let echoes = [
        r#"{"detail": "hunter2"}"#,
        r#"{"detail": [{"type": "hunter2", "loc": ["hunter2"], "msg": "hunter2"}]}"#,
        r#"{"hunter2": "hunter2"}"#,
        "hunter2",
    ];
    let nested = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let deep = format!(r#"{{"env_vars": {{"K": "hunter2"}}, "x": {nested}}}"#);
    for body in [deep.as_str(), r#"{"env_vars": {"K": "hunter2"}"#] {
        for echo in echoes {
            let server = answering(400, &[("x-request-id", "hunter2")], echo).await;
            let client = client(&server.url());
            let body = Some(body.to_owned().into());
            let call = client.call_json(Operation::CreateEnvironment, None, body);
            let error = call.await.unwrap_err();
            let detail = match error.detail() {
                Some(Detail::Text(text) | Detail::Body(text)) => text.clone(),
                Some(Detail::Json(json)) => json.to_string(),
                detail => format!("{detail:?}"),
            };
            let shown = format!("{error} {error:?} {detail} {:?}", error.request_id());
            assert!(!shown.contains("hunter2"), "{shown}");
            assert_eq!(error.kind(), ErrorKind::BadRequest);
        }
    }
}

#[tokio::test]
async fn an_error_without_text_shows_the_meaning_of_its_status() {
    for body in [r#"{"detail": []}"#, r#"{"detail": " "}"#, ""] {
        let server = answering(422, &[], body).await;
        let error = client(&server.url()).agents().list().await.unwrap_err();
        let text = error.to_string();
        assert!(text.ends_with("-> 422: Unprocessable Entity"), "{text}");
    }
}

#[tokio::test]
async fn an_html_page_is_kept_but_not_shown() {
    let server = answering(404, &[("content-type", "text/html")], "<h1>hunter2</h1>").await;
    let error = client(&server.url()).agents().list().await.unwrap_err();
    assert!(error.to_string().ends_with("-> 404: Not Found"), "{error}");
    assert_eq!(
        error.detail(),
        Some(&Detail::Body("<h1>hunter2</h1>".into()))
    );
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_token_echoed_in_an_error_is_redacted() {
    let server = answering(
        400,
        &[("x-request-id", "aod_test")],
        r#"{"detail":"bad header Bearer aod_test"}"#,
    )
    .await;
    let error = client(&server.url()).agents().list().await.unwrap_err();
    assert!(
        !format!("{error} {error:?}").contains("aod_test"),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_invalid_request_is_not_sent() {
    let server = answering(500, &[], "").await;
    let prompt = Prompt::new("p").timeout(std::time::Duration::from_secs(5));
    let error = client(&server.url())
        .sessions()
        .prompt(Uuid::nil(), prompt.clone())
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::InvalidRequest, 0)
    );
    assert_eq!(
        error.to_string(),
        "timeout: must be whole seconds, from 10 s to 3600 s"
    );
    assert!(server.received().is_empty());

    let trusting = builder(&server.url())
        .validate_requests(false)
        .build()
        .unwrap();
    trusting
        .sessions()
        .prompt(Uuid::nil(), prompt)
        .await
        .unwrap_err();
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn an_unknown_host_is_a_connection_error_with_its_cause() {
    let error = client("http://aod.invalid")
        .with_options(aod::Options::new().max_retries(0))
        .health()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(error.is_unsent());
    assert!(std::error::Error::source(&error).is_some());
}
