import aod


def main() -> None:
    with aod.Client() as client:
        # region ensure
        environment = client.environments.ensure(
            name="python-tests",
            packages={"pip": ["pytest"]},
            networking={"type": "limited", "allowed_hosts": ["pypi.org"]},
        )
        agent = client.agents.ensure(
            name="reviewer",
            model="claude-sonnet-4-6",
            runtime="claude",
            environment_id=environment.id,
            system="Be brief.",
        )
        # endregion

        # region update
        agent = client.agents.update_with(agent.id, lambda agent: {"metadata": {**agent.metadata, "owner": "ops"}})
        print("version", agent.version, "of", agent.name)
        # endregion

        # region turns
        session = client.sessions.run(agent_id=agent.id, prompt="Run the tests").session
        client.sessions.ask(session.id, prompt="Fix the failing one")
        for turn in client.sessions.turns(session.id):
            print(f"turn {turn.turn_number}: {turn.status}")
        # endregion


if __name__ == "__main__":
    main()
