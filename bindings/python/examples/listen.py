"""Receive a session's events in callbacks while the program does something else.

Set AOD_API_URL and AOD_API_TOKEN.
"""

import time

import aod


def on_event(event: aod.StreamEvent) -> None:
    """Handle an event, on the subscription's own thread."""
    print(f"event {event.type}")


def main() -> None:
    """Start a session and subscribe to its events."""
    with aod.Client() as client:
        agent = client.agents.create(name="listener", model="claude-sonnet-4-6", runtime="claude")
        session = client.sessions.create(agent_id=agent.id, prompt="Fix the failing test")

        subscription = client.sessions.listen(
            session.id,
            on_event=on_event,
            on_closed=lambda: print("closed"),
            on_error=lambda error: print(f"failed: {error}"),
        )
        while not subscription.is_finished:
            time.sleep(0.05)  # the program's own work


if __name__ == "__main__":
    main()
