import AodNative
import Foundation

/// The events of a session, as they come: see ``Sessions/stream(_:options:)``.
///
/// This is one stream, read by one loop, which opens it. It outlives its connections: one that drops is followed by
/// another from the last event delivered. Few events are read ahead of the loop: a slow loop applies backpressure instead
/// of buffering. Leaving the loop closes the connection and ends the stream, and so does cancelling the task, which makes
/// the loop throw a `CancellationError` at once. To go on later, open another from ``cursor``. All iterators of it take
/// from one stream: each event is given once.
public final class EventStream: AsyncSequence, Sendable {
    public typealias Element = StreamEvent

    /// Where the stream is with its connection, each change in order. For one reader, who sees the last 64 changes if
    /// it falls behind; the last is `closed`, however the stream ends.
    public let connectionStates: AsyncStream<ConnectionState>

    private let open: @Sendable () throws -> NativeStream
    private let states: AsyncStream<ConnectionState>.Continuation
    private let prefetcher = Prefetcher<EventWithCursor>()
    private let state: Locked<State>

    /// An event, and where the stream is behind it.
    struct EventWithCursor: Sendable {
        let event: StreamEvent
        let cursor: Int64?
    }

    private struct State {
        /// There is one once the loop has begun.
        var native: NativeStream?
        var cursor: Int64?
        var isClosed = false
    }

    init(client: NativeClient, id: UUID, options: StreamOptions) {
        open = { @Sendable in try client.stream(id: id, options: options.native) }
        state = Locked(State(cursor: options.since))
        (connectionStates, states) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
    }

    deinit {
        close()
    }

    /// The position behind the last event that was given out: pass it as ``StreamOptions/since`` to go on from here.
    public var cursor: Int64? {
        state.with { $0.cursor }
    }

    /// Ends the stream and closes its connection at once, from anywhere. The loop ends without an error, after what it
    /// has been given already.
    public func cancel() {
        close()?.cancel()
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(token: IteratorToken(of: self))
    }

    /// Gives the events one by one; nil at the end, and after it threw. Ends the stream when it is let go after its
    /// first ``next()``. Copies of it are the same iterator.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let token: IteratorToken

        public mutating func next() async throws -> StreamEvent? {
            try await next(isolation: nil)
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> StreamEvent? {
            token.use()
            return try await token.stream.next(isolation: actor)
        }
    }

    /// Held by an iterator and its copies: when the last one is gone, nobody reads any more.
    final class IteratorToken: Sendable {
        let stream: EventStream
        private let isUsed = Locked(false)
        private let onEnd: @Sendable () -> Void

        init(of stream: EventStream, onEnd: @escaping @Sendable () -> Void = {}) {
            self.stream = stream
            self.onEnd = onEnd
        }

        /// Something is about to be read.
        func use() {
            isUsed.with { $0 = true }
        }

        deinit {
            if isUsed.with({ $0 }) {
                onEnd()
                stream.prefetcher.close()
                stream.cancel()
            }
        }
    }

    func next(isolation actor: isolated (any Actor)?) async throws -> StreamEvent? {
        try await prefetcher.next(isolation: actor, from: self)?.event
    }

    /// The library's stream, opened the first time; nil if this one is closed.
    private func opened() throws -> NativeStream? {
        try state.with { state in
            if state.native == nil && !state.isClosed {
                state.native = try open()
            }
            return state.native
        }
    }

    /// Tells that the stream is closed, once.
    @discardableResult
    private func close() -> NativeStream? {
        state.with { state in
            if !state.isClosed {
                state.isClosed = true
                states.yield(.closed)
                states.finish()
            }
            return state.native
        }
    }
}

extension EventStream: PrefetchSource {
    /// Waits for some events, or the end.
    func nextBatch(isolation: isolated (any Actor)?) async -> Batch<EventWithCursor> {
        var end: Result<Void, any Error> = .success(())
        do {
            let native = try opened()
            while let item = try await next(of: native) {
                switch item {
                case .events(let events, let cursors):
                    return Batch(elements: zip(events, cursors).map(EventWithCursor.init))
                case .state(let state):
                    states.yield(ConnectionState(state))
                }
            }
        } catch {
            end = .failure(publicError(from: error))
        }
        close()
        return Batch(elements: [], end: Task.isCancelled ? .failure(CancellationError()) : end)
    }

    private func next(of native: NativeStream?) async throws -> StreamItem? {
        try await withTaskCancellationHandler {
            try await native?.next()
        } onCancel: {
            cancel()
        }
    }

    func didDeliver(_ element: EventWithCursor) {
        state.with { $0.cursor = element.cursor }
    }

    func abandon() {
        cancel()
    }
}
