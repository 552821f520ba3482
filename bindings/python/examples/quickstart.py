"""Create an environment and an agent, run a session, and print what the agent does.

Set AOD_API_URL and AOD_API_TOKEN, then run `python quickstart.py`. A second run uses the same environment and agent.
"""

import aod


def main() -> None:
    """Run the quickstart."""
    with aod.Client() as client:
        # The name of an environment is unique, so reuse the one of an earlier run.
        environment = next((found for found in client.environments.list() if found.name == "quickstart"), None)
        if environment is None:
            environment = client.environments.create(name="quickstart", packages={"pip": ["pytest"]})

        agent = next((found for found in client.agents.list() if found.name == "quickstart"), None)
        if agent is None:
            # Servers of 2026-04-30 take the model "anthropic/claude-sonnet-4-6". Servers since 2026-06-25 take
            # provider="anthropic" instead of the runtime.
            agent = client.agents.create(
                name="quickstart", model="claude-sonnet-4-6", runtime="claude", environment_id=environment.id
            )

        session = client.sessions.create(agent_id=agent.id, prompt="Write a test and run it")
        with client.sessions.stream(session.id) as events:
            for line in events.pretty():
                print(line)

        ended = client.sessions.get(session.id)
        print(f"session {ended.id}: {ended.status}, exit code {ended.exit_code}")


if __name__ == "__main__":
    main()
