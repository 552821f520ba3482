import AodNative

extension EventStream {
    /// What the agent prints, as human-readable lines: the `start` event picks the formatter.
    ///
    /// ```swift
    /// for try await line in client.sessions.stream(id).pretty() {
    ///     print(line)
    /// }
    /// ```
    ///
    /// - Parameter options: how lines look, and which are shown.
    public func pretty(options: FormatterOptions = FormatterOptions()) -> PrettyLines {
        pretty(SessionFormatter(options: options))
    }

    /// What the agent prints, as the lines that a formatter gives.
    ///
    /// - Parameter formatter: the one to use, whatever the `start` event says; at the beginning of its output.
    public func pretty(_ formatter: any EventFormatter) -> PrettyLines {
        PrettyLines(stream: self, formatter: formatter)
    }
}

/// Human-readable lines of a session's stream: see ``EventStream/pretty(options:)``.
///
/// Each element is what came of one line of output; it may hold newlines, but does not end with one. The formatter is
/// flushed when a further turn starts, whose output is another process's, and when the stream ends, before its error if
/// it ends with one. Everything else is as in ``EventStream``, whose one loop this is: leaving it closes the
/// connection, and so does cancelling the task, which makes the loop throw a `CancellationError` and nothing more be
/// shown.
public final class PrettyLines: AsyncSequence, Sendable {
    public typealias Element = String

    /// The stream below, for its ``EventStream/cursor``, its ``EventStream/connectionStates`` and its
    /// ``EventStream/cancel()``.
    public let stream: EventStream

    private let formatter: any EventFormatter
    private let exit = Locked<Int64?>(nil)
    private let prefetcher = Prefetcher<String>()

    fileprivate init(stream: EventStream, formatter: any EventFormatter) {
        self.stream = stream
        self.formatter = formatter
    }

    /// The agent's exit code, once the stream has brought it.
    public var exitCode: Int64? {
        exit.with { $0 }
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(lines: self, token: EventStream.IteratorToken(of: stream) { [prefetcher] in prefetcher.close() })
    }

    /// Gives the lines one by one; nil at the end, and after it threw. Ends the stream when it is let go after its
    /// first ``next()``. Copies of it are the same iterator.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let lines: PrettyLines
        fileprivate let token: EventStream.IteratorToken

        public mutating func next() async throws -> String? {
            try await next(isolation: nil)
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> String? {
            token.use()
            return try await lines.prefetcher.next(isolation: actor, from: lines)
        }
    }

    private func shown(by event: StreamEvent) -> [String] {
        if let code = event.exitCode {
            exit.with { $0 = code }
        }
        if case .turnStart = event {
            return formatter.flush() + formatter.consume(event)
        }
        return formatter.consume(event)
    }
}

extension PrettyLines: PrefetchSource {
    /// Shows the next event, or the end.
    func nextBatch(isolation: isolated (any Actor)?) async -> Batch<String> {
        do {
            if let event = try await stream.next(isolation: isolation) {
                return Batch(elements: shown(by: event))
            }
            return Batch(elements: formatter.flush(), end: .success(()))
        } catch let error as CancellationError {
            // Nobody waits for what is left.
            return Batch(elements: [], end: .failure(error))
        } catch {
            return Batch(elements: formatter.flush(), end: .failure(error))
        }
    }

    func didDeliver(_ element: String) {}

    func abandon() {
        stream.abandon()
    }
}
