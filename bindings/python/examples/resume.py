"""Resume a stream from a stored position, as after a restart of the program.

Set AOD_API_URL and AOD_API_TOKEN.
"""

import json
import tempfile
from pathlib import Path

import aod


def main() -> None:
    """Read a part of a stream, store its cursor and its turn, and read the rest from there."""
    with aod.Client() as client, tempfile.TemporaryDirectory() as folder:
        agent = client.agents.create(name="resumer", model="claude-sonnet-4-6", runtime="claude")
        session = client.sessions.create(agent_id=agent.id, prompt="Fix the failing test")
        checkpoint = Path(folder, "checkpoint.json")

        with client.sessions.stream(session.id) as events:
            for event in events:
                print(f"first part: {event.type} {event.id}")
                if event.type == "output":
                    # Everything up to here has been processed.
                    position = {"cursor": events.cursor, "turn": event.turn}
                    checkpoint.write_text(json.dumps(position), encoding="utf-8")
                    break

        # Another process can do this, even days later.
        position = json.loads(checkpoint.read_text(encoding="utf-8"))
        with client.sessions.stream(session.id, since=position["cursor"]) as events:
            for event in events:
                # The server sends these again, as a new stream does not know that they were delivered.
                if event.type == "start" or (event.type == "turn_start" and event.turn == position["turn"]):
                    continue
                print(f"second part: {event.type} {event.id}")


if __name__ == "__main__":
    main()
