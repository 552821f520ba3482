import AgentOnDemand
import DevServer
import Foundation
import Testing

/// `client.sessions.events(id)`.
@Suite struct EventsTests {
    let server: DevServer
    let client: AodClient

    init() throws {
        server = try DevServer()
        client = try server.client()
    }

    private func hanging() async throws -> SessionAck {
        try await server.script(["stdout": "one\n"], ["hold": "never"])
        return try await client.started()
    }

    @Test func eventsComeOnceAlthoughTheConnectionBreaks() async throws {
        let numbers = (0..<20).map { "\($0)\n" }
        let steps = numbers.map { JSONValue.object(["stdout": .string($0)]) } + [["exit": 3]]
        try await server.control("POST", "script", ["script": ["steps": .array(steps)]])
        let session = try await client.started()
        for after in [7, 9, 13] as [Int64] {
            try await server.control(
                "POST", "fault",
                [
                    "path": "/sessions/*/stream",
                    "effect": ["cut_after_events": ["events": .integer(after), "how": "reset"]],
                ])
        }
        let events = client.sessions.events(session.id)
        var seen: [StreamEvent] = []
        for try await event in events {
            seen.append(event)
        }
        #expect(seen.compactMap(\.stdout).joined() == numbers.joined())
        #expect(seen.filter { $0.type == "start" }.count == 1)
        #expect(seen.last?.exitCode == 3)
        #expect(events.cursor == seen.last?.id)
    }
}
