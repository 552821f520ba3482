"""The one place that talks to the native library."""

from __future__ import annotations

import atexit
import json
import os
import re
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, cast
from uuid import UUID

from pydantic import BaseModel, TypeAdapter
from pydantic import ValidationError as _Mismatch

from ._log import logger
from ._native import CallError, JsonClient, after_fork_in_child, endpoints, shut_down
from ._version import __version__
from .errors import AodError, ClosedError, DecodeError, raise_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._native import EventBatches

T = TypeVar("T")

SLICE_MS: Final = 100
"""How long a wait stays in the native library, where Ctrl-C is not seen."""

_ENDLESS: Final = 1e18
_NUMBERS: Final[dict[str, int]] = {name: number for number, name in enumerate(endpoints())}
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Clear:
    """The type of `aod.CLEAR`."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show the name."""
        return "aod.CLEAR"


CLEAR: Final = Clear()
"""Clears a field in an update, where `None` leaves it as it is."""


class _Process:
    """What changes at a fork and at the end."""

    generation = 0
    over = False
    owners: weakref.WeakSet[Any] = weakref.WeakSet()


def disarm(native: Any) -> None:
    """Keep an object of the native library from being freed: its threads are in another process."""
    native.__dict__.pop("_handle", None)


def _forked() -> None:
    _Process.generation += 1
    after_fork_in_child()
    for owner in list(_Process.owners):
        owner._abandon()


def _leave() -> None:
    _Process.over = True
    for owner in list(_Process.owners):
        owner._stop()
    shut_down()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
atexit.register(_leave)


def track(owner: Any) -> int:
    """Have an owner of native objects told of forks and of the end; gives the generation it was made in."""
    _Process.owners.add(owner)
    return _Process.generation


def generation() -> int:
    """Count the forks behind this process."""
    return _Process.generation


def failed(error: BaseException) -> NoReturn:
    """Raise the exception of the package for one of the native library."""
    if isinstance(error, CallError):
        raise_facts(error.facts)
    raise AodError(f"the native library failed: {type(error).__name__}") from None


def identifier(value: str | UUID, name: str) -> str:
    """Check an id, which goes into the path."""
    if isinstance(value, UUID):
        return str(value)
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be a str or UUID, not {type(value).__name__}")
    if _UUID.fullmatch(value):
        return value
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError(f"{name} is not a UUID") from None


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, UUID):
        return str(value)
    if value is CLEAR:
        return None
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def encode(body: Mapping[str, Any]) -> bytes:
    """Write a request, without what is None."""
    fields = {name: value for name, value in body.items() if value is not None}
    text = json.dumps(fields, default=_plain, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ValueError("a text holds a lone surrogate") from None


def _mismatch(error: _Mismatch) -> NoReturn:
    # Without the input, which is the whole answer.
    places = "; ".join(
        f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
        for item in error.errors(include_input=False, include_url=False, include_context=False)[:3]
    )
    raise DecodeError(f"the answer is not what the API promises: {places}") from None


M = TypeVar("M", bound=BaseModel)


def read(model: type[M], answer: bytes) -> M:
    """Read an answer."""
    try:
        return model.model_validate_json(answer)
    except _Mismatch as error:
        _mismatch(error)


class _Lists:
    adapters: dict[type[BaseModel], TypeAdapter[Any]] = {}


def read_list(model: type[M], answer: bytes) -> list[M]:
    """Read the answer of a list."""
    adapter = _Lists.adapters.get(model)
    if adapter is None:
        adapter = _Lists.adapters[model] = TypeAdapter(dict[str, list[model]])  # type: ignore[valid-type]
    try:
        answered = cast("dict[str, list[M]]", adapter.validate_json(answer))
        return answered["data"]
    except _Mismatch as error:
        _mismatch(error)
    except KeyError:
        raise DecodeError("the answer is not what the API promises: data: Field required") from None


def read_object(answer: bytes) -> dict[str, Any]:
    """Read an answer that is any object."""
    try:
        value = json.loads(answer)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise DecodeError("the answer is not a JSON object")
    return cast("dict[str, Any]", value)


def seconds(value: Any, name: str = "timeout") -> float:
    """Check a number of seconds; infinity is no limit."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} must be a number of seconds")
    if not value >= 0:
        raise ValueError(f"{name} must not be negative")
    return min(float(value), _ENDLESS)


def timeouts(value: Any) -> tuple[float | None, float | None]:
    """Give the whole call's and the connection's timeout of seconds or of an httpx timeout."""
    if value is None:
        return None, None
    if hasattr(value, "read") and hasattr(value, "connect"):
        return tuple(_ENDLESS if part is None else seconds(part) for part in (value.read, value.connect))  # type: ignore[return-value]
    limit = seconds(value)
    return limit, limit


class Core:
    """A client of the native library, made anew in the child of a fork."""

    def __init__(self, setup: dict[str, Any], overrides: tuple[bytes, ...] = ()) -> None:
        """Set up a client; malformed settings raise ValueError."""
        self._setup = setup
        self._overrides = overrides
        self._closed = False
        self._lock = threading.Lock()
        self._generation = track(self)
        self._native: JsonClient | None = self._make()

    def _make(self) -> JsonClient:
        try:
            native = JsonClient(json.dumps(self._setup).encode())
            for overrides in self._overrides:
                native = native.with_options(overrides)
        except Exception as error:
            failed(error)
        return native

    def _abandon(self) -> None:
        self._lock = threading.Lock()
        if self._native is not None:
            disarm(self._native)
            self._native = None

    def _stop(self) -> None:
        pass

    def native(self) -> JsonClient:
        """Give the native client."""
        native = self._native
        if native is not None:
            return native
        if self._closed:
            raise ClosedError("Cannot send a request, as the client has been closed.")
        with self._lock:
            if self._native is None:
                self._native = self._make()
                self._generation = _Process.generation
            return self._native

    def with_options(self, overrides: dict[str, Any]) -> Core:
        """Give a client with other options."""
        return Core(self._setup, (*self._overrides, json.dumps(overrides).encode()))

    def close(self) -> None:
        """Refuse further calls."""
        self._closed = True
        self._native = None

    def call(self, operation: str, identity: str | None = None, body: bytes | None = None) -> bytes:
        """Make a call and wait for its answer."""
        begun = time.perf_counter()
        call = None
        try:
            call = self.native().begin(_NUMBERS[operation], identity, body)
            answer = call.wait(SLICE_MS)
            while answer is None:
                answer = call.wait(SLICE_MS)
        except (AodError, KeyboardInterrupt):
            raise
        except Exception as error:
            _log(operation, begun, error)
            failed(error)
        finally:
            # A traceback would keep it, and with it the connection.
            del call
        _log(operation, begun, None)
        return answer

    async def call_async(self, operation: str, identity: str | None = None, body: bytes | None = None) -> bytes:
        """Make a call and await its answer."""
        begun = time.perf_counter()
        try:
            answer = await self.native().call(_NUMBERS[operation], identity, body)
        except AodError:
            raise
        except Exception as error:
            _log(operation, begun, error)
            failed(error)
        _log(operation, begun, None)
        return answer

    def open(self, identity: str, since: int | None, options: bytes) -> EventBatches:
        """Open a stream."""
        opening = None
        try:
            opening = self.native().begin_stream(identity, since, options)
            batches = opening.wait(SLICE_MS)
            while batches is None:
                batches = opening.wait(SLICE_MS)
            return batches
        except (AodError, KeyboardInterrupt):
            raise
        except Exception as error:
            failed(error)
        finally:
            del opening

    async def open_async(self, identity: str, since: int | None, options: bytes) -> EventBatches:
        """Open a stream."""
        try:
            return await self.native().open_stream(identity, since, options)
        except AodError:
            raise
        except Exception as error:
            failed(error)


def _log(operation: str, begun: float, error: Exception | None) -> None:
    if not logger.isEnabledFor(10):
        return
    elapsed = (time.perf_counter() - begun) * 1000
    if error is None:
        logger.debug("%s ok in %.1f ms", operation, elapsed)
    else:
        facts = json.loads(error.facts) if isinstance(error, CallError) else {}
        logger.debug("%s failed: %s %s in %.1f ms", operation, facts.get("kind"), facts.get("status"), elapsed)


def setup(
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
) -> dict[str, Any]:
    """Read the arguments of a client, and the environment for what is not given."""
    if transport is not None:
        raise TypeError("transport is not supported: requests are sent by the native library, not by httpx")
    base_url = base_url or os.environ.get("AOD_API_URL") or "http://localhost:8777"
    token = token or os.environ.get("AOD_API_TOKEN")
    if not token:
        raise ValueError("Missing API token. Pass token=... or set the AOD_API_TOKEN env var.")
    total, connect = timeouts(timeout)
    return {
        "base_url": base_url,
        "token": token,
        "user_agent": f"aod-sdk-python/{__version__}",
        "connect_timeout": connect,
        "proxy": proxy,
        "ca_certificate": ca_certificate,
        "options": overrides(
            timeout=total, max_retries=max_retries, headers=headers, stream_idle_timeout=stream_idle_timeout
        ),
    }


def overrides(
    *,
    timeout: Any = None,
    max_retries: int | None = None,
    headers: Mapping[str, str] | None = None,
    stream_idle_timeout: float | None = None,
) -> dict[str, Any]:
    """Check what may differ from call to call."""
    if max_retries is not None and (isinstance(max_retries, bool) or not isinstance(max_retries, int)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError("max_retries must be an int")
    if max_retries is not None and not 0 <= max_retries < 2**32:
        raise ValueError("max_retries must not be negative")
    total, _ = timeouts(timeout)
    return {
        "timeout": total,
        "max_retries": max_retries,
        "headers": dict(headers or {}),
        "stream_idle_timeout": None if stream_idle_timeout is None else seconds(stream_idle_timeout),
    }
