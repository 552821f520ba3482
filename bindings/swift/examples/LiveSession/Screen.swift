import AgentOnDemand
import LiveSessionModel

/// What a view would show, as text.
@MainActor struct Screen {
    let model: SessionModel

    var text: String {
        let rows = model.rows.map(line)
        let footer = [model.agent?.model, cost(model.usage), model.connection.map(connection)].compactMap { $0 }
        let error = model.error.map { ["error: \($0)"] } ?? []
        let lines = rows + error + [footer.joined(separator: " · "), model.isRunning ? "" : "> "]
        return lines.joined(separator: "\n")
    }

    private func line(_ row: SessionRow) -> String {
        let text =
            switch row.content {
            case .prompt(let prompt): "\n> \(prompt)"
            case .item(let kind, let status): item(kind, status)
            case .end(let outcome, let usage, let duration): end(outcome, usage, duration)
            }
        return row.parent == nil ? text : "    \(text)"
    }

    private func item(_ kind: ItemKind, _ status: ItemStatus) -> String {
        switch kind {
        case .message(_, let text): text
        case .thinking(let text): "(\(text))"
        case .toolCall(let call): "[\(status)] \(call.name) \(detail(call.tool))\(result(call.result))"
        case .plan(let steps): steps.map { "[\($0.status)] \($0.text)" }.joined(separator: "\n")
        case .notice(let level, let text): "\(level): \(text)"
        case .text(_, let text): text
        case .event(let type): type
        }
    }

    private func detail(_ tool: Tool) -> String {
        switch tool {
        case .shell(let command): command
        case .read(let path), .write(let path): path
        case .edit(let files): files.map(\.path).joined(separator: " ")
        case .search(let pattern, let path): "\(pattern) \(path ?? "")"
        case .glob(let pattern): pattern
        case .webFetch(let url): url
        case .webSearch(let query): query
        case .agent(let prompt): prompt
        case .mcp(let server, let tool): "\(server).\(tool)"
        case .other: ""
        }
    }

    private func result(_ result: ToolResult?) -> String {
        guard let result else { return "" }
        let lines = result.text.split(separator: "\n")
        return lines.prefix(3).map { "\n    \($0)" }.joined() + (lines.count > 3 ? "\n    …" : "")
    }

    private func end(_ outcome: Outcome, _ usage: TokenUsage?, _ duration: Double?) -> String {
        let name =
            switch outcome {
            case .success: "done"
            case .failed(let reason): "failed: \(reason)"
            case .maxTurns: "stopped at the limit of model calls"
            case .interrupted: "interrupted"
            case .unknown: "ended"
            }
        let time = duration.map { "\(($0 * 10).rounded() / 10) s" }
        return "-- " + [name, time, cost(usage)].compactMap { $0 }.joined(separator: " · ")
    }

    private func cost(_ usage: TokenUsage?) -> String? {
        guard let usage else { return nil }
        let tokens = (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0)
        return [tokens > 0 ? "\(tokens) tokens" : nil, usage.costUsd.map { "\($0) USD" }]
            .compactMap { $0 }.joined(separator: " · ")
    }

    private func connection(_ state: ConnectionState) -> String {
        switch state {
        case .connecting: "connecting"
        case .live, .historyReset: "live"
        case .resuming(let attempt, let delay, _): "reconnecting in \(delay) s, attempt \(attempt)"
        case .waitingForNetwork: "waiting for the network"
        case .closed: model.isRunning ? "disconnected" : "idle"
        }
    }
}
