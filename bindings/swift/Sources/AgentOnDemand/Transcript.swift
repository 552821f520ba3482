import AodNative
import Foundation

/// What an agent printed, as data: turns with their messages, thinking, tool calls, plans and notices.
///
/// The model is the same for Claude Code, Codex, Gemini CLI and opencode; the output of other programs becomes
/// `ItemKind.text`. A tool call and its result are one item, and a message that is printed in fragments grows.
///
/// ``Sessions/transcript(_:options:continuing:)`` fills a transcript from the stream of a session. Events from
/// elsewhere, such as those of a listener, are passed to `apply(_:)`, and stored output to ``feed(_:)``. These methods
/// return the changes that they make.
///
/// See [Transcripts and user interfaces](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/).
///
/// ```swift
/// let transcript = Transcript(runtime: "claude")
/// transcript.feed(try await client.sessions.run(agentId: agent.id, prompt: "Fix the failing test").stdout)
/// transcript.finish()
/// for item in transcript.turns.flatMap(\.items) {
///     switch item.kind {
///     case .message(_, let text): print(text)
///     case .toolCall(let call): print("\(call.name): \(item.status)")
///     default: break
///     }
/// }
/// print("\(transcript.usage?.outputTokens ?? 0) tokens")
/// ```
///
/// A transcript guarantees:
///
/// - Each nonblank line of standard output and standard error is in an item, as its `raw` or as `ItemKind.text`, or is
///   counted as cut or dropped.
/// - The turns depend only on the output, not on how it is split into chunks, and not on a ``snapshot()`` in between.
/// - Memory is bounded by the ``TranscriptLimits``.
/// - No output makes it fail: a line that is not an event of the runtime becomes `ItemKind.text`.
///
/// All members may be used from any task or thread.
public final class Transcript: Sendable {
    let native: NativeTranscript

    /// Creates an empty transcript.
    ///
    /// - Parameters:
    ///   - runtime: The name of a runtime, such as `claude`, or of a provider, as ``RuntimeFormatter`` accepts it. By
    ///     default, the `start` event of the session selects it; that event does not change a runtime that is given
    ///     here.
    ///   - limits: How much the transcript keeps.
    public init(runtime: String? = nil, limits: TranscriptLimits = TranscriptLimits()) {
        native = NativeTranscript(runtimeOrProvider: runtime, limits: limits.native)
    }

    /// Creates the transcript of a snapshot.
    ///
    /// ```swift
    /// // Without a snapshot that can be read, a new transcript reads the session from its first event.
    /// let transcript = (try? Transcript(restoring: Data(contentsOf: file))) ?? Transcript()
    /// for try await _ in client.sessions.transcript(id, continuing: transcript) {
    ///     try transcript.snapshot().write(to: file, options: .atomic)
    /// }
    /// ```
    ///
    /// - Parameter snapshot: The bytes that ``snapshot()`` returned.
    /// - Throws: An ``AodError`` of kind `decode` if the bytes are not a snapshot, the snapshot is damaged, or it has a
    ///   snapshot format that this version of the library does not read.
    public init(restoring snapshot: Data) throws(AodError) {
        native = try mappingErrors { try NativeTranscript.restore(snapshot: snapshot) }
    }

    /// Applies an event of a session.
    ///
    /// The start of the next turn, and the terminal event of the session, end the current turn. A resumed stream
    /// repeats the start of the current turn, which changes nothing.
    ///
    /// If output or a stage is at or before the ``cursor``, or the start of a turn is before it, the event belongs to
    /// another history of the session: all turns are discarded, and the first change is
    /// `TranscriptChange.historyReset`. Do not apply output or a stage twice. A stream repeats neither, unless it is
    /// opened without reconnection.
    ///
    /// - Parameter event: The next event, in order, beginning with the first of the stream or the one after ``cursor``.
    /// - Returns: The changes that the event makes, in order.
    @discardableResult
    public func apply(_ event: StreamEvent) -> [TranscriptChange] {
        apply([event])
    }

    /// Applies several events of a session, as ``EventListener/onEvents(_:cursor:)`` receives them, which is faster
    /// than one by one. One call returns at most one `itemUpdated` per item and at most one `agentUpdated`; each has
    /// the final state.
    ///
    /// - Parameter events: The next events, in order.
    /// - Returns: The changes that the events make, in order.
    @discardableResult
    public func apply(_ events: [StreamEvent]) -> [TranscriptChange] {
        native.apply(events: events.map(\.withoutUnknownFields))
    }

    /// Reads output from elsewhere, such as the `stdout` of a `RunResult`. Name the runtime in the initializer.
    ///
    /// - Parameter chunk: The next piece of standard output, which may end anywhere.
    /// - Returns: The changes that the chunk makes, in order.
    @discardableResult
    public func feed(_ chunk: String) -> [TranscriptChange] {
        native.feed(chunk: chunk)
    }

    /// Ends the output that was passed to ``feed(_:)``: reads an incomplete last line, and ends the turn. Output that
    /// follows belongs to a new turn. The terminal event of a session does the same when it is applied.
    ///
    /// - Returns: The changes, in order.
    @discardableResult
    public func finish() -> [TranscriptChange] {
        native.finish()
    }

    /// The turns, in order. Each access copies all of them: to follow a transcript, use the changes, or
    /// ``TranscriptStream/turns()``.
    public var turns: [TranscriptTurn] { native.turns() }

    /// The tokens and the cost of all turns that have ended; nil if the runtime reported no usage. The `source` is
    /// `partial` if one of these turns has items but no usage, unless it failed.
    public var usage: TokenUsage? { native.usage() }

    /// What is known about the agent; nil before the runtime is selected.
    public var agent: AgentInfo? { native.agent() }

    /// The position after the last applied event that has a position; nil if no such event was applied. A stream of the
    /// session with this position as ``StreamOptions/since`` completes the transcript without a gap or a repeated item.
    /// The start of a turn does not change the cursor.
    public var cursor: Int64? { native.cursor() }

    /// The last message of the agent itself, not of a subagent, in the last turn; nil before the agent has written a
    /// message in that turn.
    public var finalText: String? { native.finalText() }

    /// Returns everything as bytes: the turns, half-read lines, the limits, and the cursor.
    ///
    /// Store the bytes as one value. An app that is killed at any time then continues from the last stored value:
    /// restore it with ``init(restoring:)``, and pass it to ``Sessions/transcript(_:options:continuing:)``.
    ///
    /// - Returns: The snapshot, which ``init(restoring:)`` reads, except in a version of the library with another
    ///   snapshot format.
    public func snapshot() -> Data {
        native.snapshot()
    }

    /// Returns the transcript as JSON: an object with `agent`, `turns`, `usage` and `cursor`, the same in each language
    /// of the SDK. It cannot be read back: use ``snapshot()`` to restore the transcript later.
    ///
    /// - Returns: The JSON text.
    /// - Throws: An ``AodError`` of kind `invalidRequest` if a number of the transcript cannot be represented as JSON.
    public func json() throws(AodError) -> String {
        try mappingErrors { try native.toJson() }
    }
}

/// The limits of a ``Transcript``. Items say what was cut, and turns count the items that were dropped.
///
/// ```swift
/// let transcript = Transcript(limits: TranscriptLimits(text: 20_000, items: 2_000))
/// ```
public struct TranscriptLimits: Sendable, Hashable {
    /// The size limit of a line of output, in bytes of UTF-8. A longer line is not read as an event: it becomes an
    /// `ItemKind.text` with its first part. Default: 16 MiB.
    public var line: Int
    /// The size limit of each text of an item, in bytes of UTF-8: of a message, a command, a result, the arguments. It
    /// is also that of the list of tools of the agent, and of the reason of a failed turn. Default: 1 MiB.
    public var text: Int
    /// How much of the output an item keeps in its `raw`, in bytes of UTF-8. Default: 64 KiB.
    public var raw: Int
    /// How many items the transcript keeps. When it has more, the oldest items are dropped until seven eighths of this
    /// number are left. Default: 100,000.
    public var items: Int
    /// The size limit of all items together, in bytes of memory. When they exceed it, the oldest items are dropped
    /// until the others take up at most seven eighths of the limit. Default: 256 MiB.
    public var bytes: Int

    /// Creates limits of a transcript. A negative limit counts as 0.
    ///
    /// - Parameters:
    ///   - line: The size limit of a line of output, in bytes of UTF-8.
    ///   - text: The size limit of each text of an item, in bytes of UTF-8.
    ///   - raw: How much of the output an item keeps, in bytes of UTF-8.
    ///   - items: How many items the transcript keeps.
    ///   - bytes: The size limit of all items together, in bytes.
    public init(
        line: Int = 16 * 1024 * 1024,
        text: Int = 1024 * 1024,
        raw: Int = 64 * 1024,
        items: Int = 100_000,
        bytes: Int = 256 * 1024 * 1024
    ) {
        self.line = line
        self.text = text
        self.raw = raw
        self.items = items
        self.bytes = bytes
    }

    fileprivate var native: NativeTranscriptLimits {
        NativeTranscriptLimits(
            line: UInt64(clamping: line), text: UInt64(clamping: text), raw: UInt64(clamping: raw),
            items: UInt64(clamping: items), bytes: UInt64(clamping: bytes))
    }
}

extension TranscriptItem: Identifiable {}

extension TranscriptTurn: Identifiable {
    /// The number of the turn.
    public var id: Int64 { number }
}

extension StreamEvent {
    /// The event without the unknown fields, which formatters and transcripts do not use: they may hold values that
    /// cannot be passed to the library.
    var withoutUnknownFields: StreamEvent {
        switch self {
        case .start(let event):
            let start = StartEvent(
                id: event.id, runtime: event.runtime, provider: event.provider, sessionId: event.sessionId, extra: [:])
            return .start(event: start)
        case .stage(let event):
            let stage = StageEvent(
                id: event.id, stage: event.stage, state: event.state, durationMs: event.durationMs,
                message: event.message, extra: [:])
            return .stage(event: stage)
        case .turnStart(let event):
            return .turnStart(event: TurnStartEvent(id: event.id, turn: event.turn, extra: [:]))
        case .output(let event) where event.extra.isEmpty:
            return self
        case .output(let event):
            let output = OutputEvent(id: event.id, stream: event.stream, data: event.data, turn: event.turn, extra: [:])
            return .output(event: output)
        case .exit(let event):
            // A code that cannot be read is among the unknown fields: it says nothing about an interruption.
            let unreadable: [String: JSONValue] = event.extra["code"] == nil ? [:] : ["code": .null]
            return .exit(event: ExitEvent(id: event.id, code: event.code, extra: unreadable))
        case .error(let event):
            return .error(event: ErrorEvent(id: event.id, message: event.message, extra: [:]))
        case .terminated(let event):
            return .terminated(event: TerminatedEvent(id: event.id, message: event.message, extra: [:]))
        case .stale(let event):
            return .stale(event: StaleEvent(id: event.id, message: event.message, extra: [:]))
        case .unknown:
            return self
        }
    }
}
