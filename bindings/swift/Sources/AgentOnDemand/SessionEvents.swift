import AodNative
import Foundation

/// The events of a session, as they come: see ``Sessions/events(_:options:)``.
///
/// This is one stream, read by one loop, which opens it. It outlives its connections: one that drops is followed by
/// another from the last event delivered. Few events are read ahead of the loop, so a slow one slows the server down and
/// not the memory up. Leaving the loop closes the connection and ends the stream, and so does cancelling the
/// task, which makes the loop throw a `CancellationError` at once. To go on later, open another from ``cursor``. All
/// iterators of it take from one stream: each event is given once.
public final class SessionEvents: AsyncSequence, Sendable {
    public typealias Element = StreamEvent

    /// Where the stream is with its connection, each change in order. For one reader, who sees the last 64 changes if
    /// it falls behind; the last is `closed`, however the stream ends.
    public let connectionStates: AsyncStream<ConnectionState>

    private let calls: Calls
    private let id: UUID
    private let options: StreamOptions
    private let relay: StateRelay
    private let cancellation = Cancellation()
    private let ahead = ReadAhead<Piece>()
    private let state: Locked<State>

    /// An event, and where the stream is behind it.
    struct Piece: Sendable {
        let event: StreamEvent
        let cursor: Int64?
    }

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
        Iterator(lease: Lease(of: self))
    }

    /// Gives the events one by one; nil at the end, and after it threw. Ends the stream when it is let go after its
    /// first ``next()``. Copies of it are the same iterator.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let lease: Lease

        public mutating func next() async throws -> StreamEvent? {
            try await next(isolation: nil)
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> StreamEvent? {
            lease.use()
            return try await lease.events.next(isolation: actor)
        }
    }

    /// Held by an iterator and its copies: the last one gone, nobody reads any more.
    final class Lease: Sendable {
        let events: SessionEvents
        private let isUsed = Locked(false)
        private let left: @Sendable () -> Void

        init(of events: SessionEvents, left: @escaping @Sendable () -> Void = {}) {
            self.events = events
            self.left = left
        }

        /// Something is about to be read.
        func use() {
            isUsed.with { $0 = true }
        }

        deinit {
            if isUsed.with({ $0 }) {
                left()
                events.ahead.close()
                events.cancel()
            }
        }
    }

    func next(isolation actor: isolated (any Actor)?) async throws -> StreamEvent? {
        try await ahead.next(isolation: actor, from: self)?.event
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

extension SessionEvents: ReadAheadSource {
    /// Waits for some events, or the end.
    func refill(isolation: isolated (any Actor)?) async -> Refill<Piece> {
        do {
            let batch = try await withTaskCancellationHandler {
                try await opened().nextBatch(max: Self.mostAtOnce)
            } onCancel: {
                cancel()
            }
            if let batch {
                let pieces = zip(batch.events, batch.cursors).map { Piece(event: StreamEvent($0), cursor: $1) }
                return Refill(pieces: pieces)
            }
            return end(.success(()))
        } catch {
            // Cancelled while it was being opened, which is no failure.
            return end(state.with { $0.isCancelled } ? .success(()) : .failure(facade(error)))
        }
    }

    func giving(_ piece: Piece) {
        state.with { $0.cursor = piece.cursor }
    }

    func abandon() {
        cancel()
    }

    private func end(_ end: Result<Void, any Error>) -> Refill<Piece> {
        relay.finish()
        return Refill(pieces: [], end: Task.isCancelled ? .failure(CancellationError()) : end)
    }
}

/// Passes on the states of a connection, of which the last is that it is closed.
private final class StateRelay: ConnectionObserver {
    private let continuation: AsyncStream<ConnectionState>.Continuation
    private let isFinished = Locked(false)

    init(continuation: AsyncStream<ConnectionState>.Continuation) {
        self.continuation = continuation
    }

    func onState(state: AodNative.ConnectionState) {
        if case .closed = state {
            finish()
        } else {
            continuation.yield(ConnectionState(state))
        }
    }

    func finish() {
        isFinished.with { isFinished in
            guard !isFinished else { return }
            isFinished = true
            continuation.yield(.closed)
            continuation.finish()
        }
    }
}
