import AodNative
import Foundation

/// Options of a session's event stream: see ``Sessions/stream(_:options:)``. All times are in seconds: negative values
/// count as 0, and values over a century as a century.
///
/// See [Options](https://ravi-hq.github.io/agent-on-demand/latest/options/#streams).
///
/// ```swift
/// let options = StreamOptions(since: cursor, reconnect: .withBackoff(giveUpAfter: 3600))
/// for try await event in client.sessions.stream(id, options: options) { print(event) }
/// ```
public struct StreamOptions: Sendable, Hashable {
    /// The position to start after, such as the ``EventStream/cursor`` of an earlier stream: `stage` and `output`
    /// events up to and including the one with this id are left out. Default: nil, the first event.
    ///
    /// Other events that the earlier stream delivered arrive again: `start`; the `turnStart` of the turn that was read
    /// last, if more of its output follows; and the terminal event, if no turn is queued or running.
    /// [Resuming in another
    /// process](https://github.com/ravi-hq/agent-on-demand/blob/main/docs/stream-rules.md#resuming-in-another-process)
    /// describes how to apply each event once.
    public var since: Int64?
    /// The number of a turn, from 1, to limit the stream to: it then has the `turnStart` and `output` events of this
    /// turn, `start`, and the event that ends the stream: the terminal event or, if a later turn has started, the
    /// `turnStart` of that turn. Default: nil, all events; turns that have ended are replayed.
    ///
    /// To build the transcript of the turn, use ``Sessions/transcript(_:options:continuing:)``: `Transcript.apply`
    /// would begin the later turn. In a listener, leave that event out and call ``Transcript/finish()``.
    public var turn: Int64?
    /// How to handle a connection that drops. Default: reconnect with backoff.
    public var reconnect: Reconnect
    /// The time limit of the whole stream, including the time to open it, in seconds. When it expires, the stream fails
    /// with an error of kind `timeout`. Default: none.
    public var deadline: TimeInterval?
    /// Whether to reconnect after a `stale` event instead of ending the stream. The server sends `stale` after ten
    /// minutes without output; the session may still be running. If true, `stale` is not delivered. Default: false.
    public var resumeStale: Bool

    /// Creates options of a stream.
    ///
    /// - Parameters:
    ///   - since: The position to start after, such as the ``EventStream/cursor`` of an earlier stream.
    ///   - turn: The number of a turn, from 1, to limit the stream to.
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

    /// How a stream handles a connection that drops, ends before the terminal event, or receives nothing for
    /// ``AodClient/Configuration/streamIdleTimeout``.
    public enum Reconnect: Sendable, Hashable {
        /// Uses one connection, delivers its events verbatim, repeated ones included, and fails when the connection
        /// cannot be opened or drops. It sends no request for missing events before the terminal event.
        case never
        /// Reconnects, and resumes after the last event received. Repeated events are dropped.
        ///
        /// The stream fails with the last error when it has been without a healthy connection for `giveUpAfter`
        /// seconds, or after `maxAttempts` consecutive attempts without a healthy connection; `nil` means no limit of
        /// attempts, and 0 disables reconnection. A connection is healthy once it has delivered a new event, or has
        /// stayed open for 10 seconds. Delays that the server asks for (`retry`, `Retry-After`) do not count.
        ///
        /// The delay before an attempt is partly random. Its limit is `baseDelay` seconds at first, and doubles with
        /// each further attempt up to `maxDelay` seconds. A `Retry-After` of more than `maxRetryAfter` seconds ends the
        /// stream with the error that carries it.
        case withBackoff(
            giveUpAfter: TimeInterval = 600, maxAttempts: Int? = nil, baseDelay: TimeInterval = 0.25,
            maxDelay: TimeInterval = 30, maxRetryAfter: TimeInterval = 120)
    }

    var native: NativeStreamOptions {
        switch reconnect {
        case .never:
            NativeStreamOptions(
                since: since, turn: turn, reconnect: false, deadline: deadline?.clamped, resumeStale: resumeStale)
        case .withBackoff(let giveUpAfter, let maxAttempts, let baseDelay, let maxDelay, let maxRetryAfter):
            NativeStreamOptions(
                since: since, turn: turn, reconnect: true, maxAttempts: maxAttempts.map { UInt32(clamping: $0) },
                giveUpAfter: giveUpAfter.clamped, baseDelay: baseDelay.clamped, maxDelay: maxDelay.clamped,
                maxRetryAfter: maxRetryAfter.clamped, deadline: deadline?.clamped, resumeStale: resumeStale)
        }
    }
}
