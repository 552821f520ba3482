import AgentOnDemand
import AgentOnDemandTesting
import Testing

@Test func reportsTheFailingTest() async throws {
    let server = try await DevServer()
    try await server.script(
        Turn().tool("Bash", ["command": "swift test"], output: "1 failed", exitCode: 1).message("One test fails."))
    try await server.faults(.cut(afterEvents: 3))
    let client = try AodClient(baseURL: server.url, token: server.token)
    let agent = try await client.agents.create(
        name: "reviewer", model: "anthropic/claude-sonnet-4-6", runtime: .claude)
    let result = try await client.sessions.run(agentId: agent.id, prompt: "Run the tests")
    #expect(result.text == "One test fails.")
}
