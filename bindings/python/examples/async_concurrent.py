"""Run several sessions at the same time with asyncio.

Set AOD_API_URL and AOD_API_TOKEN.
"""

import asyncio

import aod

PROMPTS = ["Count the tests", "Update the changelog", "Find dead code"]


async def work(client: aod.AsyncClient, agent: aod.Agent, prompt: str) -> str:
    """Run a session and describe its outcome."""
    result = await client.sessions.run(agent_id=agent.id, prompt=prompt)
    output = "".join(event.text or "" for event in result.events)
    return f"{prompt}: {result.session.status}, {len(output)} characters of output"


async def main() -> None:
    """Run a session for each prompt, at most two at a time."""
    limit = asyncio.Semaphore(2)

    async with aod.AsyncClient() as client:
        agent = await client.agents.create(name="worker", model="claude-sonnet-4-6", runtime="claude")

        async def limited(prompt: str) -> str:
            async with limit:
                return await work(client, agent, prompt)

        for line in await asyncio.gather(*map(limited, PROMPTS)):
            print(line)


if __name__ == "__main__":
    asyncio.run(main())
