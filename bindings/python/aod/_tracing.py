"""The trace context and the spans of OpenTelemetry, if a program uses it."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Final, Literal

from ._version import __version__

if TYPE_CHECKING:
    from opentelemetry.trace import Span


def is_imported() -> bool:
    """Return whether the program has imported OpenTelemetry."""
    return "opentelemetry.trace" in sys.modules


def trace_headers(span: Span | None = None) -> dict[str, str]:
    """Return the headers of a span, such as `traceparent`; by default, those of the active trace context.

    They are empty without an active trace context, or if the program has not imported OpenTelemetry.
    """
    if not is_imported():
        return {}
    from opentelemetry.propagate import inject
    from opentelemetry.trace import set_span_in_context

    headers: dict[str, str] = {}
    inject(headers, None if span is None else set_span_in_context(span))
    return headers


def start_span(
    name: str,
    kind: Literal["CLIENT", "INTERNAL"],
    attributes: Mapping[str, str | int],
    parent: Span | None = None,
) -> Span:
    """Start a span, which does not become the active one. By default, the active span is its parent.

    Without a tracer provider, the span records nothing and has the trace context of its parent.
    """
    from opentelemetry.trace import SpanKind, get_tracer, set_span_in_context

    context = None if parent is None else set_span_in_context(parent)
    return get_tracer("aod", __version__).start_span(name, context, SpanKind[kind], attributes)


def record_error(span: Span, error: str) -> None:
    """Give a span the status of an error."""
    from opentelemetry.trace import StatusCode

    span.set_attribute("error.type", error)
    span.set_status(StatusCode.ERROR)


_NO_SPAN: Final = nullcontext()


def ending(span: Span | None) -> AbstractContextManager[None]:
    """End a span with the block.

    Of an exception, only the kind is recorded: its text may contain secrets. One that is not an `Exception`, such as a
    cancellation, is not an error.
    """
    return _NO_SPAN if span is None else _ending(span)


@contextmanager
def _ending(span: Span) -> Generator[None]:
    try:
        yield
    except Exception as error:
        record_error(span, getattr(error, "_kind", type(error).__qualname__))
        raise
    finally:
        span.end()


@contextmanager
def active(span: Span) -> Generator[None]:
    """Make a span the active one in the block, and end it."""
    from opentelemetry.context import attach, detach
    from opentelemetry.trace import get_current_span, set_span_in_context

    token = attach(set_span_in_context(span))
    is_attached = True
    try:
        with ending(span):
            yield
    except GeneratorExit:
        # A coroutine can be closed in another context than that of its task.
        is_attached = get_current_span() is span
        raise
    finally:
        if is_attached:
            detach(token)
