#!/usr/bin/env python3
"""Compare the public API of the Swift package with the recorded one, a file for each module in `api/`.

The API is read from the symbol graphs that `scripts/docs` extracts. `--write` records it instead.
"""

import difflib
import json
import sys
from pathlib import Path

RECORDS = Path(__file__).parents[1] / "api"
MODULES = ("AgentOnDemand", "AgentOnDemandTesting")
# The compiler adds these; which ones depends on its version.
IMPLICIT = {"Swift.Copyable", "Swift.Escapable", "Swift.SendableMetatype"}


def declarations(graph):
    """Yield the kind, path and declaration of each symbol of a graph."""
    conformances = {}
    names = {symbol["identifier"]["precise"]: ".".join(symbol["pathComponents"]) for symbol in graph["symbols"]}
    for relationship in graph["relationships"]:
        if relationship["kind"] in ("conformsTo", "inheritsFrom"):
            target = names.get(relationship["target"]) or relationship.get("targetFallback")
            conformances.setdefault(relationship["source"], set()).add(target)
    for symbol in graph["symbols"]:
        path = ".".join(symbol["pathComponents"])
        text = "".join(fragment["spelling"] for fragment in symbol["declarationFragments"])
        yield f"{path}: {' '.join(text.split())}"
        for target in conformances.get(symbol["identifier"]["precise"], set()) - IMPLICIT:
            yield f"{path}: conforms to {target}"


def changes(record, symbols):
    """Return the difference between a record and the symbol graphs in a folder, after updating the record if asked."""
    graphs = [json.loads(file.read_text()) for file in symbols.glob("*.symbols.json")]
    lines = sorted({f"{line}\n" for graph in graphs for line in declarations(graph)})
    if not lines:
        sys.exit(f"no symbol graphs in {symbols}: run bindings/swift/scripts/docs first")
    if sys.argv[1] == "--write":
        record.write_text("".join(lines))
    recorded = record.read_text().splitlines(keepends=True)
    return list(difflib.unified_diff(recorded, lines, f"{record.name}, recorded", "current", n=0))


def main():
    symbols = Path(sys.argv[-1])
    changed = [line for module in MODULES for line in changes(RECORDS / f"{module}.txt", symbols / module)]
    if changed:
        sys.stdout.writelines(changed)
        sys.exit("the public API changed: review it, then run bindings/swift/tests/run --write-api")


if __name__ == "__main__":
    main()
