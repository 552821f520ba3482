import sys

import aod


def main() -> None:
    with aod.Client() as client:
        agent = client.agents.ensure(name="reviewer", model="claude-sonnet-4-6", runtime="claude")
        session = client.sessions.create(agent_id=agent.id, prompt="Fix the failing test")

        # region events
        with client.sessions.stream(session.id) as events:
            for event in events:
                if event.type == "stage":
                    print(f"{event.stage_label}: {event.state}")
                elif event.type == "turn_start":
                    print("turn", event.turn)
                elif event.type == "output":
                    print(event.text, end="")
                elif event.type == "exit":
                    print("exit code", event.exit_code)
                else:
                    print(event.type)
        # endregion

        # region options
        events = client.sessions.stream(
            session.id,
            deadline=3600,
            resume_stale=True,
            on_state=lambda state: print("connection:", state.kind, file=sys.stderr),
        )
        # endregion
        with events:
            for _ in events:
                pass


if __name__ == "__main__":
    main()
