import AodNative

/// Formats the `stream-json` output of Claude Code: the start of the session, what the agent says and thinks, which tools
/// it calls, and how it ended.
///
/// The lines are those of the formatter in the published Python SDK. Tools that failed are left out unless
/// ``FormatterOptions/showFailures`` asks for them; what a subagent does is indented by two spaces.
public struct ClaudeFormatter: EventFormatter {
    private let native: OutputFormatter

    /// A formatter at the beginning of the output.
    public init(options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: Runtime.claude.rawValue)
    }

    public func feed(_ chunk: String) -> [String] { native.feed(chunk: chunk) }

    public func flush() -> [String] { native.flush() }
}

/// Formats the output of `codex exec --json`, of all three generations of it: the start of a thread, what the agent says
/// and thinks, its commands, file changes and other tools, and how the turn ended.
///
/// Commands appear without the shell around them. The tokens of the last line are those of the whole thread, turns resumed
/// included: Codex counts so.
public struct CodexFormatter: EventFormatter {
    private let native: OutputFormatter

    /// A formatter at the beginning of the output.
    public init(options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: Runtime.codex.rawValue)
    }

    public func feed(_ chunk: String) -> [String] { native.feed(chunk: chunk) }

    public func flush() -> [String] { native.flush() }
}

/// Formats the output of Gemini CLI with `--output-format stream-json`, and with `json`: the start of a session, what the
/// agent says, which tools it calls and which of them failed, and how it ended.
///
/// The agent's text comes in fragments, and appears as one when anything else follows it, or at the end of the output.
public struct GeminiFormatter: EventFormatter {
    private let native: OutputFormatter

    /// A formatter at the beginning of the output.
    public init(options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: Runtime.gemini.rawValue)
    }

    public func feed(_ chunk: String) -> [String] { native.feed(chunk: chunk) }

    public func flush() -> [String] { native.flush() }
}

/// Formats the output of `opencode run --format json`, of versions 1 and 2: which session it is, what the agent says and
/// thinks, which tools it called and which of them failed, and how it ended.
///
/// The cost in the last line leaves out that of other agents that were started: it is not in the output.
public struct OpencodeFormatter: EventFormatter {
    private let native: OutputFormatter

    /// A formatter at the beginning of the output.
    public init(options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: Runtime.opencode.rawValue)
    }

    public func feed(_ chunk: String) -> [String] { native.feed(chunk: chunk) }

    public func flush() -> [String] { native.flush() }
}

/// Passes the lines of an agent's output through, without their line ends. Empty lines are dropped.
public struct GenericFormatter: EventFormatter {
    private let native: OutputFormatter

    /// A formatter at the beginning of the output.
    public init(options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: "")
    }

    public func feed(_ chunk: String) -> [String] { native.feed(chunk: chunk) }

    public func flush() -> [String] { native.flush() }
}

/// Formats the output of a runtime, or of the runtime that serves a provider's models.
///
/// By the name, in any case:
///
/// | Runtime, by what its name contains | Provider | Formatter |
/// |---|---|---|
/// | `claude` | `anthropic` | ``ClaudeFormatter`` |
/// | `codex` | `openai` | ``CodexFormatter`` |
/// | `gemini` | `google` | ``GeminiFormatter`` |
/// | `opencode` | | ``OpencodeFormatter`` |
/// | anything else | | ``GenericFormatter`` |
public struct RuntimeFormatter: EventFormatter {
    private let native: OutputFormatter

    /// The formatter for the runtime of an agent or session (S0 and S1 servers).
    public init(runtime: Runtime, options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: runtime.rawValue)
    }

    /// The formatter for the provider of an agent or session (S2 servers).
    public init(provider: Provider, options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: provider.rawValue)
    }

    public func feed(_ chunk: String) -> [String] { native.feed(chunk: chunk) }

    public func flush() -> [String] { native.flush() }
}

/// Formats the whole stream of a session, whose `start` event picks the formatter as ``RuntimeFormatter`` does.
///
/// It is flushed when a further turn starts, whose output is another process's. What is fed before any event is shown as
/// it is. ``EventStream/pretty(options:)`` uses it for you.
public struct SessionFormatter: EventFormatter {
    private let native: OutputFormatter

    /// A formatter at the beginning of the output.
    public init(options: FormatterOptions = FormatterOptions()) {
        native = options.formatter(for: nil)
    }

    public func feed(_ chunk: String) -> [String] { native.feed(chunk: chunk) }

    public func consume(_ event: StreamEvent) -> [String] {
        switch event {
        // Only what picks the formatter: fields that nobody knows may hold what cannot be passed on.
        case .start(let event):
            let start = StartEvent(runtime: event.runtime, provider: event.provider, extra: [:])
            return native.consume(event: .start(event: start))
        case .turnStart(let event):
            return native.consume(event: .turnStart(event: TurnStartEvent(turn: event.turn, extra: [:])))
        default:
            return event.stdout.map(feed) ?? []
        }
    }

    public func flush() -> [String] { native.flush() }
}
