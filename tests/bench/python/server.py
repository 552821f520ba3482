"""A server for the benches of all packages, which is never the bottleneck: most of its responses are prepared.

It writes the id and the data of an event as separate HTTP chunks, as the real server does; one session has chunks of
many events. A request that confirms the last event gets only that event. The first line of its output is its URL.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time

from shared import (
    AGENTS,
    BIG,
    CHUNKED,
    EVENTS,
    EVENTS_PER_CHUNK,
    ITEMS,
    PINGS,
    QUIET,
    QUIET_EVENTS,
    TALKING,
    TICKING,
)

TIME = "2026-04-22T05:15:16.910301+00:00"
TICK = 0.01


def agent(number: int) -> dict[str, object]:
    return {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "type": "agent",
        "name": f"Agent {number}",
        "description": "Checks what was changed and says what it thinks of it.",
        "system": "Be brief. Say what is wrong first.",
        "model": "claude-sonnet-4-6",
        "runtime": "claude",
        "environment_id": None,
        "skills": [{"name": "notes", "description": "Write notes", "content": "List changes."}],
        "mcp_servers": [{"name": "docs", "type": "url", "url": "https://mcp.example/sse"}],
        "metadata": {"team": "infra"},
        "version": 3,
        "created_at": TIME,
        "updated_at": TIME,
        "archived_at": None,
    }


FIELDS = {
    "id": BIG,
    "agent_id": "00000000-0000-4000-8000-000000000001",
    "environment_id": "00000000-0000-4000-8000-000000000002",
    "runtime": "claude",
    "status": "completed",
    "exit_code": 0,
    "created_at": TIME,
    "updated_at": TIME,
    "resources": [],
    "turn_count": 1,
    "current_turn": 1,
}


def answer(body: object) -> bytes:
    data = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(data), data)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(number: int | None, **payload: object) -> tuple[bytes, bytes]:
    """Returns the `id` line of an event, which is empty if it has no id, and its `data` line."""
    if number is None:
        return b"", f"data: {json.dumps(payload)}\n\n".encode()
    kind = payload.pop("type")
    data = json.dumps({"type": kind, "id": number, **payload})
    return f"id: {number}\n".encode(), f"data: {data}\n\n".encode()


def output(number: int, data: str) -> tuple[bytes, bytes]:
    return event(number, type="output", stream="stdout", data=data, turn=1)


def separately(event: tuple[bytes, bytes]) -> bytes:
    """Writes each line as a separate chunk."""
    return b"".join(chunk(line) for line in event if line)


HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)


def start(session: str) -> bytes:
    return (
        HEAD
        + separately(event(None, type="start", session_id=session, runtime="claude"))
        + separately(event(1, type="turn_start", turn=1))
    )


TEXT = '{"type":"assistant","message":{"content":[{"type":"text","text":"Looking at file %d."}]}}\n'


def line(**fields: object) -> str:
    """Returns a line of Claude Code's output."""
    return json.dumps({**fields, "session_id": TALKING}, separators=(",", ":")) + "\n"


def item_lines(number: int) -> str:
    """Returns three lines: a message, a tool call and its result."""
    text = {"type": "text", "text": f"I look at line {number} of the work, and then run its tests."}
    call = {"type": "tool_use", "id": f"t{number}", "name": "Bash", "input": {"command": f"cargo test {number}"}}
    tested = "running 12 tests\nok. 12 passed; 0 failed"
    result = {"type": "tool_result", "tool_use_id": f"t{number}", "content": tested}
    return "".join(
        (
            line(type="assistant", message={"id": f"m{number}", "model": "claude", "content": [text]}),
            line(type="assistant", message={"id": f"n{number}", "model": "claude", "content": [call]}),
            line(type="user", message={"content": [result]}),
        )
    )


def end(number: int) -> bytes:
    return separately(event(number, type="exit", code=0)) + b"0\r\n\r\n"


ONE = answer(agent(1))
SESSION = answer(FIELDS)
LIST = answer({"data": [agent(number) for number in range(1, AGENTS + 1)]})
ROWS = [output(number, TEXT % number) for number in range(1, EVENTS + 1)]
WHOLE = start(BIG) + b"".join(map(separately, ROWS)) + end(EVENTS)
GROUPS = (ROWS[at : at + EVENTS_PER_CHUNK] for at in range(0, EVENTS, EVENTS_PER_CHUNK))
IN_GROUPS = start(CHUNKED) + b"".join(chunk(b"".join(map(b"".join, group))) for group in GROUPS) + end(EVENTS)
TALK = list(enumerate(map(item_lines, range(1, ITEMS, 2)), start=1))
TALKED = start(TALKING) + b"".join(separately(output(number, data)) for number, data in TALK) + end(len(TALK))
CONFIRMATION = HEAD + end(EVENTS)
BEGUN = start(QUIET) + b"".join(map(separately, ROWS[:QUIET_EVENTS]))
REQUEST = re.compile(rb"GET (\S+) HTTP/1.1\r\n")


class Connection(asyncio.Protocol):
    """Answers GET requests in sequence."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, self._received = self._received.split(b"\r\n\r\n", 1)
            path = REQUEST.match(head)[1].decode()
            if b"\r\nlast-event-id:" in head.lower():
                self._transport.write(CONFIRMATION)
            elif path.startswith("/agents/"):
                self._transport.write(ONE)
            elif path == "/agents":
                self._transport.write(LIST)
            elif path == f"/sessions/{BIG}":
                self._transport.write(SESSION)
            elif BIG in path:
                self._transport.write(WHOLE)
            elif CHUNKED in path:
                self._transport.write(IN_GROUPS)
            elif TALKING in path:
                self._transport.write(TALKED)
            elif QUIET in path:
                self._transport.write(BEGUN)
            elif TICKING in path:
                self._task = asyncio.ensure_future(self._tick())

    async def _tick(self) -> None:
        self._transport.write(start(TICKING))
        for number in range(1, PINGS + 1):
            await asyncio.sleep(TICK)
            self._transport.write(separately(output(number, str(time.monotonic_ns()))))
        self._transport.write(end(PINGS))


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


asyncio.run(main())
