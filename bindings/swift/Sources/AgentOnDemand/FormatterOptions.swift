import AodNative

/// Options of the formatters. By default they use emoji and no color, do not cut lines, show thinking, and hide tool
/// results.
///
/// ```swift
/// let formatter = CodexFormatter(options: FormatterOptions(plain: true, width: 80))
/// ```
public struct FormatterOptions: Sendable, Hashable {
    /// Whether marks and separators are ASCII, one character each, instead of emoji and `·`. The agent's text is not
    /// changed. Default: false.
    ///
    /// | Mark | Replaces |
    /// |---|---|
    /// | `#` | ⚙️  a session starts |
    /// | `>` | ✉️  a message of the agent |
    /// | `~` | 💭 the agent's thinking |
    /// | `$` | 🔧 a command |
    /// | `*` | 📖 📝 ✏️  📓 🔍 🔎 🌐 📋 📐 🛠️  another tool call |
    /// | `&` | 🤖 🚀 the start of another agent |
    /// | `<` | 📤 the result of a tool call |
    /// | `=` | ✨ the end |
    /// | `!` | ⚠️  a failure, or a warning |
    public var plain: Bool
    /// The maximum width of a line, in terminal columns. A longer line is cut, and ends in `…`, or in `...` if
    /// ``plain`` is true. A limit of 0 counts as 1. Default: no limit.
    public var width: Int?
    /// Whether lines are colored by their kind. Default: off.
    public var color: Color
    /// Whether the agent's thinking is shown. Default: true.
    public var showThinking: Bool
    /// Whether the result of each tool call, or its failure, is shown in one line. Default: false.
    public var showToolResults: Bool
    /// Whether failed tool calls are shown. Default: true, except for ``ClaudeFormatter``. If it is set to true, that
    /// formatter also marks a session that ended with an error, and shows the reason.
    public var showFailures: Bool?
    /// Whether control characters are passed through. If false, they are shown as escapes, because an agent's output
    /// may contain sequences that move the terminal's cursor or write to the clipboard. Default: false.
    public var raw: Bool
    /// The maximum length of a line of output, in bytes of UTF-8. A longer line is cut, and ends with the number of
    /// bytes that were cut. Default: 16 MiB.
    public var maxLine: Int?

    /// Creates options of a formatter.
    ///
    /// - Parameters:
    ///   - plain: Whether marks and separators are ASCII.
    ///   - width: The maximum width of a line, in terminal columns.
    ///   - color: Whether lines are colored by their kind.
    ///   - showThinking: Whether the agent's thinking is shown.
    ///   - showToolResults: Whether the result of each tool call is shown.
    ///   - showFailures: Whether failed tool calls are shown.
    ///   - raw: Whether control characters are passed through.
    ///   - maxLine: The maximum length of a line of output, in bytes of UTF-8.
    public init(
        plain: Bool = false,
        width: Int? = nil,
        color: Color = .off,
        showThinking: Bool = true,
        showToolResults: Bool = false,
        showFailures: Bool? = nil,
        raw: Bool = false,
        maxLine: Int? = nil
    ) {
        self.plain = plain
        self.width = width
        self.color = color
        self.showThinking = showThinking
        self.showToolResults = showToolResults
        self.showFailures = showFailures
        self.raw = raw
        self.maxLine = maxLine
    }

    /// Whether lines are colored, with ANSI escape sequences.
    public enum Color: Sendable, Hashable {
        /// Never.
        case off
        /// Always, regardless of the environment.
        case on
        /// If the standard output is a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`. Checked when the
        /// formatter is created.
        case auto
    }

    /// Creates a native formatter for a runtime or provider; nil stands for that of the `start` event.
    func formatter(for name: String?) -> OutputFormatter {
        OutputFormatter(runtimeOrProvider: name, options: native)
    }

    private var native: NativeFormatterOptions {
        NativeFormatterOptions(
            plain: plain, width: width.map(UInt32.init(clamping:)), color: color.native, showThinking: showThinking,
            showToolResults: showToolResults, showFailures: showFailures, raw: raw,
            maxLine: maxLine.map(UInt64.init(clamping:)))
    }
}

extension FormatterOptions.Color {
    fileprivate var native: NativeColor {
        switch self {
        case .off: .off
        case .on: .on
        case .auto: .auto
        }
    }
}
