#!/usr/bin/env python3
"""Compare the public API of the Swift package with the recorded one, `api/AgentOnDemand.txt`.

The API is read from the symbol graphs that `scripts/docs` extracts. `--write` records it instead.
"""

import difflib
import json
import sys
from pathlib import Path

RECORD = Path(__file__).parents[1] / "api" / "AgentOnDemand.txt"
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


def main():
    symbols = Path(sys.argv[-1])
    graphs = [json.loads(file.read_text()) for file in symbols.glob("*.symbols.json")]
    lines = sorted({f"{line}\n" for graph in graphs for line in declarations(graph)})
    if not lines:
        sys.exit(f"no symbol graphs in {symbols}: run bindings/swift/scripts/docs first")
    if sys.argv[1] == "--write":
        RECORD.write_text("".join(lines))
        return
    recorded = RECORD.read_text().splitlines(keepends=True)
    changes = list(difflib.unified_diff(recorded, lines, "recorded", "current", n=0))
    if changes:
        sys.stdout.writelines(changes)
        sys.exit("the public API changed: review it, then run bindings/swift/tests/run --write-api")


if __name__ == "__main__":
    main()
