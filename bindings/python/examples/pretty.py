"""Show a session as human-readable lines that fit the terminal.

Set AOD_API_URL and AOD_API_TOKEN.
"""

import shutil

import aod
from aod.pretty import formatter_for


def main() -> None:
    """Show a session with options, and output that comes from elsewhere."""
    with aod.Client() as client:
        agent = client.agents.create(name="writer", model="claude-sonnet-4-6", runtime="claude")
        session = client.sessions.create(agent_id=agent.id, prompt="Write a haiku about tests")

        # The session's first event says which runtime's output this is.
        columns = shutil.get_terminal_size().columns
        with client.sessions.stream(session.id) as events:
            for line in events.pretty(plain=True, width=columns, color="auto", show_tool_results=True):
                print(line)

    # A formatter also takes text, cut anywhere, such as the output of a local `codex exec --json`.
    formatter = formatter_for("codex", plain=True)
    output = '{"type": "item.completed", "item": {"type": "agent_message", "text": "All tests pass."}}\n'
    for line in (*formatter.feed(output), *formatter.flush()):
        print(line)


if __name__ == "__main__":
    main()
