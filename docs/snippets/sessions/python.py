import aod


def main() -> None:
    with aod.Client() as client:
        agent = client.agents.ensure(name="reviewer", model="claude-sonnet-4-6", runtime="claude")
        # region run-all
        prompts = ["Run the tests", "Remove dead code", "Document the API"]
        requests = [{"agent_id": agent.id, "prompt": prompt} for prompt in prompts]
        results = client.sessions.run_all(requests, max_concurrent=2)
        for prompt, result in zip(prompts, results, strict=True):
            print(f"{prompt}: {result if isinstance(result, aod.AodError) else result.text}")
        # endregion

        # region watch
        with client.sessions.watch(session.id for session in client.sessions.list()) as items:
            for item in items:
                print(f"{item.session_id}: {item.event.type if item.event else item.error}")
        # endregion


if __name__ == "__main__":
    main()
