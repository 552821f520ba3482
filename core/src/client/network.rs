//! What the program reports about the network.

use crate::transport::Transport;

/// Reports about the network, from [`Client::network`](crate::Client::network).
///
/// If the operating system notifies your program of changes of the network, pass them to the client. Streams then drop
/// dead connections at once, and make no attempts while there is no network. Without reports, a stream detects a dead
/// connection by the [idle timeout](crate::ClientBuilder::stream_idle_timeout), and reconnects.
///
/// Reports apply to the client, its clones, and the clients that [`with_options`](crate::Client::with_options) returns.
/// They do not affect streams without [reconnection](crate::StreamRequest::no_reconnect). A call that waits for its
/// next attempt is retried within 250 ms after a report that there is a network, unless the server requested the delay.
///
/// See [In an app](https://ravi-hq.github.io/agent-on-demand/latest/guide/apps/).
///
/// # Examples
///
/// ```no_run
/// # async fn demo(client: aod::Client, id: uuid::Uuid) -> aod::Result<()> {
/// # fn reports() -> impl Iterator<Item = &'static str> { ["gone", "wifi", "cellular"].into_iter() }
/// for report in reports() {
///     match report {
///         "gone" => client.network().offline(),
///         "wifi" => client.network().online(),
///         _ => client.network().changed(),
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Network<'a> {
    transport: &'a Transport,
}

impl<'a> Network<'a> {
    pub(super) fn new(transport: &'a Transport) -> Self {
        Self { transport }
    }

    /// Reports that there is no network. Streams close their connections, and make no attempt until
    /// [`online`](Self::online); their state is [`WaitingForNetwork`](crate::ConnectionState::WaitingForNetwork). Their
    /// deadlines still apply. Calls are not affected.
    pub fn offline(self) {
        self.transport.renew_connections();
        self.transport.network().offline();
    }

    /// Reports that there is a network. Streams that wait for it, or for their next attempt, connect within 250 ms, at
    /// random times. While the client is suspended, they connect after [`resume`](crate::Client::resume). A `Retry-After`
    /// of the server still applies. After [`offline`](Self::offline), idle connections are not reused; otherwise they are
    /// kept.
    pub fn online(self) {
        if !self.is_available() {
            self.transport.renew_connections();
        }
        self.transport.network().online();
    }

    /// Reports that the network has changed, for example from Wi-Fi to cellular. Streams reconnect within 250 ms, at
    /// random times. Existing connections are not used for new requests; calls in progress continue on them.
    pub fn changed(self) {
        self.transport.renew_connections();
        self.transport.network().changed();
    }

    /// Returns whether there is a network according to the reports, and the client is not
    /// [suspended](crate::Client::suspend). Before the first report, it is true.
    pub fn is_available(self) -> bool {
        self.transport.network().is_available()
    }
}
