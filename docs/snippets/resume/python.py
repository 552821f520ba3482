from pathlib import Path

import aod


# region save
def save(session: str, cursor: int, output: str) -> None:
    """Store the session, the position and the output as one value: the old file or the new one, never a part."""
    Path("state.new").write_text(f"{session}\n{cursor}\n{output}", encoding="utf-8", newline="")
    Path("state.new").replace("state")


def load() -> tuple[str, int, str] | None:
    try:
        session, cursor, output = Path("state").read_bytes().decode().split("\n", 2)
    except FileNotFoundError:
        return None
    return session, int(cursor), output


# endregion


def main() -> None:
    with aod.Client() as client:
        # region resume
        if state := load():
            session, cursor, output = state
        else:
            agent = client.agents.ensure(name="reviewer", model="claude-sonnet-4-6", runtime="claude")
            session = str(client.sessions.create(agent_id=agent.id, prompt="Fix the failing test").id)
            cursor, output = 0, ""
            save(session, cursor, output)

        with client.sessions.stream(session, since=cursor) as events:
            for event in events:
                output += event.stdout or ""
                cursor = events.cursor or cursor
                save(session, cursor, output)
                print("saved", event.type, "at", cursor, flush=True)
        # endregion


if __name__ == "__main__":
    main()
