/// A source of batches of elements.
protocol PrefetchSource: Sendable {
    associatedtype Prefetched: Sendable

    /// Waits for the next batch. Called by one task at a time.
    func nextBatch(isolation: isolated (any Actor)?) async -> Batch<Prefetched>

    /// Called when the reading task was cancelled: no more batches are needed.
    func abandon()
}

/// Some elements, and the result of the source if they are the last.
struct Batch<Element: Sendable>: Sendable {
    var elements: [Element]
    var end: Result<Void, any Error>?

    /// The error of a source whose reading task was cancelled. It concerns no other task.
    var cancellation: CancellationError? {
        guard case .failure(let error) = end else { return nil }
        return error as? CancellationError
    }
}

/// Buffers the elements that were fetched and not delivered yet. All iterators of a stream share it: each element is
/// delivered once and in order, to any iterator.
final class Prefetcher<Element: Sendable>: Sendable {
    private let state = Locked(State())

    private struct State {
        private var elements: [Element] = []
        private var deliveredCount = 0
        private var lastOfEarlierBatch: Element?
        /// The result after the last element. An error is thrown once.
        var end: Result<Void, any Error>?
        var isFetching = false
        var waiting: [CheckedContinuation<Void, Never>] = []

        var isEmpty: Bool { deliveredCount == elements.count }

        var buffered: ArraySlice<Element> { elements[deliveredCount...] }

        var lastDelivered: Element? {
            deliveredCount > 0 ? elements[deliveredCount - 1] : lastOfEarlierBatch
        }

        mutating func deliver() -> Element? {
            if isEmpty { return nil }
            deliveredCount += 1
            return elements[deliveredCount - 1]
        }

        mutating func replaceElements(with batch: [Element]) {
            lastOfEarlierBatch = lastDelivered
            elements = batch
            deliveredCount = 0
        }
    }

    private enum Step {
        case deliver(Element?)
        case fail(any Error)
        case abandon
        case fetch
        case wait
    }

    /// The element that was delivered last; nil before the first.
    var lastDelivered: Element? { state.with { $0.lastDelivered } }

    /// Returns the next element, from the source if none is buffered; nil after the end, and after an error was thrown.
    /// A cancelled task receives no buffered elements. Its cancellation ends the stream for all tasks, but only its own
    /// call throws.
    func next<Source: PrefetchSource>(
        isolation actor: isolated (any Actor)?, from source: Source
    ) async throws -> Element? where Source.Prefetched == Element {
        var hasSuspended = false
        while true {
            switch step(afterSuspension: hasSuspended) {
            case .deliver(let element):
                return element
            case .fail(let error):
                throw error
            case .abandon:
                source.abandon()
                throw CancellationError()
            case .fetch:
                let batch = await source.nextBatch(isolation: actor)
                add(batch)
                if let cancellation = batch.cancellation { throw cancellation }
            case .wait:
                await withTaskCancellationHandler {
                    await withCheckedContinuation(wait)
                } onCancel: {
                    source.abandon()
                }
            }
            hasSuspended = true
        }
    }

    /// Returns all buffered elements, without waiting.
    func takeBuffered() -> [Element] {
        state.with { state in
            defer { state.replaceElements(with: []) }
            return Array(state.buffered)
        }
    }

    /// Discards all buffered elements: nothing more is delivered.
    func close() {
        state.with { state in
            state.replaceElements(with: [])
            state.end = .success(())
        }
    }

    private func step(afterSuspension: Bool) -> Step {
        state.with { state in
            if Task.isCancelled {
                let hasEnded = state.isEmpty && state.end != nil
                if !hasEnded {
                    state.replaceElements(with: [])
                    state.end = .success(())
                }
                // An end that came during the call is the result of the cancellation, or belongs to another task.
                if !hasEnded || afterSuspension { return .abandon }
            }
            if let element = state.deliver() { return .deliver(element) }
            switch state.end {
            case .failure(let error):
                state.end = .success(())
                return .fail(error)
            case .success:
                return .deliver(nil)
            case nil:
                defer { state.isFetching = true }
                return state.isFetching ? .wait : .fetch
            }
        }
    }

    private func add(_ batch: Batch<Element>) {
        let waiting = state.with { state in
            // A batch that arrives after `close()` is dropped.
            if state.end == nil {
                state.replaceElements(with: batch.elements)
                state.end = batch.cancellation == nil ? batch.end : .success(())
            }
            state.isFetching = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    private func wait(_ continuation: CheckedContinuation<Void, Never>) {
        let isFetching = state.with { state in
            if state.isFetching { state.waiting.append(continuation) }
            return state.isFetching
        }
        if !isFetching { continuation.resume() }
    }
}

/// Held by each copy of an iterator of a stream. Releasing the last copy ends the stream, if any copy was used.
struct IteratorToken: Sendable {
    private let shared: Shared
    private var isUsed = false

    init(onRelease: @escaping @Sendable () -> Void) {
        shared = Shared(onRelease: onRelease)
    }

    /// Marks the iterator as used.
    mutating func use() {
        // Each copy takes the lock only once.
        if !isUsed {
            isUsed = true
            shared.isUsed.with { $0 = true }
        }
    }

    private final class Shared: Sendable {
        let isUsed = Locked(false)
        private let onRelease: @Sendable () -> Void

        init(onRelease: @escaping @Sendable () -> Void) {
            self.onRelease = onRelease
        }

        deinit {
            if isUsed.with({ $0 }) { onRelease() }
        }
    }
}
