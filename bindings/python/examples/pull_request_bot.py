"""Review a pull request in a CI job: print the comment of an agent, and fail the job if the agent fails.

Set AOD_API_URL and AOD_API_TOKEN, and REPOSITORY_URL and BRANCH; if the repository is private, also REPOSITORY_TOKEN.
"""

import os
import signal
import sys
from types import FrameType

import aod

INSTRUCTIONS = "You review pull requests. Answer with a comment in Markdown."


def review(client: aod.Client, repository: aod.GithubRepoResource, branch: str) -> aod.RunResult:
    """Let an agent review a branch of a repository."""
    agent = client.agents.ensure(
        name="pull-request-bot", model="claude-sonnet-4-6", runtime="claude", system=INSTRUCTIONS
    )
    return client.sessions.run(
        agent_id=agent.id,
        prompt=f"Review the branch {branch}",
        resources=[repository],
        timeout=900,  # seconds
        wait_for_quota=True,
        on_created=lambda ack: print(f"session {ack.id}", flush=True),
        on_abandon="terminate",
    )


def cancel(number: int, frame: FrameType | None) -> None:
    """End the program with an exception, which ends the call of `run`, which then terminates the session."""
    sys.exit(128 + number)


def main() -> int:
    """Run the job, and return its exit code."""
    # CI systems send this signal when a job is cancelled, and kill its process some seconds later.
    signal.signal(signal.SIGTERM, cancel)
    repository = aod.GithubRepoResource(
        url=os.environ.get("REPOSITORY_URL", "https://github.com/ravi-hq/agent-on-demand"),
        authorization_token=os.environ.get("REPOSITORY_TOKEN"),
    )
    with aod.Client() as client:
        result = review(client, repository, os.environ.get("BRANCH", "main"))
        client.sessions.delete(result.session.id)
    # Here, a bot posts the comment.
    print(result.text or "The agent gave no answer.")
    return 0 if result.session.exit_code == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
