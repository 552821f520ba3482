//! The trace context of OpenTelemetry, sent in the headers of the W3C recommendation.

use http::{HeaderMap, HeaderValue};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Adds `traceparent` and `tracestate` if a `tracing` span with a context of OpenTelemetry, or a context of
/// OpenTelemetry itself, is active.
pub(super) fn inject(headers: &mut HeaderMap) {
    let of_span = tracing::Span::current().context();
    let context = if of_span.span().span_context().is_valid() {
        of_span
    } else {
        Context::current()
    };
    let span = context.span();
    let span = span.span_context();
    if !span.is_valid() {
        return;
    }
    let parent = format!(
        "00-{}-{}-{:02x}",
        span.trace_id(),
        span.span_id(),
        span.trace_flags().to_u8()
    );
    let state = span.trace_state().header();
    for (name, value) in [("traceparent", parent), ("tracestate", state)] {
        if let Ok(value) = HeaderValue::try_from(value)
            && !value.is_empty()
        {
            headers.insert(name, value);
        }
    }
}
