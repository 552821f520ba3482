"""The clients: `Client` and, for asyncio, `AsyncClient`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from types import TracebackType
from typing import Any

from typing_extensions import Self

from ._core import Core
from ._options import RetryPolicy, call_options, callback, client_config
from ._tokens import AsyncTokenProvider, TokenProvider, Tokens
from ._tracebacks import hide_frames
from ._wire import read_object
from .network import Network
from .resources import Agents, AsyncAgents, AsyncEnvironments, AsyncSessions, Environments, Sessions
from .responses import ResponseInfo

__all__ = ["AsyncClient", "Client"]


@hide_frames
class Client:
    """A client of one server, with one token.

    It is thread-safe and holds a connection pool. In the child process of a fork it opens connections of its own.

    See [Configuration](https://ravi-hq.github.io/agent-on-demand/latest/guide/configuration/).

    Attributes:
        agents: The calls under `/agents`.
        environments: The calls under `/environments`.
        sessions: The calls under `/sessions`.

    Examples:
        >>> with aod.Client(base_url="https://aod.example.com", token="aod_...") as client:
        ...     agents = client.agents.list()
    """

    def __init__(
        self,
        *,
        base_url: str | None = None,
        token: str | None = None,
        token_provider: TokenProvider | None = None,
        timeout: Any = None,
        transport: None = None,
        attempt_timeout: float | None = None,
        connect_timeout: float | None = None,
        stream_idle_timeout: float | None = None,
        retry: RetryPolicy | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        user_agent_suffix: str | None = None,
        proxy: str | None = None,
        no_proxy: bool = False,
        ca_certificate: str | None = None,
        client_certificate: str | None = None,
        pool_max_idle: int | None = None,
        pool_idle_timeout: float | None = None,
        http1_only: bool = False,
        https_only: bool = False,
        validate_requests: bool = False,
        max_response_bytes: int | None = None,
    ) -> None:
        """Create a client. Nothing is sent before the first call.

        Args:
            base_url: The server's URL, which may have a path. The default is the environment variable `AOD_API_URL`,
                else `http://localhost:8777`.
            token: The API token. The default is the environment variable `AOD_API_TOKEN`.
            token_provider: A function that returns the API token, for tokens that expire. It takes precedence over
                `token`. It receives the token that the server rejected with 401, or `None` before the first request. A
                rejected request is sent again with the new token. Concurrent requests share one call of the provider,
                and open streams continue after their cursors. The time that it takes counts towards the time limits of
                the call. It runs in a thread that waits for a call or reads a stream, which cannot end before it
                returns. It must not make calls with the same client: they would wait for the token that it has not
                returned yet. What it raises is the `__cause__` of a `TokenProviderError`.
            timeout: The time limit of a whole call, retries included, and of connecting, in seconds; or an
                `httpx.Timeout`, whose `read` applies to a call and whose `connect` applies to connecting. The default
                is 30 for a call and 5 for connecting; `math.inf` means no limit. Streams have `stream_idle_timeout`
                instead.
            transport: Must be `None`. The parameter exists for compatibility with 0.1.0.
            attempt_timeout: The time limit of one attempt of a call, or of one attempt to open a stream, in seconds.
                The default is what is left of `timeout` for a call, and `stream_idle_timeout` for a stream.
            connect_timeout: The time limit of connecting, including TLS, in seconds; overrides `timeout`, which sets
                the default.
            stream_idle_timeout: How long a stream's connection may receive nothing, not even heartbeats, before it is
                replaced, in seconds. The default is 45. It also limits each attempt to open a stream.
            retry: When and how often a failed request is retried. The default is `RetryPolicy()`.
            max_retries: How many times a failed request is retried; overrides `retry.max_retries`. The default is 2.
            headers: Headers to send with every request. The client's own `Authorization`, `Accept`, `Accept-Encoding`
                and `Content-Type` take precedence.
            user_agent_suffix: Text to append to the `User-Agent` of the SDK.
            proxy: The URL of a proxy. The default is that of `HTTP_PROXY`, `HTTPS_PROXY` or `ALL_PROXY`, else that of
                the operating system, unless `NO_PROXY` excludes the server.
            no_proxy: Whether to use no proxy, and ignore the proxy variables and the operating system's settings.
            ca_certificate: CA certificates to trust in addition to the platform's, as PEM text.
            client_certificate: The client's certificate chain and private key for mutual TLS, as one PEM text.
            pool_max_idle: The maximum number of idle connections to keep per host. By default there is no limit.
            pool_idle_timeout: How long an idle connection is kept, in seconds. The default is 90.
            http1_only: Whether calls use HTTP/1.1 even if the server supports HTTP/2. Streams always do.
            https_only: Whether to reject a base URL that is not `https`. By default, plain `http` to another machine is
                logged as a warning.
            validate_requests: Whether to check requests before they are sent, and raise `ValueError` for a value that
                every server rejects. By default the server checks them.
            max_response_bytes: The maximum size of a response body in bytes; a larger one raises `DecodeError`. It does
                not limit streams. The default is 64 MiB.

        Raises:
            ValueError: There is no token, or a setting is malformed.
            TypeError: A setting has the wrong type.
        """
        callback(token_provider, "token_provider")
        self._use(
            Core(
                client_config(
                    base_url=base_url,
                    token=token,
                    token_provider=token_provider,
                    timeout=timeout,
                    transport=transport,
                    attempt_timeout=attempt_timeout,
                    connect_timeout=connect_timeout,
                    stream_idle_timeout=stream_idle_timeout,
                    retry=retry,
                    max_retries=max_retries,
                    headers=headers,
                    user_agent_suffix=user_agent_suffix,
                    proxy=proxy,
                    no_proxy=no_proxy,
                    ca_certificate=ca_certificate,
                    client_certificate=client_certificate,
                    pool_max_idle=pool_max_idle,
                    pool_idle_timeout=pool_idle_timeout,
                    http1_only=http1_only,
                    https_only=https_only,
                    validate_requests=validate_requests,
                    max_response_bytes=max_response_bytes,
                ),
                tokens=Tokens(token_provider),
            )
        )

    def _use(self, core: Core) -> None:
        self._core = core
        self.agents = Agents(core)
        self.environments = Environments(core)
        self.sessions = Sessions(core)

    def with_options(
        self,
        *,
        timeout: Any = None,
        attempt_timeout: float | None = None,
        stream_idle_timeout: float | None = None,
        retry: RetryPolicy | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        on_response: Callable[[ResponseInfo], object] | None = None,
    ) -> Self:
        """Return a client with other options, which shares the connections of this one.

        Args:
            timeout: The time limit of a whole call, retries included, in seconds; or an `httpx.Timeout`, of which only
                `read` is used. The time limit of connecting does not change.
            attempt_timeout: The time limit of one attempt of a call, or of one attempt to open a stream, in seconds.
            stream_idle_timeout: How long a stream's connection may receive nothing before it is replaced, in seconds.
            retry: When and how often a failed request is retried.
            max_retries: How many times a failed request is retried; overrides `retry.max_retries`.
            headers: Headers to send, in addition to those of this client; the same name replaces a header.
            on_response: A function to call with the status and headers of each response to a call, in the thread of the
                call and before the call returns. Responses that are retried or become an error are included; redirects
                that are followed or refused, and the responses to requests of a stream, are not. If the function raises
                an exception, the call raises it, although the server may have processed the request.

        Returns:
            The client. It has this client's values for options that are `None`. Closing one of the two does not close
            the other.

        Raises:
            ValueError: An option is malformed.
            TypeError: An option has the wrong type.
            ClosedError: This client has been closed.

        Examples:
            >>> client.with_options(timeout=5, max_retries=0).health()
        """
        callback(on_response, "on_response")
        other = copy(self)
        other._use(
            self._core.with_options(
                call_options(
                    timeout=timeout,
                    attempt_timeout=attempt_timeout,
                    stream_idle_timeout=stream_idle_timeout,
                    retry=retry,
                    max_retries=max_retries,
                    headers=headers,
                ),
                on_response,
            )
        )
        return other

    @property
    def network(self) -> Network:
        """The object that passes reports about the network to the streams of this client."""
        return Network(self._core)

    def suspend(self) -> None:
        """Close the connections of all streams for which reconnection is enabled, and the idle connections of the pool.

        The streams keep their cursors and stay disconnected until `resume`, in the state `waiting_for_network`; their
        deadlines still apply. Calls still work, over new connections. Streams with `reconnect=False` stay connected.

        Raises:
            ClosedError: The client has been closed.
        """
        self._core.native().suspend()

    def resume(self) -> None:
        """Let the streams reconnect after `suspend`.

        They reconnect within 250 ms, at random times, unless the network is reported as offline.

        Raises:
            ClosedError: The client has been closed.
        """
        self._core.native().resume()

    def health(self) -> dict[str, Any]:
        """Check the server's health (`GET /health`).

        Returns:
            The server's response, such as `{"status": "ok"}`. Servers since 2026-04-30 add `checks`, the result of each
            check by its name.

        Raises:
            ServerError: The server reports that it is degraded (503).
            AodError: Any other failure; see `aod.errors`.
        """
        return read_object(self._core.call("Health"))

    def close(self) -> None:
        """Close the client. Later calls raise `ClosedError`; closing again has no effect.

        Open streams continue; leaving their block closes them. `run`, `run_all`, `ask` and `wait_for_completion`
        continue, and `on_abandon` still applies.
        """
        self._core.close()

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client."""
        self.close()


@hide_frames
class AsyncClient:
    """A client of one server, with one token, for asyncio.

    It holds a connection pool, which several event loops can share. In the child process of a fork it opens connections
    of its own.

    See [Configuration](https://ravi-hq.github.io/agent-on-demand/latest/guide/configuration/).

    Attributes:
        agents: The calls under `/agents`.
        environments: The calls under `/environments`.
        sessions: The calls under `/sessions`.

    Examples:
        >>> async with aod.AsyncClient(base_url="https://aod.example.com", token="aod_...") as client:
        ...     agents = await client.agents.list()
    """

    def __init__(
        self,
        *,
        base_url: str | None = None,
        token: str | None = None,
        token_provider: AsyncTokenProvider | None = None,
        timeout: Any = None,
        transport: None = None,
        attempt_timeout: float | None = None,
        connect_timeout: float | None = None,
        stream_idle_timeout: float | None = None,
        retry: RetryPolicy | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        user_agent_suffix: str | None = None,
        proxy: str | None = None,
        no_proxy: bool = False,
        ca_certificate: str | None = None,
        client_certificate: str | None = None,
        pool_max_idle: int | None = None,
        pool_idle_timeout: float | None = None,
        http1_only: bool = False,
        https_only: bool = False,
        validate_requests: bool = False,
        max_response_bytes: int | None = None,
    ) -> None:
        """Create a client. Nothing is sent before the first call.

        Args:
            base_url: The server's URL, which may have a path. The default is the environment variable `AOD_API_URL`,
                else `http://localhost:8777`.
            token: The API token. The default is the environment variable `AOD_API_TOKEN`.
            token_provider: A function or coroutine function that returns the API token, for tokens that expire. It
                takes precedence over `token`. It receives the token that the server rejected with 401, or `None` before
                the first request. A rejected request is sent again with the new token. Concurrent requests share one
                call of the provider, and open streams continue after their cursors. The time that it takes counts
                towards the time limits of the call. It runs in a task that waits for a call or reads a stream. During a
                call, a coroutine runs in a task of its own, which is cancelled when the call ends. It must not make
                calls with the same client: they would wait for the token that it has not returned yet. What it raises
                is the `__cause__` of a `TokenProviderError`.
            timeout: The time limit of a whole call, retries included, and of connecting, in seconds; or an
                `httpx.Timeout`, whose `read` applies to a call and whose `connect` applies to connecting. The default
                is 30 for a call and 5 for connecting; `math.inf` means no limit. Streams have `stream_idle_timeout`
                instead.
            transport: Must be `None`. The parameter exists for compatibility with 0.1.0.
            attempt_timeout: The time limit of one attempt of a call, or of one attempt to open a stream, in seconds.
                The default is what is left of `timeout` for a call, and `stream_idle_timeout` for a stream.
            connect_timeout: The time limit of connecting, including TLS, in seconds; overrides `timeout`, which sets
                the default.
            stream_idle_timeout: How long a stream's connection may receive nothing, not even heartbeats, before it is
                replaced, in seconds. The default is 45. It also limits each attempt to open a stream.
            retry: When and how often a failed request is retried. The default is `RetryPolicy()`.
            max_retries: How many times a failed request is retried; overrides `retry.max_retries`. The default is 2.
            headers: Headers to send with every request. The client's own `Authorization`, `Accept`, `Accept-Encoding`
                and `Content-Type` take precedence.
            user_agent_suffix: Text to append to the `User-Agent` of the SDK.
            proxy: The URL of a proxy. The default is that of `HTTP_PROXY`, `HTTPS_PROXY` or `ALL_PROXY`, else that of
                the operating system, unless `NO_PROXY` excludes the server.
            no_proxy: Whether to use no proxy, and ignore the proxy variables and the operating system's settings.
            ca_certificate: CA certificates to trust in addition to the platform's, as PEM text.
            client_certificate: The client's certificate chain and private key for mutual TLS, as one PEM text.
            pool_max_idle: The maximum number of idle connections to keep per host. By default there is no limit.
            pool_idle_timeout: How long an idle connection is kept, in seconds. The default is 90.
            http1_only: Whether calls use HTTP/1.1 even if the server supports HTTP/2. Streams always do.
            https_only: Whether to reject a base URL that is not `https`. By default, plain `http` to another machine is
                logged as a warning.
            validate_requests: Whether to check requests before they are sent, and raise `ValueError` for a value that
                every server rejects. By default the server checks them.
            max_response_bytes: The maximum size of a response body in bytes; a larger one raises `DecodeError`. It does
                not limit streams. The default is 64 MiB.

        Raises:
            ValueError: There is no token, or a setting is malformed.
            TypeError: A setting has the wrong type.
        """
        self._use(
            Core(
                client_config(
                    base_url=base_url,
                    token=token,
                    token_provider=token_provider,
                    timeout=timeout,
                    transport=transport,
                    attempt_timeout=attempt_timeout,
                    connect_timeout=connect_timeout,
                    stream_idle_timeout=stream_idle_timeout,
                    retry=retry,
                    max_retries=max_retries,
                    headers=headers,
                    user_agent_suffix=user_agent_suffix,
                    proxy=proxy,
                    no_proxy=no_proxy,
                    ca_certificate=ca_certificate,
                    client_certificate=client_certificate,
                    pool_max_idle=pool_max_idle,
                    pool_idle_timeout=pool_idle_timeout,
                    http1_only=http1_only,
                    https_only=https_only,
                    validate_requests=validate_requests,
                    max_response_bytes=max_response_bytes,
                ),
                tokens=Tokens(token_provider),
            )
        )

    def _use(self, core: Core) -> None:
        self._core = core
        self.agents = AsyncAgents(core)
        self.environments = AsyncEnvironments(core)
        self.sessions = AsyncSessions(core)

    def with_options(
        self,
        *,
        timeout: Any = None,
        attempt_timeout: float | None = None,
        stream_idle_timeout: float | None = None,
        retry: RetryPolicy | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        on_response: Callable[[ResponseInfo], object] | None = None,
    ) -> Self:
        """Return a client with other options, which shares the connections of this one.

        Args:
            timeout: The time limit of a whole call, retries included, in seconds; or an `httpx.Timeout`, of which only
                `read` is used. The time limit of connecting does not change.
            attempt_timeout: The time limit of one attempt of a call, or of one attempt to open a stream, in seconds.
            stream_idle_timeout: How long a stream's connection may receive nothing before it is replaced, in seconds.
            retry: When and how often a failed request is retried.
            max_retries: How many times a failed request is retried; overrides `retry.max_retries`.
            headers: Headers to send, in addition to those of this client; the same name replaces a header.
            on_response: A function to call with the status and headers of each response to a call, on the event loop
                and before the call returns. It cannot be a coroutine function. Responses that are retried or become an
                error are included; redirects that are followed or refused, and the responses to requests of a stream,
                are not. If the function raises an exception, the call raises it, although the server may have processed
                the request.

        Returns:
            The client. It has this client's values for options that are `None`. Closing one of the two does not close
            the other.

        Raises:
            ValueError: An option is malformed.
            TypeError: An option has the wrong type.
            ClosedError: This client has been closed.

        Examples:
            >>> await client.with_options(timeout=5, max_retries=0).health()
        """
        callback(on_response, "on_response")
        other = copy(self)
        other._use(
            self._core.with_options(
                call_options(
                    timeout=timeout,
                    attempt_timeout=attempt_timeout,
                    stream_idle_timeout=stream_idle_timeout,
                    retry=retry,
                    max_retries=max_retries,
                    headers=headers,
                ),
                on_response,
            )
        )
        return other

    @property
    def network(self) -> Network:
        """The object that passes reports about the network to the streams of this client."""
        return Network(self._core)

    def suspend(self) -> None:
        """Close the connections of all streams for which reconnection is enabled, and the idle connections of the pool.

        The streams keep their cursors and stay disconnected until `resume`, in the state `waiting_for_network`; their
        deadlines still apply. Calls still work, over new connections. Streams with `reconnect=False` stay connected.

        Raises:
            ClosedError: The client has been closed.
        """
        self._core.native().suspend()

    def resume(self) -> None:
        """Let the streams reconnect after `suspend`.

        They reconnect within 250 ms, at random times, unless the network is reported as offline.

        Raises:
            ClosedError: The client has been closed.
        """
        self._core.native().resume()

    async def health(self) -> dict[str, Any]:
        """Check the server's health (`GET /health`).

        Returns:
            The server's response, such as `{"status": "ok"}`. Servers since 2026-04-30 add `checks`, the result of each
            check by its name.

        Raises:
            ServerError: The server reports that it is degraded (503).
            AodError: Any other failure; see `aod.errors`.
        """
        return read_object(await self._core.call_async("Health"))

    async def aclose(self) -> None:
        """Close the client. Later calls raise `ClosedError`; closing again has no effect.

        Open streams continue; leaving their block closes them. `run`, `run_all`, `ask` and `wait_for_completion`
        continue, and `on_abandon` still applies.
        """
        self._core.close()

    async def __aenter__(self) -> Self:
        """Return the client."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client."""
        await self.aclose()


def __dir__() -> list[str]:
    return sorted(__all__)
