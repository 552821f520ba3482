import AodNative

/// Reports about the network, from ``AodClient/network``.
///
/// If the operating system notifies your program of changes of the network, for example through `NWPathMonitor`, pass
/// them to the client. Streams then drop dead connections at once, and make no attempts while there is no network.
/// Without reports, a stream detects a dead connection by the idle timeout, and reconnects.
///
/// See [In an app](https://ravi-hq.github.io/agent-on-demand/latest/guide/apps/).
///
/// ```swift
/// client.network.offline()
/// client.network.online()
/// ```
///
/// Reports apply to the client and to the clients that ``AodClient/withOptions(_:)`` returns. They do not affect
/// streams without reconnection. A call that waits for its next attempt is retried within 250 ms after a report that
/// there is a network, unless the server requested the delay.
public struct NetworkReports: Sendable {
    let calls: CallRunner

    /// Reports that there is no network.
    ///
    /// Streams close their connections and make no attempt until ``online()``; their state is
    /// ``ConnectionState/waitingForNetwork``. Their deadlines still apply. Calls are not affected.
    public func offline() {
        calls.native.networkOffline()
    }

    /// Reports that there is a network.
    ///
    /// Streams that wait for it, or for their next attempt, connect within 250 ms, at random times. While the client is
    /// suspended, they connect after ``AodClient/resume()``. A `Retry-After` of the server still applies. After
    /// ``offline()``, idle connections are not reused; otherwise they are kept.
    public func online() {
        calls.native.networkOnline()
    }

    /// Reports that the network has changed, for example from Wi-Fi to cellular.
    ///
    /// Streams reconnect within 250 ms, at random times. Existing connections are not used for new requests; calls in
    /// progress continue on them.
    public func changed() {
        calls.native.networkChanged()
    }

    /// Whether there is a network according to the reports, and the client is not suspended. Before the first report,
    /// it is true.
    public var isAvailable: Bool { calls.native.isNetworkAvailable() }
}

extension AodClient {
    /// The object that passes reports about the network to the streams of this client.
    public var network: NetworkReports { NetworkReports(calls: calls) }

    /// Closes the connections of all streams for which reconnection is enabled, and the idle connections of the pool.
    ///
    /// An app calls this when it goes to the background, where connections die unnoticed and cost battery. The streams
    /// keep their cursors and stay disconnected until ``resume()``, in the state ``ConnectionState/waitingForNetwork``;
    /// their deadlines still apply. Calls still work, over new connections. Streams without reconnection stay
    /// connected.
    public func suspend() {
        calls.native.suspend()
    }

    /// Lets the streams reconnect after ``suspend()``: within 250 ms, at random times, unless the ``network`` is
    /// reported as offline.
    public func resume() {
        calls.native.resume()
    }
}

extension CallRunner {
    /// Sends a report of the system.
    func send(_ report: SystemReport) {
        switch report {
        case .offline: native.networkOffline()
        case .online: native.networkOnline()
        case .changed: native.networkChanged()
        case .suspend: native.suspend()
        case .resume: native.resume()
        }
    }
}
