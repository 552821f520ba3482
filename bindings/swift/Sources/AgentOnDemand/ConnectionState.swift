import AodNative
import Foundation

/// Where a stream is with its connection.
public enum ConnectionState: Sendable, Hashable {
    /// The first connection is being made.
    case connecting
    /// A connection is there, and events come as the server sends them.
    case live
    /// The connection dropped, or an attempt to make one failed. `attempt` is the 1-based consecutive count since the
    /// last healthy connection; it is made after `delay` seconds. `cause` is why it is needed.
    case resuming(attempt: Int, delay: TimeInterval, cause: AodError)
    /// The stream has ended.
    case closed

    init(_ state: NativeState) {
        switch state {
        case .connecting: self = .connecting
        case .live: self = .live
        case .resuming(let attempt, let delay, let cause):
            self = .resuming(attempt: Int(attempt), delay: delay, cause: AodError(info: cause))
        case .closed: self = .closed
        }
    }
}
