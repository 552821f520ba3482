"""Show a session live in a browser, with follow-up prompts and interrupts.

Run `pip install "fastapi>=0.135" uvicorn`, then `python app.py`. Set AOD_API_URL and AOD_API_TOKEN; without
AOD_API_URL, the app starts a development server. There is no login: the app is for the machine that it runs on.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import uvicorn
from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.responses import FileResponse, JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field
from starlette.middleware.trustedhost import TrustedHostMiddleware

import aod
from aod.testing import DevServer
from aod.transcript import Change, Transcript

AGENT = "web-example"
PAGE = Path(__file__).with_name("page.html")

# The page inserts what agents and users wrote as text, never as HTML. With this policy, the browser enforces that.
POLICY = (
    "default-src 'none'; connect-src 'self'; img-src data:; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)

logger = logging.getLogger("uvicorn.error")


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, aod.AsyncClient]]:
    """Provide the client, and a development server if no other server is set."""
    with ExitStack() as stack:
        url = token = None
        if "AOD_API_URL" not in os.environ:
            server = stack.enter_context(DevServer(generation="2026-06-25"))
            url, token = server.url, server.token
        async with aod.AsyncClient(base_url=url, token=token) as client:
            yield {"client": client}


def get_client(request: Request) -> aod.AsyncClient:
    """Return the client of the app."""
    client: aod.AsyncClient = request.state.client
    return client


Client = Annotated[aod.AsyncClient, Depends(get_client)]

app = FastAPI(title="Agent session", lifespan=lifespan)
# Against DNS rebinding: other sites cannot reach the app through a host name that resolves to this machine.
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])


class Prompt(BaseModel):
    """What the user asks the agent to do."""

    prompt: str = Field(min_length=1)


class Position(NamedTuple):
    """The position of a change: the id of its message to the browser.

    `cursor` is the position after the last output of the agent, and `number` counts the changes since then, from 1. A
    change has the same position each time that the session is read. The ids of events do not have this property: the
    end of a turn comes from the event that ends the stream or, in a later stream, from the start of the next turn.
    """

    cursor: int
    number: int

    def __str__(self) -> str:
        """Return the text that `parse` reads."""
        return f"{self.cursor}.{self.number}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """Read the text of a position."""
        cursor, number = text.split(".")
        return cls(int(cursor), int(number))


PositionText = r"^\d{1,18}\.\d{1,18}$"


@app.get("/")
@app.get("/sessions/{session_id}")
def page() -> FileResponse:
    """Return the page."""
    return FileResponse(PAGE, headers={"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"})


@app.post("/api/sessions", status_code=201)
async def start(body: Prompt, client: Client) -> dict[str, UUID]:
    """Start a session."""
    agent = await find_agent(client)
    ack = await client.sessions.create(agent_id=agent.id, prompt=body.prompt)
    return {"id": ack.id}


@app.post("/api/sessions/{session_id}/prompt", status_code=202)
async def prompt(session_id: UUID, body: Prompt, client: Client) -> None:
    """Start the next turn of a session."""
    await client.sessions.prompt(session_id, prompt=body.prompt)


@app.post("/api/sessions/{session_id}/interrupt", status_code=202)
async def interrupt(session_id: UUID, client: Client) -> None:
    """Stop the active turn of a session."""
    await client.sessions.interrupt(session_id)


@app.get("/api/sessions/{session_id}/events", response_class=EventSourceResponse)
async def events(
    session_id: UUID,
    client: Client,
    after: Annotated[str | None, Query(pattern=PositionText)] = None,
    last_event_id: Annotated[str | None, Header(pattern=PositionText)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Send the changes of a session's transcript after a position, until its turn has ended.

    The browser sends `Last-Event-ID` when it reconnects. The page sends `after` when it follows the next turn.
    """
    position = last_event_id or after
    messages: asyncio.Queue[ServerSentEvent | None] = asyncio.Queue()
    reader = asyncio.create_task(
        read(client, session_id, Position.parse(position) if position else Position(0, 0), messages)
    )
    try:
        while (message := await messages.get()) is not None:
            yield message
            messages.task_done()
    finally:
        # Also if the browser has disconnected: this closes the stream.
        reader.cancel()


async def read(
    client: aod.AsyncClient,
    session_id: UUID,
    after: Position,
    messages: asyncio.Queue[ServerSentEvent | None],
) -> None:
    """Put the messages for the browser into a queue, and `None` at the end.

    The session is read from its beginning, and what the browser has is left out: a change can depend on all events
    before it, for example on a half of a line. This needs no memory of earlier connections, so it also works after a
    restart. An app with very long sessions would store `Transcript.snapshot()`, and read from there with `since`.
    """

    def put(event: str, data: Any, id: Position | None = None) -> None:
        messages.put_nowait(ServerSentEvent(event=event, data=data, id=None if id is None else str(id), retry=1000))

    def on_state(state: aod.ConnectionState) -> None:
        put("connection", {"state": state.kind})

    try:
        async with client.sessions.stream(session_id, resume_stale=True, on_state=on_state) as stream:
            turns = await client.sessions.turns(session_id)
            put("turns", describe_turns(turns))
            transcript = Transcript()
            position = Position(0, 0)
            async for event in stream:  # `stream.transcript()` has the same changes, without their events
                if event.type == "output" and event.cursor is not None:
                    position = Position(event.cursor, 0)
                for change in transcript.apply(event):
                    position = Position(position.cursor, position.number + 1)
                    if position <= after:
                        continue
                    if change.type == "turn_started" and change.turn > len(turns):
                        turns = await client.sessions.turns(session_id)
                        put("turns", describe_turns(turns))
                    put("change", describe_change(change, transcript), position)
                    await messages.join()  # a slow browser slows down the stream, instead of filling the queue
        session = await client.sessions.get(session_id)
        put("turns", describe_turns(await client.sessions.turns(session_id)))
        put("end", {"status": session.status})
    except aod.AodError as error:
        logger.warning("The stream of session %s failed: %s", session_id, error)
        put("failed", describe_error(error)[1])
    finally:
        messages.put_nowait(None)


def describe_turns(turns: list[aod.SessionTurn]) -> list[dict[str, Any]]:
    """Return what a transcript does not have: the prompts, and which turns were interrupted."""
    return [{"number": turn.turn_number, "prompt": turn.prompt, "status": turn.status} for turn in turns]


def describe_change(change: Change, transcript: Transcript) -> dict[str, Any]:
    """Return a change as JSON, without the raw output, which the page does not show."""
    data = change.model_dump(mode="json", exclude={"item": {"raw", "raw_cut", "events", "runtime_id"}})
    if change.type == "turn_ended" and transcript.usage is not None:
        data["total"] = transcript.usage.model_dump(mode="json")
    return data


@app.exception_handler(aod.AodError)
async def refuse(request: Request, error: aod.AodError) -> JSONResponse:
    """Respond to a call that the Agent on Demand server refused, or that did not reach it."""
    logger.warning("%s %s failed: %s", request.method, request.url.path, error)
    status, text = describe_error(error)
    return JSONResponse({"detail": text}, status)


def describe_error(error: aod.AodError) -> tuple[int, str]:
    """Return a status and a text for the user. The text of the error can repeat a response; it is for the log only."""
    match error:
        case aod.UnsupportedError():
            return 501, "This server cannot interrupt a turn."
        case aod.NotFoundError():
            return 404, "This session does not exist."
        case aod.ConflictError(reason="no_active_turn"):
            return 409, "The turn has already ended."
        case aod.ConflictError(reason="running" | "pending"):
            return 409, "The agent is still working."
        case aod.ConflictError():
            return 409, "The session does not accept this any more."
        case aod.RateLimitError():
            return 429, "Too many sessions are active. Try again later."
        case _:
            return 502, "The Agent on Demand server did not respond as expected. The log of this app has the details."


async def find_agent(client: aod.AsyncClient) -> aod.Agent:
    """Return the agent of an earlier run, or create it."""
    for agent in await client.agents.list():
        if agent.name == AGENT and agent.archived_at is None:
            return agent
    variants = [
        ("claude-sonnet-4-6", "anthropic", None),
        ("anthropic/claude-sonnet-4-6", None, "claude"),  # servers before 2026-06-25
        ("claude-sonnet-4-6", None, "claude"),  # servers before 2026-04-30
    ]
    while True:
        model, provider, runtime = variants.pop(0)
        try:
            return await client.agents.create(name=AGENT, model=model, provider=provider, runtime=runtime)
        except aod.ValidationError:
            if not variants:
                raise


if __name__ == "__main__":
    # Connections that are open would delay the exit.
    uvicorn.run(app, port=int(os.environ.get("PORT", "8000")), timeout_graceful_shutdown=1)
