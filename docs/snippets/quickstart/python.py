import aod


def main() -> None:
    # region run
    with aod.Client() as client:
        agent = client.agents.ensure(name="reviewer", model="claude-sonnet-4-6", runtime="claude")
        session = client.sessions.create(agent_id=agent.id, prompt="Fix the failing test")
        with client.sessions.stream(session.id) as events:
            for line in events.pretty():
                print(line)
        # endregion

        # region ask
        result = client.sessions.ask(session.id, prompt="Now add another test")
        print(result.text)
        print("exit code", result.session.exit_code)
        # endregion


if __name__ == "__main__":
    main()
