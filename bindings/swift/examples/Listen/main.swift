// Receives the events of a session in a listener instead of a loop.

import AgentOnDemand

/// Prints human-readable lines. The methods are called one after another, on a thread of the library.
final class Printer: EventListener {
    private let formatter = SessionFormatter()

    func onEvents(_ events: [StreamEvent], cursor: Int64?) {
        show(events.flatMap(formatter.consume))
    }

    func onClosed() {
        show(formatter.flush())
        print("closed")
    }

    func onError(_ error: AodError) {
        show(formatter.flush())
        print("failed:", error)
    }

    func onState(_ state: ConnectionState) {
        if case .resuming(let attempt, let delay, _) = state {
            print("reconnecting in \(delay) s, attempt \(attempt)")
        }
    }

    private func show(_ lines: [String]) {
        for line in lines { print(line) }
    }
}

let client = try AodClient.fromEnv()
let agent = try await client.agents.create(name: "swift-listen", model: "claude-sonnet-4-6", runtime: .claude)
let session = try await client.sessions.create(agentId: agent.id, prompt: "Run the tests")

// The subscription can also cancel the stream.
let subscription = try client.sessions.listen(session.id, to: Printer())
await subscription.join()
