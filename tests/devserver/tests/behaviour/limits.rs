//! Size limits, quotas and CORS.

use aod_devserver::{Generation, Script};
use aod_test_support::raw::{self, Request};
use serde_json::{Value, json};

use crate::api::Api;

#[tokio::test]
async fn a_body_above_the_limit_is_a_400_page_after_the_key_is_checked() {
    let api = Api::start(Generation::April21).await;
    let body = |size: usize| json!("x".repeat(size - 2));
    let page = Some("text/html; charset=utf-8");
    let reply = api.send("POST", "/agents", &body(2_621_441)).await;
    assert_eq!((reply.status, reply.header("content-type")), (400, page));
    // At the limit, it is refused for its content, which is a 500 on 2026-04-21.
    assert_eq!(
        api.send("POST", "/agents", &body(2_621_440)).await.status,
        500
    );
    let request = Request {
        method: "POST",
        path: "/agents",
        headers: Vec::new(),
        body: body(2_621_441).to_string().into_bytes(),
    };
    assert_eq!(raw::send(api.server.url(), request).await.status, 401);
}

#[tokio::test]
async fn a_limit_of_zero_is_none_on_2026_04_21_and_the_default_since_2026_04_30() {
    for (generation, allowed) in [
        (Generation::April21, 0),
        (Generation::April30, 100),
        (Generation::June25, 100),
    ] {
        let api = Api::start(generation).await;
        api.control.set_script(Script::manual());
        api.control
            .set_quota("main", Some(0))
            .expect("the main account");
        let agent = api.create("/agents", api.agent_fields(&Value::Null)).await;
        let session = json!({"agent_id": agent["id"], "prompt": "x"});
        for _ in 0..allowed {
            api.create("/sessions", session.clone()).await;
        }
        let (status, body) = api.call("POST", "/sessions", session).await;
        assert_eq!(status, 429, "{generation}");
        assert_eq!(
            (&body["limit"], &body["active"]),
            (&json!(allowed), &json!(allowed))
        );
    }
}

#[tokio::test]
async fn browsers_can_call_from_any_origin_but_not_send_last_event_id() {
    let api = Api::start(Generation::April30).await;
    let origin = ("origin", "https://app.example");
    let asking = [origin, ("access-control-request-method", "POST")];
    let reply = api
        .send_with("OPTIONS", "/agents", &Value::Null, &asking)
        .await;
    let headers = reply
        .header("access-control-allow-headers")
        .expect("a preflight response");
    assert!(headers.contains("authorization") && !headers.contains("last-event-id"));
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    let reply = api
        .send_with("GET", "/agents", &Value::Null, &[origin])
        .await;
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    let reply = api.send("GET", "/agents", &Value::Null).await;
    assert_eq!(reply.header("access-control-allow-origin"), None);
}
