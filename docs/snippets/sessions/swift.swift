import AgentOnDemand

let client = try AodClient.fromEnv()
let agent = try await client.agents.ensure(name: "reviewer", model: "claude-sonnet-4-6", runtime: .claude)
// region run-all
let prompts = ["Run the tests", "Remove dead code", "Document the API"]
let requests = prompts.map { CreateSession(agentId: agent.id, prompt: $0) }
let results = try await client.sessions.runAll(requests, maxConcurrent: 2)
for (prompt, result) in zip(prompts, results) {
    switch result {
    case .success(let run): print("\(prompt): \(run.text ?? "no answer")")
    case .failure(let error): print("\(prompt): \(error)")
    }
}
// endregion

// region watch
for try await item in client.sessions.watch(try await client.sessions.list().map(\.id)) {
    switch item.event {
    case .success(let event): print("\(item.sessionId): \(event.type)")
    case .failure(let error): print("\(item.sessionId): \(error)")
    }
}
// endregion
