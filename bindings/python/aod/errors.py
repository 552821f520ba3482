"""The exceptions of the SDK. All of them pickle and copy; none shows what was sent to the server in its text."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn, cast

__all__ = [
    "AodConnectionError",
    "AodError",
    "AodHTTPError",
    "AodTimeoutError",
    "AuthError",
    "BadRequestError",
    "ClosedError",
    "ConflictError",
    "DecodeError",
    "NotFoundError",
    "RateLimitError",
    "ServerError",
    "ValidationError",
    "raise_for_status",
]


def _restore(cls: type[AodError], args: tuple[Any, ...], state: dict[str, Any]) -> AodError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class AodError(Exception):
    """Base class for all errors raised by the SDK."""

    attempts: int = 0
    """How many times the request was sent."""
    is_retryable: bool = False
    """Whether the same call may succeed later."""
    request_id: str | None = None
    """The server's name for the request, if it gave one."""
    retry_after: float | None = None
    """Seconds the server asked to wait."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild from the parts, not through the constructor, whose arguments are not the message."""
        return _restore, (type(self), self.args, self.__dict__)


class AodConnectionError(AodError):
    """No connection to the server, or it broke."""


class AodTimeoutError(AodConnectionError):
    """A deadline passed."""


class DecodeError(AodError):
    """The answer is not what the API promises."""


class ClosedError(AodError, RuntimeError):
    """The client was used after it was closed."""


class AodHTTPError(AodError):
    """The server refused the request."""

    status_code: int
    detail: Any
    method: str
    url: str

    def __init__(self, status_code: int, detail: Any, method: str, url: str) -> None:
        """Make the error of a response; `detail` is the server's own, whole."""
        self.status_code = status_code
        self.detail = detail
        self.method = method
        self.url = url
        super().__init__(f"{method} {url} -> {status_code}: {_shown(detail)}")


class BadRequestError(AodHTTPError):
    """400."""


class AuthError(AodHTTPError):
    """401, 403."""


class NotFoundError(AodHTTPError):
    """404."""


class ConflictError(AodHTTPError):
    """409: archived, running, a finished session, or a stale version."""

    reason: str = "other"
    """Why: `version_mismatch`, `archived`, `already_archived`, `running`, `pending`, `failed`, `terminated`,
    `already_terminated`, `backend_gone`, `no_active_turn`, `name_taken`, `in_use`, or `other`."""
    expected: int | None = None
    """The server's version, of a `version_mismatch`."""
    got: int | None = None
    """The version that was sent, of a `version_mismatch`."""


class ValidationError(AodHTTPError):
    """422: `detail` is a list of what is wrong with which field, or a text."""


class RateLimitError(AodHTTPError):
    """429: too many active sessions."""

    limit: int | None
    active: int | None

    def __init__(
        self,
        status_code: int,
        detail: Any,
        method: str,
        url: str,
        *,
        limit: int | None = None,
        active: int | None = None,
    ) -> None:
        """Make the error of a response, with the quota and what uses it."""
        super().__init__(status_code, detail, method, url)
        self.limit = limit
        self.active = active


class ServerError(AodHTTPError):
    """500 and above."""


def _shown(detail: Any) -> str:
    # The server repeats what was sent in the `input` of its entries, secrets included.
    if detail is None or isinstance(detail, str):
        return repr(detail)
    if isinstance(detail, list):
        entries = cast("list[Any]", detail)
        return "; ".join(_entry(entry) for entry in entries)
    return f"<{type(detail).__name__}>"


def _entry(entry: Any) -> str:
    if not isinstance(entry, dict):
        return "?"
    fields = cast("dict[str, Any]", entry)
    loc = fields.get("loc")
    parts = cast("list[Any]", loc) if isinstance(loc, list) else ["?"]
    place = ".".join(str(part) for part in parts)
    return f"{place}: {fields.get('msg', '?')}"


def _http_error(kind: str, status_code: int, body: Any, method: str, url: str) -> AodHTTPError:
    fields: dict[str, Any] = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    detail: Any = fields.get("detail", body)
    cls = _CLASSES[kind]
    if cls is RateLimitError:
        return RateLimitError(status_code, detail, method, url, limit=fields.get("limit"), active=fields.get("active"))
    return cast("type[AodHTTPError]", cls)(status_code, detail, method, url)


_CLASSES: Final[dict[str, type[Exception]]] = {
    "configuration": ValueError,
    "invalid_request": ValueError,
    "bad_request": BadRequestError,
    "auth": AuthError,
    "not_found": NotFoundError,
    "conflict": ConflictError,
    "validation": ValidationError,
    "rate_limit": RateLimitError,
    "server": ServerError,
    "status": AodHTTPError,
    "connection": AodConnectionError,
    "timeout": AodTimeoutError,
    "decode": DecodeError,
    "protocol": DecodeError,
    "closed": ClosedError,
    "cancelled": AodConnectionError,
    "listener": AodError,
    "other": AodError,
}
"""The class of each kind of error that the native library reports."""


def raise_for_status(status_code: int, body: Any, method: str, url: str) -> None:
    """Raise the error of a response, unless its status is a success."""
    if not 200 <= status_code < 300:
        # Loaded only where it is needed: a program that names exceptions may never make a call.
        from ._native import error_kind_of_status

        raise _http_error(error_kind_of_status(status_code), status_code, body, method, url)


def raise_error(facts_json: str) -> NoReturn:
    """Raise the exception for the facts of an error of the native library."""
    facts = cast("dict[str, Any]", json.loads(facts_json))
    kind, status = facts["kind"], facts.get("status")
    cls = _CLASSES[kind]
    error: Exception
    if issubclass(cls, AodHTTPError) and status is not None:
        text: str = facts.get("body") or ""
        body: Any = None
        if text:
            try:
                body = json.loads(text)
            except (ValueError, RecursionError):
                body = text
        error = _http_error(kind, status, body, facts.get("method") or "", facts.get("url") or "")
    else:
        error = cast("type[Exception]", cls)(facts.get("text") or "the call failed")
    conflict: dict[str, Any] | None = facts.get("conflict")
    if isinstance(error, ConflictError) and conflict:
        error.reason, error.expected, error.got = conflict["reason"], conflict["expected"], conflict["got"]
    if isinstance(error, AodError):
        error.attempts = facts.get("attempts") or 0
        error.is_retryable = bool(facts.get("is_retryable"))
        error.request_id = facts.get("request_id")
        error.retry_after = facts.get("retry_after")
    raise error from None
