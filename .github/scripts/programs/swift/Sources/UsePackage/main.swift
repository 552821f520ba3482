// Uses the Swift package: a call, an error and a stream of its native core.

import AgentOnDemand
import Foundation

struct Unexpected: Error {
    let text: String
}

let client = try AodClient.fromEnv()
_ = try await client.health()
do {
    _ = try await client.agents.get(UUID())
    throw Unexpected(text: "a 404 is an error")
} catch let error as AodError where error.status == 404 {}

let session = UUID(uuidString: ProcessInfo.processInfo.environment["AOD_SESSION"] ?? "")
var received = 0
for try await _ in client.sessions.stream(session ?? UUID()) {
    received += 1
}
if received != 2 {
    throw Unexpected(text: "\(received) events")
}
print("the package works")
