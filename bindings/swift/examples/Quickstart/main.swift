// Sets up an environment and an agent, starts a session, and prints its output while it runs.

import AgentOnDemand

let client = try AodClient.fromEnv()

// Names of environments are unique: the first run creates it, later ones find it.
let name = "swift-quickstart"
var environment = try await client.environments.list().first { $0.name == name }
if environment == nil {
    environment = try await client.environments.create(name: name, packages: [.pip: ["pytest"]])
}

// Servers of 2026-04-30 take the model `anthropic/claude-sonnet-4-6`. Servers since 2026-06-25 take
// `provider: .anthropic` instead of `runtime`.
let agent = try await client.agents.create(
    name: name, model: "claude-sonnet-4-6", runtime: .claude, environmentId: environment?.id)

let session = try await client.sessions.create(agentId: agent.id, prompt: "Say hello, and list the files here")
for try await line in client.sessions.stream(session.id).pretty() {
    print(line)
}

let ended = try await client.sessions.get(session.id)
print("session \(ended.id): \(ended.status.rawValue), exit code \(ended.exitCode ?? -1)")
try await client.agents.archive(agent.id)
