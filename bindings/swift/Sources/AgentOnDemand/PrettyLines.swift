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

    fileprivate init(events: SessionEvents, formatter: any EventFormatter) {
        self.events = events
        self.formatter = formatter
    }

    /// The agent's exit code, once the stream has brought it.
    public var exitCode: Int64? {
        exit.with { $0 }
    }

    public func makeAsyncIterator() -> Iterator {
        Iterator(lines: self)
    }

    /// Gives the lines one by one. Ends the stream when it is let go.
    public struct Iterator: AsyncIteratorProtocol {
        private let lines: PrettyLines
        private var events: SessionEvents.Iterator
        private var shown: ArraySlice<String> = []
        private var end: Result<Void, any Error>?

        fileprivate init(lines: PrettyLines) {
            self.lines = lines
            events = lines.events.makeAsyncIterator()
        }

        public mutating func next() async throws -> String? {
            try await next(isolation: nil)
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> String? {
            while true {
                if let line = shown.popFirst() {
                    return line
                }
                if let end {
                    // An error is thrown once.
                    self.end = .success(())
                    try end.get()
                    return nil
                }
                await advance(isolation: actor)
            }
        }

        /// Shows the next event, or the end.
        private mutating func advance(isolation actor: isolated (any Actor)?) async {
            do {
                if let event = try await events.next(isolation: actor) {
                    shown = lines.shown(by: event)[...]
                    return
                }
                end = .success(())
            } catch {
                end = .failure(error)
                // Nobody waits for what is left.
                if error is CancellationError { return }
            }
            shown = lines.formatter.flush()[...]
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
