import AodNative

extension SessionEvents {
    /// What the agent prints, as lines for people: the `start` event picks the formatter.
    ///
    /// ```swift
    /// for try await line in client.sessions.events(id).pretty() {
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
        PrettyLines(events: self, formatter: formatter)
    }
}

/// The lines of a session's stream, for people: see ``SessionEvents/pretty(options:)``.
///
/// Each element is what came of one line of output; it may hold newlines, but does not end with one. The formatter is
/// flushed when a further turn starts, whose output is another process's, and when the stream ends, before its error if
/// it ends with one. Everything else is as in ``SessionEvents``, whose one loop this is: leaving it closes the
/// connection, and so does cancelling the task, which makes the loop throw a `CancellationError` and nothing more be
/// shown.
public final class PrettyLines: AsyncSequence, Sendable {
    public typealias Element = String

    /// The stream below, for its ``SessionEvents/cursor``, its ``SessionEvents/connectionStates`` and its
    /// ``SessionEvents/cancel()``.
    public let events: SessionEvents

    private let formatter: any EventFormatter
    private let exit = Locked<Int64?>(nil)
    private let ahead = ReadAhead<String>()

    fileprivate init(events: SessionEvents, formatter: any EventFormatter) {
        self.events = events
        self.formatter = formatter
    }

    /// The agent's exit code, once the stream has brought it.
    public var exitCode: Int64? {
        exit.with { $0 }
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(lines: self, lease: SessionEvents.Lease(of: events) { [ahead] in ahead.close() })
    }

    /// Gives the lines one by one; nil at the end, and after it threw. Ends the stream when it is let go after its
    /// first ``next()``. Copies of it are the same iterator.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let lines: PrettyLines
        fileprivate let lease: SessionEvents.Lease

        public mutating func next() async throws -> String? {
            try await next(isolation: nil)
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> String? {
            lease.use()
            return try await lines.ahead.next(isolation: actor, from: lines)
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

extension PrettyLines: ReadAheadSource {
    /// Shows the next event, or the end.
    func refill(isolation: isolated (any Actor)?) async -> Refill<String> {
        do {
            if let event = try await events.next(isolation: isolation) {
                return Refill(pieces: shown(by: event))
            }
            return Refill(pieces: formatter.flush(), end: .success(()))
        } catch let error as CancellationError {
            // Nobody waits for what is left.
            return Refill(pieces: [], end: .failure(error))
        } catch {
            return Refill(pieces: formatter.flush(), end: .failure(error))
        }
    }

    func giving(_ piece: String) {}

    func abandon() {
        events.abandon()
    }
}
