"""Measures the published package and this one alternately, and prints the medians and their ratios."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
from dataclasses import dataclass

HERE = pathlib.Path(__file__).parent
PACKAGES = {"published": os.environ["AOD_PUBLISHED_PYTHON"], "ours": os.environ["AOD_PYTHON"]}


@dataclass(frozen=True)
class Bench:
    """A job, the figures to show, and the target for the first of them."""

    title: str
    job: str
    figures: tuple[str, ...]
    target: str
    repeat: int = 7


BENCHES = (
    Bench("100,000 events, two chunks each", "stream", ("cpu", "wall"), "≥ 4 ×", 5),
    Bench("100,000 events, two chunks each, async", "stream_async", ("cpu", "wall"), "≥ 3.5 ×", 5),
    Bench("100,000 events, 200 per chunk", "stream_chunked", ("cpu", "wall"), "≥ 4 ×", 5),
    Bench("100,000 events, 200 per chunk, async", "stream_chunked_async", ("cpu", "wall"), "≥ 4 ×", 5),
    Bench("agents.get", "get", ("cpu", "wall"), "≥ 3 ×"),
    Bench("agents.get, async", "get_async", ("cpu", "wall"), "≥ 4 ×"),
    Bench("64 concurrent agents.get, async", "get_concurrent", ("cpu", "wall"), "≥ 10 ×"),
    Bench("list of 1,000 agents", "list_agents", ("cpu", "wall"), "≥ 1.5 ×"),
    Bench("import aod", "import_aod", ("cpu", "wall"), "≤ 0.6 × published"),
    Bench("import aod to the first response", "first_call", ("cpu", "wall"), "none, × published"),
    Bench("200 concurrent streams, memory", "streams", ("growth", "peak"), "≤ 0.5 × published", 3),
    Bench("a quiet event, server's write to program", "latency", ("p50", "p95"), "≤ published", 3),
    Bench("a quiet event, async", "latency_async", ("p50", "p95"), "≤ published", 3),
    Bench("ClaudeFormatter, chunk of 80,000 lines", "formatter", ("cpu", "wall"), "≥ 50 ×", 3),
)
MEMORY = ("growth", "peak")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("jobs", nargs="*", metavar="JOB", help=", ".join(bench.job for bench in BENCHES))
    arguments.add_argument(
        "--repeat",
        type=int,
        default=os.environ.get("AOD_BENCH_REPEAT"),
        help="the number of measurements per job and package",
    )
    options = arguments.parse_args()
    unknown = set(options.jobs) - {bench.job for bench in BENCHES}
    if unknown:
        arguments.error(f"no such job: {', '.join(sorted(unknown))}")
    server = subprocess.Popen(
        [sys.executable, HERE / "server.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    url = server.stdout.readline().strip()
    print(f"{'':42}{'':8}{'published':>12}{'ours':>12}   {'ours is':22}target", flush=True)
    try:
        for bench in BENCHES:
            if not options.jobs or bench.job in options.jobs:
                medians = measure(bench, url, options.repeat or bench.repeat)
                show(bench, medians)
                record(bench, medians)
    finally:
        server.stdin.close()
        server.wait()


def measure(bench: Bench, url: str, repeat: int) -> dict[str, dict[str, float]]:
    """Returns medians by package and figure. Each measurement runs in a new process; the packages alternate."""
    measured: dict[str, list[dict[str, float]]] = {package: [] for package in PACKAGES}
    for _ in range(repeat):
        for package, python in PACKAGES.items():
            answer = subprocess.run(
                [python, HERE / "jobs.py", bench.job, url], stdout=subprocess.PIPE, check=True
            ).stdout
            measured[package].append(json.loads(answer))
    return {
        package: {figure: statistics.median(figures[figure] for figures in all_figures) for figure in bench.figures}
        for package, all_figures in measured.items()
    }


def show(bench: Bench, medians: dict[str, dict[str, float]]) -> None:
    for place, figure in enumerate(bench.figures):
        published, ours = medians["published"][figure], medians["ours"][figure]
        ratio = (
            f"{ours / published:.2f} × published"
            if "published" in bench.target
            else f"{published / ours:.2f} × as fast"
        )
        title, target = (bench.title, bench.target) if place == 0 else ("", "")
        print(
            f"{title:42}{figure:8}{_text(figure, published):>12}{_text(figure, ours):>12}   {ratio:22}{target}",
            flush=True,
        )


def record(bench: Bench, medians: dict[str, dict[str, float]]) -> None:
    """Appends the medians to the file that AOD_BENCH_RESULTS names, if it does."""
    if path := os.environ.get("AOD_BENCH_RESULTS"):
        with open(path, "a") as results:
            for figure in bench.figures:
                unit, scale = ("MiB", 1) if figure in MEMORY else ("ms", 1000)
                ours, theirs = (medians[package][figure] * scale for package in ("ours", "published"))
                line = {"bench": bench.title, "figure": figure, "unit": unit, "ours": ours}
                print(json.dumps({**line, "peer": "aod-sdk 0.1.0", "theirs": theirs}), file=results)


def _text(figure: str, value: float) -> str:
    return f"{value:.1f} MiB" if figure in MEMORY else f"{value * 1000:.2f} ms"


main()
