// Prints every event of a session's stream.

import AgentOnDemand

let client = try AodClient.fromEnv()
let agent = try await client.agents.create(name: "swift-stream", model: "claude-sonnet-4-6", runtime: .claude)
let session = try await client.sessions.create(agentId: agent.id, prompt: "Run the tests")

for try await event in client.sessions.stream(session.id) {
    switch event {
    case .start(let start):
        print("start:", start.runtime?.rawValue ?? start.provider?.rawValue ?? "unknown")
    case .stage(let stage):
        print("stage:", stage.stage.label, stage.state.rawValue, stage.message ?? "")
    case .turnStart(let turnStart):
        print("turn:", turnStart.turn ?? 1)
    case .output(let output):
        print("\(output.stream.rawValue): \(output.data)", terminator: "")
    case .exit(let exit):
        print("exit code:", exit.code ?? -1)
    case .error(let error):
        print("failed:", error.message ?? "no message")
    case .terminated, .stale:
        print(event.type)
    case .unknown(let unknown):
        // A newer server may send events that this version does not know.
        print("unknown event:", unknown.raw)
    }
}
