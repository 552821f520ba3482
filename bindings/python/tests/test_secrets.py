"""A server that echoes the whole request in every form: messages, logs, tracebacks and reprs have no secret of it."""

from __future__ import annotations

import asyncio
import logging
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import pytest

import aod
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
