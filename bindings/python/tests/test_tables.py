"""Names that the package repeats, because type annotations need literals, match those of the core."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, get_args

import pytest

import aod
from aod import _native, errors, models
from aod.resources import sessions


def literals(union: Any) -> set[str]:
    return {value for part in get_args(union) for value in get_args(part)}


@pytest.mark.parametrize("name", ["NetworkingType", "PackageManager", "SessionStatus", "StageName", "TurnStatus"])
def test_literals_match_the_enums_of_the_core(name: str) -> None:
    assert literals(getattr(aod, name)) == set(_native.enum_values()[name])


def test_resource_types_match_the_enum_of_the_core() -> None:
    annotation = models.SessionResource.model_fields["type"].annotation
    assert literals(annotation) == set(_native.enum_values()["ResourceType"])


def test_every_error_kind_has_an_exception() -> None:
    assert set(errors._CLASSES) == set(_native.error_kinds())


def test_every_status_raises_the_exception_of_its_kind() -> None:
    for status in range(300, 600):
        with pytest.raises(errors._CLASSES[_native.error_kind_of_status(status)]):
            errors.raise_for_status(status, None, "GET", "http://localhost/")


def test_every_endpoint_has_a_method() -> None:
    import inspect

    from aod import client
    from aod.resources import agents, environments

    source = "".join(inspect.getsource(module) for module in (agents, client, environments, sessions))
    called = {name for name in _native.endpoints() if f'"{name}"' in source}
    # `EventBatches` opens the stream.
    assert called == set(_native.endpoints()) - {"StreamSession"}


def test_dir_lists_only_public_names() -> None:
    names = dir(aod)
    assert set(aod.__all__) <= set(names)
    modules = {"client", "errors", "events", "models", "resources", "stream", "transcript"}
    assert set(names) - set(aod.__all__) == modules
    assert all(hasattr(aod, name) for name in names)


def test_dir_of_a_submodule_lists_only_public_names() -> None:
    names = [module.name for module in pkgutil.walk_packages(aod.__path__, "aod.") if "._" not in module.name]
    assert {"aod.client", "aod.errors", "aod.events", "aod.models", "aod.pretty", "aod.stream"} <= set(names)
    for name in names:
        module = importlib.import_module(name)
        assert dir(module) == sorted(module.__all__), name
        assert all(hasattr(module, public) for public in dir(module))
