"""Validation of the options of clients and calls."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from inspect import iscoroutine, iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final, TypedDict, cast

from ._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Unpack

    from .stream import ConnectionState

_NO_LIMIT: Final = 1e18


@dataclass(frozen=True)
class RetryPolicy:
    """When and how often a failed request is retried.

    A GET is retried after a broken connection, a response that is not valid HTTP, a timeout of an attempt, 408 and 5xx;
    other requests only if no byte of them was sent. A 429 is retried, for all methods, only if it has `Retry-After`, or
    if it is the response to opening a stream. Each delay is random, between zero and a limit that starts at
    `base_delay` and doubles with each retry; `Retry-After` replaces it.

    See [What the SDK retries](https://ravi-hq.github.io/agent-on-demand/latest/guide/errors/#what-the-sdk-retries).

    Attributes:
        max_retries: How many times a request is retried after the first attempt.
        base_delay: The limit of the delay before the first retry, in seconds.
        max_delay: The maximum to which the limit doubles, in seconds.
        max_retry_after: The longest `Retry-After` that is honored, in seconds; a longer one ends the call.

    Raises:
        ValueError: A number is negative, NaN or too large.
        TypeError: A value is not a number.

    Examples:
        >>> client = aod.Client(retry=aod.RetryPolicy(max_retries=5, max_delay=2))
    """

    max_retries: int = 2
    base_delay: float = 0.5
    max_delay: float = 8.0
    max_retry_after: float = 120.0

    def __post_init__(self) -> None:
        """Validate the values."""
        count(self.max_retries, "max_retries")
        for field in fields(self)[1:]:
            object.__setattr__(self, field.name, seconds(getattr(self, field.name), field.name))


def seconds(value: Any, name: str = "timeout") -> float:
    """Validate a number of seconds; infinity means no limit."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number of seconds")
    if not value >= 0:  # rejects NaN too
        raise ValueError(f"{name} must be a non-negative number of seconds")
    return float(min(value, _NO_LIMIT))


def timeouts(value: Any) -> tuple[float | None, float | None]:
    """Return the seconds for a call and for connecting, from a number of seconds or an `httpx.Timeout`."""
    if value is None:
        return None, None
    if hasattr(value, "read") and hasattr(value, "connect"):
        return _limit(value.read), _limit(value.connect)
    return seconds(value), seconds(value)


def _limit(value: Any) -> float:
    return _NO_LIMIT if value is None else seconds(value)


def optional_seconds(value: Any, name: str) -> float | None:
    """Validate an optional number of seconds."""
    return None if value is None else seconds(value, name)


def count(value: Any, name: str, limit: int = 2**32) -> int | None:
    """Validate an optional number below a limit."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int")
    if value < 0:
        raise ValueError(f"{name} must not be negative")
    if value >= limit:
        raise ValueError(f"{name} must be less than {limit}")
    return value


def callback(value: Any, name: str, *, may_be_async: bool = False) -> None:
    """Validate an optional callback."""
    if value is None:
        return
    if not callable(value):
        raise TypeError(f"{name} must be callable, not {type(value).__name__}")
    if not may_be_async and (iscoroutinefunction(value) or iscoroutinefunction(type(value).__call__)):
        raise TypeError(f"{name} cannot be a coroutine function")


def check_result(result: object, name: str) -> None:
    """Raise an error if a callback returned a coroutine, which nothing awaits."""
    if result is not None and iscoroutine(result):
        result.close()  # no warning that it was never awaited
        raise TypeError(f"{name} cannot be a coroutine function")


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
    token_provider: Any,
    timeout: Any,
    transport: Any,
    connect_timeout: float | None,
    user_agent_suffix: str | None,
    proxy: str | None,
    no_proxy: bool,
    ca_certificate: str | None,
    client_certificate: str | None,
    pool_max_idle: int | None,
    pool_idle_timeout: float | None,
    http1_only: bool,
    https_only: bool,
    validate_requests: bool,
    max_response_bytes: int | None,
    **options: Any,
) -> dict[str, Any]:
    """Validate the arguments of a client. A missing URL or token is taken from the environment."""
    if transport is not None:
        raise TypeError("transport is not supported: requests are sent by the native library, not by httpx")
    base_url = text(base_url, "base_url") or os.environ.get("AOD_API_URL") or "http://localhost:8777"
    callback(token_provider, "token_provider", may_be_async=True)
    token = text(token, "token") or os.environ.get("AOD_API_TOKEN")
    if not token and token_provider is None:
        raise ValueError("Missing API token. Pass token=... or set the AOD_API_TOKEN env var.")
    _, connect = timeouts(timeout)
    user_agent = f"aod-sdk-python/{__version__}"
    if suffix := text(user_agent_suffix, "user_agent_suffix"):
        user_agent = f"{user_agent} {suffix}"
    return {
        "base_url": base_url,
        "token": token or None,
        "provides_tokens": token_provider is not None,
        "user_agent": user_agent,
        "connect_timeout": connect if connect_timeout is None else seconds(connect_timeout, "connect_timeout"),
        "proxy": text(proxy, "proxy"),
        "no_proxy": bool(no_proxy),
        "ca_certificate": text(ca_certificate, "ca_certificate"),
        "client_certificate": text(client_certificate, "client_certificate"),
        "pool_max_idle": count(pool_max_idle, "pool_max_idle"),
        "pool_idle_timeout": optional_seconds(pool_idle_timeout, "pool_idle_timeout"),
        "http1_only": bool(http1_only),
        "https_only": bool(https_only),
        "validate_requests": bool(validate_requests),
        "max_response_bytes": count(max_response_bytes, "max_response_bytes", 2**63),
        "options": call_options(timeout=timeout, **options),
    }


def call_options(
    *,
    timeout: Any,
    attempt_timeout: float | None,
    stream_idle_timeout: float | None,
    retry: RetryPolicy | None,
    max_retries: int | None,
    headers: Mapping[str, str] | None,
) -> dict[str, Any]:
    """Validate the options that can differ between calls."""
    if retry is not None and not isinstance(retry, RetryPolicy):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"retry must be a RetryPolicy, not {type(retry).__name__}")
    total, _ = timeouts(timeout)
    return {
        "timeout": total,
        "attempt_timeout": optional_seconds(attempt_timeout, "attempt_timeout"),
        "stream_idle_timeout": optional_seconds(stream_idle_timeout, "stream_idle_timeout"),
        "retry": retry and asdict(retry),
        "max_retries": count(max_retries, "max_retries"),
        "headers": str_mapping(headers, "headers"),
    }


class StreamOptions(TypedDict, total=False):
    """The options of a stream; see `Sessions.stream`.

    Attributes:
        turn: The number of the only turn to deliver, from 1. By default, all turns.
        reconnect: Whether to reconnect when the connection drops. Default `True`.
        max_attempts: How many consecutive attempts to reconnect may fail. By default there is no limit; 0 disables
            reconnecting.
        give_up_after: How long the stream may be without a healthy connection, in seconds. Default 600.
        base_delay: The upper limit of the delay before the first attempt to reconnect, in seconds. Default 0.25.
        max_delay: The maximum to which that limit doubles, in seconds. Default 30.
        max_retry_after: The longest `Retry-After` that is honored, in seconds. Default 120.
        deadline: The time limit of the whole stream, including the time to open it, in seconds. By default there is no
            limit.
        resume_stale: Whether to continue after a `stale` event. Default `False`.
        on_state: Called with each change of the connection.
    """

    turn: int | None
    reconnect: bool
    max_attempts: int | None
    give_up_after: float | None
    base_delay: float | None
    max_delay: float | None
    max_retry_after: float | None
    deadline: float | None
    resume_stale: bool
    on_state: Callable[[ConnectionState], object] | None


_DURATIONS: Final = ("give_up_after", "base_delay", "max_delay", "max_retry_after", "deadline")
_SWITCHES: Final = ("reconnect", "resume_stale")


def stream_options(
    **options: Unpack[StreamOptions],
) -> tuple[dict[str, Any], Callable[[ConnectionState], object] | None]:
    """Validate the options of a stream, and separate the callback from the others."""
    given: dict[str, Any] = dict(options)
    unknown = given.keys() - StreamOptions.__annotations__.keys()
    if unknown:
        raise TypeError(f"unknown options: {', '.join(sorted(unknown))}")
    on_state = given.pop("on_state", None)
    callback(on_state, "on_state")
    return {name: _stream_option(value, name) for name, value in given.items()}, on_state


def _stream_option(value: Any, name: str) -> Any:
    if name in _DURATIONS:
        return optional_seconds(value, name)
    if name in _SWITCHES:
        if not isinstance(value, bool):
            raise TypeError(f"{name} must be a bool, not {type(value).__name__}")
        return value
    number = count(value, name, 2**63 if name == "turn" else 2**32)
    if name == "turn" and number == 0:
        raise ValueError("turn must be at least 1")
    return number
