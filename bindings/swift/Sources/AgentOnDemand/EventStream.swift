import AodNative
import Foundation

/// The events of a session, as an `AsyncSequence`: see ``Sessions/stream(_:options:)``.
///
/// See [Streaming](https://ravi-hq.github.io/agent-on-demand/latest/guide/streaming/).
///
/// ```swift
/// let stream = client.sessions.stream(id)
/// for try await event in stream {
///     switch event {
///     case .output(let output): print(output.data, terminator: "")
///     case .exit(let exit): print("exit code \(exit.code ?? -1)")
///     default: break
///     }
/// }
/// ```
///
/// - The first iteration opens the stream, and throws an ``AodError`` if the server responds with an error. If the
///   server cannot be reached, or responds with 408, 429 or 5xx, the request is retried as often as a call
///   (``RetryPolicy``), after a 429 even without `Retry-After`.
/// - Each event is delivered once, in order. The last element is the terminal event (`exit`, `error`, `terminated` or
///   `stale`) or, with ``StreamOptions/turn``, the start of a later turn. Before the stream delivers `exit`, `error` or
///   `terminated`, it sends one more request, of at most 5 seconds, for events that it has not received yet: a server
///   can send the terminal event before the last output.
/// - The stream also ends if the server repeatedly ends its response without a terminal event and without a new event,
///   and the session is not active or does not exist. A session that does not exist counts only if the connections were
///   short (less than 10 s).
/// - If a connection drops, even while the stream is being opened, the stream reconnects and resumes after the last
///   event that it received. It fails when it has had no healthy connection for ten minutes; see
///   ``StreamOptions/Reconnect``, which can change that.
/// - A slow loop applies backpressure: at most a few hundred events are read ahead.
/// - Leaving the loop closes the connection and ends the stream. So does cancelling the task; the loop then throws a
///   `CancellationError` immediately.
/// - To continue later, open another stream from ``cursor``.
/// - All iterators share the stream, and each event is delivered to one of them. Leaving one loop, or cancelling its
///   task, ends the others without an error.
public final class EventStream: AsyncSequence, Sendable {
    public typealias Element = StreamEvent

    /// The changes of the connection state, in order, for one reader. The last is always `closed`.
    ///
    /// The latest 64 changes are buffered; a reader that falls further behind misses older ones.
    public let connectionStates: AsyncStream<ConnectionState>

    private let since: @Sendable () -> Int64?
    private let open: @Sendable (_ since: Int64?) throws -> NativeStream
    private let states: AsyncStream<ConnectionState>.Continuation
    private let prefetcher = Prefetcher<EventWithCursor>()
    private let state: Locked<State>

    /// An event, and the cursor after it.
    struct EventWithCursor: Sendable {
        let event: StreamEvent
        let cursor: Int64?
    }

    private struct State {
        /// The native stream, once the first iteration has opened it.
        var native: NativeStream?
        var cursor: Int64?
        var isClosed = false
    }

    /// Creates a stream. It starts after the position that `since` returns when it is opened, not after that of the
    /// options.
    init(client: NativeClient, id: UUID, options: StreamOptions, since: @escaping @Sendable () -> Int64?) {
        self.since = since
        open = { @Sendable since in
            var started = options
            started.since = since
            return try client.stream(id: id, options: started.native)
        }
        state = Locked(State(cursor: since()))
        (connectionStates, states) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
    }

    deinit {
        close()
    }

    /// The position after the last event that was delivered. Pass it as ``StreamOptions/since`` to resume from here, in
    /// this process or another: no `stage` or `output` event is repeated or missed. Some other events arrive again, as
    /// ``StreamOptions/since`` describes.
    ///
    /// It may differ from the event's `id`: a `turnStart` has the id of the output that follows. Before the first event
    /// it is the position that the stream started from, or nil.
    public var cursor: Int64? {
        prefetcher.lastDelivered.map(\.cursor) ?? state.with { $0.cursor }
    }

    /// Ends the stream and closes its connection immediately. May be called from any task or thread.
    ///
    /// The loop ends without an error, after delivering the rest of the batch of events that it is reading. The events
    /// that the library has received after this batch, at most a few hundred, are discarded. ``cursor`` is before them:
    /// a stream that starts there delivers them.
    public func cancel() {
        close()?.cancel()
    }

    /// Creates an iterator, which shares the stream with all others.
    ///
    /// - Returns: The iterator.
    public func makeAsyncIterator() -> Iterator {
        Iterator(stream: self, token: IteratorToken(onRelease: end))
    }

    /// Iterates over the events of a stream.
    ///
    /// The stream ends when the iterator is released after the first ``next()``. Copies share one iterator.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let stream: EventStream
        fileprivate var token: IteratorToken

        /// Waits for the next event.
        ///
        /// - Returns: The event; nil at the end of the stream, and after an error was thrown.
        /// - Throws: An ``AodError`` if the stream fails, once; a `CancellationError` if the task is cancelled.
        public mutating func next() async throws -> StreamEvent? {
            try await next(isolation: nil)
        }

        /// Waits for the next event without leaving the caller's actor.
        ///
        /// - Parameter actor: The actor to stay on.
        /// - Returns: The event; nil at the end of the stream, and after an error was thrown.
        /// - Throws: An ``AodError`` if the stream fails, once; a `CancellationError` if the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> StreamEvent? {
            token.use()
            return try await stream.next(isolation: actor)
        }
    }

    /// Ends the stream, and discards the events that have been read ahead.
    func end() {
        prefetcher.close()
        cancel()
    }

    func next(isolation actor: isolated (any Actor)?) async throws -> StreamEvent? {
        try await prefetcher.next(isolation: actor, from: self)?.event
    }

    /// Starts to open the stream, without waiting for it. If that fails, the iteration tries again, and throws.
    func startOpening() {
        _ = try? opened()
    }

    /// Returns the native stream, which the first call starts to open; nil if this stream is closed.
    private func opened() throws -> NativeStream? {
        try state.with { state in
            if state.native == nil && !state.isClosed {
                let cursor = since()
                state.native = try open(cursor)
                state.cursor = cursor
            }
            return state.native
        }
    }

    /// Reports the state `closed`, once.
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

extension EventRun {
    /// The events, with the cursor after each.
    var events: [EventStream.EventWithCursor] {
        switch self {
        case .output(let stream, let turn, let ids, var texts, let lengths, _):
            texts.withUTF8 { bytes in
                var rest = bytes[...]
                return zip(ids, lengths).map { id, length in
                    let text = String(decoding: rest.prefix(Int(length)), as: UTF8.self)
                    rest = rest.dropFirst(Int(length))
                    let output = OutputEvent(id: id, stream: stream, data: text, turn: turn, extra: [:])
                    return .init(event: .output(event: output), cursor: id)
                }
            }
        case .other(let events, let cursors):
            zip(events, cursors).map(EventStream.EventWithCursor.init)
        }
    }
}

extension EventStream: PrefetchSource {
    /// Waits for the next events, or the end.
    func nextBatch(isolation: isolated (any Actor)?) async -> Batch<EventWithCursor> {
        await nextBatch(isolation: isolation) { native in
            switch try await native.next() {
            case .events(let runs): .elements(runs.flatMap(\.events))
            case .state(let state): .state(state)
            case nil: nil
            }
        }
    }

    /// Waits for the next events, applies them to a transcript, and returns the changes, or the end.
    func nextChanges(of transcript: Transcript, isolation: isolated (any Actor)?) async -> Batch<TranscriptChange> {
        await nextBatch(isolation: isolation) { [self] native in
            switch try await native.nextChanges(transcript: transcript.native) {
            case .changes(let changes):
                state.with { $0.cursor = transcript.cursor ?? $0.cursor }
                return .elements(changes)
            case .state(let state):
                return .state(state)
            case nil:
                return nil
            }
        }
    }

    private enum Item<Element: Sendable>: Sendable {
        case elements([Element])
        case state(NativeState)
    }

    /// Waits for the next elements of the native stream, or the end.
    private func nextBatch<Element: Sendable>(
        isolation: isolated (any Actor)?, next: @escaping @Sendable (NativeStream) async throws -> Item<Element>?
    ) async -> Batch<Element> {
        var end: Result<Void, any Error> = .success(())
        do {
            if let native = try opened() {
                while let item = try await read(native, next) {
                    switch item {
                    case .elements(let elements) where elements.isEmpty: continue
                    case .elements(let elements): return Batch(elements: elements)
                    case .state(let state): states.yield(ConnectionState(state))
                    }
                }
            }
        } catch {
            end = .failure(publicError(from: error))
        }
        close()
        return Batch(elements: [], end: Task.isCancelled ? .failure(CancellationError()) : end)
    }

    private func read<T: Sendable>(
        _ native: NativeStream, _ next: @Sendable (NativeStream) async throws -> T?
    ) async throws -> T? {
        try await withTaskCancellationHandler {
            try await next(native)
        } onCancel: {
            cancel()
        }
    }

    func abandon() {
        cancel()
    }
}
