"""Run an agent as a command: show what it does, stop it at Ctrl-C, and exit with its exit code.

Set AOD_API_URL and AOD_API_TOKEN, then run `python command.py Fix the failing test`.
"""

import sys
from uuid import UUID

import aod
from aod.pretty import SessionFormatter


def stop(client: aod.Client, session_id: UUID) -> None:
    """Interrupt the turn, or terminate the session if the server cannot interrupt turns."""
    try:
        client.sessions.interrupt(session_id)
    except aod.UnsupportedError:
        client.sessions.ensure_terminated(session_id)
    except aod.ConflictError:
        pass  # the turn has ended in the meantime


def main() -> int:
    """Run the command, and return its exit code."""
    prompt = " ".join(sys.argv[1:]) or "Run the tests"
    with aod.Client() as client:
        agent = client.agents.ensure(name="command", model="claude-sonnet-4-6", runtime="claude")
        session = client.sessions.create(agent_id=agent.id, prompt=prompt)
        formatter = SessionFormatter(color="auto")
        with client.sessions.stream(session.id, resume_stale=True) as events:
            is_running = True
            while is_running:
                try:
                    for event in events:
                        for line in formatter.consume(event):
                            print(line, flush=True)
                    is_running = False
                except KeyboardInterrupt:
                    # The loop continues with the rest of the output. Press Ctrl-C again if the server does not respond.
                    stop(client, session.id)
        for line in formatter.flush():
            print(line)
        exit_code = client.sessions.get(session.id).exit_code
    return 1 if exit_code is None else exit_code


if __name__ == "__main__":
    sys.exit(main())
