"""The spans of calls and turns, as OpenTelemetry exports them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from conftest import cancel_while_creating, python
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind, StatusCode

import aod
from aod.resources._turn_spans import turn_spans
from aod.testing import DevServer
from aod.transcript import Transcript

Control = Callable[..., Any]
T = TypeVar("T")
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
CLAUDE: dict[str, Any] = {"model": "claude-sonnet-4-6", "runtime": "claude"}

both_clients = pytest.mark.parametrize("client_class", [aod.Client, aod.AsyncClient], ids=["sync", "async"])


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> TracerProvider:
    """The tracer provider of the program, for one test: OpenTelemetry lets a process set only one."""
    provider = TracerProvider(shutdown_on_exit=False)
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    return provider


@pytest.fixture
def exported(provider: TracerProvider) -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    provider.shutdown()


def wait(result: T | Coroutine[Any, Any, T]) -> T:
    """Return the result of a call of either client."""
    return asyncio.run(result) if asyncio.iscoroutine(result) else result


def client_of(client_class: Any, server: DevServer, **options: Any) -> Any:
    return client_class(base_url=server.url, token="aod_dev", **options)


def named(exported: InMemorySpanExporter, name: str) -> ReadableSpan:
    """Return the only span of a name."""
    spans = exported.get_finished_spans()
    found = [span for span in spans if span.name == name]
    assert len(found) == 1, [span.name for span in spans]
    return found[0]


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def ids(span: ReadableSpan | trace.Span) -> list[str]:
    """Return the ids of the trace and the span, as `traceparent` has them."""
    context = span.get_span_context()
    assert context is not None
    return [f"{context.trace_id:032x}", f"{context.span_id:016x}"]


def is_child(span: ReadableSpan, parent: ReadableSpan | trace.Span) -> bool:
    return span.parent is not None and f"{span.parent.span_id:016x}" == ids(parent)[1]


def script(control: Control, prompt: str, *lines: dict[str, Any], end: dict[str, Any] | None = None) -> None:
    steps = [{"stdout": "".join(json.dumps(line) + "\n" for line in lines)}, end or {"exit": 0}]
    control("POST", "script", {"prompt": prompt, "script": {"steps": steps}})


def uses_tool(id: str, name: str) -> dict[str, Any]:
    use = {"type": "tool_use", "id": id, "name": name, "input": {"command": "echo hunter2"}}
    return {"type": "assistant", "message": {"content": [use]}}


def tool_fails(id: str) -> dict[str, Any]:
    result = {"type": "tool_result", "tool_use_id": id, "content": "hunter2", "is_error": True}
    return {"type": "user", "message": {"content": [result]}}


@both_clients
def test_a_call_is_a_client_span(
    server: DevServer, client: aod.Client, control: Control, exported: InMemorySpanExporter, client_class: Any
) -> None:
    agent = client.agents.create(name="a", **CLAUDE)
    exported.clear()
    control("DELETE", "requests")
    calls = client_of(client_class, server).agents
    wait(calls.get(agent.id))
    with pytest.raises(aod.NotFoundError):
        wait(calls.get(UNKNOWN_ID))
    succeeded, failed = exported.get_finished_spans()
    host, port = server.url.removeprefix("http://").split(":")
    expected = {
        "http.request.method": "GET",
        "url.template": "/agents/{id}",
        "server.address": host,
        "server.port": int(port),
    }
    assert attributes(succeeded) == {**expected, "http.response.status_code": 200}
    assert attributes(failed) == {**expected, "http.response.status_code": 404, "error.type": "not_found"}
    assert [span.status.status_code for span in (succeeded, failed)] == [StatusCode.UNSET, StatusCode.ERROR]
    for span in (succeeded, failed):
        assert (span.name, span.kind, span.events) == ("GET /agents/{id}", SpanKind.CLIENT, ())
    # The request names its span.
    sent = [dict(request["headers"])["traceparent"] for request in control("GET", "requests")["data"]]
    assert [header.split("-")[1:3] for header in sent] == [ids(span) for span in (succeeded, failed)]


@both_clients
def test_the_span_of_a_call_has_the_status_of_the_last_attempt(
    server: DevServer, control: Control, exported: InMemorySpanExporter, client_class: Any
) -> None:
    seen: list[int] = []
    client = client_of(client_class, server, retry=aod.RetryPolicy(base_delay=0))
    control("POST", "fault", {"path": "/health", "effect": {"status": {"status": 503}}})
    wait(client.with_options(on_response=lambda response: seen.append(response.status_code)).health())
    assert attributes(named(exported, "GET /health"))["http.response.status_code"] == 200
    assert seen == [503, 200]
    exported.clear()
    control("POST", "fault", {"path": "/health", "effect": {"status": {"status": 503}}})
    control("POST", "fault", {"path": "/health", "times": None, "effect": {"drop": {}}})
    with pytest.raises(aod.AodConnectionError):
        wait(client.health())
    span = named(exported, "GET /health")
    assert attributes(span)["error.type"] == "connection"
    assert "http.response.status_code" not in attributes(span)


@both_clients
def test_ensure_is_one_span(server: DevServer, exported: InMemorySpanExporter, client_class: Any) -> None:
    wait(client_of(client_class, server).agents.ensure(name="a", **CLAUDE))
    (span,) = exported.get_finished_spans()
    assert span.name == "EnsureAgent"
    assert set(attributes(span)) == {"server.address", "server.port", "http.response.status_code"}


@both_clients
def test_a_turn_is_a_span_with_its_usage_and_its_tools(
    server: DevServer, client: aod.Client, control: Control, exported: InMemorySpanExporter, client_class: Any
) -> None:
    script(
        control,
        "hunter2",
        {"type": "system", "subtype": "init", "model": "claude-sonnet-4-6"},
        uses_tool("t", "Bash"),
        tool_fails("t"),
        # The last status of an event counts.
        {
            "type": "result",
            "subtype": "success",
            "permission_denials": [{"tool_use_id": "t"}],
            "total_cost_usd": 0.5,
            "usage": {"input_tokens": 3, "cache_read_input_tokens": 4, "output_tokens": 5},
        },
    )
    agent = client.agents.create(name="a", **CLAUDE)
    tracer = trace.get_tracer("test")
    active: list[trace.Span] = []
    with tracer.start_as_current_span("program") as program:
        result = wait(
            client_of(client_class, server).sessions.run(
                agent_id=agent.id,
                prompt="hunter2",
                on_event=lambda _: active.append(trace.get_current_span()),
                collect_events=False,
            )
        )
        assert trace.get_current_span() is program
    turn = named(exported, "invoke_agent")
    assert attributes(turn) == {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.conversation.id": str(result.session.id),
        "gen_ai.provider.name": "anthropic",
        "gen_ai.request.model": "claude-sonnet-4-6",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 4,
        "aod.turn.number": 1,
        "aod.usage.cost_usd": 0.5,
    }
    assert (turn.kind, turn.status.status_code) == (SpanKind.CLIENT, StatusCode.UNSET)
    tool = named(exported, "execute_tool Bash")
    call_id = attributes(tool)["gen_ai.tool.call.id"]
    assert attributes(tool) == {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "Bash",
        "gen_ai.tool.call.id": call_id,
        "error.type": "declined",
    }
    assert (tool.kind, tool.status.status_code) == (SpanKind.INTERNAL, StatusCode.ERROR)
    assert is_child(turn, program) and is_child(named(exported, "POST /sessions"), program)
    assert is_child(tool, turn) and is_child(named(exported, "GET /sessions/{id}"), turn)
    assert active and all(ids(span) == ids(turn) for span in active)
    assert "hunter2" not in "".join(span.to_json() for span in exported.get_finished_spans())


@both_clients
def test_the_span_of_ask_has_the_tools_of_its_turn(
    server: DevServer, client: aod.Client, control: Control, exported: InMemorySpanExporter, client_class: Any
) -> None:
    script(control, "one", uses_tool("t", "Read"))
    script(control, "two", uses_tool("u", "Bash"), {"type": "result", "subtype": "error_max_turns"})
    agent = client.agents.create(name="a", **CLAUDE)
    session = client.sessions.run(agent_id=agent.id, prompt="one").session
    assert attributes(named(exported, "execute_tool Read"))["error.type"] == "interrupted"
    exported.clear()
    wait(client_of(client_class, server).sessions.ask(session.id, prompt="two"))
    assert [span.name for span in exported.get_finished_spans() if span.name.startswith("execute_tool")] == [
        "execute_tool Bash"
    ]
    turn = named(exported, "invoke_agent")
    assert attributes(turn)["aod.turn.number"] == 2 and attributes(turn)["error.type"] == "max_turns"
    assert turn.status.status_code is StatusCode.ERROR


def test_waiting_for_a_turn_is_a_span_with_the_end_of_the_last_turn(
    client: aod.Client, control: Control, exported: InMemorySpanExporter
) -> None:
    script(control, "one", {"type": "result", "subtype": "error_max_turns"})
    script(control, "two", {"type": "result", "subtype": "success"})
    agent = client.agents.create(name="a", **CLAUDE)
    session = client.sessions.run(agent_id=agent.id, prompt="one").session
    client.sessions.ask(session.id, prompt="two")
    exported.clear()
    client.sessions.wait_for_completion(session.id)
    turn = named(exported, "invoke_agent")
    assert attributes(turn)["aod.turn.number"] == 2 and "error.type" not in attributes(turn)


def test_ask_that_waits_has_one_span_of_a_turn(
    server: DevServer, client: aod.Client, control: Control, exported: InMemorySpanExporter
) -> None:
    script(control, "one", end={"hold": "go"})
    script(control, "two")
    agent = client.agents.create(name="a", **CLAUDE)
    session = client.sessions.create(agent_id=agent.id, prompt="one")

    async def ask() -> None:
        async with client_of(aod.AsyncClient, server) as aclient:
            answer = asyncio.create_task(aclient.sessions.ask(session.id, prompt="two", wait=True))
            await asyncio.to_thread(control, "POST", "wait", {"streams": 1})
            await asyncio.to_thread(control, "POST", "release", {"name": "go"})
            await answer

    asyncio.run(ask())
    assert attributes(named(exported, "invoke_agent"))["aod.turn.number"] == 2


def test_another_history_of_the_session_ends_the_spans_of_tool_calls(exported: InMemorySpanExporter) -> None:
    def output(id: int, tool: str) -> aod.StreamEvent:
        extra = {"stream": "stdout", "turn": 1, "data": json.dumps(uses_tool("t", tool)) + "\n"}
        return aod.StreamEvent(type="output", id=id, extra=extra)

    with turn_spans(UNKNOWN_ID) as spans:
        assert spans is not None
        transcript = Transcript("claude")
        for event in (output(7, "Old"), output(3, "New")):
            for change in transcript.apply(event):
                spans.record(change)
        assert [span.name for span in exported.get_finished_spans()] == ["execute_tool Old"]
    assert named(exported, "execute_tool New")


@both_clients
def test_an_exception_ends_the_spans(
    server: DevServer, client: aod.Client, control: Control, exported: InMemorySpanExporter, client_class: Any
) -> None:
    script(control, "hi", uses_tool("t", "Bash"), end={"hold": "never"})
    agent = client.agents.create(name="a", **CLAUDE)

    def fail(change: Any) -> None:
        if change.type == "item_added":
            raise KeyError("hunter2")

    sessions = client_of(client_class, server).sessions
    with pytest.raises(KeyError):
        wait(sessions.run(agent_id=agent.id, prompt="hi", on_change=fail))
    assert trace.get_current_span() is trace.INVALID_SPAN
    turn = named(exported, "invoke_agent")
    assert attributes(turn)["error.type"] == "KeyError" and turn.status.status_code is StatusCode.ERROR
    assert named(exported, "execute_tool Bash").status.status_code is StatusCode.UNSET
    assert "hunter2" not in turn.to_json()

    control("POST", "fault", {"path": "/sessions/*/stream", "effect": {"status": {"status": 403}}})
    exported.clear()
    with pytest.raises(aod.AuthError):
        wait(sessions.run(agent_id=agent.id, prompt="hi"))
    assert attributes(named(exported, "invoke_agent"))["error.type"] == "auth"


def test_a_cancellation_ends_the_spans(
    server: DevServer, client: aod.Client, control: Control, exported: InMemorySpanExporter
) -> None:
    script(control, "hi", uses_tool("t", "Bash"), end={"hold": "never"})
    agent = client.agents.create(name="a", **CLAUDE)
    control("POST", "fault", {"path": "/health", "effect": {"stall": {}}})

    async def cancel() -> None:
        reached = asyncio.Event()
        async with client_of(aod.AsyncClient, server) as aclient:
            run = aclient.sessions.run(agent_id=agent.id, prompt="hi", on_change=lambda _: reached.set())
            health = asyncio.create_task(aclient.health())
            task = asyncio.create_task(run)
            await reached.wait()
            for started in (health, task):
                started.cancel()
            await asyncio.wait([health, task])
            assert health.cancelled() and task.cancelled()

    asyncio.run(cancel())
    for name in ("invoke_agent", "GET /health"):
        span = named(exported, name)
        assert span.status.status_code is StatusCode.UNSET and "error.type" not in attributes(span)


def test_a_coroutine_that_is_closed_in_another_context_ends_its_spans(
    server: DevServer,
    client: aod.Client,
    control: Control,
    exported: InMemorySpanExporter,
    caplog: pytest.LogCaptureFixture,
) -> None:
    script(control, "hi", end={"hold": "never"})
    agent = client.agents.create(name="a", **CLAUDE)

    async def close() -> None:
        reached = asyncio.Event()
        async with client_of(aod.AsyncClient, server) as aclient:
            run = aclient.sessions.run(agent_id=agent.id, prompt="hi", on_event=lambda _: reached.set())
            task = asyncio.create_task(run)
            await reached.wait()
            run.close()
            task.cancel()
            await asyncio.wait([task])
            task.exception()

    asyncio.run(close())
    assert named(exported, "invoke_agent").status.status_code is StatusCode.UNSET
    assert not [record for record in caplog.records if record.name.startswith("opentelemetry")]


@both_clients
def test_the_turns_of_run_all_are_children_of_the_active_span(
    server: DevServer, client: aod.Client, exported: InMemorySpanExporter, client_class: Any
) -> None:
    agent = client.agents.create(name="a", **CLAUDE)
    with trace.get_tracer("test").start_as_current_span("program") as program:
        wait(client_of(client_class, server).sessions.run_all([{"agent_id": agent.id, "prompt": "hi"}] * 3))
    turns = [span for span in exported.get_finished_spans() if span.name == "invoke_agent"]
    assert len(turns) == 3 and all(is_child(turn, program) for turn in turns)


def test_a_turn_that_is_not_sampled_has_no_spans(
    client: aod.Client, control: Control, provider: TracerProvider, exported: InMemorySpanExporter
) -> None:
    provider.sampler = ALWAYS_OFF
    script(control, "hi", uses_tool("t", "Bash"))
    agent = client.agents.create(name="a", **CLAUDE)
    assert client.sessions.run(agent_id=agent.id, prompt="hi").session.status == "completed"
    assert exported.get_finished_spans() == ()
    sent = [dict(request["headers"])["traceparent"] for request in control("GET", "requests")["data"]]
    assert sent and not any(int(header.split("-")[3], 16) & trace.TraceFlags.SAMPLED for header in sent)


NOT_IMPORTED = """
import sys
import aod

with aod.Client(base_url=sys.argv[1], token=sys.argv[2]) as client:
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    client.sessions.run(agent_id=agent.id, prompt="hi")
print([name for name in sys.modules if name.partition(".")[0] == "opentelemetry"], "aod.transcript" in sys.modules)
"""


def test_opentelemetry_is_not_imported_by_the_package(server: DevServer) -> None:
    with python(NOT_IMPORTED, server.url, server.token) as process:
        assert process.communicate() == ("[] False\n", "")


@pytest.mark.usefixtures("exported")
def test_a_traced_run_that_is_cancelled_while_it_creates_the_session_stops_it(
    server: DevServer, client: aod.Client, control: Control
) -> None:
    cancel_while_creating(server, client, control)
    assert [session.status for session in client.sessions.list()] == ["terminated"]
