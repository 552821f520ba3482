import AodNative
import Foundation

/// The state of a stream's connection: see ``EventStream/connectionStates`` and ``EventListener/onState(_:)``.
///
/// See [Connection states](https://ravi-hq.github.io/agent-on-demand/latest/stream-rules/#connection-states).
public enum ConnectionState: Sendable, Hashable {
    /// The stream is connecting for the first time.
    case connecting
    /// The stream is connected, and receives events as the server sends them.
    case live
    /// The connection dropped, or an attempt to reconnect failed.
    ///
    /// `attempt` is the number of consecutive attempts since the last healthy connection, from 1; see
    /// ``StreamOptions/Reconnect``. The attempt starts after `delay` seconds. `cause` is the error that made it
    /// necessary.
    case resuming(attempt: Int, delay: TimeInterval, cause: AodError)
    /// There is no network, or the client is suspended; see ``AodClient/network`` and ``AodClient/suspend()``. The
    /// stream connects when the network is available again.
    case waitingForNetwork
    /// The ids of the events have started again at a lower number, for example because the server's database was
    /// restored: the next events are new. The stream is still connected, as in ``live``.
    case historyReset
    /// The stream has ended.
    case closed

    init(_ state: NativeState) {
        switch state {
        case .connecting: self = .connecting
        case .live: self = .live
        case .resuming(let attempt, let delay, let cause):
            self = .resuming(attempt: Int(attempt), delay: delay, cause: AodError(info: cause))
        case .waitingForNetwork: self = .waitingForNetwork
        case .historyReset: self = .historyReset
        case .closed: self = .closed
        }
    }
}
