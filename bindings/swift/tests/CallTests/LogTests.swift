import AgentOnDemand
import DevServer
import Foundation
import Testing

/// The log of the library, which is one of the whole process.
@Suite(.timeLimit(.minutes(5))) struct LogTests {
    @Test func retriesAreSentToAHandlerOnDemand() async throws {
        let server = try DevServer()
        let (entries, continuation) = AsyncStream.makeStream(of: AodLog.Entry.self)
        AodLog.send(from: .debug) { continuation.yield($0) }
        try await server.control(
            "POST", "fault", ["path": "/agents", "effect": ["status": ["status": 503]]])
        _ = try await server.client().agents.list()
        // Other tests log too.
        let failed = await entries.first { $0.text.contains("status=503") }
        let entry = try #require(failed)
        #expect(entry.level == .debug)
        #expect(entry.module == "aod::transport")
        #expect(AodLog.Level.debug < .info && AodLog.Level.info < .warning)
    }
}
