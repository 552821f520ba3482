"""All methods and their results."""

from __future__ import annotations

import asyncio
import copy
import gc
import math
import os
import pickle
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from conftest import start

import aod
from aod.testing import DevServer

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


def test_agents_from_create_to_archive(client: aod.Client) -> None:
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude", metadata={"k": 1})
    assert isinstance(agent.id, UUID)
    assert client.agents.get(str(agent.id)) == agent
    assert client.agents.list() == [agent]
    renamed = client.agents.update(agent.id, version=agent.version, name="b", system="be brief")
    assert (renamed.name, renamed.version, renamed.system) == ("b", 2, "be brief")
    assert client.agents.update(agent.id, version=2, system=aod.CLEAR).system is None
    assert [version.version for version in client.agents.versions(agent.id)] != []
    assert client.agents.archive(agent.id).archived_at is not None


def test_environments_from_create_to_delete(client: aod.Client) -> None:
    environment = client.environments.create(
        name="e", packages={"pip": ["pytest"]}, env_vars={"A": "b"}, networking=aod.Networking(type="unrestricted")
    )
    assert client.environments.get(environment.id).packages == {"pip": ["pytest"]}
    assert client.environments.list() == [environment]
    assert client.environments.update(environment.id, version=1, setup_script="true").version == 2
    assert len(client.environments.versions(environment.id)) == 2
    assert client.environments.archive(environment.id).archived_at is not None
    assert client.environments.delete(environment.id) is None  # type: ignore[func-returns-value]


def test_sessions_from_run_to_delete(client: aod.Client) -> None:
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    seen: list[aod.StreamEvent] = []
    result = client.sessions.run(agent_id=agent.id, prompt="hi", on_event=seen.append)
    assert result.session.status == "completed"
    assert result.events == seen
    assert result.events[-1].exit_code == 0
    ack = client.sessions.prompt(result.session.id, prompt="again")
    assert client.sessions.wait_for_completion(ack.id, collect_events=False).events == []
    assert [turn.turn_number for turn in client.sessions.turns(ack.id)] == [1, 2]
    assert client.sessions.terminate(ack.id).status == "terminated"
    client.sessions.delete(ack.id)
    assert client.sessions.list() == []


def test_the_async_client_has_the_same_methods(server: DevServer) -> None:
    async def main() -> None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as client:
            assert await client.health() == {"status": "ok"}
            agent = await client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
            assert await client.agents.list() == [agent]
            seen: list[aod.StreamEvent] = []

            async def see(event: aod.StreamEvent) -> None:
                seen.append(event)

            result = await client.sessions.run(agent_id=agent.id, prompt="hi", on_event=see)
            assert result.events == seen and seen[-1].exit_code == 0
            with pytest.raises(aod.NotFoundError):
                await client.agents.get(UNKNOWN_ID)

    asyncio.run(main())
    # Another event loop in the same process.
    asyncio.run(concurrent_health_checks(server))


async def concurrent_health_checks(server: DevServer) -> None:
    client = aod.AsyncClient(base_url=server.url, token=server.token)
    answers = await asyncio.gather(*(client.health() for _ in range(64)))
    assert answers == [{"status": "ok"}] * 64
    await client.aclose()


def test_one_async_client_is_shared_by_event_loops(server: DevServer) -> None:
    client = aod.AsyncClient(base_url=server.url, token=server.token)
    for _ in range(3):
        assert asyncio.run(client.health()) == {"status": "ok"}


def test_fifty_threads_share_a_client(client: aod.Client) -> None:
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")
    gate = threading.Barrier(50)

    def work(_: int) -> UUID:
        gate.wait()
        return client.agents.get(agent.id).id

    with ThreadPoolExecutor(50) as pool:
        assert set(pool.map(work, range(50))) == {agent.id}


def test_servers_since_2026_06_25_have_providers_and_interrupt() -> None:
    with DevServer(generation="s2") as server, aod.Client(base_url=server.url, token=server.token) as client:
        agent = client.agents.create(name="a", model="claude-sonnet-4-6", provider="anthropic")
        assert (agent.runtime, agent.provider) == (None, "anthropic")
        ack = client.sessions.create(agent_id=agent.id, prompt="x", secret_env_vars={"K": "v"})
        client.sessions.wait_for_completion(ack.id)
        with pytest.raises(aod.ConflictError, match="no active turn"):
            client.sessions.interrupt(ack.id)


def test_unknown_enum_values_and_fields_are_kept(client: aod.Client, control: Callable[..., Any]) -> None:
    ack = start(client)
    fields = {"status": "sleeping", "mood": "good"}
    control("POST", "fault", {"path": "/sessions*", "times": None, "effect": {"merge": {"fields": fields}}})
    for session in (client.sessions.get(ack.id), *client.sessions.list()):
        assert session.status == "sleeping"
        assert session.model_dump()["mood"] == "good"


def test_an_id_that_is_neither_str_nor_uuid_is_a_type_error(client: aod.Client) -> None:
    with pytest.raises(TypeError):
        client.agents.get(None)  # type: ignore[arg-type]


def test_client_arguments_are_validated(server: DevServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AOD_API_TOKEN", raising=False)
    with pytest.raises(ValueError, match=r"Missing API token\. Pass token=\.\.\. or set the AOD_API_TOKEN env var\."):
        aod.Client(base_url=server.url)
    with pytest.raises(TypeError, match="transport"):
        aod.Client(token="t", transport=object())  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        aod.Client(token="t", base_url="not a url")
    with pytest.raises(ValueError):
        aod.Client(token="t", timeout=-1)
    monkeypatch.setenv("AOD_API_URL", server.url)
    monkeypatch.setenv("AOD_API_TOKEN", server.token)
    assert aod.Client(base_url="", token="").health() == {"status": "ok"}


def test_with_options_overrides_retries_for_some_calls(client: aod.Client, control: Callable[..., Any]) -> None:
    fault = {"path": "/health", "times": None, "effect": {"status": {"status": 503}}}
    control("POST", "fault", fault)
    with pytest.raises(aod.ServerError) as caught:
        client.with_options(max_retries=0).health()
    assert caught.value.attempts == 1
    with pytest.raises(aod.ServerError) as caught:
        client.with_options(max_retries=1, headers={"X-Trace": "7"}).health()
    assert caught.value.attempts == 2


@pytest.mark.parametrize(
    ("options", "error", "reason"),
    [
        ({"base_url": 5}, TypeError, "base_url must be a str, not int"),
        ({"token": b"t"}, TypeError, "token must be a str, not bytes"),
        ({"proxy": 5}, TypeError, "proxy must be a str"),
        ({"ca_certificate": b"pem"}, TypeError, "ca_certificate must be a str"),
        ({"headers": ["X"]}, TypeError, "headers must be a mapping, not list"),
        ({"headers": {"X-Trace": 7}}, TypeError, "headers must map str to str"),
        ({"timeout": float("nan")}, ValueError, "timeout must be a non-negative number of seconds"),
        ({"stream_idle_timeout": "5"}, TypeError, "stream_idle_timeout must be a number of seconds"),
        ({"stream_idle_timeout": -1}, ValueError, "stream_idle_timeout must be"),
        ({"max_retries": True}, TypeError, "max_retries must be an int"),
        ({"retry": 5}, TypeError, "retry must be a RetryPolicy, not int"),
        ({"pool_max_idle": -1}, ValueError, "pool_max_idle must not be negative"),
        ({"max_response_bytes": 2**63}, ValueError, "max_response_bytes must be less than"),
        ({"user_agent_suffix": 5}, TypeError, "user_agent_suffix must be a str"),
    ],
)
def test_the_error_names_the_invalid_option(options: dict[str, Any], error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        aod.Client(**{"token": "t", **options})


def test_every_option_of_a_client_is_used(server: DevServer, control: Callable[..., Any]) -> None:
    options: dict[str, Any] = {
        "attempt_timeout": 60,
        "connect_timeout": 60,
        "pool_max_idle": 1,
        "pool_idle_timeout": 1,
        "http1_only": True,
        "no_proxy": True,
        "proxy": "http://127.0.0.1:1",
    }
    with aod.Client(base_url=server.url, token=server.token, user_agent_suffix="app/1.4", **options) as client:
        client.agents.list()
    headers = dict(control("GET", "requests")["data"][-1]["headers"])
    assert headers["user-agent"].endswith(f"aod-sdk-python/{aod.__version__} app/1.4")

    client = aod.Client(base_url=server.url, token=server.token, max_response_bytes=5)
    with pytest.raises(aod.DecodeError, match="5 bytes"):
        client.health()


def test_requests_are_validated_before_they_are_sent(server: DevServer, control: Callable[..., Any]) -> None:
    client = aod.Client(base_url=server.url, token=server.token, validate_requests=True)
    some_id = "00000000-0000-0000-0000-000000000001"
    calls: list[Callable[[], object]] = [
        lambda: client.agents.create(name="a" * 201, model="claude-sonnet-4-6", runtime="claude"),
        lambda: client.agents.update(
            some_id, version=1, skills=[{"name": "Not a name", "description": "d", "content": "c"}]
        ),
        lambda: client.environments.create(name="e" * 201),
        lambda: client.environments.update(some_id, version=1, env_vars={"A=": "b"}),
        lambda: client.sessions.create(agent_id=some_id, prompt="p", timeout=5),
        lambda: client.sessions.prompt(some_id, prompt="p", timeout=5),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"^\w[\w.\[\]]*: "):
            call()
    assert control("GET", "requests", None)["data"] == []
    client.environments.create(name="e", env_vars={"A": "b"}, networking={"type": "unrestricted"})


def test_an_error_says_whether_the_request_was_sent(client: aod.Client, control: Callable[..., Any]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # not listening
        with (
            aod.Client(base_url=f"http://127.0.0.1:{unused.getsockname()[1]}", token="t", max_retries=0) as nobody,
            pytest.raises(aod.AodConnectionError) as refused,
        ):
            nobody.agents.create(name="a", model="m", runtime="claude")
    assert refused.value.is_unsent
    control("POST", "fault", {"path": "/agents", "effect": {"status": {"status": 503}}})
    with pytest.raises(aod.ServerError) as failed:
        client.agents.create(name="a", model="m", runtime="claude")
    assert not failed.value.is_unsent


def test_a_retry_policy_sets_the_delays(client: aod.Client, control: Callable[..., Any]) -> None:
    policy = aod.RetryPolicy(max_retries=3, base_delay=0, max_retry_after=1)
    impatient = client.with_options(retry=policy)
    control("POST", "fault", {"path": "/health", "times": None, "effect": {"status": {"status": 503}}})
    with pytest.raises(aod.ServerError) as caught:
        impatient.health()
    assert caught.value.attempts == 4
    with pytest.raises(aod.ServerError) as caught:
        impatient.with_options(max_retries=1).health()
    assert caught.value.attempts == 2
    with pytest.raises(ValueError, match="max_delay must be a non-negative number"):
        aod.RetryPolicy(max_delay=-1)


def test_httpx_timeouts_are_accepted(server: DevServer) -> None:
    import httpx

    for timeout in (5, 5.5, httpx.Timeout(5), httpx.Timeout(None)):
        assert aod.Client(base_url=server.url, token=server.token, timeout=timeout).health() == {"status": "ok"}


def test_arguments_that_json_cannot_represent_are_rejected(client: aod.Client) -> None:
    with pytest.raises(ValueError):
        client.agents.create(name="a", model="m", runtime="claude", metadata={"x": float("nan")})
    with pytest.raises(TypeError):
        client.agents.create(name="a", model="m", runtime="claude", metadata={"x": object()})
    with pytest.raises(ValueError):
        client.agents.create(name="\ud800", model="m", runtime="claude")


def test_with_options_keeps_the_attributes_of_subclasses(server: DevServer) -> None:
    class Tagged(aod.Client):
        def __init__(self, tag: str) -> None:
            super().__init__(base_url=server.url, token=server.token)
            self.tag = tag

    other = Tagged("a").with_options(max_retries=0)
    assert (other.tag, other.health()) == ("a", {"status": "ok"})


def test_clear_stays_a_singleton_when_pickled_or_copied() -> None:
    for twin in (copy.copy(aod.CLEAR), copy.deepcopy(aod.CLEAR), pickle.loads(pickle.dumps(aod.CLEAR))):
        assert twin is aod.CLEAR


def test_a_request_that_is_nested_too_deeply_is_rejected(client: aod.Client) -> None:
    metadata: dict[str, Any] = {}
    for _ in range(200_000):
        metadata = {"a": metadata}
    with pytest.raises(ValueError, match="nested too deeply"):
        client.agents.create(name="a", model="m", runtime="claude", metadata=metadata)


def test_event_loops_on_many_threads_share_a_client(server: DevServer) -> None:
    client = aod.AsyncClient(base_url=server.url, token=server.token)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: asyncio.run(client.health()), range(160)))
    finally:
        sys.setswitchinterval(interval)
    assert answers == [{"status": "ok"}] * 160


def test_type_checkers_reject_unknown_names() -> None:
    # Strict mypy reports an unused `ignore`, so this line checks the type checker too.
    with pytest.raises(AttributeError, match="Clinet"):
        aod.Clinet  # type: ignore[attr-defined]  # noqa: B018


def test_both_parts_of_an_httpx_timeout_take_effect(
    server: DevServer, client: aod.Client, control: Callable[..., Any]
) -> None:
    # The other part is longer than the time limit of a test.
    import httpx

    control("POST", "fault", {"path": "/health", "times": None, "effect": {"stall": {}}})
    slow = aod.Client(base_url=server.url, token=server.token, max_retries=0, timeout=httpx.Timeout(3600, read=0.2))
    with pytest.raises(aod.AodTimeoutError):
        slow.health()
    with pytest.raises(aod.AodTimeoutError):
        client.with_options(timeout=httpx.Timeout(3600, read=0.2)).health()

    with socket.create_server(("127.0.0.1", 0)) as silent:  # never answers the TLS handshake, a part of connecting
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        slow = aod.Client(base_url=url, token="t", max_retries=0, timeout=httpx.Timeout(3600, connect=0.2))
        with pytest.raises(aod.AodTimeoutError):
            slow.health()


def test_skills_can_be_models() -> None:
    inline = aod.InlineSkill(name="review", description="d", content="Be brief.")
    whole = aod.GithubSkill(source="acme/skills", description="all of them")
    one = aod.GithubSkill(source="acme/other", description="one of them", name="lint")
    sent = [
        {"name": "review", "description": "d", "content": "Be brief."},
        {"type": "github", "source": "acme/skills", "description": "all of them"},
        {"type": "github", "source": "acme/other", "description": "one of them", "name": "lint"},
    ]
    with (
        DevServer(generation="2026-04-30") as server,
        aod.Client(base_url=server.url, token=server.token) as client,
    ):
        skills = [inline, whole, one]
        agent = client.agents.create(name="a", model="anthropic/claude-sonnet-4-6", runtime="claude", skills=skills)
        assert agent.skills == sent
        assert client.agents.update(agent.id, version=1, skills=[one]).skills == sent[2:]

        async def create() -> aod.Agent:
            async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
                return await aclient.agents.create(
                    name="b", model="anthropic/claude-sonnet-4-6", runtime="claude", skills=[inline, whole]
                )

        assert asyncio.run(create()).skills == sent[:2]


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_the_head_of_each_response_is_observed(
    client: aod.Client, server: DevServer, control: Callable[..., Any], mode: str
) -> None:
    headers = {"X-Request-Id": "r-7", "Set-Cookie": "a=planted"}
    control("POST", "fault", {"path": "/health", "effect": {"status": {"status": 503, "headers": headers}}})
    seen: list[aod.ResponseInfo] = []
    if mode == "sync":
        observing = client.with_options(on_response=seen.append)
        observing.health()
        with pytest.raises(aod.NotFoundError):
            observing.with_options(timeout=5).agents.get("missing")
        client.health()
    else:

        async def call() -> None:
            async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
                observing = aclient.with_options(on_response=seen.append)
                await observing.health()
                with pytest.raises(aod.NotFoundError):
                    await observing.agents.get("missing")

        asyncio.run(call())
    assert [response.status_code for response in seen] == [503, 200, 404]
    assert (seen[0].method, seen[0].request_id, seen[0].headers["set-cookie"]) == ("GET", "r-7", "a=planted")
    assert seen[0].url == f"{server.url}/health"
    assert "planted" not in repr(seen[0])
    with pytest.raises(TypeError, match="on_response"):
        client.with_options(on_response=1)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def test_the_active_trace_context_is_sent(client: aod.Client, control: Callable[..., Any]) -> None:
    from opentelemetry import trace

    parent = trace.SpanContext(trace_id=7, span_id=9, is_remote=True, trace_flags=trace.TraceFlags(1))
    contexts: list[trace.SpanContext] = []
    client.health()
    with trace.use_span(trace.NonRecordingSpan(parent)):
        client.health()
        with pytest.raises(aod.NotFoundError):
            next(client.sessions.stream("missing"))
        subscription = client.sessions.listen(
            "missing", on_event=print, on_error=lambda _: contexts.append(trace.get_current_span().get_span_context())
        )
        assert subscription.join(60)
    assert contexts == [parent]
    sent = [dict(request["headers"]).get("traceparent") for request in control("GET", "requests", None)["data"]]
    assert sent == [None, *[f"00-{7:032x}-{9:016x}-01"] * 3]


def test_a_header_of_a_propagator_that_cannot_be_sent_is_an_error(
    server: DevServer, client: aod.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from opentelemetry import propagate

    def inject(carrier: dict[str, str], context: object = None) -> None:
        carrier["baggage"] = "a\nb"

    monkeypatch.setattr(propagate, "inject", inject)
    with pytest.raises(ValueError, match="header"):
        client.health()
    with pytest.raises(ValueError, match="header"):
        asyncio.run(aod.AsyncClient(base_url=server.url, token=server.token).health())


def test_mappings_and_sequences_of_any_kind_are_sent(client: aod.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AOD_TEST_VARIABLE", "b")
    names = MappingProxyType({"pip": deque(["pytest", "ruff"])})
    environment = client.environments.create(name="e", env_vars=os.environ, packages=names)
    assert environment.packages == {"pip": ["pytest", "ruff"]}
    for value in (b"a", bytearray(b"a"), {"set"}, object()):
        with pytest.raises(TypeError, match="is not JSON serializable"):
            client.environments.create(name="e", packages={"pip": value})  # type: ignore[dict-item]


def test_a_retry_policy_takes_any_duration(server: DevServer) -> None:
    for seconds in (math.inf, 10**400, 1e300):
        policy = aod.RetryPolicy(base_delay=seconds, max_delay=seconds, max_retry_after=seconds)
        client = aod.Client(base_url=server.url, token=server.token, retry=policy, timeout=seconds)
        assert client.with_options(retry=policy, attempt_timeout=seconds).health() == {"status": "ok"}
    assert aod.RetryPolicy(base_delay=1) == aod.RetryPolicy(base_delay=1.0)
    with pytest.raises(ValueError, match="max_retries must be less than"):
        aod.RetryPolicy(max_retries=10**400)


def test_leaving_the_block_of_a_client_calls_the_close_of_a_subclass(server: DevServer) -> None:
    closed: list[str] = []

    class Mine(aod.Client):
        def close(self) -> None:
            closed.append("sync")
            super().close()

    class MineAsync(aod.AsyncClient):
        async def aclose(self) -> None:
            closed.append("async")
            await super().aclose()

    async def main() -> None:
        async with MineAsync(base_url=server.url, token=server.token) as client:
            await client.health()
        with pytest.raises(aod.ClosedError):
            await client.health()

    with Mine(base_url=server.url, token=server.token) as client:
        client.health()
    asyncio.run(main())
    assert closed == ["sync", "async"]


def test_an_event_loop_other_than_that_of_asyncio_is_refused() -> None:
    client = aod.AsyncClient(base_url="http://127.0.0.1:1", token="t")
    for coroutine in (
        client.health(),
        client.sessions.stream(UNKNOWN_ID).open(),
        client.sessions.stream(UNKNOWN_ID).__anext__(),
        client.sessions.watch([UNKNOWN_ID]).__anext__(),
    ):
        with pytest.raises(aod.AodError, match="AsyncClient requires asyncio"):
            coroutine.send(None)


async def unsupported(*_: Any) -> None:
    pass


def returns_coroutine(*_: Any) -> Any:
    return unsupported()


CALLBACKS: list[tuple[str, Callable[[aod.Client, Any], object]]] = [
    ("token_provider", lambda _, f: aod.Client(base_url="http://127.0.0.1:1", token_provider=f)),
    ("on_response", lambda client, f: client.with_options(on_response=f).health()),
    ("on_state", lambda client, f: next(client.sessions.stream(start(client).id, on_state=f))),
    ("on_event", lambda client, f: run(client, on_event=f)),
    ("on_change", lambda client, f: run(client, on_change=f)),
    ("on_created", lambda client, f: run(client, on_created=f)),
    ("on_event", lambda client, f: client.sessions.wait_for_completion(start(client).id, on_event=f)),
    ("on_event", lambda client, f: client.sessions.ask(run(client).session.id, prompt="p", on_event=f)),
    (
        "on_event",
        lambda client, f: client.sessions.run_all([{"agent_id": agent(client), "prompt": "p", "on_event": f}]),
    ),
    ("on_event", lambda client, f: client.sessions.listen(UNKNOWN_ID, on_event=f)),
    ("on_closed", lambda client, f: client.sessions.listen(UNKNOWN_ID, on_event=print, on_closed=f)),
    ("on_error", lambda client, f: client.sessions.listen(UNKNOWN_ID, on_event=print, on_error=f)),
]


def agent(client: aod.Client) -> UUID:
    return client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude").id


def run(client: aod.Client, **callbacks: Any) -> aod.RunResult:
    return client.sessions.run(agent_id=agent(client), prompt="p", **callbacks)


@pytest.mark.parametrize(("name", "call"), CALLBACKS)
def test_a_coroutine_function_is_refused_where_it_would_not_be_awaited(
    client: aod.Client, name: str, call: Callable[[aod.Client, Any], object]
) -> None:
    class Caller:
        async def __call__(self, *_: Any) -> None:
            pass

    for function in (unsupported, partial(unsupported), Caller()):
        with pytest.raises(TypeError, match=f"{name} cannot be a coroutine function"):
            call(client, function)


@pytest.mark.parametrize(("name", "call"), CALLBACKS[1:-3])
def test_a_coroutine_that_would_not_be_awaited_is_an_error(
    client: aod.Client, name: str, call: Callable[[aod.Client, Any], object]
) -> None:
    with pytest.raises(TypeError, match=f"{name} cannot be a coroutine function"):
        call(client, returns_coroutine)
    gc.collect()


def test_a_coroutine_of_a_callback_of_a_subscription_is_an_error(
    client: aod.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooked: list[BaseException | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda caught: hooked.append(caught.exc_value))
    id, errors = start(client).id, list[aod.AodError]()
    assert client.sessions.listen(id, on_event=returns_coroutine, on_error=errors.append).join(60)
    assert client.sessions.listen(id, on_event=print, on_state=returns_coroutine, on_error=errors.append).join(60)
    assert client.sessions.listen(id, on_event=print, on_closed=returns_coroutine).join(60)
    assert client.sessions.listen(UNKNOWN_ID, on_event=print, on_error=returns_coroutine).join(60)
    raised = [error.__cause__ for error in errors] + hooked
    assert [str(error) for error in raised] == [
        f"{name} cannot be a coroutine function" for name in ("on_event", "on_state", "on_closed", "on_error")
    ]
    gc.collect()


def test_a_coroutine_is_not_a_token(server: DevServer) -> None:
    with (
        aod.Client(base_url=server.url, token_provider=returns_coroutine) as client,
        pytest.raises(aod.TokenProviderError) as caught,
    ):
        client.agents.list()
    assert "must return a str, not coroutine" in str(caught.value.__cause__)
    gc.collect()
