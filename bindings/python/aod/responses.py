"""The heads of responses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ResponseInfo"]


@dataclass(frozen=True, slots=True)
class ResponseInfo:
    """The head of a response, which the `on_response` option receives.

    See [Responses](https://ravi-hq.github.io/agent-on-demand/latest/guide/observability/#responses).

    Attributes:
        method: The method of the request.
        url: The URL that responded, without user information.
        status_code: The status.
        headers: The headers, with names in lower case. The values of a header that occurs several times are joined by
            `, `. They are not part of the `repr`, because values such as cookies may be secret.
        request_id: The `X-Request-Id` header, if a server or proxy set it.
    """

    method: str
    url: str
    status_code: int
    headers: Mapping[str, str] = field(repr=False)
    request_id: str | None = None


def __dir__() -> list[str]:
    return sorted(__all__)
