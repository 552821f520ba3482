import AodNative

/// Formats the `stream-json` output of Claude Code.
///
/// It shows the start of the session, the agent's messages and thinking, its tool calls, and the result. By default the
/// lines are those of `aod-sdk` 0.1.0 on PyPI, the earlier, pure Python package. Failed tool calls are hidden unless
/// ``FormatterOptions/showFailures`` is true. Lines of a subagent are indented by two spaces.
public struct ClaudeFormatter: Formatter {
    private let native: OutputFormatter

    /// Creates a formatter for the output of one session.
    ///
    /// - Parameter options: How lines look, and which are shown.
    public init(options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: Runtime.claude.rawValue)
    }

    public func feed(_ chunk: String) -> [String] { native.feed(chunk: chunk) }

    public func flush() -> [String] { native.flush() }

    public var hasPending: Bool { native.hasPending() }
}

/// Formats the output of `codex exec --json`, in the current and the earlier formats.
///
/// It shows the start of a thread, the agent's messages and thinking, its commands, file changes and other tool calls,
/// and the result of the turn. Commands are shown without the shell that runs them. The token count of the last line is
/// that of the whole thread, including earlier turns.
public struct CodexFormatter: Formatter {
    private let native: OutputFormatter

    /// Creates a formatter for the output of one session.
    ///
    /// - Parameter options: How lines look, and which are shown.
    public init(options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: Runtime.codex.rawValue)
    }

    public func feed(_ chunk: String) -> [String] { native.feed(chunk: chunk) }

    public func flush() -> [String] { native.flush() }

    public var hasPending: Bool { native.hasPending() }
}

/// Formats the output of Gemini CLI with `--output-format stream-json` or `json`.
///
/// It shows the start of a session, the agent's messages, its tool calls and their failures, and the result. Gemini CLI
/// prints a message in fragments: it is shown as a whole when other output follows, or at the end.
public struct GeminiFormatter: Formatter {
    private let native: OutputFormatter

    /// Creates a formatter for the output of one session.
    ///
    /// - Parameter options: How lines look, and which are shown.
    public init(options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: Runtime.gemini.rawValue)
    }

    public func feed(_ chunk: String) -> [String] { native.feed(chunk: chunk) }

    public func flush() -> [String] { native.flush() }

    public var hasPending: Bool { native.hasPending() }
}

/// Formats the output of `opencode run --format json`, versions 1 and 2.
///
/// It shows the session, the agent's messages and thinking, its tool calls and their failures, and the result. The cost
/// in the last line does not include that of subagents, which opencode does not report.
public struct OpencodeFormatter: Formatter {
    private let native: OutputFormatter

    /// Creates a formatter for the output of one session.
    ///
    /// - Parameter options: How lines look, and which are shown.
    public init(options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: Runtime.opencode.rawValue)
    }

    public func feed(_ chunk: String) -> [String] { native.feed(chunk: chunk) }

    public func flush() -> [String] { native.flush() }

    public var hasPending: Bool { native.hasPending() }
}

/// Passes the lines of any program's output through, with control characters shown as escapes. Empty lines are dropped.
public struct GenericFormatter: Formatter {
    private let native: OutputFormatter

    /// Creates a formatter for the output of one session.
    ///
    /// - Parameter options: How lines look, and which are shown.
    public init(options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: "")
    }

    public func feed(_ chunk: String) -> [String] { native.feed(chunk: chunk) }

    public func flush() -> [String] { native.flush() }

    public var hasPending: Bool { native.hasPending() }
}

/// Formats the output of a runtime, or of the runtime that serves a provider's models.
///
/// Names are compared without regard to case:
///
/// | Runtime name contains | Provider name is | Formatter |
/// |---|---|---|
/// | `claude` | `anthropic` | ``ClaudeFormatter`` |
/// | `codex` | `openai` | ``CodexFormatter`` |
/// | `gemini` | `google` | ``GeminiFormatter`` |
/// | `opencode` | | ``OpencodeFormatter`` |
/// | anything else | | ``GenericFormatter`` |
public struct RuntimeFormatter: Formatter {
    private let native: OutputFormatter

    /// Creates the formatter for the runtime of an agent or session (servers before 2026-06-25).
    ///
    /// - Parameters:
    ///   - runtime: The runtime.
    ///   - options: How lines look, and which are shown.
    public init(runtime: Runtime, options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: runtime.rawValue)
    }

    /// Creates the formatter for the provider of an agent or session (servers since 2026-06-25).
    ///
    /// - Parameters:
    ///   - provider: The provider.
    ///   - options: How lines look, and which are shown.
    public init(provider: Provider, options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: provider.rawValue)
    }

    public func feed(_ chunk: String) -> [String] { native.feed(chunk: chunk) }

    public func flush() -> [String] { native.flush() }

    public var hasPending: Bool { native.hasPending() }
}

/// Formats the stream of a session. The `start` event picks the formatter, by the rules of ``RuntimeFormatter``.
///
/// It is flushed when a further turn starts, because each turn is a separate process. A resumed stream repeats the
/// start of the current turn, which flushes nothing. Output before the `start` event is passed through.
/// ``EventStream/pretty(options:)`` uses it. Use it directly with a listener:
///
/// ```swift
/// let formatter = SessionFormatter()
/// func onEvents(_ events: [StreamEvent], cursor: Int64?) {
///     events.flatMap(formatter.consume).forEach { print($0) }
/// }
/// ```
public struct SessionFormatter: Formatter {
    private let native: OutputFormatter

    /// Creates a formatter for the output of one session.
    ///
    /// - Parameter options: How lines look, and which are shown.
    public init(options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: nil)
    }

    public func feed(_ chunk: String) -> [String] { native.feed(chunk: chunk) }

    public func consume(_ event: StreamEvent) -> [String] {
        if case .output = event { return event.stdout.map(feed) ?? [] }
        return native.consume(event: event.withoutUnknownFields)
    }

    public func flush() -> [String] { native.flush() }

    public var hasPending: Bool { native.hasPending() }
}
