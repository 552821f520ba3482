import AodNative
import Foundation

/// Options of a session's event stream: see ``Sessions/stream(_:options:)``. All times are in seconds.
///
/// ```swift
/// let options = StreamOptions(since: cursor, reconnect: .withBackoff(giveUpAfter: 3600))
/// for try await event in client.sessions.stream(id, options: options) { print(event) }
/// ```
public struct StreamOptions: Sendable, Hashable {
    /// The position to start after, such as the ``EventStream/cursor`` of an earlier stream. Default: the beginning.
    public var since: Int64?
    /// The turn to keep, from 1. Other events than `start`, the `turnStart` and `output` of this turn, and the terminal
    /// event are left out. Default: all turns.
    public var turn: Int64?
    /// How to handle a connection that drops. Default: reconnect with backoff.
    public var reconnect: Reconnect
    /// The time limit of the whole stream, in seconds. Default: none.
    public var deadline: TimeInterval?
    /// Whether to reconnect after a `stale` event instead of ending the stream. The server sends `stale` after ten
    /// minutes without output; the session may still be running. Default: false.
    public var resumeStale: Bool

    /// Creates options of a stream.
    ///
    /// - Parameters:
    ///   - since: The position to start after, such as the ``EventStream/cursor`` of an earlier stream.
    ///   - turn: The turn to keep, from 1.
    ///   - reconnect: How to handle a connection that drops.
    ///   - deadline: The time limit of the whole stream, in seconds.
    ///   - resumeStale: Whether to reconnect after a `stale` event instead of ending the stream.
    public init(
        since: Int64? = nil,
        turn: Int64? = nil,
        reconnect: Reconnect = .withBackoff(),
        deadline: TimeInterval? = nil,
        resumeStale: Bool = false
    ) {
        self.since = since
        self.turn = turn
        self.reconnect = reconnect
        self.deadline = deadline
        self.resumeStale = resumeStale
    }

    /// How a stream handles a connection that drops, ends before the terminal event, or has no data for too long.
    public enum Reconnect: Sendable, Hashable {
        /// Uses one connection, and delivers its events verbatim, repeated ones included.
        case never
        /// Reconnects, and resumes after the last event delivered. Repeated events are dropped.
        ///
        /// The stream fails when it has been without a healthy connection for `giveUpAfter` seconds, not counting the
        /// delays that the server asks for, or after `maxAttempts` consecutive attempts without a new event; `nil` is
        /// no limit of attempts. The delay before an attempt is partly random; its limit is `baseDelay` seconds at
        /// first, and doubles with each attempt up to `maxDelay` seconds.
        case withBackoff(
            giveUpAfter: TimeInterval = 600, maxAttempts: Int? = nil, baseDelay: TimeInterval = 0.25,
            maxDelay: TimeInterval = 30)
    }

    var native: NativeStreamOptions {
        switch reconnect {
        case .never:
            NativeStreamOptions(
                since: since, turn: turn, reconnect: false, deadline: deadline?.clamped, resumeStale: resumeStale)
        case .withBackoff(let giveUpAfter, let maxAttempts, let baseDelay, let maxDelay):
            NativeStreamOptions(
                since: since, turn: turn, reconnect: true, maxAttempts: maxAttempts.map { UInt32(clamping: $0) },
                giveUpAfter: giveUpAfter.clamped, baseDelay: baseDelay.clamped, maxDelay: maxDelay.clamped,
                deadline: deadline?.clamped, resumeStale: resumeStale)
        }
    }
}
