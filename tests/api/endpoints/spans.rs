//! The spans of calls and turns, as OpenTelemetry exports them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aod::models::CreateSession;
use aod_devserver::Script;
use opentelemetry::Context;
use opentelemetry::trace::{SpanKind, Status, TracerProvider as _};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use serde_json::json;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::endpoints::world::{UNKNOWN_ID, World, tests};

tests! { in [april21]:
    a_call_is_a_client_span,
    a_turn_is_a_span_with_its_usage_and_its_tools,
}

/// Collects the spans that have ended.
#[derive(Debug, Clone, Default)]
struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl SpanProcessor for Ended {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

impl Ended {
    fn named(&self, name: &str) -> SpanData {
        let ended = self.0.lock().unwrap();
        let names: Vec<_> = ended.iter().map(|span| &span.name).collect();
        let found = ended.iter().find(|span| span.name == name);
        found
            .unwrap_or_else(|| panic!("no {name} in {names:?}"))
            .clone()
    }
}

fn attribute(span: &SpanData, key: &str) -> Option<String> {
    let found = span.attributes.iter().find(|pair| pair.key.as_str() == key);
    found.map(|pair| pair.value.to_string())
}

/// Exports the spans of this thread until the guard is dropped.
fn exported() -> (Ended, tracing::subscriber::DefaultGuard) {
    let ended = Ended::default();
    let provider = SdkTracerProvider::builder()
        .with_span_processor(ended.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let info = tracing::level_filters::LevelFilter::INFO;
    let subscriber = tracing_subscriber::registry().with(layer).with(info);
    (ended, tracing::subscriber::set_default(subscriber))
}

async fn a_call_is_a_client_span(world: World) {
    let (ended, guard) = exported();
    world.client.agents().get(UNKNOWN_ID).await.unwrap_err();
    drop(guard);
    let span = ended.named("GET /agents/{id}");
    assert_eq!(span.span_kind, SpanKind::Client);
    assert_eq!(span.status, Status::error(""));
    for (key, value) in [
        ("http.request.method", "GET"),
        ("url.template", "/agents/{id}"),
        ("http.response.status_code", "404"),
        ("error.type", "not_found"),
    ] {
        assert_eq!(attribute(&span, key).as_deref(), Some(value), "{key}");
    }
}

async fn a_turn_is_a_span_with_its_usage_and_its_tools(world: World) {
    let lines = [
        json!({"type": "system", "subtype": "init", "model": "claude-sonnet-4-6"}),
        json!({"type": "assistant", "message": {"content": [
            {"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "echo hunter2"}}]}}),
        json!({"type": "user", "message": {"content": [
            {"type": "tool_result", "tool_use_id": "t", "content": "hunter2", "is_error": true}]}}),
        // The item changes again after its end.
        json!({"type": "result", "subtype": "success", "permission_denials": [{"tool_use_id": "t"}],
            "total_cost_usd": 0.5, "usage": {"input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 5}}),
    ];
    let output = lines.map(|line| line.to_string()).join("\n");
    world
        .control
        .set_script(Script::new().stdout(output).exit(0));
    let agent = world.agent("a").await;
    let (ended, guard) = exported();
    let request = CreateSession::new(agent.id, "hunter2");
    let run = world.client.sessions().run(request).await.unwrap();
    drop(guard);

    let turn = ended.named("invoke_agent");
    let session = run.session.id.to_string();
    for (key, value) in [
        ("gen_ai.operation.name", "invoke_agent"),
        ("gen_ai.conversation.id", session.as_str()),
        ("gen_ai.provider.name", "anthropic"),
        ("gen_ai.request.model", "claude-sonnet-4-6"),
        ("gen_ai.usage.input_tokens", "7"),
        ("gen_ai.usage.output_tokens", "5"),
        ("gen_ai.usage.cache_read.input_tokens", "4"),
        ("aod.usage.cost_usd", "0.5"),
        ("aod.turn.number", "1"),
    ] {
        assert_eq!(attribute(&turn, key).as_deref(), Some(value), "{key}");
    }
    assert_eq!(turn.status, Status::Unset);
    let tool = ended.named("execute_tool Bash");
    let names = ended
        .0
        .lock()
        .unwrap()
        .iter()
        .filter(|span| span.name == tool.name)
        .count();
    assert_eq!(names, 1);
    assert_eq!(tool.parent_span_id, turn.span_context.span_id());
    assert_eq!(
        attribute(&tool, "gen_ai.tool.name").as_deref(),
        Some("Bash")
    );
    assert_eq!(attribute(&tool, "error.type").as_deref(), Some("failed"));
    let request = ended.named("GET /sessions/{id}");
    assert_eq!(request.parent_span_id, turn.span_context.span_id());
    let all = format!("{:?}", ended.0.lock().unwrap());
    assert!(!all.contains("hunter2"), "{all}");
}
