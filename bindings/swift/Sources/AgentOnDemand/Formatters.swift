import AodNative

/// Turns what an agent prints on its standard output into lines for people.
///
/// The lines depend on the text only, never on where it was cut. What cannot be understood is shown as it came, and
/// control characters as escapes. One formatter is for the output of one session, in order; it may be used from any
/// task.
public protocol EventFormatter: Sendable {
    /// Takes the next piece of output, cut anywhere, and gives what the lines that it completes show. A line given back
    /// may hold newlines, but does not end with one.
    func feed(_ chunk: String) -> [String]

    /// Gives what is left: what the unfinished last line shows. To be called when the output has ended.
    func flush() -> [String]
}

extension EventFormatter {
    /// Takes an event of a session's stream: the standard output in it is fed, everything else shows nothing.
    public func consume(_ event: StreamEvent) -> [String] {
        event.stdout.map(feed) ?? []
    }
}

/// Formats the output of Claude Code.
public struct ClaudeFormatter: EventFormatter {
    private let output: RuntimeFormatter

    /// A formatter at the beginning of the output.
    ///
    /// - Parameters:
    ///   - raw: whether control characters pass as they came. An agent's output may carry sequences that move the
    ///     cursor or write to the clipboard of whoever prints it.
    ///   - maxLine: the longest line of output to take whole, in bytes. Default 16 MiB.
    public init(raw: Bool = false, maxLine: Int? = nil) {
        output = RuntimeFormatter(runtime: .claude, raw: raw, maxLine: maxLine)
    }

    public func feed(_ chunk: String) -> [String] { output.feed(chunk) }

    public func flush() -> [String] { output.flush() }
}

/// Formats the output of the program that a session runs.
public struct RuntimeFormatter: EventFormatter {
    private let native: OutputFormatter

    /// The formatter for the runtime of an agent or session (S0 and S1 servers). Output of one that is not known is
    /// shown as it is. The parameters are those of ``ClaudeFormatter/init(raw:maxLine:)``.
    public init(runtime: Runtime, raw: Bool = false, maxLine: Int? = nil) {
        self.init(word: runtime.word, raw: raw, maxLine: maxLine)
    }

    /// The formatter for the provider of an agent or session (S2 servers).
    public init(provider: Provider, raw: Bool = false, maxLine: Int? = nil) {
        self.init(word: provider.word, raw: raw, maxLine: maxLine)
    }

    private init(word: String, raw: Bool, maxLine: Int?) {
        let options = FormatterOptions(raw: raw, maxLine: maxLine.map(UInt64.init(clamping:)))
        native = OutputFormatter(runtimeOrProvider: word, options: options)
    }

    public func feed(_ chunk: String) -> [String] { native.feed(chunk: chunk) }

    public func flush() -> [String] { native.flush() }
}
