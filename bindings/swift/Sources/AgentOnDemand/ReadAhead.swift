/// What is brought to a loop in pieces, several at a time.
protocol ReadAheadSource: Sendable {
    associatedtype Piece: Sendable

    /// Waits for more; asked by one task at a time.
    func refill(isolation: isolated (any Actor)?) async -> Refill<Piece>

    /// Called as each piece is given, in order.
    func giving(_ piece: Piece)

    /// The task that reads was cancelled: nothing more is wanted.
    func abandon()
}

/// Some pieces, and what comes behind them if it is the end.
struct Refill<Piece: Sendable>: Sendable {
    var pieces: [Piece]
    var end: Result<Void, any Error>?
}

/// The pieces that a loop was brought and has not taken yet. All iterators of a stream share them, so that each piece is
/// given once and in order, whoever asks.
final class ReadAhead<Piece: Sendable>: Sendable {
    private let state = Locked(State())

    private struct State {
        var pieces: ArraySlice<Piece> = []
        /// What comes behind the pieces. An error is thrown once.
        var end: Result<Void, any Error>?
        var isRefilling = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private enum Step {
        case give(Piece?)
        case fail(any Error)
        case abandon
        case refill
        case wait
    }

    /// The next piece, from the source if none is there; nil after the end, and after an error was thrown. A task that
    /// is cancelled gets none of those that are there.
    func next<Source: ReadAheadSource>(
        isolation actor: isolated (any Actor)?, from source: Source
    ) async throws -> Piece? where Source.Piece == Piece {
        while true {
            switch step(source) {
            case .give(let piece):
                return piece
            case .fail(let error):
                throw error
            case .abandon:
                source.abandon()
                throw CancellationError()
            case .refill:
                add(await source.refill(isolation: actor))
            case .wait:
                await withTaskCancellationHandler {
                    await withCheckedContinuation(wait)
                } onCancel: {
                    source.abandon()
                }
            }
        }
    }

    /// Forgets what is there: nothing more is given.
    func close() {
        state.with { state in
            state.pieces = []
            state.end = .success(())
        }
    }

    private func step<Source: ReadAheadSource>(_ source: Source) -> Step where Source.Piece == Piece {
        state.with { state in
            if Task.isCancelled, !state.pieces.isEmpty || state.end == nil {
                state.pieces = []
                state.end = .success(())
                return .abandon
            }
            if let piece = state.pieces.popFirst() {
                source.giving(piece)
                return .give(piece)
            }
            switch state.end {
            case .failure(let error):
                state.end = .success(())
                return .fail(error)
            case .success:
                return .give(nil)
            case nil:
                defer { state.isRefilling = true }
                return state.isRefilling ? .wait : .refill
            }
        }
    }

    private func add(_ refill: Refill<Piece>) {
        let waiting = state.with { state in
            // Closed meanwhile: nobody wants it.
            if state.end == nil {
                state.pieces = refill.pieces[...]
                state.end = refill.end
            }
            state.isRefilling = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    private func wait(_ continuation: CheckedContinuation<Void, Never>) {
        let isRefilling = state.with { state in
            if state.isRefilling { state.waiting.append(continuation) }
            return state.isRefilling
        }
        if !isRefilling { continuation.resume() }
    }
}
