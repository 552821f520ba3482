import AodNative
import Foundation

/// An event of one of several sessions, from a ``WatchStream``.
///
/// See [Several sessions](https://ravi-hq.github.io/agent-on-demand/latest/guide/streaming/#several-sessions).
public struct SessionEvent: Sendable, Hashable {
    /// The id of the session.
    public let sessionId: UUID
    /// The event, or the error that ended the stream of this session.
    public let event: Result<StreamEvent, AodError>
}

/// The events of several sessions in the order in which they arrive, as an `AsyncSequence`: see
/// ``Sessions/watch(_:since:)``.
///
/// See [Several sessions](https://ravi-hq.github.io/agent-on-demand/latest/guide/streaming/#several-sessions).
///
/// ```swift
/// for try await item in client.sessions.watch(ids) {
///     switch item.event {
///     case .success(let event): print(item.sessionId, event.type)
///     case .failure(let error): print(item.sessionId, error)
///     }
/// }
/// ```
///
/// - The events of each session come from an ``EventStream`` with a connection of its own, which the first iteration
///   opens: each event once and in order. The stream reconnects, even after `stale`.
/// - A session that fails, for example because it does not exist, has one last element with the error, and does not
///   affect the others. The sequence ends when the streams of all sessions have ended.
/// - A slow loop applies backpressure: at most a few hundred events of each session are read ahead.
/// - Leaving the loop closes all connections and ends the sequence. So does cancelling the task; the loop then throws a
///   `CancellationError` immediately, the only error that it throws.
/// - All iterators share the sequence, and each event is delivered to one of them. Leaving one loop, or cancelling its
///   task, ends the others without an error.
public final class WatchStream: AsyncSequence, Sendable {
    public typealias Element = SessionEvent

    private let sessions: [(id: UUID, stream: EventStream)]
    private let prefetcher = Prefetcher<SessionEvent>()
    private let state: Locked<State>

    private struct State {
        /// The indices of the sessions whose next events are not being read.
        var idle: [Int]
        /// The number of sessions whose next events are being read.
        var reading = 0
        /// The events that were read, of at most one batch for each session.
        var ready: [SessionEvent] = []
        var waiting: CheckedContinuation<Void, Never>?
    }

    init(sessions: [(id: UUID, stream: EventStream)]) {
        self.sessions = sessions
        state = Locked(State(idle: Array(sessions.indices)))
    }

    /// Ends the sequence and closes all connections immediately. May be called from any task or thread.
    ///
    /// The loop ends without an error, after delivering the rest of the batch of events that it is reading from each
    /// session. The events that the library has received after these batches, at most a few hundred of each session,
    /// are discarded. A sequence that resumes each session from the ``StreamEvent/cursor`` of its last event delivers
    /// them.
    public func cancel() {
        for (_, stream) in sessions { stream.cancel() }
    }

    /// Creates an iterator, which shares the sequence with all others.
    ///
    /// - Returns: The iterator.
    public func makeAsyncIterator() -> Iterator {
        let token = IteratorToken { [self] in
            prefetcher.close()
            cancel()
        }
        return Iterator(events: self, token: token)
    }

    /// Iterates over the events of several sessions.
    ///
    /// The sequence ends when the iterator is released after the first ``next()``. Copies share one iterator.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let events: WatchStream
        fileprivate var token: IteratorToken

        /// Waits for the next event of any session.
        ///
        /// - Returns: The event, or the error of a session; nil when the streams of all sessions have ended.
        /// - Throws: A `CancellationError` if the task is cancelled.
        public mutating func next() async throws -> SessionEvent? {
            try await next(isolation: nil)
        }

        /// Waits for the next event of any session without leaving the caller's actor.
        ///
        /// - Parameter actor: The actor to stay on.
        /// - Returns: The event, or the error of a session; nil when the streams of all sessions have ended.
        /// - Throws: A `CancellationError` if the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> SessionEvent? {
            token.use()
            return try await events.prefetcher.next(isolation: actor, from: events)
        }
    }
}

extension WatchStream: PrefetchSource {
    /// Waits for the next events of any session, or the end of all.
    func nextBatch(isolation: isolated (any Actor)?) async -> Batch<SessionEvent> {
        readAll()
        await withTaskCancellationHandler {
            await withCheckedContinuation(wait)
        } onCancel: {
            cancel()
        }
        if Task.isCancelled { return Batch(elements: [], end: .failure(CancellationError())) }
        return state.with { state in
            defer { state.ready = [] }
            return Batch(elements: state.ready, end: state.reading + state.idle.count == 0 ? .success(()) : nil)
        }
    }

    func abandon() {
        cancel()
    }

    /// Starts to read the next events of each session, unless that is in progress.
    private func readAll() {
        let places = state.with { state in
            defer {
                state.reading += state.idle.count
                state.idle = []
            }
            return state.idle
        }
        for place in places {
            Task { await read(place) }
        }
    }

    private func read(_ place: Int) async {
        let (id, stream) = sessions[place]
        let batch = await stream.nextBatch(isolation: nil)
        var events = batch.elements.map { SessionEvent(sessionId: id, event: .success($0.event)) }
        if case .failure(let error as AodError) = batch.end {
            events.append(SessionEvent(sessionId: id, event: .failure(error.ofSession(id))))
        }
        let waiting = state.with { state in
            state.reading -= 1
            state.ready += events
            if batch.end == nil { state.idle.append(place) }
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    /// Resumes when events are ready, or when one or all of the streams have ended.
    private func wait(_ continuation: CheckedContinuation<Void, Never>) {
        let isWaiting = state.with { state in
            guard state.ready.isEmpty, state.reading > 0 else { return false }
            state.waiting = continuation
            return true
        }
        if !isWaiting { continuation.resume() }
    }
}
