"""Runs the scenarios of `tests/scenarios`; the README there describes them.

One runner serves both clients: it awaits coroutines and runs blocking calls on a thread.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import queue
import re
import traceback
from functools import partial
from typing import TYPE_CHECKING, Any

import aod
from aod.pretty import formatter_for
from aod.testing import DevServer
from aod.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = {
    aod.BadRequestError: "bad_request",
    aod.AuthError: "auth",
    aod.NotFoundError: "not_found",
    aod.UnsupportedError: "unsupported",
    aod.ConflictError: "conflict",
    aod.ValidationError: "validation",
    aod.RateLimitError: "rate_limit",
    aod.ServerError: "server",
    aod.AodHTTPError: "status",
    aod.AodConnectionError: "connection",
    aod.AodTimeoutError: "timeout",
    aod.DecodeError: "decode",
}
STEPS = {
    "control": set(),
    "call": {"with", "options", "save", "meanwhile"},
    "open": {"id", "since", "reconnect", "max_attempts", "deadline_ms", "resume_stale", "options"},
    "read": {"until", "pretty", "transcript", "save", "meanwhile"},
    "cancel": set(),
    "listen": {"since", "cancel_after", "options", "meanwhile"},
    "pretty": {"feed"},
    "transcript": {"feed"},
    "requests": set(),
    "network": set(),
}
OPERATIONS = {
    "health": "",
    "agents": "list create get update update_with ensure archive ensure_archived versions",
    "environments": "list create get update update_with ensure archive ensure_archived versions delete",
    "sessions": "list create get prompt turns terminate ensure_terminated interrupt delete run run_all ask watch wait",
}
UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})")


class Problem(Exception):
    """A scenario that is malformed, or an expectation that is not met."""


MAX_SECONDS = 60
"""The time limit of a scenario, in seconds, which only one that hangs reaches."""


async def run(scenario: dict[str, Any], client_class: type[aod.Client | aod.AsyncClient]) -> str:
    """Run a scenario within the time limit and return its transcript."""
    return await asyncio.wait_for(transcript(scenario, client_class), MAX_SECONDS)


async def transcript(scenario: dict[str, Any], client_class: type[aod.Client | aod.AsyncClient]) -> str:
    """Run a scenario on its own server and return its transcript."""
    check_names(scenario, {"about", "generation", "secrets", "steps", "transcript"})
    with DevServer(generation=scenario["generation"]) as server:
        runner = Runner(server, client_class, scenario.get("secrets", []))
        for number, step in enumerate(scenario["steps"], 1):
            try:
                await runner.step(runner.resolve(step))
            except Problem as problem:
                raise Problem(f"step {number}: {problem}") from None
        await call_either(runner.client.aclose if isinstance(runner.client, aod.AsyncClient) else runner.client.close)
        return runner.text()


def check_names(fields: dict[str, Any], names: set[str]) -> None:
    if unknown := fields.keys() - names:
        raise Problem(f"unknown: {', '.join(sorted(unknown))}")


async def call_either(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a method of either client."""
    if inspect.iscoroutinefunction(function):
        return await function(*args, **kwargs)
    return await asyncio.to_thread(function, *args, **kwargs)


def fields_of_update(fields: dict[str, Any], _: Any) -> dict[str, Any]:
    """Return the fields of an update, whatever the record is."""
    return fields


async def watch(sessions: Any, ids: list[str]) -> list[list[Any]]:
    """Watch sessions to their ends, and return the events of each, or its error."""
    items = sessions.watch(ids)
    if isinstance(items, aod.AsyncWatchStream):
        seen = [item async for item in items]
    else:
        seen = await asyncio.to_thread(list, items)
    return [[item.error or item.event for item in seen if str(item.session_id) == id] for id in ids]


class Runner:
    def __init__(self, server: DevServer, client_class: type[aod.Client | aod.AsyncClient], secrets: list[str]):
        self.server = server
        self.client_class = client_class
        self.secrets = secrets
        self.client = client_class(base_url=server.url, token=server.token)
        self.saved: dict[str, Any] = {}
        self.streams: dict[str, Any] = {}
        self.lines: list[dict[str, Any]] = []

    async def step(self, step: dict[str, Any]) -> None:
        kind = next((kind for kind in STEPS if kind in step), None)
        if kind is None:
            raise Problem(f"no kind of step is in {step}")
        check_names(step, STEPS[kind] | {kind})
        await getattr(self, kind)(step)

    def resolve(self, value: Any) -> Any:
        """Replace each `$name.key.0` with the saved value."""
        if isinstance(value, dict):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        found: Any = self.saved
        try:
            for key in value[1:].split("."):
                found = found[int(key) if isinstance(found, list) else key]
        except (LookupError, ValueError, TypeError):
            raise Problem(f"no value is saved as {value}") from None
        return found

    async def control(self, step: dict[str, Any]) -> Any:
        method, path, body = (*step["control"], {})[:3]
        try:
            return await asyncio.to_thread(self.server.control, method, path, body)
        except aod.AodError as error:
            raise Problem(str(error)) from None

    async def meanwhile(self, steps: list[dict[str, Any]], stream: str | None = None) -> None:
        for step in steps:
            if not {"control", "network"} & step.keys() and (stream is None or step != {"cancel": stream}):
                raise Problem("`meanwhile` allows only `control`, `network` and `cancel`")
            await self.step(step)

    async def call(self, step: dict[str, Any]) -> None:
        operation = step["call"]
        resource, _, method = operation.partition(".")
        if method not in OPERATIONS.get(resource, "-").split(" "):
            raise Problem(f"unknown operation {operation}")
        client = self.with_options(step)
        with_ = {name: aod.CLEAR if value is None else value for name, value in step.get("with", {}).items()}
        arguments = [with_.pop("id")] if "id" in with_ else []
        name = "wait_for_completion" if method == "wait" else method
        function = getattr(getattr(client, resource), name) if method else client.health
        if method == "update_with":
            function, with_ = partial(function, change=partial(fields_of_update, with_)), {}
        elif method == "watch":
            function = partial(watch, client.sessions)
        try:
            inspect.signature(function).bind(*arguments, **with_)
        except TypeError as mismatch:
            raise Problem(str(mismatch)) from None
        outcome = call_either(function, *arguments, **with_)
        try:
            result, _ = await asyncio.gather(outcome, self.meanwhile(step.get("meanwhile", [])))
        except aod.AodError as error:
            self.lines.append({"call": operation, "error": self.error(error)})
            return
        self.absent("the debug output of a result", repr(result))
        result = dump(result.session if method == "wait" else result)
        self.lines.append({"call": operation, "result": result})
        self.saved.update({step["save"]: result} if "save" in step else {})

    def with_options(self, step: dict[str, Any]) -> Any:
        options = step.get("options", {})
        check_names(options, {"token", "max_retries", "timeout_ms", "stream_idle_timeout_ms", "headers"})
        client = self.client
        if "token" in options:
            client = self.client_class(base_url=self.server.url, token=options["token"])
        return client.with_options(
            timeout=seconds(options.get("timeout_ms")),
            max_retries=options.get("max_retries"),
            headers=options.get("headers"),
            stream_idle_timeout=seconds(options.get("stream_idle_timeout_ms")),
        )

    async def open(self, step: dict[str, Any]) -> None:
        self.streams[step["open"]] = self.with_options(step).sessions.stream(
            step["id"],
            since=step.get("since"),
            reconnect=step.get("reconnect", True),
            max_attempts=step.get("max_attempts"),
            deadline=seconds(step.get("deadline_ms")),
            resume_stale=step.get("resume_stale", False),
        )

    async def read(self, step: dict[str, Any]) -> None:
        name, until = step["read"], step.get("until")
        if name not in self.streams:
            raise Problem(f"no stream {name} is open")
        stream = self.streams[name]
        formatter = formatter_for(step["pretty"]) if "pretty" in step else None
        transcript = Transcript() if step.get("transcript") else None
        line: dict[str, Any] = {"read": name}

        async def take() -> None:
            count = 0
            while True:
                # A StopIteration cannot be raised from a thread.
                if isinstance(stream, aod.AsyncEventStream):
                    event = await anext(stream, None)
                else:
                    event = await asyncio.to_thread(next, stream, None)
                if event is None:
                    line["ended"] = True
                    return
                count += 1
                if transcript is not None:
                    transcript.apply(event)
                elif formatter is None:
                    self.event(event)
                else:
                    self.lines.extend({"line": text} for text in formatter.consume(event))
                if until in (count, event.type):
                    return

        try:
            await asyncio.gather(take(), self.meanwhile(step.get("meanwhile", []), name))
        except aod.AodError as error:
            line["error"] = self.error(error)
        if formatter is not None:
            self.lines.extend({"line": text} for text in formatter.flush())
        if transcript is not None:
            self.lines.append({"transcript": as_json(transcript)})
        line["cursor"] = stream.cursor
        self.lines.append(line)
        self.saved.update({step["save"]: {"cursor": stream.cursor}} if "save" in step else {})

    async def cancel(self, step: dict[str, Any]) -> None:
        self.streams[step["cancel"]].cancel()

    async def network(self, step: dict[str, Any]) -> None:
        reports = self.client if step["network"] in ("suspend", "resume") else self.client.network
        getattr(reports, step["network"])()

    async def listen(self, step: dict[str, Any]) -> None:
        received: queue.Queue[Any] = queue.Queue()
        subscription = self.with_options(step).sessions.listen(
            step["listen"],
            since=step.get("since"),
            on_event=received.put,
            on_closed=lambda: received.put(None),
            on_error=received.put,
        )

        async def receive() -> None:
            count = 0
            while isinstance(event := await asyncio.to_thread(received.get), aod.StreamEvent):
                self.event(event)
                count += 1
                if count == step.get("cancel_after"):
                    subscription.cancel()
            if event is None:
                self.lines.append({"listen": "closed"})
            else:
                self.lines.append({"listen": "failed", "error": self.error(event)})

        await asyncio.gather(receive(), self.meanwhile(step.get("meanwhile", [])))
        await asyncio.to_thread(subscription.join)
        if not received.empty():
            raise Problem("a callback was called after the last one")

    async def pretty(self, step: dict[str, Any]) -> None:
        formatter = formatter_for(step["pretty"])
        lines = [line for chunk in step["feed"] for line in formatter.feed(chunk)]
        lines += formatter.flush()
        self.lines.append({"pretty": step["pretty"], "lines": lines})

    async def transcript(self, step: dict[str, Any]) -> None:
        transcript = Transcript(step["transcript"])
        for chunk in step["feed"]:
            transcript.feed(chunk)
        transcript.finish()
        self.lines.append({"runtime": step["transcript"], "transcript": as_json(transcript)})

    async def requests(self, step: dict[str, Any]) -> None:
        seen = (await self.control({"control": ["GET", "requests"]}))["data"]
        await self.control({"control": ["DELETE", "requests"]})
        self.lines.append({"requests": [request_line(request, step["requests"]) for request in seen]})

    def event(self, event: aod.StreamEvent) -> None:
        self.absent("the debug output of an event", repr(event))
        self.lines.append({"event": dump(event)})

    def error(self, error: aod.AodError) -> dict[str, Any]:
        self.absent("an error", "".join([str(error), repr(error), *traceback.format_exception(error)]))
        facts: dict[str, Any] = {"kind": KINDS[type(error)], "retryable": error.is_retryable}
        if facts["kind"] == "decode":
            return facts
        facts |= {
            "attempts": error.attempts,
            "retry_after": error.retry_after,
            "request_id": error.request_id,
        }
        if isinstance(error, aod.AodHTTPError):
            facts |= {"status": error.status_code, "detail": detail(error.detail)}
            facts["request"] = f"{error.method} {error.url}"
        if isinstance(error, aod.ConflictError):
            facts["conflict"] = {"reason": error.reason, "expected": error.expected, "got": error.got}
        if isinstance(error, aod.RateLimitError):
            facts["quota"] = {"limit": error.limit, "active": error.active}
        return facts

    def absent(self, place: str, text: str) -> None:
        if any(secret in text for secret in self.secrets):
            raise Problem(f"there is a secret in {place}")

    def text(self) -> str:
        """Return the transcript, without the values that differ between runs."""
        lines = [
            {key: item for key, value in line.items() if not empty(item := pruned(value)) or key == "result"}
            for line in self.lines
        ]
        text = "".join(
            json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n" for line in lines
        ).replace(self.server.url, "<server>")
        numbers: dict[str, int] = {}
        text = UUID.sub(lambda found: f"<id {numbers.setdefault(found[0], len(numbers) + 1)}>", text)
        text = TIME.sub("<time>", text)
        self.absent("the transcript", text)
        return text


def seconds(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def dump(result: Any) -> Any:
    if isinstance(result, list):
        return [dump(item) for item in result]
    if isinstance(result, aod.RunResult):
        turn = result.transcript().turns[-1].model_dump(exclude_unset=True)
        return {"session": dump(result.session), "stdout": result.stdout, "text": result.text, "turn": turn}
    if isinstance(result, aod.StreamEvent):
        return {"type": result.type, "id": result.id, **result.extra}
    if isinstance(result, aod.AodError):
        return {"kind": KINDS[type(result)]}
    return result.model_dump(mode="json") if hasattr(result, "model_dump") else result


def detail(value: Any) -> Any:
    """Remove the request that the server repeats."""
    if isinstance(value, list) and all(isinstance(entry, dict) and "loc" in entry for entry in value):
        return [{key: entry[key] for key in ("type", "loc", "msg")} for entry in value]
    return value


def pruned(value: Any) -> Any:
    """Remove null and empty members, and the fraction of whole numbers."""
    if isinstance(value, dict):
        return {key: item for key, member in value.items() if not empty(item := pruned(member))}
    if isinstance(value, list):
        return [pruned(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def empty(value: Any) -> bool:
    return value is None or value in ([], {})


def as_json(transcript: Transcript) -> dict[str, Any]:
    """Return a transcript as JSON, from its models."""
    return {
        "agent": transcript.agent and transcript.agent.model_dump(exclude_unset=True),
        "turns": [turn.model_dump(exclude_unset=True) for turn in transcript.turns],
        "usage": transcript.usage and transcript.usage.model_dump(exclude_unset=True),
        "cursor": transcript.cursor,
    }


def request_line(request: dict[str, Any], headers: list[str]) -> str:
    query = f"?{request['query']}" if request["query"] else ""
    shown = "".join(f" {name}: {value}" for name, value in request["headers"] if name in headers)
    return f"{request['method']} {request['path']}{query}{shown}"
