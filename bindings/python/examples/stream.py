"""Stream the events of a session.

The stream reconnects by itself and ends after the event that ends the turn. Set AOD_API_URL and AOD_API_TOKEN.
"""

import aod


def main() -> None:
    """Start a session and print its events."""
    with aod.Client() as client:
        agent = client.agents.create(name="streamer", model="claude-sonnet-4-6", runtime="claude")
        session = client.sessions.create(agent_id=agent.id, prompt="List the files")

        with client.sessions.stream(session.id, deadline=600) as events:
            for event in events:
                if event.type == "stage":
                    print(f"stage {event.stage}: {event.extra.get('state')}")
                elif event.type == "turn_start":
                    print(f"turn {event.turn} starts")
                elif event.type == "output":
                    print(f"{event.extra.get('stream')}: {len(event.text or '')} characters")
                elif event.is_terminal:
                    print(f"ended with {event.type}, exit code {event.exit_code}")


if __name__ == "__main__":
    main()
