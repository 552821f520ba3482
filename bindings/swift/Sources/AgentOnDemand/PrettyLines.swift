import AodNative

extension EventStream {
    /// Returns the agent's output as human-readable lines. The `start` event picks the formatter.
    ///
    /// ```swift
    /// for try await line in client.sessions.stream(id).pretty() {
    ///     print(line)
    /// }
    /// ```
    ///
    /// - Parameter options: How lines look, and which are shown.
    /// - Returns: The lines, as a sequence that reads this stream.
    public func pretty(options: FormatterOptions = FormatterOptions()) -> PrettyLines {
        pretty(SessionFormatter(options: options))
    }

    /// Returns the agent's output as the lines of a formatter.
    ///
    /// - Parameter formatter: A new formatter, to use instead of the one that the `start` event picks.
    /// - Returns: The lines, as a sequence that reads this stream.
    public func pretty(_ formatter: any Formatter) -> PrettyLines {
        PrettyLines(stream: self, formatter: formatter)
    }
}

/// Human-readable lines of a session's stream: see ``EventStream/pretty(options:)``.
///
/// Each element is the formatted text of one line of output. It may contain newlines, but does not end with one. The
/// formatter is flushed when a further turn starts, because each turn is a separate process, and when the stream ends;
/// the remaining lines come before an error of the stream. Leaving the loop closes the connection. So does cancelling
/// the task; the loop then throws a `CancellationError`, and no further line is delivered.
///
/// See [Transcripts](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/#lines-for-a-terminal).
public final class PrettyLines: AsyncSequence, Sendable {
    public typealias Element = String

    /// The underlying stream, for its ``EventStream/cursor``, ``EventStream/connectionStates`` and
    /// ``EventStream/cancel()``.
    public let stream: EventStream

    private let formatter: any Formatter
    private let exit = Locked<Int64?>(nil)
    private let turns = Locked(Turns())
    private let prefetcher = Prefetcher<String>()

    fileprivate init(stream: EventStream, formatter: any Formatter) {
        self.stream = stream
        self.formatter = formatter
    }

    /// The agent's exit code; nil until the stream has delivered it.
    public var exitCode: Int64? {
        exit.with { $0 }
    }

    /// Creates an iterator, which shares the stream with all others.
    ///
    /// - Returns: The iterator.
    public func makeAsyncIterator() -> Iterator {
        let token = IteratorToken { [prefetcher, stream] in
            prefetcher.close()
            stream.end()
        }
        return Iterator(lines: self, token: token)
    }

    /// Iterates over the lines of a stream.
    ///
    /// The stream ends when the iterator is released after the first ``next()``. Copies share one iterator.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let lines: PrettyLines
        fileprivate var token: IteratorToken

        /// Waits for the next line.
        ///
        /// - Returns: The line; nil at the end of the stream, and after an error was thrown.
        /// - Throws: An ``AodError`` if the stream fails, once; a `CancellationError` if the task is cancelled.
        public mutating func next() async throws -> String? {
            try await next(isolation: nil)
        }

        /// Waits for the next line without leaving the caller's actor.
        ///
        /// - Parameter actor: The actor to stay on.
        /// - Returns: The line; nil at the end of the stream, and after an error was thrown.
        /// - Throws: An ``AodError`` if the stream fails, once; a `CancellationError` if the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> String? {
            token.use()
            return try await lines.prefetcher.next(isolation: actor, from: lines)
        }
    }

    private func lines(of event: StreamEvent) -> [String] {
        if let code = event.exitCode {
            exit.with { $0 = code }
        }
        if turns.with({ $0.isAnother(event) }) {
            return formatter.flush() + formatter.consume(event)
        }
        return formatter.consume(event)
    }
}

/// The turns of one stream, each of which has the output of another process.
private struct Turns: Sendable {
    private var turn: Int64?
    private var hasOutput = false

    /// Records an event, and returns whether it starts another turn than that of the earlier output.
    mutating func isAnother(_ event: StreamEvent) -> Bool {
        switch event {
        case .output:
            hasOutput = true
            return false
        case .turnStart(let start):
            let continues = start.turn != nil && start.turn == turn
            turn = start.turn
            return hasOutput && !continues
        default:
            return false
        }
    }
}

extension PrettyLines: PrefetchSource {
    /// Waits for the next event or the end, and formats it.
    func nextBatch(isolation: isolated (any Actor)?) async -> Batch<String> {
        do {
            if let event = try await stream.next(isolation: isolation) {
                return Batch(elements: lines(of: event))
            }
            return Batch(elements: formatter.flush(), end: .success(()))
        } catch let error as CancellationError {
            // The caller has given up: the remaining lines are dropped.
            return Batch(elements: [], end: .failure(error))
        } catch {
            return Batch(elements: formatter.flush(), end: .failure(error))
        }
    }

    func abandon() {
        stream.abandon()
    }
}
