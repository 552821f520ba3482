import logging
from urllib.parse import urlsplit

import aod


def main() -> None:
    # region log
    logging.basicConfig()
    logging.getLogger("aod").setLevel(logging.DEBUG)
    client = aod.Client()
    # endregion

    # region responses
    def observe(response: aod.ResponseInfo) -> None:
        print(response.method, urlsplit(response.url).path, response.status_code)

    client.with_options(on_response=observe).agents.list()
    # endregion
    client.close()


if __name__ == "__main__":
    main()
