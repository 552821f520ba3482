import AodNative
import Foundation

/// How the event stream of a session is opened. All times are in seconds.
public struct StreamOptions: Sendable, Hashable {
    /// Leaves out the events up to and including the one with this id, such as another stream's cursor.
    public var since: Int64?
    /// Keeps only `start`, the `turnStart` and `output` events of this turn, and the terminal event.
    public var turn: Int64?
    /// What to do when a connection drops.
    public var reconnect: Reconnect
    /// The time for the whole stream, which else takes as long as the session.
    public var deadline: TimeInterval?
    /// Goes on after `stale`, which else ends the stream.
    public var resumeStale: Bool

    /// Options of a stream.
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

    /// What to do when a connection drops, ends too early or falls silent.
    public enum Reconnect: Sendable, Hashable {
        /// One connection, its events as they come.
        case never
        /// Another connection, from the last event delivered; what the server repeats is left out. After so many
        /// attempts in a row without anything new the stream fails. The delay before the first attempt is at most the
        /// base delay, and doubles with each further one up to the cap, in seconds.
        case withBackoff(maxAttempts: Int = 10, baseDelay: TimeInterval = 0.25, maxDelay: TimeInterval = 30)
    }

    var native: NativeStreamOptions {
        switch reconnect {
        case .never:
            NativeStreamOptions(
                since: since, turn: turn, reconnect: false, deadline: deadline?.clamped, resumeStale: resumeStale)
        case .withBackoff(let maxAttempts, let baseDelay, let maxDelay):
            NativeStreamOptions(
                since: since, turn: turn, reconnect: true, maxAttempts: UInt32(clamping: maxAttempts),
                baseDelay: baseDelay.clamped, maxDelay: maxDelay.clamped, deadline: deadline?.clamped,
                resumeStale: resumeStale)
        }
    }
}
