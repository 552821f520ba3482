"""Validation of the options of clients and calls."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final, cast

from ._version import __version__

_NO_LIMIT: Final = 1e18


def seconds(value: Any, name: str = "timeout") -> float:
    """Validate a number of seconds; infinity means no limit."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number of seconds")
    if not value >= 0:  # rejects NaN too
        raise ValueError(f"{name} must be a non-negative number of seconds")
    return min(float(value), _NO_LIMIT)


def timeouts(value: Any) -> tuple[float | None, float | None]:
    """Return the seconds for a call and for connecting, from a number of seconds or an `httpx.Timeout`."""
    if value is None:
        return None, None
    if hasattr(value, "read") and hasattr(value, "connect"):
        return _limit(value.read), _limit(value.connect)
    return seconds(value), seconds(value)


def _limit(value: Any) -> float:
    return _NO_LIMIT if value is None else seconds(value)


def text(value: Any, name: str) -> Any:
    """Validate an optional string."""
    if value is not None and not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    return value


def str_mapping(value: Any, name: str) -> dict[str, str]:
    """Validate an optional mapping of strings to strings."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a mapping, not {type(value).__name__}")
    given = dict(cast("Mapping[Any, Any]", value))
    if not all(isinstance(part, str) for item in given.items() for part in item):
        raise TypeError(f"{name} must map str to str")
    return given


def client_config(
    *,
    base_url: str | None,
    token: str | None,
    timeout: Any,
    transport: Any,
    max_retries: int | None,
    headers: Mapping[str, str] | None,
    stream_idle_timeout: float | None,
    proxy: str | None,
    ca_certificate: str | None,
    client_certificate: str | None,
    https_only: bool,
) -> dict[str, Any]:
    """Validate the arguments of a client. A missing URL or token is taken from the environment."""
    if transport is not None:
        raise TypeError("transport is not supported: requests are sent by the native library, not by httpx")
    base_url = text(base_url, "base_url") or os.environ.get("AOD_API_URL") or "http://localhost:8777"
    token = text(token, "token") or os.environ.get("AOD_API_TOKEN")
    if not token:
        raise ValueError("Missing API token. Pass token=... or set the AOD_API_TOKEN env var.")
    total, connect = timeouts(timeout)
    return {
        "base_url": base_url,
        "token": token,
        "user_agent": f"aod-sdk-python/{__version__}",
        "connect_timeout": connect,
        "proxy": text(proxy, "proxy"),
        "ca_certificate": text(ca_certificate, "ca_certificate"),
        "client_certificate": text(client_certificate, "client_certificate"),
        "https_only": bool(https_only),
        "options": call_options(
            timeout=total, max_retries=max_retries, headers=headers, stream_idle_timeout=stream_idle_timeout
        ),
    }


def call_options(
    *,
    timeout: Any = None,
    max_retries: int | None = None,
    headers: Mapping[str, str] | None = None,
    stream_idle_timeout: float | None = None,
) -> dict[str, Any]:
    """Validate the options that can differ between calls."""
    if max_retries is not None and (isinstance(max_retries, bool) or not isinstance(max_retries, int)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("max_retries must be an int")
    if max_retries is not None and not 0 <= max_retries < 2**32:
        raise ValueError("max_retries must not be negative")
    total, _ = timeouts(timeout)
    return {
        "timeout": total,
        "max_retries": max_retries,
        "headers": str_mapping(headers, "headers"),
        "stream_idle_timeout": None
        if stream_idle_timeout is None
        else seconds(stream_idle_timeout, "stream_idle_timeout"),
    }
