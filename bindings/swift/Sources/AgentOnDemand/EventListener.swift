import AodNative

/// What is told of the events of a session: see ``Sessions/listen(_:options:to:)``.
///
/// Its methods are called on a thread of the library, one after another. ``onEvents(_:)`` comes any number of times,
/// with what was ready at that moment, in order, and ``onState(_:)`` between them with each change of the connection, of
/// which the last is `closed`; then comes exactly one of ``onClosed()`` and ``onError(_:)``, and nothing after it. Few
/// events are read ahead while a method runs: a slow listener applies backpressure instead of buffering, and holds up no
/// other stream, unless 256 listeners run at once.
public protocol EventListener: AnyObject, Sendable {
    /// Takes the next events; at least one. If it throws, the stream ends with ``onError(_:)`` of kind `listener`.
    func onEvents(_ events: [StreamEvent]) throws

    /// The stream has ended: after its terminal event, or because it was cancelled.
    func onClosed()

    /// The stream has failed, or could not be opened.
    func onError(_ error: AodError)

    /// The connection state changed. Does nothing by default.
    func onState(_ state: ConnectionState)
}

extension EventListener {
    public func onState(_ state: ConnectionState) {}
}

/// A stream that a listener is told of. Letting go of it leaves the stream running.
public struct Subscription: Sendable {
    let handle: NativeSubscription

    /// Ends the stream and closes its connection. The listener is told ``EventListener/onClosed()``, unless it has
    /// been told its end. A call of the listener that is running is not interrupted.
    public func cancel() {
        handle.cancel()
    }

    /// Whether the listener's last call has returned.
    public var isFinished: Bool { handle.isFinished() }

    /// Waits until the listener's last call has returned, whether or not the task is cancelled meanwhile.
    public func join() async {
        await handle.join()
    }
}

/// Tells a listener what the library reports.
final class ListenerRelay: BatchListener {
    private let listener: any EventListener

    init(listener: any EventListener) {
        self.listener = listener
    }

    func onEvents(events: [StreamEvent]) throws {
        try listener.onEvents(events)
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
