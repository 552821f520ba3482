/// What gives a loop its elements, several at a time.
protocol PrefetchSource: Sendable {
    associatedtype Prefetched: Sendable

    /// Waits for more; asked by one task at a time.
    func nextBatch(isolation: isolated (any Actor)?) async -> Batch<Prefetched>

    /// Called as each element is delivered, in order.
    func didDeliver(_ element: Prefetched)

    /// The task that reads was cancelled: nothing more is wanted.
    func abandon()
}

/// Some elements, and what comes behind them if it is the end.
struct Batch<Element: Sendable>: Sendable {
    var elements: [Element]
    var end: Result<Void, any Error>?
}

/// The elements that were fetched for a loop and not delivered yet. All iterators of a stream share them, so that each
/// element is delivered once and in order, to any iterator.
final class Prefetcher<Element: Sendable>: Sendable {
    private let state = Locked(State())

    private struct State {
        var elements: ArraySlice<Element> = []
        /// What comes behind the elements. An error is thrown once.
        var end: Result<Void, any Error>?
        var isFetching = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private enum Step {
        case deliver(Element?)
        case fail(any Error)
        case abandon
        case fetch
        case wait
    }

    /// The next element, from the source if none is there; nil after the end, and after an error was thrown. A task that
    /// is cancelled gets none of those that are there.
    func next<Source: PrefetchSource>(
        isolation actor: isolated (any Actor)?, from source: Source
    ) async throws -> Element? where Source.Prefetched == Element {
        while true {
            switch step(source) {
            case .deliver(let element):
                return element
            case .fail(let error):
                throw error
            case .abandon:
                source.abandon()
                throw CancellationError()
            case .fetch:
                add(await source.nextBatch(isolation: actor))
            case .wait:
                await withTaskCancellationHandler {
                    await withCheckedContinuation(wait)
                } onCancel: {
                    source.abandon()
                }
            }
        }
    }

    /// Forgets what is there: nothing more is delivered.
    func close() {
        state.with { state in
            state.elements = []
            state.end = .success(())
        }
    }

    private func step<Source: PrefetchSource>(_ source: Source) -> Step where Source.Prefetched == Element {
        state.with { state in
            if Task.isCancelled, !state.elements.isEmpty || state.end == nil {
                state.elements = []
                state.end = .success(())
                return .abandon
            }
            if let element = state.elements.popFirst() {
                source.didDeliver(element)
                return .deliver(element)
            }
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
            // Closed meanwhile: nobody wants it.
            if state.end == nil {
                state.elements = batch.elements[...]
                state.end = batch.end
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
