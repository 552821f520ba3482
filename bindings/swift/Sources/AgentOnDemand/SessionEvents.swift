import AodNative
import Foundation

/// The events of a session, as they come: see ``Sessions/events(_:options:)``.
///
/// This is one stream, read by one loop, which opens it. It outlives its connections: one that drops is followed by
/// another from the last event delivered. Few events are read ahead of the loop, so a slow one slows the server down and
/// not the memory up. Leaving the loop closes the connection and ends the stream, and so does cancelling the
/// task, which makes the loop throw a `CancellationError`. To go on later, open another from ``cursor``.
public final class SessionEvents: AsyncSequence, Sendable {
    public typealias Element = StreamEvent

    /// Where the stream is with its connection, each change in order. For one reader, who sees the last 64 changes if
    /// it falls behind; ends with the stream.
    public let connectionStates: AsyncStream<ConnectionState>

    private let calls: Calls
    private let id: UUID
    private let options: StreamOptions
    private let relay: StateRelay
    private let cancellation = Cancellation()
    private let state: Locked<State>

    private struct State {
        var opening: Task<EventStream, any Error>?
        var stream: EventStream?
        var cursor: Int64?
        var isCancelled = false
    }

    init(calls: Calls, id: UUID, options: StreamOptions) {
        self.calls = calls
        self.id = id
        self.options = options
        state = Locked(State(cursor: options.since))
        let (states, continuation) = AsyncStream.makeStream(
            of: ConnectionState.self, bufferingPolicy: .bufferingNewest(64))
        connectionStates = states
        relay = StateRelay(continuation: continuation)
    }

    deinit {
        relay.finish()
    }

    /// The position behind the last event that was given out: pass it as ``StreamOptions/since`` to go on from here.
    public var cursor: Int64? {
        state.with { $0.cursor }
    }

    /// Ends the stream and closes its connection at once, from anywhere. The loop ends without an error, after what it
    /// has been given already.
    public func cancel() {
        let stream = state.with { state in
            state.isCancelled = true
            return state.stream
        }
        cancellation.cancel()
        stream?.cancel()
        relay.finish()
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(lease: Lease(events: self))
    }

    /// Gives the events one by one. Ends the stream when it is let go.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let lease: Lease
        private var batch = EventBatch(events: [], cursors: [])
        private var index = 0

        fileprivate init(lease: Lease) {
            self.lease = lease
        }

        public mutating func next() async throws -> StreamEvent? {
            try await next(isolation: nil)
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> StreamEvent? {
            if index == batch.events.count {
                guard let pulled = try await lease.events.pull(isolation: actor) else { return nil }
                batch = pulled
                index = 0
            }
            let event = batch.events[index]
            lease.events.moved(to: batch.cursors[index])
            index += 1
            return event
        }
    }

    /// Held by the iterator and its copies: the last one gone, nobody reads any more.
    fileprivate final class Lease: Sendable {
        let events: SessionEvents

        init(events: SessionEvents) {
            self.events = events
        }

        deinit {
            events.cancel()
        }
    }

    private func moved(to cursor: Int64?) {
        state.with { $0.cursor = cursor }
    }

    /// Waits for some events; nil at the end.
    private func pull(isolation: isolated (any Actor)?) async throws -> EventBatch? {
        let batch: EventBatch?
        do {
            batch = try await withTaskCancellationHandler {
                try await opened().nextBatch(max: Self.mostAtOnce)
            } onCancel: {
                cancel()
            }
        } catch {
            relay.finish()
            try Task.checkCancellation()
            // Cancelled while it was being opened, which is no failure.
            if state.with({ $0.isCancelled }) {
                return nil
            }
            throw facade(error)
        }
        if batch == nil {
            relay.finish()
            try Task.checkCancellation()
        }
        return batch
    }

    /// The stream, opened by whoever comes first.
    private func opened() async throws -> EventStream {
        let opening = state.with { state in
            if let opening = state.opening {
                return opening
            }
            let (native, id, options, relay, cancellation) = (calls.native, id, options.native, relay, cancellation)
            let opening = Task {
                try await native.openStream(id: id, options: options, observer: relay, cancellation: cancellation)
            }
            state.opening = opening
            return opening
        }
        let stream = try await opening.value
        let isCancelled = state.with { state in
            state.stream = stream
            return state.isCancelled
        }
        if isCancelled {
            stream.cancel()
        }
        return stream
    }

    /// How many events are taken at once, if they are there.
    private static let mostAtOnce: UInt32 = 256
}

/// Passes on the states of a connection.
private final class StateRelay: ConnectionObserver {
    private let continuation: AsyncStream<ConnectionState>.Continuation

    init(continuation: AsyncStream<ConnectionState>.Continuation) {
        self.continuation = continuation
    }

    func onState(state: AodNative.ConnectionState) {
        continuation.yield(ConnectionState(state))
        if case .closed = state {
            finish()
        }
    }

    func finish() {
        continuation.finish()
    }
}
