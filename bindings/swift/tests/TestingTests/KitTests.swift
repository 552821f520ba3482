import AgentOnDemand
import AgentOnDemandTesting
import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct KitTests {
    @Test func stopWaitsUntilTheServerHasEnded() async throws {
        for _ in 0..<5 {
            let server = try await DevServer()
            try await server.control("GET", "stats")
            await server.stop()
            // A server that still ran would answer.
            await #expect(throws: URLError.self) { try await server.control("GET", "stats") }
            await server.stop()
        }
    }

    @Test func aRejectedCallIsAnError() async throws {
        let server = try await DevServer()
        await #expect(throws: DevServerError.self) { try await server.script() }
        await #expect(throws: DevServerError.self) { try await server.script(Turn(), session: UUID()) }
        await server.stop()
    }

    @Test func aGenerationThatTheServerDoesNotHaveIsAnError() async throws {
        await #expect(throws: DevServerError.self) { try await DevServer(generation: "1999-01-01") }
    }
}
