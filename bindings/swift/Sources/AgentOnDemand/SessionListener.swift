import AodNative

/// What is told of the events of a session: see ``Sessions/listen(_:options:to:)``.
///
/// Its methods are called on a thread of the library, one after another. ``onEvents(_:)`` comes any number of times,
/// with what was ready at that moment, in order, and ``onState(_:)`` between them with each change of the connection, of
/// which the last is `closed`; then comes exactly one of ``onClosed()`` and ``onFailed(_:)``, and nothing after it. Few
/// events are read ahead while a method runs, so a slow listener slows the server down and not the memory up; other
/// streams are not held up by it, unless 256 listeners are at work at once.
public protocol SessionListener: AnyObject, Sendable {
    /// Takes the next events; at least one. If it throws, the stream ends with ``onFailed(_:)`` of kind `listener`.
    func onEvents(_ events: [StreamEvent]) throws

    /// The stream has ended: after its terminal event, or because it was cancelled.
    func onClosed()

    /// The stream has failed, or could not be opened.
    func onFailed(_ error: AodError)

    /// The connection is another than before. Does nothing unless it is written.
    func onState(_ state: ConnectionState)
}

extension SessionListener {
    public func onState(_ state: ConnectionState) {}
}

/// A stream that a listener is told of. Letting go of it leaves the stream running.
public struct SessionSubscription: Sendable {
    let handle: ListenerHandle

    /// Ends the stream and closes its connection. The listener is told ``SessionListener/onClosed()``, unless it has
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

/// Tells a listener what the library says.
final class ListenerRelay: BatchListener, ConnectionObserver {
    private let listener: any SessionListener

    init(listener: any SessionListener) {
        self.listener = listener
    }

    func onEvents(events: [AodNative.StreamEvent]) throws {
        try listener.onEvents(events.map(StreamEvent.init))
    }

    func onClosed() {
        listener.onClosed()
    }

    func onFailed(facts: ErrorFacts) {
        listener.onFailed(AodError(facts: facts))
    }

    func onState(state: AodNative.ConnectionState) {
        listener.onState(ConnectionState(state))
    }
}
