// Handles errors by their kind, and repeats an update after a version conflict.

import AgentOnDemand
import Foundation

/// Renames an agent, even if another client updates it at the same time.
func renameAgent(_ id: UUID, to name: String, client: AodClient) async throws -> Agent {
    while true {
        let agent = try await client.agents.get(id)
        do {
            return try await client.agents.update(id, version: agent.version, name: name)
        } catch let error as AodError {
            guard case .versionMismatch? = error.conflict else { throw error }
        }
    }
}

let client = try AodClient.fromEnv()

do {
    _ = try await client.agents.get(UUID())
} catch let error as AodError where error.kind == .notFound {
    print("not found:", error)
}

do {
    _ = try await client.environments.create(name: String(repeating: "x", count: 201))
} catch let error as AodError where error.kind == .invalidRequest || error.kind == .validation {
    for field in error.detail?.fields ?? [] {
        print("invalid:", field.path, field.description)
    }
}

let agent = try await client.agents.create(name: "swift-errors", model: "claude-sonnet-4-6", runtime: .claude)
print("renamed:", try await renameAgent(agent.id, to: "swift-errors-renamed", client: client).name)

do {
    _ = try await client.withOptions(CallOptions(timeout: 0.001, maxRetries: 0)).agents.list()
} catch let error as AodError {
    print("\(error.kind.rawValue) after \(error.attempts) attempt(s), retryable: \(error.isRetryable)")
}
