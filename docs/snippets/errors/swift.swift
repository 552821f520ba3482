import AgentOnDemand
import Foundation

let client = try AodClient.fromEnv()
// region missing
do {
    print(try await client.agents.get(UUID()).name)
} catch let error as AodError where error.kind == .notFound {
    print("no such agent:", error)
}
// endregion

let agent = try await client.agents.ensure(name: "reviewer", model: "claude-sonnet-4-6", runtime: .claude)
try await client.agents.archive(agent.id)
// region conflict
do {
    try await client.agents.archive(agent.id)
} catch let error as AodError where error.conflict == .alreadyArchived {
    print("nothing to do")
}
// endregion

// region retry
do {
    _ = try await client.sessions.run(agentId: agent.id, prompt: "Fix the failing test")
} catch let error as AodError {
    print("\(error.kind.rawValue), retryable: \(error.isRetryable)")
    print("session \(error.sessionId?.uuidString ?? "none"), after \(error.attempts) attempts")
}
// endregion
