"""The spans of a turn, with the attributes of OpenTelemetry for generative AI. They contain no text of the agent."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from .._tracing import active, is_imported, record_error, start_span

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from ..transcript import AgentInfo, Change, Message, Notice, Plan, RuntimeEvent, Text, Thinking, ToolCall, TurnEnded

_PROVIDERS: Final = {
    "claude": "anthropic",
    "claude-oauth": "anthropic",
    "codex": "openai",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
}
"""The names of providers in OpenTelemetry by runtime or provider, if they differ."""


class TurnSpans:
    """The span of a turn, and those of its tool calls that have not ended."""

    def __init__(self, turn: Span) -> None:
        """Create the spans of a turn, whose own span has started."""
        self._turn = turn
        self._tools: dict[str, Span] = {}
        self._ended: TurnEnded | None = None

    def record(self, change: Change) -> None:
        """Record a change of the transcript."""
        if change.type == "agent_updated":
            self._record_agent(change.agent)
        elif change.type == "item_added":
            if change.item.kind == "tool_call":
                self._start_tool(change.item)
            self._end_tool(change.item)
        elif change.type == "item_updated":
            self._end_tool(change.item)
        elif change.type == "turn_ended":
            self._ended = change
        elif change.type == "history_reset":
            # The items of the next history have the same ids.
            self._end_tools()

    def end(self) -> None:
        """End the spans of the tool calls, and record the end of the last turn that was followed."""
        self._end_tools()
        if self._ended is not None:
            self._record_end(self._ended)

    def _end_tools(self) -> None:
        for span in self._tools.values():
            span.end()
        self._tools.clear()

    def _record_agent(self, agent: AgentInfo) -> None:
        self._turn.set_attribute("gen_ai.provider.name", _PROVIDERS.get(agent.runtime, agent.runtime))
        if agent.model is not None:
            self._turn.set_attribute("gen_ai.request.model", agent.model)

    def _start_tool(self, call: ToolCall) -> None:
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": call.name,
            "gen_ai.tool.call.id": call.id,
        }
        self._tools[call.id] = start_span(f"execute_tool {call.name}", "INTERNAL", attributes, self._turn)

    def _end_tool(self, item: Message | Thinking | ToolCall | Plan | Notice | Text | RuntimeEvent) -> None:
        # The item can change after its end.
        if item.status == "in_progress" or item.id not in self._tools:
            return
        span = self._tools.pop(item.id)
        if item.status != "completed":
            record_error(span, item.status)
        span.end()

    def _record_end(self, end: TurnEnded) -> None:
        attributes: dict[str, int | float | None] = {"aod.turn.number": end.turn}
        if end.usage is not None:
            attributes |= {
                "gen_ai.usage.input_tokens": end.usage.input_tokens,
                "gen_ai.usage.output_tokens": end.usage.output_tokens,
                "gen_ai.usage.cache_read.input_tokens": end.usage.cached_input_tokens,
                "gen_ai.usage.cache_creation.input_tokens": end.usage.cache_write_tokens,
                "aod.usage.cost_usd": end.usage.cost_usd,
            }
        self._turn.set_attributes({name: value for name, value in attributes.items() if value is not None})
        if end.outcome.type not in ("success", "unknown"):
            record_error(self._turn, end.outcome.type)


@contextmanager
def turn_spans(session_id: str) -> Generator[TurnSpans | None]:
    """Make a new span of a turn the active one; its spans are `None` if the program does not record them."""
    if not is_imported():
        yield None
        return
    attributes = {"gen_ai.operation.name": "invoke_agent", "gen_ai.conversation.id": session_id}
    span = start_span("invoke_agent", "CLIENT", attributes)
    with active(span):
        if not span.is_recording():
            yield None
            return
        spans = TurnSpans(span)
        try:
            yield spans
        finally:
            spans.end()
