import aod
from aod.testing import DevServer, Fault, Turn


def test_reports_the_failing_test() -> None:
    with DevServer() as server, aod.Client(base_url=server.url, token=server.token) as client:
        server.script(Turn().tool("Bash", {"command": "pytest"}, output="1 failed", exit_code=1).message("It fails."))
        server.faults(Fault.cut(after_events=3))
        agent = client.agents.create(name="reviewer", model="anthropic/claude-sonnet-4-6", runtime="claude")
        result = client.sessions.run(agent_id=agent.id, prompt="Run the tests")
        assert result.text == "It fails."
