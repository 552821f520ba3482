import AodNative

/// Receives the events of a session: see ``Sessions/listen(_:options:to:)``.
///
/// See [Listeners](https://ravi-hq.github.io/agent-on-demand/latest/stream-rules/#listeners).
///
/// ```swift
/// final class Printer: EventListener {
///     func onEvents(_ events: [StreamEvent], cursor: Int64?) {
///         for event in events { print(event.stdout ?? "", terminator: "") }
///     }
///     func onClosed() { print("done") }
///     func onError(_ error: AodError) { print(error) }
/// }
/// ```
///
/// The methods are called on a thread of the library, one after another:
///
/// 1. ``onEvents(_:cursor:)`` any number of times, with the events that are ready, in order; and ``onState(_:)``
///    between them for each change of the connection, the last of which is `closed`.
/// 2. Exactly one of ``onClosed()`` and ``onError(_:)``.
///
/// No method is called after that. The methods may block: a slow listener applies backpressure, and at most a few
/// hundred events are read ahead. It does not delay other streams, unless 256 listener calls run at the same time:
/// further calls then wait.
public protocol EventListener: AnyObject, Sendable {
    /// Receives the next events.
    ///
    /// - Parameters:
    ///   - events: The events, in order; at least one.
    ///   - cursor: The position after the events, to store together with the data that you derive from them: a stream
    ///     with this cursor as `since` continues there. Until an event has an id, it is the `since` of the stream, or
    ///     nil if the stream has no `since`.
    /// - Throws: Any error, which ends the stream: ``onError(_:)`` is called with an error of kind `listener`.
    func onEvents(_ events: [StreamEvent], cursor: Int64?) throws

    /// Reports that the stream has ended after its last event, or because it was cancelled.
    func onClosed()

    /// Reports that the stream has failed, or could not be opened.
    ///
    /// - Parameter error: The failure; of kind `closed` if the client was shut down.
    func onError(_ error: AodError)

    /// Reports that the connection state changed. The default implementation does nothing.
    ///
    /// - Parameter state: The new state.
    func onState(_ state: ConnectionState)
}

extension EventListener {
    public func onState(_ state: ConnectionState) {}
}

/// A handle for a stream whose events a listener receives: see ``Sessions/listen(_:options:to:)``.
///
/// Releasing the handle does not cancel the stream.
public struct Subscription: Sendable {
    let handle: NativeSubscription

    /// Ends the stream and closes its connection.
    ///
    /// The listener receives ``EventListener/onClosed()``, unless the stream has ended already. A listener method that
    /// is running is not interrupted.
    public func cancel() {
        handle.cancel()
    }

    /// Whether the listener's last call has returned.
    public var isFinished: Bool { handle.isFinished() }

    /// Waits until the listener's last call has returned. Cancelling the task does not end the wait.
    public func join() async {
        await handle.join()
    }
}

/// Forwards the library's callbacks to a listener.
final class ListenerRelay: BatchListener {
    private let listener: any EventListener

    init(listener: any EventListener) {
        self.listener = listener
    }

    func onEvents(runs: [EventRun], cursor: Int64?) throws {
        try reportingFailure { try listener.onEvents(runs.flatMap(\.events).map(\.event), cursor: cursor) }
    }

    func onClosed() {
        listener.onClosed()
    }

    func onError(info: ErrorInfo) {
        listener.onError(AodError(info: info))
    }

    func onState(state: NativeState) {
        listener.onState(ConnectionState(state))
    }
}

/// Forwards the acknowledgement of a new session to a function.
final class CreatedForwarder: RunListener {
    private let observe: @Sendable (SessionAck) throws -> Void

    init(_ observe: @escaping @Sendable (SessionAck) throws -> Void) {
        self.observe = observe
    }

    func onCreated(ack: SessionAck) throws {
        try reportingFailure { try observe(ack) }
    }
}

/// Forwards the updates of a turn to functions, one by one.
final class TurnForwarder: TurnListener {
    private let onEvent: (@Sendable (StreamEvent) throws -> Void)?
    private let onChange: (@Sendable (TranscriptChange) throws -> Void)?

    private init(
        onEvent: (@Sendable (StreamEvent) throws -> Void)?, onChange: (@Sendable (TranscriptChange) throws -> Void)?
    ) {
        self.onEvent = onEvent
        self.onChange = onChange
    }

    /// Returns what passes the updates of a turn to these functions, or nil if both are nil.
    static func observer(
        onEvent: (@Sendable (StreamEvent) throws -> Void)?, onChange: (@Sendable (TranscriptChange) throws -> Void)?
    ) -> TurnObserver? {
        if onEvent == nil && onChange == nil { return nil }
        return TurnObserver(
            listener: TurnForwarder(onEvent: onEvent, onChange: onChange), events: onEvent != nil,
            changes: onChange != nil)
    }

    func onUpdates(updates: [TurnUpdate]) throws {
        try reportingFailure {
            for update in updates {
                switch update {
                case .received(let event): try onEvent?(event)
                case .changed(let change): try onChange?(change)
                }
            }
        }
    }
}

/// Calls a callback; the library receives what it throws.
private func reportingFailure(_ call: () throws -> Void) throws(ListenerError) {
    do {
        try call()
    } catch {
        // Only its type: its description may contain anything.
        throw .Threw(reason: "\(type(of: error))")
    }
}

/// Forwards the heads of responses to a function.
final class ResponseForwarder: ResponseListener {
    private let observe: @Sendable (ResponseInfo) -> Void

    init(_ observe: @escaping @Sendable (ResponseInfo) -> Void) {
        self.observe = observe
    }

    func onResponse(response: ResponseInfo) {
        observe(response)
    }
}
