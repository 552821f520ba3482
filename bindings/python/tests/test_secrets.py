"""A server that echoes the whole request in every form: messages, logs, tracebacks and reprs have no secret of it."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pydantic
import pytest
from conftest import http_server, send

import aod
from aod import models
from aod.testing import DevServer

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
MARK = "hunter2"
"""At both ends of each secret, with characters between them that are escaped in some form."""
PROXY_CREDENTIALS = "aHVudGVyMnVzZXI6aHVudGVyMkBwYXNz"
"""The user and the password of the proxy, in Base64."""
FORMS = ["detail", "object", "fields", "string", "nested", "truncated", "text", "encoded", "html", "start"]


def secret(name: str) -> str:
    return f"{MARK}-{name}\"<&>'ü\\u\n/%41+{MARK}"


HEADERS = {"X-Api-Key": f"{MARK}-header\"<&>'\\u/%41+{MARK}", "Cookie": f"a={MARK}cookie; b={MARK}other"}
MCP_SERVERS: list[dict[str, Any]] = [
    {
        "name": "issues",
        "type": "url",
        "url": f"https://ann:{MARK}pw@mcp.example.com/{MARK}-0123456789/?key={MARK}%26key",
        "headers": {"Authorization": f"Bearer {secret('mcp-header')}"},
    },
    {
        "name": "files",
        "type": "stdio",
        "command": "mcp",
        "args": [f"--key={secret('mcp-arg')}"],
        "env": {"KEY": secret("mcp-env")},
    },
]
AGENT: dict[str, Any] = {"name": "a", "model": "m", "runtime": "claude", "mcp_servers": MCP_SERVERS}
ENVIRONMENT: dict[str, Any] = {"name": "e", "env_vars": {"KEY": secret("env")}}
SESSION: dict[str, Any] = {
    "agent_id": UNKNOWN_ID,
    "prompt": "p",
    "secret_env_vars": {"KEY": secret("secret-env")},
    "resources": [
        {
            "type": "github_repository",
            "url": f"https://x:{MARK}pw@github.com/acme/app",
            "authorization_token": secret("repository"),
        }
    ],
}


def options(server: DevServer) -> dict[str, Any]:
    """Return the arguments of a client that reaches the server as a proxy of another one."""
    return {
        "base_url": "http://aod.example.com/api",
        "token": f"aod_{MARK}<&>\"'\\/%41+{MARK}",
        "headers": HEADERS,
        "proxy": f"http://{MARK}user:{MARK}%40pass@{server.url.removeprefix('http://')}",
        "max_retries": 0,
    }


def calls(client: aod.Client) -> list[Callable[[], Any]]:
    return [
        client.agents.list,
        lambda: client.agents.create(**AGENT),
        lambda: client.agents.update(UNKNOWN_ID, version=1, mcp_servers=MCP_SERVERS),
        lambda: client.environments.create(**ENVIRONMENT),
        lambda: client.environments.update(UNKNOWN_ID, version=1, env_vars=ENVIRONMENT["env_vars"]),
        lambda: client.sessions.create(**SESSION),
        lambda: client.sessions.run(**SESSION),
        lambda: list(client.sessions.stream(UNKNOWN_ID, reconnect=False)),
        lambda: list(client.sessions.stream(UNKNOWN_ID, max_attempts=1, base_delay=0.01).pretty()),
    ]


async def async_failures(arguments: dict[str, Any]) -> list[aod.AodError]:
    failures: list[aod.AodError] = []
    async with aod.AsyncClient(**arguments) as client:
        for call in (
            client.agents.create(**AGENT),
            client.environments.create(**ENVIRONMENT),
            client.sessions.create(**SESSION),
            client.sessions.run(**SESSION),
        ):
            try:
                await call
            except aod.AodError as error:
                failures.append(error)
        try:
            async with client.sessions.stream(UNKNOWN_ID, reconnect=False) as events:
                async for _ in events:
                    pass
        except aod.AodError as error:
            failures.append(error)
    return failures


STOP = Exception("a callback ends the stream, which would connect again")


def stop(_: aod.StreamEvent) -> None:
    raise STOP


def failures(arguments: dict[str, Any]) -> list[aod.AodError]:
    """Return the errors of all calls, streams and listeners of a client, sync and async."""
    failures: list[aod.AodError] = []
    with aod.Client(**arguments) as client:
        for call in calls(client):
            try:
                call()
            except aod.AodError as error:
                failures.append(error)
        subscription = client.sessions.listen(UNKNOWN_ID, on_event=stop, on_error=failures.append)
        assert subscription.join(60)
    return failures + asyncio.run(async_failures(arguments))


def texts_of(error: aod.AodError) -> list[str]:
    """Return what a program or a crash reporter shows of an error: also the locals of the frames of the package."""
    restored = pickle.loads(pickle.dumps(error))
    summary = traceback.TracebackException.from_exception(error, capture_locals=True)
    package = str(aod.__path__[0])
    frames = [str(frame.locals) for frame in summary.stack if frame.filename.startswith(package)]
    attributes = {name: value for name, value in vars(error).items() if name != "detail"}
    return [str(error), repr(error), *map(str, error.args), str(restored), repr(restored), str(attributes), *frames]


def assert_no_secret(text: str) -> None:
    for text_of_secret in (MARK, PROXY_CREDENTIALS):
        assert text_of_secret not in text, text[max(0, text.index(text_of_secret) - 100) :][:300]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("status", [401, 404, 407, 409, 422, 429, 500, 200])
def test_no_echo_of_a_request_shows_its_secrets(
    status: int, form: str, server: DevServer, control: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.NOTSET)
    logging.getLogger("aod").setLevel(1)
    control("POST", "fault", {"path": "*/api/*", "times": None, "effect": {"echo": {"status": status, "form": form}}})
    errors = failures(options(server))
    assert len(errors) > 8
    for error in errors:
        if status != 200:
            assert isinstance(error, aod.AodHTTPError) and error.status_code == status
        for text in texts_of(error):
            assert_no_secret(text)
        assert error.__cause__ in (None, STOP) and error.__context__ in (None, STOP)
    assert_no_secret(caplog.text)
    assert "clear text" in caplog.text


def test_clients_and_models_show_no_secret(server: DevServer) -> None:
    with aod.Client(**options(server)) as client:
        shown = [
            client,
            client.with_options(headers=HEADERS),
            client.sessions,
            client.sessions.stream(UNKNOWN_ID),
            aod.McpServerUrl(**MCP_SERVERS[0]),
            aod.McpServerStdio(**MCP_SERVERS[1]),
            aod.GithubRepoResource(**SESSION["resources"][0]),
            [aod.McpServer.model_validate(server) for server in MCP_SERVERS],
        ]
        for value in shown:
            assert_no_secret(f"{value!r} {value}")


@pytest.mark.parametrize(
    "setting",
    [
        {"base_url": f"http://ann:{MARK}@h"},
        {"base_url": f"{MARK}://h"},
        {"base_url": f"http://h/?{MARK}"},
        {"proxy": f"::{MARK}"},
        {"proxy": f"ftp://u:{MARK}@h"},
        {"token": f"{MARK}\n"},
        {"headers": {"X-Key": f"{MARK}\n"}},
        {"headers": {f"{MARK} x": "y"}},
        {"ca_certificate": MARK},
        {"client_certificate": MARK},
    ],
)
def test_the_error_of_a_malformed_setting_does_not_repeat_it(setting: dict[str, Any], server: DevServer) -> None:
    with pytest.raises(ValueError) as caught:
        aod.Client(**{**options(server), **setting})
    summary = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    package = str(aod.__path__[0])
    assert_no_secret(f"{caught.value!r} {[str(f.locals) for f in summary.stack if f.filename.startswith(package)]}")
    assert caught.value.__context__ is None


TIME = "2026-01-01T00:00:00Z"
LEAST: dict[str, dict[str, Any]] = {
    "Agent": {"id": UNKNOWN_ID, "name": "n", "model": "m", "version": 1, "created_at": TIME, "updated_at": TIME},
    "AgentVersion": {"id": UNKNOWN_ID, "name": "n", "model": "m", "version": 1, "created_at": TIME},
    "Environment": {
        "id": UNKNOWN_ID,
        "name": "n",
        "version": 1,
        "networking": {"type": "limited"},
        "created_at": TIME,
        "updated_at": TIME,
    },
    "EnvironmentVersion": {
        "id": UNKNOWN_ID,
        "name": "n",
        "version": 1,
        "networking": {"type": "limited"},
        "created_at": TIME,
    },
    "GithubRepoResource": {"url": "https://github.com/a/b"},
    "GithubSkill": {"source": "a/b", "description": "d"},
    "InlineSkill": {"name": "n", "description": "d", "content": "c"},
    "McpServer": {"name": "n"},
    "McpServerStdio": {"name": "n", "command": "c"},
    "McpServerUrl": {"name": "n", "url": "u"},
    "Networking": {"type": "limited"},
    "Session": {"id": UNKNOWN_ID, "status": "running", "created_at": TIME, "updated_at": TIME},
    "SessionAck": {"id": UNKNOWN_ID, "status": "running"},
    "SessionResource": {"type": "github_repository", "url": "https://github.com/a/b"},
    "SessionTurn": {"turn_number": 1, "prompt": "p", "status": "running", "created_at": TIME},
    "UnknownMcpServer": {"name": "n", "raw": 1},
}
"""The required fields of each model, by its name."""
UNKNOWN_FIELDS: dict[str, Any] = {
    "added_later": secret("field"),
    "env_vars": {"KEY": secret("nested")},
    f"name_{MARK}": [secret("element")],
}


def texts_of_model(model: Any) -> str:
    pretty = [part for part in model.__pretty__(str) if isinstance(part, str)]
    return f"{model!r} {model} {[model]} {pretty} {list(model.__rich_repr__())}"


def test_every_model_is_in_the_table() -> None:
    classes = {name: getattr(models, name) for name in models.__all__}
    found = {name for name, cls in classes.items() if isinstance(cls, type) and issubclass(cls, pydantic.BaseModel)}
    assert found - {"RunResult"} == set(LEAST)
    assert not models.RunResult.model_config.get("extra")


@pytest.mark.parametrize("name", LEAST)
def test_unknown_fields_are_kept_and_not_shown(name: str) -> None:
    cls: type[pydantic.BaseModel] = getattr(aod, name)
    model = cls.model_validate({**LEAST[name], **UNKNOWN_FIELDS})
    assert_no_secret(texts_of_model(model))
    assert repr(model).startswith(f"{name}(")
    assert model.__pydantic_extra__ == UNKNOWN_FIELDS
    assert pickle.loads(pickle.dumps(model)) == model
    if name == "Session":
        assert_no_secret(texts_of_model(aod.RunResult.model_validate({"session": model})))


@pytest.mark.parametrize("name", LEAST)
def test_values_of_an_unexpected_type_are_not_shown(name: str) -> None:
    cls: type[pydantic.BaseModel] = getattr(aod, name)
    odd = {"KEY": {"a": secret("value")}}
    for field in cls.model_fields:
        if field in ("metadata", "raw"):
            continue  # these are any JSON
        model = cls.model_construct(**{**LEAST[name], field: odd})
        assert_no_secret(texts_of_model(model))
        assert getattr(model, field) is odd
    with pytest.raises(pydantic.ValidationError) as caught:
        cls.model_validate({next(iter(cls.model_fields)): odd})
    assert_no_secret(f"{caught.value!r} {caught.value}")


def test_unknown_fields_of_skills_are_not_shown() -> None:
    skill = {"type": "github", "source": "a/b", "description": "d", "authorization_token": secret("skill")}
    agent = aod.Agent.model_validate({**LEAST["Agent"], "skills": [skill]})
    assert agent.skills == [skill]
    assert "'source': 'a/b'" in repr(agent)
    assert_no_secret(texts_of_model(agent))


def test_user_information_in_the_url_of_a_repository_is_not_shown() -> None:
    url = f"https://x:{MARK}@github.com/a/b"
    for model in (aod.SessionResource(type="github_repository", url=url), aod.GithubRepoResource(url=url)):
        assert "https://github.com/a/b" in repr(model)
        assert_no_secret(texts_of_model(model))


ODD_SERVERS: list[Any] = [
    {"type": "stdio", "args": [secret("args")], "env": {"KEY": secret("env")}},
    {"name": "odd", "type": "url", "url": "u", "headers": secret("headers"), "later": None},
    {"name": "odd", "type": "stdio", "command": ["mcp", secret("command")]},
    {"name": {"KEY": secret("name")}, "type": 5},
    secret("text"),
    [secret("element")],
    7,
    None,
]


@pytest.mark.parametrize("description", ["d", {"KEY": secret("description")}])
def test_an_entry_that_has_not_the_form_of_an_mcp_server_is_kept_and_not_shown(description: Any) -> None:
    sent = {**LEAST["Agent"], "description": description, "mcp_servers": [*MCP_SERVERS, *ODD_SERVERS]}
    bodies: list[Any] = []

    def respond(handler: BaseHTTPRequestHandler, request: str) -> None:
        if request.startswith("PUT"):
            bodies.append(json.loads(request.splitlines()[-1]))
        send(handler, 200, "application/json", json.dumps(sent).encode())

    with http_server(respond) as url, aod.Client(base_url=url, token="t") as client:
        agent, again = client.agents.get(UNKNOWN_ID), client.agents.get(UNKNOWN_ID)
        client.agents.update(UNKNOWN_ID, version=1, mcp_servers=agent.mcp_servers)

    known, odd = agent.mcp_servers[:2], agent.mcp_servers[2:]
    assert [type(server) for server in known] == [aod.McpServer, aod.McpServer]
    assert all(isinstance(server, aod.UnknownMcpServer) for server in odd)
    assert [server.raw for server in odd if isinstance(server, aod.UnknownMcpServer)] == ODD_SERVERS
    assert [(server.name, server.type) for server in odd] == [
        *(("", "stdio"), ("odd", "url"), ("odd", "stdio")),
        *[("", "")] * 5,
    ]
    assert odd[0].args is None and odd[1].url is None
    assert_no_secret(texts_of_model(agent) + "".join(map(texts_of_model, agent.mcp_servers)))

    assert agent == again and agent.mcp_servers[2] != agent.mcp_servers[3]
    for twin in (pickle.loads(pickle.dumps(agent)), copy.deepcopy(agent)):
        assert twin == agent and twin.mcp_servers[2:] == odd
    if isinstance(description, str):  # pydantic warns of fields of an unexpected type
        dumped, text = agent.model_dump(), agent.model_dump_json()
        assert dumped["mcp_servers"][2:] == json.loads(text)["mcp_servers"][2:] == ODD_SERVERS
        assert aod.Agent.model_validate(dumped) == aod.Agent.model_validate_json(text) == agent
    assert [server.model_dump() for server in odd] == ODD_SERVERS
    assert [body["mcp_servers"] for body in bodies] == [[*MCP_SERVERS, *ODD_SERVERS]]


@pytest.mark.parametrize("servers", [secret("text"), {"KEY": secret("object")}, 5])
def test_mcp_servers_that_are_not_a_list_are_kept_and_not_shown(servers: Any) -> None:
    body = json.dumps({"data": [{**LEAST["Agent"], "mcp_servers": servers}]}).encode()
    with (
        http_server(lambda handler, _: send(handler, 200, "application/json", body)) as url,
        aod.Client(base_url=url, token="t") as client,
    ):
        (agent,) = client.agents.list()
    assert agent.mcp_servers == servers
    assert_no_secret(texts_of_model(agent))
    # Without a warning of pydantic, which would show the value.
    assert agent.model_dump()["mcp_servers"] == servers


@pytest.mark.parametrize(
    "token", [secret("token").encode(), {"access_token": secret("token")}, secret("token") + "\ud800"]
)
@pytest.mark.parametrize("is_async", [False, True])
def test_the_error_of_a_token_provider_does_not_show_what_it_returned(token: Any, is_async: bool) -> None:
    async def provide(rejected: str | None) -> Any:
        return token

    async def main() -> None:
        async with aod.AsyncClient(base_url="http://127.0.0.1:1", token_provider=provide) as client:
            await client.agents.list()

    with pytest.raises(aod.TokenProviderError) as caught:
        if is_async:
            asyncio.run(main())
        else:
            with aod.Client(base_url="http://127.0.0.1:1", token_provider=lambda _: token) as client:
                client.agents.list()
    cause = caught.value.__cause__
    assert isinstance(cause, TypeError if not isinstance(token, str) else ValueError)
    assert cause.__context__ is None
    summary = traceback.TracebackException.from_exception(cause, capture_locals=True)
    assert_no_secret("".join(summary.format(chain=True)))


def test_the_traceback_of_an_exception_of_on_state_does_not_show_a_response() -> None:
    requests: list[str] = []

    def respond(handler: BaseHTTPRequestHandler, request: str) -> None:
        requests.append(request)
        if len(requests) == 1:
            send(handler, 200, "text/event-stream", b'id: 1\ndata: {"type": "output", "id": 1, "data": "x"}\n\n')
        else:
            send(handler, 503, "text/plain", request.encode())

    def fail(state: aod.ConnectionState) -> None:
        if state.cause is not None and "503" in str(state.cause):
            raise KeyError("planned")

    with (
        http_server(respond) as url,
        aod.Client(base_url=url, token=f"aod_{MARK}") as client,
        pytest.raises(KeyError) as caught,
    ):
        list(client.sessions.stream(UNKNOWN_ID, base_delay=0, on_state=fail))
    assert MARK in requests[0]
    summary = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    package = str(aod.__path__[0])
    frames = [str(frame.locals) for frame in summary.stack if frame.filename.startswith(package)]
    assert frames
    assert_no_secret("".join(frames))
