//! `GET /health`.

use aod::{Detail, ErrorKind};
use aod_devserver::{Fault, Generation};
use serde_json::json;

use crate::endpoints::world::{World, answer, tests};

tests! { in [april21 april30 june25]:
    a_healthy_server_returns_its_checks,
    health_requires_no_token,
    a_degraded_server_is_an_error_with_its_checks,
}

async fn a_healthy_server_returns_its_checks(world: World) {
    let health = world.client.health().await.unwrap();
    assert_eq!(health.status, "ok");
    let checks: Vec<_> = health.checks.iter().collect();
    match world.generation {
        Generation::April21 => assert!(checks.is_empty(), "{checks:?}"),
        Generation::April30 | Generation::June25 => assert_eq!(
            checks,
            [
                (&"crypto".to_owned(), &"ok".to_owned()),
                (&"db".to_owned(), &"ok".to_owned())
            ]
        ),
    }
    assert!(health.extra.is_empty());
}

async fn health_requires_no_token(world: World) {
    let health = world.client_with_token("unknown").health().await.unwrap();
    assert_eq!(health.status, "ok");
}

async fn a_degraded_server_is_an_error_with_its_checks(world: World) {
    let body =
        json!({"status": "degraded", "checks": {"db": "fail: OperationalError", "crypto": "ok"}});
    world.plan(Fault::on("GET", "/health", answer(503, &body)).always());
    let error = world.client.health().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.status(), error.attempts()),
        (ErrorKind::Server, Some(503), 3)
    );
    assert_eq!(error.detail(), Some(&Detail::Json(body)));
}
