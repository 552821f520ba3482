//! How requests are read: headers, bodies and the fields of skills. Measured on the real servers.

use aod_devserver::Generation;
use aod_test_support::raw::{self, Request};
use serde_json::{Value, json};

use crate::api::Api;

const ALL: [Generation; 3] = [Generation::April21, Generation::April30, Generation::June25];

/// Sends a request with only these headers. Returns the status and the text of the error.
async fn send(api: &Api, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, Value) {
    let request = Request {
        method,
        path,
        headers: headers.to_vec(),
        body: Vec::new(),
    };
    let reply = raw::send(api.server.url(), request).await;
    let status = reply.status;
    let (body, _) = reply.read().await;
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    (status, body["detail"].clone())
}

#[tokio::test]
async fn an_authorization_header_is_read_with_the_blanks_at_its_end() {
    let malformed = json!("Missing or invalid Authorization header");
    let unknown = json!("Invalid API key");
    for generation in ALL {
        let api = Api::start(generation).await;
        let cases: [(&[&str], &Value); 6] = [
            (&["Bearer "], &unknown),
            (&["Bearer"], &malformed),
            (&["Bearer aod_dev "], &unknown),
            (&["Bearer aod_dev\t"], &unknown),
            (&["Bearer aod_dev", "Bearer aod_dev"], &unknown),
            (&["", "Bearer aod_dev"], &malformed),
        ];
        for (values, detail) in cases {
            let headers: Vec<_> = values
                .iter()
                .map(|value| ("authorization", *value))
                .collect();
            let answer = send(&api, "GET", "/agents", &headers).await;
            assert_eq!(answer, (401, detail.clone()), "{values:?}");
        }
        let (status, _) = send(
            &api,
            "GET",
            "/agents",
            &[("authorization", "  Bearer aod_dev")],
        )
        .await;
        assert_eq!(status, 200);
    }
}

#[tokio::test]
async fn every_request_of_a_connection_is_read_for_itself() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let api = Api::start(Generation::April21).await;
    let address = api.server.url().strip_prefix("http://").expect("http");
    let mut socket = tokio::net::TcpStream::connect(address)
        .await
        .expect("the server listens");
    for (token, status) in [
        ("aod_dev", "200"),
        ("aod_dev ", "401"),
        ("aod_dev", "200"),
        ("", "401"),
    ] {
        let request =
            format!("GET /agents HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
        for part in request.as_bytes().chunks(7) {
            socket
                .write_all(part)
                .await
                .expect("the connection is open");
        }
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            assert!(
                socket
                    .read_buf(&mut answer)
                    .await
                    .expect("the connection is open")
                    > 0
            );
        }
        let answer = String::from_utf8_lossy(&answer);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{token:?}: {answer}"
        );
    }
}

#[tokio::test]
async fn repeated_cursor_headers_are_joined_and_therefore_refused() {
    let api = Api::start(Generation::April21).await;
    let session = api.session("x").await;
    let headers = [
        ("authorization", "Bearer aod_dev"),
        ("last-event-id", "1"),
        ("last-event-id", "2"),
    ];
    let answer = send(&api, "GET", &crate::api::stream_path(session), &headers).await;
    assert_eq!(answer, (400, json!("since must be an integer")));
}

#[tokio::test]
async fn all_responses_vary_by_cookie_and_origin_and_preflights_by_origin() {
    for generation in ALL {
        let api = Api::start(generation).await;
        let session = api.session("x").await;
        let stream = crate::api::stream_path(session);
        for (method, path) in [
            ("GET", "/health"),
            ("GET", "/agents"),
            ("POST", "/agents"),
            ("GET", "/nowhere"),
            ("POST", "/health"),
            ("HEAD", "/health"),
            ("GET", stream.as_str()),
        ] {
            let reply = api.send(method, path, &Value::Null).await;
            assert_eq!(
                reply.header("vary"),
                Some("Cookie, origin"),
                "{method} {path}"
            );
        }
        let asking = [
            ("origin", "http://a.example"),
            ("access-control-request-method", "GET"),
        ];
        let reply = api
            .send_with("OPTIONS", "/agents", &Value::Null, &asking)
            .await;
        assert_eq!(reply.header("vary"), Some("origin"));
    }
}

/// Sends a raw body to create an agent.
async fn create_agent(api: &Api, body: &str) -> (u16, Option<String>) {
    let request = Request {
        method: "POST",
        path: "/agents",
        headers: vec![("authorization", "Bearer aod_dev")],
        body: body.as_bytes().to_vec(),
    };
    let reply = raw::send(api.server.url(), request).await;
    (
        reply.status,
        reply.header("content-type").map(str::to_owned),
    )
}

#[tokio::test]
async fn a_body_nested_beyond_the_parser_is_a_500_page() {
    let page = (500, Some("text/html; charset=utf-8".to_owned()));
    let invalid = (400, Some("application/json".to_owned()));
    for generation in ALL {
        let api = Api::start(generation).await;
        let deep = "[".repeat(2000);
        assert_eq!(create_agent(&api, &deep).await, page);
        assert_eq!(create_agent(&api, &r#"{"a":"#.repeat(2000)).await, page);
        assert_eq!(
            create_agent(&api, &format!("{deep}{}", "]".repeat(2000))).await,
            page
        );
        assert_eq!(create_agent(&api, &"[".repeat(100)).await, invalid);
        assert_eq!(create_agent(&api, &format!("x{deep}")).await, invalid);
        // Brackets in a string do not nest.
        let text = format!(r#"{{"name": "\"{deep}"}}"#);
        assert_eq!(create_agent(&api, &text).await.0, 422);
    }
}

#[tokio::test]
async fn the_model_of_a_new_agent_is_checked_before_its_environment() {
    let nowhere = json!(uuid::Uuid::nil());
    for generation in [Generation::April30, Generation::June25] {
        let api = Api::start(generation).await;
        let agent = json!({"model": "openai/o3", "environment_id": nowhere});
        let agent = api.agent_fields(&agent);
        let (status, body) = api.call("POST", "/agents", agent).await;
        assert_eq!(status, 422, "{generation}: {body}");
        let agent = api.agent_fields(&json!({"environment_id": nowhere}));
        assert_eq!(api.call("POST", "/agents", agent).await.0, 404);
    }
}

/// Returns the text of the 422 for skills.
async fn refused_skills(api: &Api, skills: Value) -> String {
    let agent = api.agent_fields(&json!({"skills": skills}));
    let (status, body) = api.call("POST", "/agents", agent).await;
    assert_eq!(status, 422, "{body}");
    let text = body["detail"][0]["msg"].as_str().expect("a text");
    text.strip_prefix("Value error, ")
        .expect("a rule")
        .to_owned()
}

#[tokio::test]
async fn skills_since_2026_04_30_are_checked_in_the_order_of_the_server() {
    let inline = json!({"name": "a", "description": "d", "content": "c"});
    let github = json!({"type": "github", "description": "d", "source": "o/r", "name": "a"});
    let with = |skill: &Value, field: &str, value: Value| {
        let mut skill = skill.clone();
        skill[field] = value;
        skill
    };
    let long = "d".repeat(1025);
    let allowed = "Allowed for github skills: ['description', 'name', 'source', 'type']";
    let cases = [
        // A type makes a skill one from GitHub, whose keys are checked before the type.
        (
            json!([with(&inline, "type", json!("inline"))]),
            format!("skills[0]: unknown keys ['content']. {allowed}"),
        ),
        (
            json!([with(&github, "type", json!(5))]),
            "skills[0].type must be a string".to_owned(),
        ),
        (
            json!([with(&github, "type", json!("gitlab"))]),
            "skills[0].type 'gitlab' unsupported (only 'github')".to_owned(),
        ),
        (
            json!([with(
                &with(&github, "name", json!(1)),
                "type",
                json!("gitlab")
            )]),
            "skills[0].name must be a string".to_owned(),
        ),
        (
            json!([with(&github, "name", json!("Bad Name"))]),
            "skills[0].name 'Bad Name' must match [a-z0-9][a-z0-9-]{0,63}".to_owned(),
        ),
        // Names are unique among skills of both kinds.
        (
            json!([inline, github]),
            "skills[1]: duplicate name 'a'".to_owned(),
        ),
        // The content is checked before the name, and the description last.
        (
            json!([with(
                &with(&inline, "name", json!("B")),
                "content",
                json!("SKILL_EOF")
            )]),
            "skills[0].content must not contain 'SKILL_EOF'".to_owned(),
        ),
        (
            json!([with(
                &with(&github, "source", json!("o")),
                "description",
                json!(long)
            )]),
            "skills[0].source 'o' must be 'owner/repo'".to_owned(),
        ),
        (
            json!([with(&github, "description", json!(long))]),
            "skills[0].description exceeds 1024 chars".to_owned(),
        ),
    ];
    for generation in [Generation::April30, Generation::June25] {
        let api = Api::start(generation).await;
        for (skills, text) in &cases {
            assert_eq!(
                refused_skills(&api, skills.clone()).await,
                *text,
                "{generation}"
            );
        }
        // The same repository may be the source of several named skills, and of one without a name.
        let mut whole = github.clone();
        whole.as_object_mut().expect("an object").remove("name");
        let skills = json!([github, with(&github, "name", json!("b")), whole]);
        api.create("/agents", api.agent_fields(&json!({"skills": skills})))
            .await;
    }
}

#[tokio::test]
async fn an_mcp_server_with_an_unhashable_type_is_a_500() {
    for generation in ALL {
        let api = Api::start(generation).await;
        for kind in [json!([]), json!({})] {
            let servers = json!([{"name": "a", "type": kind, "url": "u"}]);
            let agent = api.agent_fields(&json!({"mcp_servers": servers}));
            assert_eq!(api.send("POST", "/agents", &agent).await.status, 500);
        }
    }
}
