import AodNative

/// Turns what an agent prints on its standard output into human-readable lines.
///
/// ``ClaudeFormatter``, ``CodexFormatter``, ``GeminiFormatter`` and ``OpencodeFormatter`` do for these four programs,
/// ``GenericFormatter`` for those whose output is shown as it is. ``RuntimeFormatter`` is the one for a runtime or
/// provider, ``SessionFormatter`` the one for whatever a session turns out to run. Implement the protocol for a runtime
/// of your own:
///
/// ```swift
/// struct Shouting: EventFormatter {
///     func feed(_ chunk: String) -> [String] { [chunk.uppercased()] }
///     func flush() -> [String] { [] }
/// }
/// ```
///
/// The lines of the package's own depend on the text only, never on where it was cut. What cannot be understood is shown
/// as it came, and control characters as escapes. One formatter is for the output of one session, in order; copies of it
/// are the same formatter, and any task may use it.
public protocol EventFormatter: Sendable {
    /// Takes the next piece of output, cut anywhere, and gives what the lines that it completes show. A line given back
    /// may hold newlines, but does not end with one.
    func feed(_ chunk: String) -> [String]

    /// Takes an event of a session's stream. Unless a formatter does otherwise, the standard output in it is fed, and
    /// everything else shows nothing.
    func consume(_ event: StreamEvent) -> [String]

    /// Gives what is left: what the unfinished last line shows, and what waited for more. To be called when the output
    /// has ended; harmless at other times.
    func flush() -> [String]
}

extension EventFormatter {
    public func consume(_ event: StreamEvent) -> [String] {
        event.stdout.map(feed) ?? []
    }
}
