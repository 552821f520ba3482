import AgentOnDemand

/// A row of the screen. Its id stays the same while its content changes: text grows, and tool calls get a result.
public struct SessionRow: Identifiable, Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        /// What the user asked.
        case prompt(String)
        /// What the agent did: a message, thinking, a tool call with its result, a plan, a notice, or other output.
        case item(ItemKind, ItemStatus)
        /// How the turn ended, and what it cost. The duration is in seconds.
        case end(Outcome, TokenUsage?, duration: Double?)
    }

    public let id: String
    public let content: Content
    /// The id of the row of the tool call whose subagent did this; nil for the agent itself.
    public let parent: String?
}

extension SessionRow {
    private init(_ id: String, _ content: Content) {
        self.init(id: id, content: content, parent: nil)
    }

    /// Returns the rows of a session.
    ///
    /// - Parameters:
    ///   - turns: What the agent printed.
    ///   - sessionTurns: The turns on the server, which have the prompts. A turn without output is only here.
    static func rows(of turns: [TranscriptTurn], _ sessionTurns: [SessionTurn]) -> [SessionRow] {
        let printed = Dictionary(turns.map { ($0.number, $0) }) { _, last in last }
        let stored = Dictionary(sessionTurns.map { ($0.turnNumber, $0) }) { _, last in last }
        return Set(printed.keys).union(stored.keys).sorted().flatMap { number in
            rows(of: number, printed[number], stored[number])
        }
    }

    private static func rows(of number: Int64, _ turn: TranscriptTurn?, _ stored: SessionTurn?) -> [SessionRow] {
        var rows: [SessionRow] = []
        if let stored {
            rows.append(SessionRow("prompt-\(number)", .prompt(stored.prompt)))
        }
        for item in turn?.items ?? [] {
            // Events of the runtime, such as one about the limits of an account, are not for users.
            if case .event = item.kind { continue }
            rows.append(SessionRow(id: item.id, content: .item(item.kind, item.status), parent: item.parent))
        }
        if var outcome = turn == nil ? stored?.outcome : turn?.outcome {
            // The transcript does not have the end of a turn if the next one has started, and can report an
            // interruption as a failure, with the exit code of a signal.
            if let known = stored?.outcome, outcome == .unknown || known == .interrupted { outcome = known }
            rows.append(SessionRow("end-\(number)", .end(outcome, turn?.usage, duration: turn?.duration)))
        }
        return rows
    }
}

extension SessionTurn {
    /// The outcome as far as the server knows it; nil before the end.
    fileprivate var outcome: Outcome? {
        switch status {
        case .completed: .success
        case .failed: .failed(reason: "exit code \(exitCode.map(String.init) ?? "unknown")")
        case .interrupted: .interrupted
        default: nil
        }
    }
}
