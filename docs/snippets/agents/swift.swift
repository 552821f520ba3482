import AgentOnDemand

let client = try AodClient.fromEnv()
// region ensure
let environment = try await client.environments.ensure(
    name: "python-tests", packages: [.pip: ["pytest"]], networking: .limited(to: ["pypi.org"]))
var agent = try await client.agents.ensure(
    name: "reviewer", model: "claude-sonnet-4-6", runtime: .claude, system: "Be brief.",
    environmentId: environment.id)
// endregion

// region update
agent = try await client.agents.updateWith(agent.id) { agent in
    agent.update(metadata: ["owner": "ops"])
}
print("version \(agent.version) of \(agent.name)")
// endregion

// region turns
let session = try await client.sessions.run(agentId: agent.id, prompt: "Run the tests").session
_ = try await client.sessions.ask(session.id, "Fix the failing one")
for turn in try await client.sessions.turns(session.id) {
    print("turn \(turn.turnNumber): \(turn.status.rawValue)")
}
// endregion
