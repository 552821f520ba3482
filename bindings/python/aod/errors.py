"""The exceptions of the SDK.

All of them can be pickled and copied. A server repeats an invalid request, which may contain secrets, in its response
with status 422: `detail` contains it, the text of the exception does not.

See [Errors and retries](https://ravi-hq.github.io/agent-on-demand/latest/guide/errors/).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from . import _failures

if TYPE_CHECKING:
    from uuid import UUID

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
    "TokenProviderError",
    "UnsupportedError",
    "ValidationError",
    "raise_for_status",
]


def _restore(cls: type[AodError], args: tuple[Any, ...], state: dict[str, Any]) -> AodError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class AodError(Exception):
    """The base class of all errors that the SDK raises for a failed call.

    See [Kinds of errors](https://ravi-hq.github.io/agent-on-demand/latest/guide/errors/#kinds-of-errors).
    """

    attempts: int = 0
    """How many times the request was attempted; 0 if that is unknown or nothing was sent. For an open stream, the
    number of consecutive attempts to reconnect."""
    is_retryable: bool = False
    """Whether the same call may succeed later: after a broken connection, a response that is not valid HTTP, a timeout,
    408, 429 or 5xx, but not after a failed TLS handshake."""
    is_unsent: bool = False
    """Whether it is certain that no byte of the request reached the server, so that a write can be repeated."""
    request_id: str | None = None
    """The id of the request, if the server sent one."""
    retry_after: float | None = None
    """How long the server asks to wait (`Retry-After`), in seconds; `None` if the server does not ask."""

    session_id: UUID | None = None
    """The id of the session that `sessions.run` created, that accepted the prompt of `sessions.ask`, or whose stream
    failed in `sessions.watch`; `None` for every other error."""

    # The name of the kind of failure, which is the same in every language.
    _kind = "other"

    def __reduce__(self) -> tuple[Any, ...]:
        """Restore the exception from its parts; the constructor's arguments differ from the message."""
        return _restore, (type(self), self.args, self.__dict__)


class AodConnectionError(AodError):
    """The connection failed: the server was not reached, or the connection broke."""

    _kind = "connection"


class AodTimeoutError(AodConnectionError):
    """A timeout or deadline expired."""

    _kind = "timeout"


class DecodeError(AodError):
    """The response is not what the API specifies, such as HTML instead of JSON, or it is not valid HTTP."""

    _kind = "decode"


class TokenProviderError(AodError):
    """The token provider raised an exception, which is the `__cause__`, or returned a value that is not a `str`."""


class ClosedError(AodError, RuntimeError):
    """The client was used after it was closed."""

    _kind = "closed"


class AodHTTPError(AodError):
    """The server answered with an error status.

    A status without a subclass raises this class itself.

    Attributes:
        status_code: The HTTP status.
        detail: The `detail` of the response: a string, a list, or the whole body if it has no such key. It may repeat
            what was sent, secrets included.
        method: The HTTP method of the request.
        url: The full URL of the request.
    """

    _kind = "status"

    status_code: int
    detail: Any
    method: str
    url: str

    def __init__(self, status_code: int, detail: Any, method: str, url: str) -> None:
        """Create the error of a response.

        Args:
            status_code: The HTTP status.
            detail: The `detail` of the response.
            method: The HTTP method of the request.
            url: The full URL of the request.
        """
        self.status_code = status_code
        self.detail = detail
        self.method = method
        self.url = url
        super().__init__(f"{method} {url} -> {status_code}: {_format_detail(detail)}")


class BadRequestError(AodHTTPError):
    """The server cannot process the request (400), for example because of an unknown runtime."""

    _kind = "bad_request"


class AuthError(AodHTTPError):
    """The token is missing, invalid, inactive or expired (401), or access is forbidden (403)."""

    _kind = "auth"


class NotFoundError(AodHTTPError):
    """The resource does not exist, or belongs to another account (404)."""

    _kind = "not_found"


class UnsupportedError(NotFoundError):
    """The server does not have the endpoint; only newer servers have it (404)."""

    _kind = "unsupported"


class ConflictError(AodHTTPError):
    """The state of the resource does not allow the request (409), for example because its version is outdated."""

    _kind = "conflict"

    reason: str = "other"
    """The reason: `version_mismatch`, `archived`, `already_archived`, `running`, `pending`, `failed`, `terminated`,
    `already_terminated`, `backend_gone` (the sandbox no longer exists), `no_active_turn`, `name_taken`, `in_use`
    (sessions refer to the environment), or `other` (a reason that this version does not know)."""
    expected: int | None = None
    """The current version, for `version_mismatch`; otherwise `None`."""
    got: int | None = None
    """The version that was sent, for `version_mismatch`; otherwise `None`."""


class ValidationError(AodHTTPError):
    """The request is not valid (422). `detail` is a list with an entry per field, or a string."""

    _kind = "validation"


class RateLimitError(AodHTTPError):
    """Too many sessions are active (429).

    Attributes:
        limit: How many sessions may be active; `None` if the server does not say.
        active: How many sessions are active; `None` if the server does not say.
    """

    _kind = "rate_limit"

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
        """Create the error of a response.

        Args:
            status_code: The HTTP status.
            detail: The `detail` of the response.
            method: The HTTP method of the request.
            url: The full URL of the request.
            limit: How many sessions may be active.
            active: How many sessions are active.
        """
        super().__init__(status_code, detail, method, url)
        self.limit = limit
        self.active = active


class ServerError(AodHTTPError):
    """The server failed (500 and above)."""

    _kind = "server"


_NO_ENDPOINT: Final = "the server does not have this endpoint; only newer servers have it"
_MAX_SHOWN: Final = 2048
"""The maximum number of bytes of a response's detail in a message, counted after escaping."""


def _format_detail(detail: Any) -> str:
    # Entries are shown without `input`, in which the server repeats the request, secrets included.
    if detail is None:
        return "None"
    if isinstance(detail, str):
        return repr(_cut(detail))
    if isinstance(detail, list):
        entries = cast("list[Any]", detail)
        shown = "; ".join(_format_entry(entry) for entry in entries[:_MAX_SHOWN])
        return "".join(c if c.isprintable() else _escape(c) for c in _cut(shown))
    return f"<{type(detail).__name__}>"


def _cut(text: str) -> str:
    """Cut a text where its `repr` would be too long, and mark that with an ellipsis."""
    size = len(repr("…").encode())
    for index, character in enumerate(text):
        # `repr` escapes single quotes too if there are both kinds.
        size += 2 if character == "'" else len(_escape(character).encode())
        if size > _MAX_SHOWN:
            return text[:index] + "…"
    return text


def _escape(character: str) -> str:
    return repr(character)[1:-1]


def _format_entry(entry: Any) -> str:
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
    "unsupported": UnsupportedError,
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
"""The exception of each error kind of the native library."""


def raise_for_status(status_code: int, body: Any, method: str, url: str) -> None:
    """Raise the error of a response, unless its status is a success.

    Args:
        status_code: The HTTP status.
        body: The body of the response: parsed JSON, text, or `None`.
        method: The HTTP method of the request.
        url: The full URL of the request.

    Raises:
        AodHTTPError: The status is not 2xx. The subclass depends on the status.
    """
    if not 200 <= status_code < 300:
        # Imported here because a program that only names exceptions does not need the native library.
        from ._native import error_kind_of_status

        raise _http_error(error_kind_of_status(status_code), status_code, body, method, url)


def from_native(info_json: str) -> Exception:
    """Create the exception for an error of the native library.

    Args:
        info_json: The error's fields, as a JSON object.

    Returns:
        The exception.
    """
    info = cast("dict[str, Any]", json.loads(info_json))
    kind, status = info["kind"], info.get("status")
    cls = TokenProviderError if kind == "auth" and status is None else _CLASSES[kind]
    error: Exception
    if issubclass(cls, AodHTTPError) and status is not None:
        text: str = info.get("body") or ""
        body: Any = None
        if text:
            try:
                body = json.loads(text)
            except (ValueError, RecursionError):
                body = text
        method, url = info.get("method") or "", info.get("url") or ""
        error = _http_error(kind, status, body, method, url)
        # The message is without secrets, which `detail` may contain.
        shown = _NO_ENDPOINT if cls is UnsupportedError else _format_detail(info.get("shown"))
        if info.get("is_body_truncated"):
            shown += " (the response body is incomplete)"
        error.args = (f"{method} {url} -> {status}: {shown}",)
    else:
        error = cast("type[Exception]", cls)(info.get("text") or "the call failed")
    conflict: dict[str, Any] | None = info.get("conflict")
    if isinstance(error, ConflictError) and conflict:
        error.reason, error.expected, error.got = conflict["reason"], conflict["expected"], conflict["got"]
    if isinstance(error, AodError):
        error._kind = kind  # pyright: ignore[reportPrivateUsage]
        error.attempts = info.get("attempts") or 0
        error.is_retryable = bool(info.get("is_retryable"))
        error.is_unsent = bool(info.get("is_unsent"))
        error.request_id = info.get("request_id")
        error.retry_after = info.get("retry_after")
        error.__cause__ = _failures.find(info.get("token_failure"))
    return error


def __dir__() -> list[str]:
    return sorted(__all__)
