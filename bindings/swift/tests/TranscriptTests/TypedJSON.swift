import AgentOnDemand
import Foundation

/// Returns the JSON of a transcript from its typed values, field by field, as the core writes it.
func typedJSON(of transcript: Transcript) -> JSONValue {
    object([
        "agent": transcript.agent.map(json) ?? .null,
        "turns": list(transcript.turns, json),
        "usage": transcript.usage.map(json) ?? .null,
        "cursor": transcript.cursor.map(JSONValue.integer) ?? .null,
    ])
}

/// Returns the JSON of the core.
func coreJSON(of transcript: Transcript) throws -> JSONValue {
    try JSONValue(parsing: transcript.json())
}

/// Leaves out the fields that are nil.
private func object(_ fields: [String: JSONValue?]) -> JSONValue {
    .object(fields.compactMapValues { $0 })
}

private func list<T>(_ values: [T], _ json: (T) -> JSONValue) -> JSONValue {
    .array(values.map(json))
}

private func text(_ value: String?) -> JSONValue? {
    value.map(JSONValue.string)
}

private func number(_ value: Int64?) -> JSONValue? {
    value.map(JSONValue.integer)
}

private func flag(_ value: Bool) -> JSONValue? {
    value ? .bool(true) : nil
}

private func millis(_ duration: TimeInterval?) -> JSONValue? {
    // Rounded down, except for the error of the floating point number.
    duration.map { .integer(Int64($0 * 1000 + 1e-6)) }
}

/// Returns the name of a case of an enum without payloads.
private func name(_ value: some Any) -> JSONValue {
    .string("\(value)".replacing(#/[A-Z]/#) { "_" + $0.output.lowercased() })
}

private func json(_ agent: AgentInfo) -> JSONValue {
    object([
        "runtime": text(agent.runtime),
        "model": text(agent.model),
        "session_id": text(agent.sessionId),
        "version": text(agent.version),
        "cwd": text(agent.cwd),
        "tools": agent.tools.isEmpty ? JSONValue?.none : list(agent.tools) { .string($0) },
    ])
}

private func json(_ usage: TokenUsage) -> JSONValue {
    object([
        "input_tokens": number(usage.inputTokens),
        "cached_input_tokens": number(usage.cachedInputTokens),
        "cache_write_tokens": number(usage.cacheWriteTokens),
        "output_tokens": number(usage.outputTokens),
        "reasoning_tokens": number(usage.reasoningTokens),
        "cost_usd": usage.costUsd.map(JSONValue.number),
        "source": name(usage.source),
    ])
}

private func json(_ turn: TranscriptTurn) -> JSONValue {
    object([
        "number": number(turn.number),
        "items": list(turn.items, json),
        "dropped_items": number(turn.droppedItems),
        "outcome": turn.outcome.map(json),
        "usage": turn.usage.map(json),
        "duration_ms": millis(turn.duration),
    ])
}

private func json(_ outcome: Outcome) -> JSONValue {
    switch outcome {
    case .success, .maxTurns, .interrupted, .unknown: object(["type": name(outcome)])
    case .failed(let reason): object(["type": "failed", "reason": text(reason)])
    }
}

private func json(_ item: TranscriptItem) -> JSONValue {
    var fields: [String: JSONValue?] = [
        "id": text(item.id),
        "runtime_id": text(item.runtimeId),
        "parent": text(item.parent),
        "status": name(item.status),
        "events": item.events.map { object(["first": number($0.first), "last": number($0.last)]) },
        "is_truncated": flag(item.isTruncated),
        "raw": item.raw.isEmpty ? nil : text(item.raw),
        "raw_cut": item.rawCut == 0 ? nil : number(item.rawCut),
    ]
    fields.merge(kindFields(item.kind)) { _, kind in kind }
    return object(fields)
}

private func kindFields(_ kind: ItemKind) -> [String: JSONValue?] {
    switch kind {
    case .message(let role, let message): ["kind": "message", "role": name(role), "text": text(message)]
    case .thinking(let thinking): ["kind": "thinking", "text": text(thinking)]
    case .toolCall(let call):
        [
            "kind": "tool_call",
            "name": text(call.name),
            "tool": json(call.tool),
            "input": call.input,
            "result": call.result.map(json),
        ]
    case .plan(let steps):
        ["kind": "plan", "steps": list(steps) { object(["text": text($0.text), "status": name($0.status)]) }]
    case .notice(let level, let notice): ["kind": "notice", "level": name(level), "text": text(notice)]
    case .text(let stream, let lines): ["kind": "text", "stream": name(stream), "text": text(lines)]
    case .event(let type): ["kind": "event", "type": text(type)]
    }
}

private func json(_ result: ToolResult) -> JSONValue {
    object([
        "text": text(result.text),
        "is_error": .bool(result.isError),
        "exit_code": number(result.exitCode),
        "is_truncated": flag(result.isTruncated),
        "duration_ms": millis(result.duration),
    ])
}

private func json(_ tool: Tool) -> JSONValue {
    switch tool {
    case .shell(let command): object(["type": "shell", "command": text(command)])
    case .read(let path): object(["type": "read", "path": text(path)])
    case .write(let path): object(["type": "write", "path": text(path)])
    case .edit(let files):
        object([
            "type": "edit",
            "files": list(files) { object(["path": text($0.path), "change": name($0.change)]) },
        ])
    case .search(let pattern, let path):
        object(["type": "search", "pattern": text(pattern), "path": text(path)])
    case .glob(let pattern): object(["type": "glob", "pattern": text(pattern)])
    case .webFetch(let url): object(["type": "web_fetch", "url": text(url)])
    case .webSearch(let query): object(["type": "web_search", "query": text(query)])
    case .agent(let prompt): object(["type": "agent", "prompt": text(prompt)])
    case .mcp(let server, let tool): object(["type": "mcp", "server": text(server), "tool": text(tool)])
    case .other: object(["type": "other"])
    }
}
