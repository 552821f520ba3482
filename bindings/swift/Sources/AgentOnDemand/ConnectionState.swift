import AodNative
import Foundation

/// Where a stream is with its connection.
public enum ConnectionState: Sendable, Hashable {
    /// The first connection is being made.
    case connecting
    /// A connection is there, and events come as the server sends them.
    case live
    /// The connection dropped, or an attempt to make one failed. The next attempt, the how-many'th in a row since the
    /// last healthy connection, from 1, is made after a delay in seconds; the cause is why it is needed.
    case resuming(attempt: Int, delay: TimeInterval, cause: AodError)
    /// The stream has ended.
    case closed

    init(_ state: AodNative.ConnectionState) {
        switch state {
        case .connecting: self = .connecting
        case .live: self = .live
        case .resuming(let attempt, let delay, let cause):
            self = .resuming(attempt: Int(attempt), delay: delay, cause: AodError(facts: cause))
        case .closed: self = .closed
        }
    }
}
