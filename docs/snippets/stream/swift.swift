import AgentOnDemand

let client = try AodClient.fromEnv()
let agent = try await client.agents.ensure(name: "reviewer", model: "claude-sonnet-4-6", runtime: .claude)
let session = try await client.sessions.create(agentId: agent.id, prompt: "Fix the failing test")

// region events
for try await event in client.sessions.stream(session.id) {
    switch event {
    case .stage(let stage): print("\(stage.stage.label): \(stage.state.rawValue)")
    case .turnStart(let start): print("turn", start.turn ?? 1)
    case .output(let output): print(output.data, terminator: "")
    case .exit(let exit): print("exit code", exit.code ?? -1)
    default: print(event.type)
    }
}
// endregion

// region options
let events = client.sessions.stream(session.id, options: StreamOptions(deadline: 3600, resumeStale: true))
let states = Task {
    for await state in events.connectionStates { print("connection:", state) }
}
// endregion
for try await _ in events {}
await states.value
