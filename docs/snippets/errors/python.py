import uuid

import aod


def main() -> None:
    with aod.Client() as client:
        # region missing
        try:
            print(client.agents.get(uuid.UUID(int=0)).name)
        except aod.NotFoundError as error:
            print("no such agent:", error)
        # endregion

        agent = client.agents.ensure(name="reviewer", model="claude-sonnet-4-6", runtime="claude")
        client.agents.archive(agent.id)
        # region conflict
        try:
            client.agents.archive(agent.id)
        except aod.ConflictError as error:
            if error.reason != "already_archived":
                raise
            print("nothing to do")
        # endregion

        # region retry
        try:
            client.sessions.run(agent_id=agent.id, prompt="Fix the failing test")
        except aod.AodError as error:
            print(f"{type(error).__name__}, retryable: {error.is_retryable}")
            print(f"session {error.session_id}, after {error.attempts} attempts")
        # endregion


if __name__ == "__main__":
    main()
