import AodNative

/// Turns an agent's standard output into human-readable lines.
///
/// ``ClaudeFormatter``, ``CodexFormatter``, ``GeminiFormatter`` and ``OpencodeFormatter`` read the output of these four
/// programs; ``GenericFormatter`` passes lines through. ``RuntimeFormatter`` picks one of them by runtime or provider,
/// and ``SessionFormatter`` by a session's `start` event.
///
/// Implement the protocol to format another program's output. Foundation has a class of the same name: in a file that
/// imports both modules, write `AgentOnDemand.Formatter`.
///
/// See [Transcripts](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/#lines-for-a-terminal).
///
/// ```swift
/// struct UppercaseFormatter: AgentOnDemand.Formatter {
///     func feed(_ chunk: String) -> [String] { [chunk.uppercased()] }
///     func flush() -> [String] { [] }
/// }
/// ```
///
/// The lines of the formatters in this package depend on the text only, not on where it is split into chunks. Output
/// that cannot be parsed is passed through, with control characters shown as escapes. Use one formatter for the output
/// of one session, in order. Copies of a formatter share its state, and any task may use it.
public protocol Formatter: Sendable {
    /// Formats the next chunk of output.
    ///
    /// - Parameter chunk: A piece of standard output, which may end anywhere.
    /// - Returns: One string for each line of output that the chunk completes and that is shown. A string may contain
    ///   newlines, but does not end with one.
    func feed(_ chunk: String) -> [String]

    /// Formats an event of a session's stream.
    ///
    /// The default implementation passes the event's standard output to ``feed(_:)``, and shows nothing for other
    /// events.
    ///
    /// - Parameter event: The next event.
    /// - Returns: The lines to show, as from ``feed(_:)``.
    func consume(_ event: StreamEvent) -> [String]

    /// Formats what is still buffered, such as an unfinished last line.
    ///
    /// Call it when the output has ended. Calling it at another time is safe.
    ///
    /// - Returns: The lines to show, as from ``feed(_:)``.
    func flush() -> [String]

    /// Whether the formatter holds output that it has not returned as lines: an incomplete line, or an event that a
    /// later one may complete. The default implementation returns false.
    ///
    /// While it is false, a new formatter can continue from the ``EventStream/cursor`` of that moment, for example in
    /// another process, and no line is lost or cut: pass the cursor as ``StreamOptions/since``. The new formatter knows
    /// only the output after the cursor: it does not know earlier totals, the names of tools that were called before,
    /// or whether the line for the start of the session was shown.
    var hasPending: Bool { get }
}

extension Formatter {
    public var hasPending: Bool { false }

    public func consume(_ event: StreamEvent) -> [String] {
        event.stdout.map(feed) ?? []
    }
}
