"""Reads the events of a turn that is followed: which of them belong to it, and how they change its transcript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..events import StreamEvent

if TYPE_CHECKING:
    from ..transcript import Change, Transcript
    from ._turn_spans import TurnSpans


class TurnReader:
    """Selects the events of a turn, and returns the changes that they make in the transcript of the session."""

    def __init__(self, turn: int | None, spans: TurnSpans | None = None, *, returns_changes: bool = False) -> None:
        """Create a reader, which builds a transcript only if it is needed.

        Args:
            turn: The number of the turn; `None` for all events until the terminal event.
            spans: What records the changes in spans, if anything.
            returns_changes: Whether `apply` and `finish` have to return changes.
        """
        self._turn = turn
        self._spans = spans
        self._transcript = _new_transcript() if returns_changes or spans is not None else None

    def includes(self, event: StreamEvent) -> bool:
        """Return whether an event belongs to the turn, or to no turn. Stages, which have none, belong to the first."""
        if self._turn is None or event.turn is not None:
            return self._turn in (None, event.turn)
        return self._turn == 1 or event.type != "stage"

    def apply(self, event: StreamEvent) -> list[Change]:
        """Apply an event of any turn, and return the changes of the turn and of the agent."""
        if self._transcript is None:
            return []
        return self._own(self._transcript._apply(event, self._turn))  # pyright: ignore[reportPrivateUsage]

    def finish(self) -> list[Change]:
        """End the transcript, if no event has ended it, and return the changes."""
        if self._transcript is None:
            return []
        return self._own(self._transcript._finish(self._turn))  # pyright: ignore[reportPrivateUsage]

    def _own(self, changes: list[Change]) -> list[Change]:
        own = [
            change
            for change in changes
            if change.type == "agent_updated" or change.type == "history_reset" or self._turn in (None, change.turn)
        ]
        if self._spans is not None:
            for change in own:
                self._spans.record(change)
        return own


def _new_transcript() -> Transcript:
    # Imported here because most programs do not need it.
    from ..transcript import Transcript

    return Transcript()
