import AodNative

/// What the formatters can be told. The defaults are emoji, no colour, full width, thinking shown, tool results left out.
///
/// ```swift
/// let formatter = CodexFormatter(options: FormatterOptions(plain: true, width: 80))
/// ```
public struct FormatterOptions: Sendable, Hashable {
    /// Whether marks and separators are ASCII, one character each, instead of emoji and `·`. What the agent says stays
    /// as it is.
    ///
    /// | Mark | Stands for |
    /// |---|---|
    /// | `#` | ⚙️  a session starts |
    /// | `>` | ✉️  the agent says |
    /// | `~` | 💭 it thinks |
    /// | `$` | 🔧 it runs a command |
    /// | `*` | 📖 📝 ✏️  📓 🔍 🔎 🌐 📋 📐 🛠️  it uses another tool |
    /// | `&` | 🤖 🚀 it starts another agent |
    /// | `<` | 📤 what a tool gave |
    /// | `=` | ✨ the end |
    /// | `!` | ⚠️  a failure, a warning, or a bad end |
    public var plain: Bool
    /// The longest line to show, in columns of a terminal: a longer one ends in `…`, continued lines of a text too, and
    /// none is wrapped. No limit when nil; a limit of 0 is one of 1.
    public var width: Int?
    /// Whether lines are coloured by what they stand for.
    public var color: Color
    /// Whether what the agent thinks is shown.
    public var showThinking: Bool
    /// Whether what tools give back is shown, in one line each; of one that failed, that it did.
    public var showToolResults: Bool
    /// Whether tools that failed are shown. When nil they are, except by ``ClaudeFormatter``; there it also marks an end
    /// that is an error as a bad one, and says why.
    public var showFailures: Bool?
    /// Whether control characters pass as they came. Off, they are shown as escapes: an agent's output may carry
    /// sequences that move the cursor or write to the clipboard of whoever prints it.
    public var raw: Bool
    /// The longest line of output to take whole, in bytes of UTF-8; 16 MiB when nil. A longer one is shown up to this
    /// length, with the number of bytes cut behind it.
    public var maxLine: Int?

    /// Options of a formatter.
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

    /// Whether lines are coloured, with the escape sequences of ECMA-48.
    public enum Color: Sendable, Hashable {
        /// Never.
        case off
        /// Always, whatever the environment says.
        case on
        /// If the standard output is a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`. Looked up when the
        /// formatter begins.
        case auto
    }

    /// The formatter of the library for a runtime or provider, or for whatever a session turns out to run.
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
