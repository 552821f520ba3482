"""The exceptions: their classes, texts and attributes, and that no others are raised."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import socket
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import start

import aod
from aod.testing import DevServer

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


def test_texts_and_attributes_are_those_of_the_published_package(client: aod.Client, server: DevServer) -> None:
    with pytest.raises(aod.NotFoundError) as caught:
        client.agents.get(UNKNOWN_ID)
    error = caught.value
    url = f"{server.url}/agents/{UNKNOWN_ID}"
    assert (error.status_code, error.detail, error.method, error.url) == (404, "Agent not found", "GET", url)
    assert str(error) == f"GET {url} -> 404: 'Agent not found'"
    assert repr(error) == f"NotFoundError(\"GET {url} -> 404: 'Agent not found'\")"
    assert error.args == (str(error),)
    assert isinstance(error, aod.AodHTTPError) and isinstance(error, aod.AodError)


def test_the_text_omits_the_request_that_the_server_repeats(client: aod.Client) -> None:
    with pytest.raises(aod.ValidationError) as caught:
        client.environments.create(name=None, env_vars={"KEY": "s3cret"})  # type: ignore[arg-type]
    error = caught.value
    assert "s3cret" not in str(error) and "s3cret" not in repr(error)
    assert "name: Field required" in str(error)
    assert error.detail[0]["input"]["env_vars"] == {"KEY": "s3cret"}
    assert error.__cause__ is None and error.__context__ is None


def test_an_endpoint_that_the_server_does_not_have_is_unsupported(client: aod.Client, server: DevServer) -> None:
    ack = start(client)
    with pytest.raises(aod.NotFoundError) as caught:
        client.sessions.interrupt(ack.id)
    error = caught.value
    assert type(error) is aod.UnsupportedError and error.status_code == 404
    assert str(error).startswith(f"POST {server.url}/sessions/{ack.id}/interrupt -> 404: the server does not have")
    with pytest.raises(aod.NotFoundError) as other:
        client.sessions.get(UNKNOWN_ID)
    assert type(other.value) is aod.NotFoundError


@pytest.mark.parametrize(
    "body",
    [
        "<!doctype html><h1>Secret plan</h1>",
        "\ufeff <HTML><h1>Secret plan</h1>",
        "Error:\n<html><h1>Secret plan</h1>",
        "<?xml version='1.0'?><plan>Secret plan</plan>",
        '"<html>Secret plan</html>"',
        '{"detail": "<!DOCTYPE html>Secret plan"}',
    ],
)
def test_no_text_has_a_page(client: aod.Client, control: Callable[..., Any], body: str) -> None:
    control("POST", "fault", {"path": "/agents", "effect": {"status": {"status": 404, "body": body}}})
    with pytest.raises(aod.NotFoundError) as caught:
        client.agents.list()
    assert str(caught.value).endswith("/agents -> 404: 'Not Found'")


STATUSES = [
    (400, aod.BadRequestError),
    (401, aod.AuthError),
    (403, aod.AuthError),
    (404, aod.NotFoundError),
    (405, aod.AodHTTPError),
    (409, aod.ConflictError),
    (422, aod.ValidationError),
    (429, aod.RateLimitError),
    (500, aod.ServerError),
    (503, aod.ServerError),
]


@pytest.mark.parametrize(("status", "cls"), STATUSES)
def test_each_status_has_its_class_and_survives_pickle_and_copy(
    client: aod.Client, control: Callable[..., Any], status: int, cls: type[aod.AodHTTPError]
) -> None:
    body = '{"detail": "d", "limit": 3, "active": 2}'
    headers = {"content-type": "application/json", "x-request-id": "r1"}
    effect = {"status": {"status": status, "headers": headers, "body": body}}
    control("POST", "fault", {"path": "*", "times": None, "effect": effect})
    with pytest.raises(aod.AodHTTPError) as caught:
        client.with_options(max_retries=0).agents.list()
    error = caught.value
    assert type(error) is cls
    if isinstance(error, aod.RateLimitError):
        assert (error.limit, error.active) == (3, 2)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is cls
        assert (str(twin), vars(twin)) == (str(error), vars(error))


def test_an_unreachable_server_is_a_connection_error() -> None:
    with socket.socket() as not_listening:
        not_listening.bind(("127.0.0.1", 0))
        client = aod.Client(base_url=f"http://127.0.0.1:{not_listening.getsockname()[1]}", token="t", max_retries=0)
        with pytest.raises(aod.AodConnectionError):
            client.health()
        with pytest.raises(aod.AodConnectionError):
            next(iter(client.sessions.stream(UNKNOWN_ID)))


def test_a_stalled_response_is_a_timeout(client: aod.Client, control: Callable[..., Any]) -> None:
    control("POST", "fault", {"path": "/health", "times": None, "effect": {"stall": {}}})
    with pytest.raises(aod.AodTimeoutError):
        client.with_options(timeout=0.2).health()


@pytest.mark.parametrize("body", ["", "<html>", "[]", "{}", '{"data": 5}', '{"data": [{}]}', "\ufffd", "[" * 100_000])
def test_malformed_responses_are_decode_errors(client: aod.Client, control: Callable[..., Any], body: str) -> None:
    effect = {"status": {"status": 200, "headers": {"content-type": "application/json"}, "body": body}}
    control("POST", "fault", {"path": "*", "times": None, "effect": effect})
    for call in (client.agents.list, client.sessions.list, lambda: client.agents.get(UNKNOWN_ID)):
        with pytest.raises(aod.DecodeError):
            call()


def test_a_closed_client_raises_closed_error(client: aod.Client) -> None:
    client.close()
    with pytest.raises(aod.ClosedError):
        client.health()
    with pytest.raises(RuntimeError):
        list(client.sessions.stream(UNKNOWN_ID))


def test_a_stream_of_an_unknown_session_fails_when_it_is_entered_or_iterated(client: aod.Client) -> None:
    with pytest.raises(aod.NotFoundError), client.sessions.stream(UNKNOWN_ID):
        pass
    with pytest.raises(aod.NotFoundError):
        client.sessions.stream(UNKNOWN_ID).open()
    with pytest.raises(aod.NotFoundError):
        next(client.sessions.stream(UNKNOWN_ID))


async def _open(server: DevServer) -> None:
    async with aod.AsyncClient(base_url=server.url, token=server.token) as client:
        with pytest.raises(aod.NotFoundError):
            async with client.sessions.stream(UNKNOWN_ID):
                pass
        with pytest.raises(aod.NotFoundError):
            await client.sessions.stream(UNKNOWN_ID).open()


def test_an_asynchronous_stream_of_an_unknown_session_fails_when_it_is_entered(server: DevServer) -> None:
    asyncio.run(_open(server))


def test_an_id_that_is_not_a_uuid_is_sent_and_not_found(client: aod.Client) -> None:
    for get in (client.agents.get, client.environments.get, client.sessions.get, client.sessions.delete):
        for name in ("missing", "a/../b?c#d", "%2e", "\u00e9"):
            with pytest.raises(aod.NotFoundError):
                get(name)
        for name in ("", ".", "..", "\ud800"):
            with pytest.raises(ValueError, match="segment"):
                get(name)


def test_a_wrong_token_is_an_auth_error(server: DevServer) -> None:
    client = aod.Client(base_url=server.url, token="wrong")
    with pytest.raises(aod.AuthError, match="Invalid API key"):
        client.agents.list()
    assert "wrong" not in repr(client)


def test_calls_are_logged_without_secrets(server: DevServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="aod")
    client = aod.Client(base_url=server.url, token=server.token)
    client.environments.create(name="e", env_vars={"KEY": "s3cret"})
    start(client)
    assert "CreateEnvironment ok" in caplog.text
    assert "s3cret" not in caplog.text and server.token not in caplog.text


def test_a_reset_history_is_logged_as_a_warning(
    client: aod.Client, control: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", logger="aod")
    ack = start(client)
    lower = 'id: 1\ndata: {"type": "output", "id": 1, "stream": "stdout", "data": "again", "turn": 1}\n\n'
    insert = {"insert": {"before_event": 4, "text": lower}}
    control("POST", "fault", {"path": "/sessions/*/stream", "effect": insert})
    assert "again" in [event.stdout for event in client.sessions.stream(ack.id)]
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [f"stream of {ack.id} history reset"]


def test_connection_states_are_logged(
    client: aod.Client, control: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="aod")
    ack = start(client)
    cut = {"cut_after_events": {"events": 3, "how": "reset"}}
    control("POST", "fault", {"path": "/sessions/*/stream", "effect": cut})
    list(client.sessions.stream(ack.id))
    logged = [record.getMessage().removeprefix(f"stream of {ack.id} ") for record in caplog.records]
    assert [text.split(",")[0] for text in logged if "ok in" not in text] == [
        *("connecting", "live", "resuming", "live", "closed")
    ]


SECRET = "hunter2"
WRONG_SHAPES = [
    *("{}", "[]", "5", "null", "true", f'"{SECRET}"', f'{{"id": "{SECRET}"}}', f'{{"data": {{"{SECRET}": 1}}}}'),
    f'{{"data": [{{"{SECRET}": 1}}, "{SECRET}"]}}',
    f'{{"packages": {{"{SECRET}": 5}}, "created_at": "{SECRET}", "networking": {{"{SECRET}": [1]}}, "id": ["x"]}}',
    *(f'{{"skills": ["{SECRET}"], "status": {{"{SECRET}": 1}}}}', "[" * 500 + f'"{SECRET}"' + "]" * 500),
]


@pytest.mark.parametrize("body", WRONG_SHAPES)
def test_the_error_of_a_response_of_the_wrong_shape_names_the_call_and_no_content(
    server: DevServer, client: aod.Client, control: Callable[..., Any], body: str
) -> None:
    effect = {"status": {"status": 200, "headers": {"content-type": "application/json"}, "body": body}}
    control("POST", "fault", {"path": "*", "times": None, "effect": effect})
    calls: dict[str, Callable[[Any], Any]] = {
        "GET /agents": lambda each: each.agents.list(),
        "POST /agents": lambda each: each.agents.create(name="a", model="m"),
        f"GET /agents/{UNKNOWN_ID}": lambda each: each.agents.get(UNKNOWN_ID),
        "GET /agents/a%2Fb%20c": lambda each: each.agents.get("a/b c"),
        f"PUT /environments/{UNKNOWN_ID}": lambda each: each.environments.update(UNKNOWN_ID, version=1),
        f"GET /environments/{UNKNOWN_ID}/versions": lambda each: each.environments.versions(UNKNOWN_ID),
        "POST /sessions": lambda each: each.sessions.create(agent_id=UNKNOWN_ID, prompt="p"),
        f"GET /sessions/{UNKNOWN_ID}/turns": lambda each: each.sessions.turns(UNKNOWN_ID),
        **({} if body.startswith("{") else {"GET /health": lambda each: each.health()}),
    }

    async def fail(call: Callable[[Any], Any]) -> aod.DecodeError:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
            with pytest.raises(aod.DecodeError) as caught:
                await call(aclient)
            return caught.value

    for request, call in calls.items():
        with pytest.raises(aod.DecodeError) as caught:
            call(client)
        method, path = request.split(" ", 1)
        for error in (caught.value, asyncio.run(fail(call))):
            assert str(error).startswith(f"{method} {server.url}{path} -> "), str(error)
            assert SECRET not in str(error) and str(error).isprintable()
            assert error.__cause__ is None and error.__context__ is None


def test_the_error_of_a_response_of_the_wrong_shape_names_the_fields(
    client: aod.Client, control: Callable[..., Any]
) -> None:
    body = '{"id": 5, "networking": {}, "created_at": "no", "packages": 7, "version": 1, "name": "e"}'
    effect = {"status": {"status": 200, "headers": {"content-type": "application/json"}, "body": body}}
    control("POST", "fault", {"path": "*", "times": None, "effect": effect})
    with pytest.raises(aod.DecodeError) as caught:
        client.environments.get(UNKNOWN_ID)
    problems = "has an unexpected value at `id`, lacks `networking.type`, has an unexpected value at `created_at`"
    assert str(caught.value).endswith(f" -> the response {problems}")


LONG_TEXTS = [
    "\U000e0001" * 2048,
    "\u202e" * 2048,
    "\x1b" * 4000,
    "\\" * 4000,
    "'\"" * 4000,
    "\u00e9" * 4000,
    "x" * 4000,
]


@pytest.mark.parametrize("text", LONG_TEXTS, ids=ascii)
@pytest.mark.parametrize("form", ["text", "list", "location", "many"])
def test_the_text_of_an_error_is_bounded_after_it_is_escaped(
    client: aod.Client, control: Callable[..., Any], text: str, form: str
) -> None:
    detail: Any = text
    if form != "text":
        entry = {"loc": ["body", text], "msg": "m"} if form == "location" else {"loc": ["body"], "msg": text}
        detail = [{"type": "x", **entry}] * (300 if form == "many" else 1)
    body = json.dumps({"detail": detail}, ensure_ascii=False)
    effect = {"status": {"status": 422, "headers": {"content-type": "application/json"}, "body": body}}
    control("POST", "fault", {"path": "/agents", "effect": effect})
    with pytest.raises(aod.ValidationError) as caught:
        client.agents.list()
    with pytest.raises(aod.ValidationError) as other:
        aod.errors.raise_for_status(422, {"detail": detail}, "GET", caught.value.url)
    assert other.value.detail == detail
    for error in (caught.value, other.value):
        shown = str(error).removeprefix(f"GET {error.url} -> 422: ").removesuffix(" (the response body is incomplete)")
        assert 500 < len(shown.encode()) <= 2048 and "…" in shown
        assert shown.isprintable()


@pytest.mark.parametrize("name", ["on_created", "on_event", "on_change"])
def test_an_exception_of_a_callback_has_the_frames_of_the_program(
    server: DevServer, client: aod.Client, name: str
) -> None:
    agent = client.agents.create(name="a", model="claude-sonnet-4-6", runtime="claude")

    def fail_inside(argument: object) -> None:
        raise KeyError(type(argument).__name__)

    def fail(argument: object) -> None:
        fail_inside(argument)

    async def fail_later(argument: object) -> None:
        await asyncio.sleep(0)
        fail_inside(argument)

    async def run_async(callback: Any) -> None:
        async with aod.AsyncClient(base_url=server.url, token=server.token) as aclient:
            options: Any = {name: callback}
            await aclient.sessions.run(agent_id=agent.id, prompt="hi", **options)

    def functions(run: Callable[[], object]) -> list[str]:
        with pytest.raises(KeyError) as caught:
            run()
        frames = traceback.extract_tb(caught.value.__traceback__)
        # Of this package, only those that hold no request and no response.
        package = Path(aod.__file__).parent
        inner = {frame.name for frame in frames if Path(frame.filename).is_relative_to(package)}
        assert inner == {"call", "_raise"}
        return [frame.name for frame in frames]

    options: Any = {name: fail}
    run = functions(lambda: client.sessions.run(agent_id=agent.id, prompt="hi", **options))
    assert run[-2:] == ["fail", "fail_inside"]
    for callback in (fail, fail_later):
        run = functions(partial(asyncio.run, run_async(callback)))
        assert run[-2:] == [callback.__name__, "fail_inside"]
