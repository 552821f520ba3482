import aod


def main() -> None:
    with aod.Client() as client:
        agent = client.agents.ensure(name="reviewer", model="claude-sonnet-4-6", runtime="claude")
        session = client.sessions.create(agent_id=agent.id, prompt="Fix the failing test")

        # region changes
        transcript = aod.Transcript()
        with client.sessions.stream(session.id) as events:
            for change in events.transcript(transcript):
                if change.type == "item_added" and change.item.kind == "message":
                    print(change.item.text)
                elif change.type == "item_added" and change.item.kind == "tool_call":
                    print("calls", change.item.name)
                elif change.type == "text_appended":
                    print(change.text, end="")
                elif change.type == "turn_ended":
                    print("ended:", change.outcome.type)
        # endregion

        # region snapshot
        stored = transcript.snapshot()

        transcript = aod.Transcript.restore(stored)
        with client.sessions.stream(session.id, since=transcript.cursor) as events:
            for _ in events.transcript(transcript):
                pass
        print(transcript.final_text)
        # endregion


if __name__ == "__main__":
    main()
