import AgentOnDemand

let client = try AodClient.fromEnv()
let agent = try await client.agents.ensure(name: "reviewer", model: "claude-sonnet-4-6", runtime: .claude)
let session = try await client.sessions.create(agentId: agent.id, prompt: "Fix the failing test")

// region changes
let changes = client.sessions.transcript(session.id)
for try await change in changes {
    switch change {
    case .itemAdded(_, let item):
        switch item.kind {
        case .message(_, let text): print(text)
        case .toolCall(let call): print("calls", call.name)
        default: break
        }
    case .textAppended(_, _, let text): print(text, terminator: "")
    case .turnEnded(_, let outcome, _, _): print("ended:", outcome)
    default: break
    }
}
// endregion

// region snapshot
let stored = changes.transcript.snapshot()

let transcript = try Transcript(restoring: stored)
for try await _ in client.sessions.transcript(session.id, continuing: transcript) {}
print(transcript.finalText ?? "no answer")
// endregion
