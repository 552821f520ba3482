"""Public names, signatures and imports."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import aod

if TYPE_CHECKING:
    from recorder import Recorder

MODULES = (
    "aod",
    "aod.client",
    "aod.errors",
    "aod.models",
    "aod.pretty",
    "aod.pretty.claude",
    "aod.resources",
    "aod.stream",
)

# The modules that define `__all__` in both packages.
WITH_ALL = ("aod", "aod.pretty", "aod.resources")

CLASSES = {
    "aod": ("Client", "AsyncClient"),
    "aod.resources": ("Agents", "AsyncAgents", "Environments", "AsyncEnvironments", "Sessions", "AsyncSessions"),
    "aod.pretty": ("ClaudeFormatter",),
    "aod.errors": (
        "AodError",
        "AodHTTPError",
        "AuthError",
        "ConflictError",
        "NotFoundError",
        "RateLimitError",
        "ServerError",
        "ValidationError",
    ),
}


def record(recorder: Recorder) -> None:
    recorder.begin("surface", "")
    recorder.record("version", aod.__version__)
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        if module_name in WITH_ALL:
            recorder.record(f"names/{module_name}", sorted(module.__all__))
    for module_name, classes in CLASSES.items():
        for class_name in classes:
            _class(recorder, getattr(importlib.import_module(module_name), class_name))
    for function in ("iter_sse", "aiter_sse"):
        recorder.record(f"function/{function}", _signature(getattr(importlib.import_module("aod.stream"), function)))
    recorder.record("function/raise_for_status", _signature(importlib.import_module("aod.errors").raise_for_status))
    for name in ("SessionStatus", "TurnStatus", "NetworkingType", "PackageManager", "StreamEventType"):
        recorder.record(f"alias/{name}", repr(getattr(aod, name)))
    recorder.record("imports pretty", _imports("aod.pretty"))
    recorder.record("is typed", "py.typed" in {path.name for path in _files()})


def _files() -> Any:
    import pathlib

    return pathlib.Path(aod.__file__).parent.iterdir()


def _imports(name: str) -> bool:
    program = f"import aod, sys; sys.exit({name!r} in sys.modules)"
    return subprocess.run([sys.executable, "-c", program], check=False).returncode != 0


def _class(recorder: Recorder, cls: type) -> None:
    shown: dict[str, Any] = {}
    for name in dir(cls):
        own = name in ("__init__", "__enter__", "__exit__", "__aenter__", "__aexit__")
        if (own and any(name in vars(base) for base in cls.__mro__[:-1])) or not name.startswith("_"):
            if hasattr(Exception, name) and name != "__init__":
                continue
            member = inspect.getattr_static(cls, name)
            shown[name] = _signature(getattr(cls, name)) if callable(getattr(cls, name)) else type(member).__name__
    recorder.record(f"class/{cls.__name__}", sorted(shown))
    for name, signature in shown.items():
        recorder.record(f"class/{cls.__name__}/{name}", signature)


def _signature(function: Any) -> list[str]:
    """Returns the names, kinds and defaults of parameters, without annotations."""
    seen = ["async"] if inspect.iscoroutinefunction(function) else []
    if function.__name__ in ("__exit__", "__aexit__"):
        return seen  # Only Python calls them.
    for name, parameter in inspect.signature(function).parameters.items():
        default = "" if parameter.default is inspect.Parameter.empty else f" = {parameter.default!r}"
        seen.append(f"{parameter.kind.description} {name}{default}")
    return seen
