"""Reports about the network, for programs on devices whose network comes and goes."""

from __future__ import annotations

from ._core import Core

__all__ = ["Network"]


class Network:
    """Reports about the network, as `client.network`.

    If the operating system notifies your program of changes of the network, pass them to the client. Streams then drop
    dead connections at once, and make no attempts while there is no network. Without reports, a stream detects a dead
    connection by `stream_idle_timeout`, and reconnects.

    Reports apply to the client and to the clients that `with_options` returns. They do not affect streams with
    `reconnect=False`. A call that waits for its next attempt is retried within 250 ms after a report that there is a
    network, unless the server requested the delay.

    See [In an app](https://ravi-hq.github.io/agent-on-demand/latest/guide/apps/).

    Examples:
        >>> client.network.offline()
        >>> client.network.online()
    """

    def __init__(self, core: Core) -> None:
        """Create the object; clients do this.

        Args:
            core: The client's connection to the native library.
        """
        self._core = core

    @property
    def is_available(self) -> bool:
        """Whether there is a network according to the reports, and the client is not suspended.

        Before the first report, it is true.

        Raises:
            ClosedError: The client has been closed.
        """
        return self._core.native().is_network_available()

    def offline(self) -> None:
        """Report that there is no network.

        Streams close their connections and make no attempt until `online`; their state is `waiting_for_network`. Their
        deadlines still apply. Calls are not affected.

        Raises:
            ClosedError: The client has been closed.
        """
        self._core.native().network_offline()

    def online(self) -> None:
        """Report that there is a network.

        Streams that wait for it, or for their next attempt, connect within 250 ms, at random times. While the client is
        suspended, they connect after `resume`. A `Retry-After` of the server still applies. After `offline`, idle
        connections are not reused; otherwise they are kept.

        Raises:
            ClosedError: The client has been closed.
        """
        self._core.native().network_online()

    def changed(self) -> None:
        """Report that the network has changed, for example from Wi-Fi to Ethernet.

        Streams reconnect within 250 ms, at random times. Existing connections are not used for new requests; calls in
        progress continue on them.

        Raises:
            ClosedError: The client has been closed.
        """
        self._core.native().network_changed()


def __dir__() -> list[str]:
    return sorted(__all__)
