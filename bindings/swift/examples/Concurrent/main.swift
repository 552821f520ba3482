// Runs several prompts at the same time, each in its own session, and prints the results as they arrive.

import AgentOnDemand

/// Runs each prompt in a new session. The first error cancels the other calls; their sessions continue.
func runAll(_ prompts: [String], agent: Agent, client: AodClient) async throws {
    try await withThrowingTaskGroup(of: (String, RunResult).self) { group in
        for prompt in prompts {
            group.addTask {
                (prompt, try await client.sessions.run(agentId: agent.id, prompt: prompt, timeout: 300))
            }
        }
        for try await (prompt, result) in group {
            print("\(prompt): \(result.session.status.rawValue), \(result.stdout.utf8.count) bytes of output")
        }
    }
}

let client = try AodClient.fromEnv()
let agent = try await client.agents.create(name: "swift-concurrent", model: "claude-sonnet-4-6", runtime: .claude)
try await runAll(["List the tests", "Find the slowest test", "Summarize the README"], agent: agent, client: client)
