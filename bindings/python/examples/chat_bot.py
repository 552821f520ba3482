"""Answer the messages of several conversations, with a session for each, also after a restart of the bot.

Set AOD_API_URL and AOD_API_TOKEN.
"""

import json
import tempfile
from pathlib import Path

import aod
from aod.transcript import Change


class Bot:
    """A chat bot that stores the id of the session of each conversation."""

    def __init__(self, client: aod.Client, file: Path) -> None:
        """Continue the conversations that are stored in a file, if it exists."""
        self._client = client
        self._agent = client.agents.ensure(name="chat-bot", model="claude-sonnet-4-6", runtime="claude")
        self._file = file
        self._sessions: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}

    def answer(self, conversation: str, message: str) -> str:
        """Send a message to the agent of a conversation, and return the answer."""

        def on_created(ack: aod.SessionAck) -> None:
            # Before the answer: a bot that is killed now finds the session after its restart.
            self._sessions[conversation] = str(ack.id)
            self._file.write_text(json.dumps(self._sessions), encoding="utf-8")

        def on_change(change: Change) -> None:
            # Here, a bot edits its message: `text_appended` has the text by which the answer grows.
            if change.type == "item_added" and change.item.kind == "tool_call":
                print(f"{conversation}: the agent uses {change.item.name}")

        if session_id := self._sessions.get(conversation):
            try:
                # A turn that still runs, for example since before a restart, is waited for.
                result = self._client.sessions.ask(session_id, prompt=message, wait=True, on_change=on_change)
                return self._text(result)
            except aod.NotFoundError:
                pass  # the session was deleted
            except aod.ConflictError as error:
                if error.reason not in ("failed", "terminated", "backend_gone"):
                    raise
        result = self._client.sessions.run(
            agent_id=self._agent.id, prompt=message, on_created=on_created, on_change=on_change, wait_for_quota=True
        )
        return self._text(result)

    @staticmethod
    def _text(result: aod.RunResult) -> str:
        return result.text or f"The agent gave no answer: its session is {result.session.status}."


def main() -> None:
    """Answer messages, restart the bot, and answer another one."""
    with aod.Client() as client, tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "conversations.json")
        bot = Bot(client, file)
        print("ann:", bot.answer("ann", "Count the tests"))
        print("bob:", bot.answer("bob", "Which of them are slow?"))

        bot = Bot(client, file)
        print("ann:", bot.answer("ann", "And the lines of code?"))
        for session in client.sessions.list():
            print("turns of a session:", session.turn_count)


if __name__ == "__main__":
    main()
