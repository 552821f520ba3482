"""One measurement of the installed package: `jobs.py JOB URL` prints its figures as JSON."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from shared import AGENT, AGENTS, BIG, CHUNKED, EVENTS, PINGS, QUIET, QUIET_EVENTS, TICKING

GETS = 1000
CONCURRENT = 64
ROUNDS = 20
LISTS = 10
STREAMS = 200
# The published package opens at most 100 connections per client.
STREAMS_PER_CLIENT = 50
LINES = 80_000


class Clock:
    """Measures CPU and wall time of this process, including native threads, in seconds."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def elapsed(self) -> dict[str, float]:
        return {"cpu": time.process_time() - self._cpu, "wall": time.perf_counter() - self._wall}


def import_aod(_: str) -> dict[str, float]:
    clock = Clock()
    import aod  # noqa: F401

    return clock.elapsed()


def first_call(url: str) -> dict[str, float]:
    """Measures the time from the import to the response of the first call."""
    clock = Clock()
    with _client(url) as client:
        assert client.agents.get(AGENT).version == 3
    return clock.elapsed()


def stream(url: str, session: str = BIG) -> dict[str, float]:
    with _client(url) as client:
        client.agents.get(AGENT)
        clock = Clock()
        seen = size = 0
        with client.sessions.stream(session) as events:
            for event in events:
                if event.type == "output":
                    seen += 1
                    size += len(event.extra["data"])
        figures = clock.elapsed()
    assert seen == EVENTS and size > seen, seen
    return figures


async def stream_async(url: str, session: str = BIG) -> dict[str, float]:
    async with _async_client(url) as client:
        await client.agents.get(AGENT)
        clock = Clock()
        seen = size = 0
        async with client.sessions.stream(session) as events:
            async for event in events:
                if event.type == "output":
                    seen += 1
                    size += len(event.extra["data"])
        figures = clock.elapsed()
    assert seen == EVENTS and size > seen, seen
    return figures


def stream_chunked(url: str) -> dict[str, float]:
    return stream(url, CHUNKED)


async def stream_chunked_async(url: str) -> dict[str, float]:
    return await stream_async(url, CHUNKED)


def get(url: str) -> dict[str, float]:
    with _client(url) as client:
        for _ in range(50):
            client.agents.get(AGENT)
        clock = Clock()
        for _ in range(GETS):
            assert client.agents.get(AGENT).version == 3
        return clock.elapsed()


async def get_async(url: str) -> dict[str, float]:
    async with _async_client(url) as client:
        for _ in range(50):
            await client.agents.get(AGENT)
        clock = Clock()
        for _ in range(GETS):
            assert (await client.agents.get(AGENT)).version == 3
        return clock.elapsed()


async def get_concurrent(url: str) -> dict[str, float]:
    async with _async_client(url) as client:
        await asyncio.gather(*(client.agents.get(AGENT) for _ in range(CONCURRENT)))
        clock = Clock()
        for _ in range(ROUNDS):
            agents = await asyncio.gather(*(client.agents.get(AGENT) for _ in range(CONCURRENT)))
            assert len(agents) == CONCURRENT
        return clock.elapsed()


def list_agents(url: str) -> dict[str, float]:
    with _client(url) as client:
        client.agents.list()
        clock = Clock()
        for _ in range(LISTS):
            assert len(client.agents.list()) == AGENTS
        return clock.elapsed()


async def streams(url: str) -> dict[str, float]:
    """Measures the peak memory, and its growth while the streams are open, in MiB."""
    clients = [_async_client(url) for _ in range(STREAMS // STREAMS_PER_CLIENT)]
    for client in clients:
        await client.agents.get(AGENT)
    before = _kib("VmRSS")
    quiet = asyncio.Barrier(STREAMS + 1)

    async def follow(client: Any) -> None:
        async with client.sessions.stream(QUIET) as events:
            seen = 0
            async for event in events:
                seen += event.type == "output"
                if seen == QUIET_EVENTS:
                    await quiet.wait()
                    return

    tasks = [asyncio.create_task(follow(clients[number % len(clients)])) for number in range(STREAMS)]
    await quiet.wait()
    peak = _kib("VmHWM")
    await asyncio.gather(*tasks)
    for client in clients:
        await client.aclose()
    return {"peak": peak / 1024, "growth": (peak - before) / 1024}


def latency(url: str) -> dict[str, float]:
    with _client(url) as client, client.sessions.stream(TICKING) as events:
        delays = [time.monotonic_ns() - int(event.extra["data"]) for event in events if event.type == "output"]
    return _delays(delays)


async def latency_async(url: str) -> dict[str, float]:
    delays = []
    async with _async_client(url) as client, client.sessions.stream(TICKING) as events:
        async for event in events:
            if event.type == "output":
                delays.append(time.monotonic_ns() - int(event.extra["data"]))
    return _delays(delays)


def formatter(_: str) -> dict[str, float]:
    from aod.pretty import ClaudeFormatter

    kinds = [
        {"type": "assistant", "message": {"content": [{"type": "text", "text": "Looking at the files now."}]}},
        {
            "type": "assistant",
            "message": {"content": [{"type": "tool_use", "name": "Bash", "input": {"command": "ls -l"}}]},
        },
        {"type": "user", "message": {"content": [{"type": "tool_result", "content": "total 0"}]}},
        {"type": "assistant", "message": {"content": [{"type": "thinking", "thinking": "Nothing here, then."}]}},
    ]
    chunk = "".join(json.dumps(kind) + "\n" for kind in kinds) * (LINES // len(kinds))
    claude = ClaudeFormatter()
    clock = Clock()
    shown = sum(1 for _ in claude.feed(chunk))
    figures = clock.elapsed()
    assert shown == LINES * 3 // 4, shown
    return figures


def _client(url: str) -> Any:
    import aod

    return aod.Client(base_url=url, token="bench")


def _async_client(url: str) -> Any:
    import aod

    return aod.AsyncClient(base_url=url, token="bench")


def _kib(name: str) -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name))


def _delays(delays: list[int]) -> dict[str, float]:
    assert len(delays) == PINGS, len(delays)
    return {"p50": statistics.median(delays) / 1e9, "p95": sorted(delays)[len(delays) * 95 // 100] / 1e9}


JOBS: dict[str, Callable[[str], dict[str, float]] | Callable[[str], Awaitable[dict[str, float]]]] = {
    job.__name__: job
    for job in (
        stream,
        stream_async,
        stream_chunked,
        stream_chunked_async,
        get,
        get_async,
        get_concurrent,
        list_agents,
        import_aod,
        first_call,
        streams,
        latency,
        latency_async,
        formatter,
    )
}

if __name__ == "__main__":
    job = JOBS[sys.argv[1]]
    figures = job(sys.argv[2])
    if asyncio.iscoroutine(figures):
        figures = asyncio.run(figures)
    json.dump(figures, sys.stdout)
