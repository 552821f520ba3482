import os

import aod


def main() -> None:
    url, token = os.environ["AOD_API_URL"], os.environ["AOD_API_TOKEN"]
    # region client
    client = aod.Client(base_url=url, token=token, timeout=60, user_agent_suffix="my-app/1.0")
    # endregion

    # region call
    impatient = client.with_options(timeout=5, max_retries=0)
    print(len(impatient.agents.list()), "agents")

    patient = client.with_options(retry=aod.RetryPolicy(max_retries=5))
    print(len(patient.sessions.list()), "sessions")
    # endregion
    client.close()

    # region token
    def sign_in(rejected: str | None) -> str:
        return token  # here, a request to the service that issues tokens

    client = aod.Client(base_url=url, token_provider=sign_in)
    # endregion
    print(len(client.environments.list()), "environments")
    client.close()


if __name__ == "__main__":
    main()
