"""The trace context of OpenTelemetry, if a program uses it."""

from __future__ import annotations

import sys


def trace_headers() -> dict[str, str]:
    """Return the headers of the active trace context, such as `traceparent`.

    They are empty if there is none, or if the program has not imported OpenTelemetry.
    """
    if "opentelemetry" not in sys.modules:
        return {}
    from opentelemetry.propagate import inject

    headers: dict[str, str] = {}
    inject(headers)
    return headers
