// Stops reading a stream, and resumes it later from its cursor, without losing or repeating output.

import AgentOnDemand

let client = try AodClient.fromEnv()
let agent = try await client.agents.create(name: "swift-resume", model: "claude-sonnet-4-6", runtime: .claude)
let session = try await client.sessions.create(agentId: agent.id, prompt: "Run the tests")

let stream = client.sessions.stream(session.id)
for try await event in stream {
    if let text = event.stdout {
        print(text, terminator: "")
        break  // Leaving the loop closes the connection. The session continues.
    }
}

// The cursor is an integer, which can be saved and used by another process.
let cursor = stream.cursor
print("-- stopped at \(cursor ?? 0) --")

// This is not needed when a connection drops: a stream then resumes automatically.
let options = StreamOptions(since: cursor, reconnect: .withBackoff(maxAttempts: 30))
// Some events that are not output arrive again, such as `start`. This loop ignores them.
for try await event in client.sessions.stream(session.id, options: options) {
    print(event.stdout ?? "", terminator: "")
}
