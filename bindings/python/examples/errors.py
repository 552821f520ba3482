"""Handle errors: a missing resource, an outdated version, an invalid field, and a server that is not reachable.

Set AOD_API_URL and AOD_API_TOKEN.
"""

import uuid

import aod


def rename(client: aod.Client, agent: aod.Agent, name: str) -> aod.Agent:
    """Rename an agent; if someone else has updated it, read it again and retry."""
    while True:
        try:
            return client.agents.update(agent.id, version=agent.version, name=name)
        except aod.ConflictError as error:
            if error.reason != "version_mismatch":
                raise
            print(f"version {error.got} is outdated, the current one is {error.expected}")
            agent = client.agents.get(agent.id)


def main() -> None:
    """Cause errors and handle them."""
    with aod.Client() as client:
        try:
            client.agents.get(uuid.uuid4())
        except aod.NotFoundError as error:
            print(f"{error.status_code}: {error.detail}")

        outdated = client.agents.create(name="draft", model="claude-sonnet-4-6", runtime="claude")
        client.agents.update(outdated.id, version=outdated.version, system="Be brief.")
        print(f"renamed to {rename(client, outdated, 'reviewer').name}")

        try:
            client.sessions.create(agent_id=outdated.id, prompt="Fix the test", timeout=1)
        except aod.ValidationError as error:
            for entry in error.detail:
                print(f"{entry['loc'][0]}: {entry['msg']}")

    # Nothing listens on the discard port.
    with aod.Client(base_url="http://127.0.0.1:9", token="unused", max_retries=0) as unreachable:
        try:
            unreachable.health()
        except aod.AodConnectionError as error:
            print(f"no connection; a retry may succeed: {error.is_retryable}")


if __name__ == "__main__":
    main()
