import AgentOnDemand
import DevServer
import Foundation
import Testing

/// The log of the library, which is one of the whole process: in one test, because a handler replaces the default log.
@Suite(.timeLimit(.minutes(5))) struct LogTests {
    @Test func warningsAreOnStandardErrorUntilAHandlerReceivesTheLog() async throws {
        #if os(Linux)
            try aTokenInClearTextIsWarnedAboutOnStandardError()
        #endif
        try await retriesAreSentToAHandlerOnDemand()
    }

    #if os(Linux)
        private func aTokenInClearTextIsWarnedAboutOnStandardError() throws {
            let pipe = Pipe()
            let standardError = dup(2)
            dup2(pipe.fileHandleForWriting.fileDescriptor, 2)
            defer {
                dup2(standardError, 2)
                close(standardError)
            }
            _ = try AodClient(baseURL: URL(string: "http://192.0.2.1")!, token: "planted-secret")
            var written = ""
            while !written.contains("clear text") {
                var reading = pollfd(fd: pipe.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
                try #require(poll(&reading, 1, 120_000) == 1, "nothing more on standard error after \(written)")
                written += String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
            }
            #expect(!written.contains("planted-secret"))
        }
    #endif

    private func retriesAreSentToAHandlerOnDemand() async throws {
        let server = try await DevServer(generation: "2026-04-21")
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
