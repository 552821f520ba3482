import AgentOnDemand

// region run
let client = try AodClient.fromEnv()
let agent = try await client.agents.ensure(name: "reviewer", model: "claude-sonnet-4-6", runtime: .claude)

let session = try await client.sessions.create(agentId: agent.id, prompt: "Fix the failing test")
for try await line in client.sessions.stream(session.id).pretty() {
    print(line)
}
// endregion

// region ask
let result = try await client.sessions.ask(session.id, "Now add another test")
print(result.text ?? "no answer")
print("exit code", result.session.exitCode ?? -1)
// endregion
