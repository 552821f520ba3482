import AgentOnDemand
import Foundation

// region save
struct State: Codable {
    let session: UUID
    var cursor: Int64 = 0
    var output = ""
}

/// Stores the session, the position and the output as one value: the old file or the new one, never a part.
func save(_ state: State) throws {
    try JSONEncoder().encode(state).write(to: URL(fileURLWithPath: "state"), options: .atomic)
}

func load() throws -> State? {
    guard FileManager.default.fileExists(atPath: "state") else { return nil }
    return try JSONDecoder().decode(State.self, from: Data(contentsOf: URL(fileURLWithPath: "state")))
}
// endregion

let client = try AodClient.fromEnv()

// region resume
var state: State
if let saved = try load() {
    state = saved
} else {
    let agent = try await client.agents.ensure(name: "reviewer", model: "claude-sonnet-4-6", runtime: .claude)
    state = State(session: try await client.sessions.create(agentId: agent.id, prompt: "Fix the failing test").id)
    try save(state)
}

let events = client.sessions.stream(state.session, options: StreamOptions(since: state.cursor))
for try await event in events {
    state.output += event.stdout ?? ""
    state.cursor = events.cursor ?? state.cursor
    try save(state)
    print("saved", event.type, "at", state.cursor)
}
// endregion
