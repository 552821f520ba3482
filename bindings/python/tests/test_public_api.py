"""The public names and signatures of the installed package are those recorded in `api/aod.txt`.

`bindings/python/tests/run --write-api` records them after an intended change.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import griffe

RECORD = Path(__file__).parents[1] / "api" / "aod.txt"


def test_the_public_api_is_the_recorded_one() -> None:
    package = griffe.load("aod", resolve_aliases=True)
    assert isinstance(package, griffe.Module)
    current = "".join(f"{line}\n" for line in sorted(set(declarations(package))))
    if os.environ.get("AOD_WRITE_API"):
        RECORD.write_text(current, encoding="utf-8")
    assert current == RECORD.read_text(encoding="utf-8"), (
        "after an intended change: bindings/python/tests/run --write-api"
    )


def declarations(scope: griffe.Object) -> Iterator[str]:
    """Yield a line for each public member of a module or class, and for the members of these."""
    for name, member in scope.all_members.items():
        if not is_public(scope, name, member):
            continue
        if isinstance(member, griffe.Alias) and not inherited(member):
            yield f"{scope.path}.{name} = {member.final_target.path}"
            continue
        yield declaration(f"{scope.path}.{name}", member)
        if isinstance(member, (griffe.Module, griffe.Class)):
            yield from declarations(member)


def is_public(scope: griffe.Object, name: str, member: griffe.Object | griffe.Alias) -> bool:
    if name == "__all__":
        return False
    if member.is_alias and not inherited(member):  # An import: public if the module exports it.
        return scope.exports is not None and name in scope.exports
    if isinstance(member, griffe.Alias):  # Inherited; listed with the class that declares it if that is public.
        declaring = member.final_target.parent
        if declaring is None or not declaring.name.startswith("_"):
            return False
    return not name.startswith("_") or (scope.is_class and name.startswith("__") and name != "__slots__")


def inherited(member: griffe.Object | griffe.Alias) -> bool:
    return isinstance(member, griffe.Alias) and member.inherited


def declaration(path: str, member: griffe.Object | griffe.Alias) -> str:
    target = member.final_target if isinstance(member, griffe.Alias) else member
    if isinstance(target, griffe.Function):
        labels = "".join(f"{label} " for label in sorted(target.labels & {"async", "classmethod", "staticmethod"}))
        return f"{labels}def {target.signature(name=path)}"
    if isinstance(target, griffe.Class):
        return f"class {path}({', '.join(map(str, target.bases))})"
    if isinstance(target, griffe.Attribute):
        kind = "property " if "property" in target.labels else ""
        annotation = f": {target.annotation}" if target.annotation is not None else ""
        # What a type alias stands for is the value of a module's attribute.
        in_module = target.parent is not None and target.parent.is_module
        value = f" = {target.value}" if target.value is not None and in_module else ""
        return f"{kind}{path}{annotation}{value}"
    return f"{target.kind.value} {path}"
