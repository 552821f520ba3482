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
        selected: The number of the turn that the stream is limited to, if any.
    """

    def __init__(
        self,
        turn: int | None = None,
        spans: TurnSpans | None = None,
        *,
        returns_changes: bool = False,
        reads_all: bool = False,
    ) -> None:
        """Create a reader, which builds a transcript only if it is needed.

        Args:
            turn: The number of the turn; `None` for all events that are followed.
            spans: What records the changes in spans, if anything.
            returns_changes: Whether `apply` and `finish` have to return changes.
            reads_all: Whether the stream must have the events of all turns.
        """
        self._turn = turn
        self._spans = spans
        self._latest_turn = 0
        self._transcript = _new_transcript() if returns_changes or spans is not None else None
        # The transcript is made from earlier turns too: Codex reports the usage of all turns together.
        self.selected = turn if self._transcript is None and not reads_all else None

    def includes(self, event: StreamEvent) -> bool:
        """Return whether an event belongs to the turn, as a stream of one turn selects them."""
        turn = self._turn
        return turn is None or turn == event.turn or event.type == "start" or event.is_terminal

    def apply(self, event: StreamEvent) -> list[Change]:
        """Apply an event of any turn, and return the changes of the turn and of the agent."""
        if self._transcript is None:
            return []
        changes: list[Change] = []
        if event.is_terminal and self._turn is not None and self._latest_turn < self._turn:
            # The server announces a turn only before its first output.
            changes += self._transcript.apply(StreamEvent(type="turn_start", extra={"turn": self._turn}))
        changes += self._transcript.apply(event)
        return self._own(changes)

    def finish(self) -> list[Change]:
        """End the transcript, if no terminal event has ended it, and return the changes."""
        return [] if self._transcript is None else self._own(self._transcript.finish())

    def _own(self, changes: list[Change]) -> list[Change]:
        own: list[Change] = []
        for change in changes:
            if change.type == "agent_updated":
                own.append(change)
                continue
            if change.type == "history_reset":
                own.append(change)
                self._latest_turn = 0
                continue
            self._latest_turn = change.turn
            if self._turn in (None, change.turn):
                own.append(change)
        if self._spans is not None:
            for change in own:
                self._spans.record(change)
        return own


def _new_transcript() -> Transcript:
    # Imported here because most programs do not need it.
    from ..transcript import Transcript

    return Transcript()
