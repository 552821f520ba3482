"""Reads the events of a turn that is followed: which of them belong to it, and how they change its transcript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..events import StreamEvent

if TYPE_CHECKING:
    from ..transcript import Change, Transcript
    from ._turn_spans import TurnSpans


class TurnReader:
    """Selects the events of a turn, and returns the changes that they make in the transcript of the session.

    Attributes:
        needs_earlier_turns: Whether the stream must have the events before the turn too.
    """

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
        # The transcript is made from earlier turns too: Codex reports the usage of all turns together. Stages, which
        # precede the first turn, belong to it.
        self.needs_earlier_turns = self._transcript is not None or turn == 1

    def includes(self, event: StreamEvent) -> bool:
        """Return whether an event belongs to the turn, as a stream of one turn selects them."""
        turn = self._turn
        if turn in (None, event.turn) or event.type == "start" or event.is_terminal:
            return True
        return turn == 1 and event.turn is None

    def apply(self, event: StreamEvent) -> list[Change]:
        """Apply an event of any turn, and return the changes of the turn and of the agent."""
        if self._transcript is None:
            return []
        return self._own(self._transcript._apply(event, self._turn))  # pyright: ignore[reportPrivateUsage]

    def finish(self) -> list[Change]:
        """End the transcript, if no event has ended it, and return the changes."""
        return [] if self._transcript is None else self._own(self._transcript._finish(self._turn))  # pyright: ignore[reportPrivateUsage]

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
