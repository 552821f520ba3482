//! Observing calls: the heads of responses, and the trace context of requests.

use std::future::IntoFuture as _;
use std::sync::{Arc, Mutex};

use aod::models::CreateSession;
use aod::{ErrorKind, OnAbandon, Options};
use aod_test_support::ScriptedServer;
use opentelemetry::Context;
use opentelemetry::trace::{
    FutureExt as _, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    TracerProvider as _,
};
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Instrument as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;
use uuid::Uuid;

use super::{AGENTS, client};

#[tokio::test]
async fn the_head_of_each_response_to_a_call_is_observed() {
    let server = ScriptedServer::start(|index, exchange| async move {
        let headers = [("x-request-id", "r-7"), ("set-cookie", "a=planted")];
        match index {
            0 => exchange.respond(503, &headers, "").await,
            1 => exchange.respond(200, &headers, AGENTS).await,
            _ => exchange.respond(404, &headers, "").await,
        }
    })
    .await;
    let observed = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&observed);
    let options = Options::new().on_response(move |response| {
        seen.lock().unwrap().push(response.clone());
    });
    let client = client(&server.url());
    let observing = client.with_options(options);
    observing.agents().list().await.unwrap();
    observing.agents().get(Uuid::nil()).await.unwrap_err();
    let stream = observing.sessions().stream(Uuid::nil()).await;
    assert_eq!(stream.unwrap_err().kind(), ErrorKind::NotFound);
    client.agents().get(Uuid::nil()).await.unwrap_err();

    let observed = observed.lock().unwrap();
    let statuses: Vec<_> = observed
        .iter()
        .map(|response| response.status.as_u16())
        .collect();
    assert_eq!(statuses, [503, 200, 404]);
    for response in observed.iter() {
        assert_eq!(response.method, "GET");
        assert!(response.url.as_str().starts_with(&server.url()));
        assert_eq!(response.request_id(), Some("r-7"));
        assert_eq!(response.headers["set-cookie"], "a=planted");
        let shown = format!("{response:?}");
        assert!(
            shown.contains("set-cookie") && !shown.contains("planted"),
            "{shown}"
        );
    }
}

/// A span of another service, whose requests this program serves.
fn remote_span() -> SpanContext {
    SpanContext::new(
        TraceId::from_bytes([7; 16]),
        SpanId::from_bytes([9; 8]),
        TraceFlags::SAMPLED,
        true,
        TraceState::from_key_value([("vendor", "a")]).unwrap(),
    )
}

#[tokio::test]
async fn the_active_trace_context_is_sent() {
    let server = ScriptedServer::start(|_, exchange| exchange.respond_json(200, AGENTS)).await;
    let client = client(&server.url());
    client.agents().list().await.unwrap();

    // A context of OpenTelemetry.
    let remote = Context::new().with_remote_span_context(remote_span());
    client
        .agents()
        .list()
        .with_context(remote.clone())
        .await
        .unwrap();

    // A `tracing` span, which is a child of it.
    let tracer = SdkTracerProvider::builder().build().tracer("test");
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    let span = tracing::info_span!("caller");
    span.set_parent(remote).unwrap();
    client.agents().list().instrument(span).await.unwrap();

    let requests = server.received();
    assert_eq!(requests[0].header("traceparent"), None);
    let trace = "07".repeat(16);
    let own = format!("00-{trace}-{}-01", "09".repeat(8));
    assert_eq!(requests[1].header("traceparent"), Some(own.as_str()));
    assert_eq!(requests[1].header("tracestate"), Some("vendor=a"));
    let child = requests[2].header("traceparent").unwrap();
    assert!(
        child.starts_with(&format!("00-{trace}-")) && child != own,
        "{child}"
    );
}

#[tokio::test]
async fn the_active_trace_context_is_sent_with_a_turn_that_is_stopped_when_abandoned() {
    let server = ScriptedServer::start(|_, exchange| exchange.respond_json(404, "{}")).await;
    let client = client(&server.url());
    let remote = Context::new().with_remote_span_context(remote_span());
    let run = client
        .sessions()
        .run(CreateSession::new(Uuid::nil(), "p"))
        .on_abandon(OnAbandon::Terminate)
        .into_future();
    run.with_context(remote).await.unwrap_err();
    let own = format!("00-{}-{}-01", "07".repeat(16), "09".repeat(8));
    let requests = server.received();
    assert_eq!(requests[0].header("traceparent"), Some(own.as_str()));
}
