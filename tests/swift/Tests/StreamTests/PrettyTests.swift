import AgentOnDemand
import DevServer
import Foundation
import Testing

/// `client.sessions.events(id).pretty()`.
@Suite struct PrettyTests {
    let server: DevServer
    let client: AodClient

    init() throws {
        server = try DevServer()
        client = try server.client()
    }

    private static let said = JSONValue.string(
        "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"Tests pass.\"}]}}\n")

    @Test func theStartEventPicksTheFormatter() async throws {
        try await server.script(
            ["stdout": Self.said], ["stderr": "warning\n"], ["stdout": "no line end"], ["exit": 3])
        let lines = client.sessions.events(try await client.started().id).pretty()
        #expect(lines.exitCode == nil)
        var shown: [String] = []
        for try await line in lines {
            shown.append(line)
        }
        #expect(shown == ["✉️  Tests pass.", "no line end"])
        #expect(lines.exitCode == 3)
        #expect(lines.events.cursor != nil)
    }

    @Test func optionsReachTheFormatterThatTheStartPicks() async throws {
        try await server.script(["stdout": Self.said], ["exit": 0])
        let session = try await client.started()
        let lines = client.sessions.events(session.id).pretty(options: FormatterOptions(plain: true))
        #expect(try await all(lines) == ["> Tests pass."])
    }

    @Test func aFormatterOfTheCallersIsUsedInstead() async throws {
        struct Shouting: EventFormatter {
            func feed(_ chunk: String) -> [String] { [chunk.uppercased()] }
            func flush() -> [String] { ["-"] }
        }
        try await server.script(["stdout": "hi"], ["stdout": "there"], ["exit": 0])
        let session = try await client.started()
        // Flushed as its turn starts, and at the end.
        #expect(try await all(client.sessions.events(session.id).pretty(Shouting())) == ["-", "HI", "THERE", "-"])
        let raw = RuntimeFormatter(runtime: "other", options: FormatterOptions(raw: true))
        #expect(try await all(client.sessions.events(session.id).pretty(raw)) == ["hithere"])
    }

    @Test func aTurnDoesNotContinueTheLineOfTheOneBefore() async throws {
        try await server.script(["stdout": "killed in the mid"], ["exit": 0])
        let session = try await client.started()
        try await client.sessions.waitForCompletion(session.id)
        try await client.sessions.prompt(session.id, "again")
        try await client.sessions.waitForCompletion(session.id)
        let shown = try await all(client.sessions.events(session.id).pretty())
        #expect(shown == ["killed in the mid", "killed in the mid"])
    }

    @Test func whatIsLeftComesBeforeAnError() async throws {
        try await server.script(["stdout": "half"], ["hold": "never"])
        let session = try await client.started()
        let events = client.sessions.events(session.id)
        var lines = events.pretty(Telling(of: "half") { client.shutDown() }).makeAsyncIterator()
        #expect(try await lines.next() == "half")
        do {
            _ = try await lines.next()
            Issue.record("the stream ends well")
        } catch let error as AodError {
            #expect(error.kind == .closed)
        }
        #expect(try await lines.next() == nil)
    }

    @Test func whatTheServerAnswersToTheRequestIsThrownByTheLoop() async throws {
        do {
            for try await line in client.sessions.events(UUID()).pretty() {
                Issue.record("shown: \(line)")
            }
            Issue.record("the loop ends well")
        } catch let error as AodError {
            #expect(error.kind == .notFound)
        }
    }

    @Test func cancellingTheTaskThrowsAndShowsNothingMore() async throws {
        try await server.script(["stdout": "whole\nhalf"], ["hold": "never"])
        let session = try await client.started()
        let (seen, continuation) = AsyncStream.makeStream(of: Void.self)
        let task = Task { [client] in
            var shown: [String] = []
            do {
                for try await line in client.sessions.events(session.id).pretty() {
                    shown.append(line)
                    continuation.finish()
                }
                Issue.record("the loop ends well")
            } catch is CancellationError {}
            return shown
        }
        for await _ in seen {}
        task.cancel()
        #expect(try await task.value == ["whole"])
        try await server.streams(0)
    }

    @Test func cancellingTheStreamEndsTheLoopWithoutAnError() async throws {
        try await server.script(["stdout": "whole\nhalf"], ["hold": "never"])
        let lines = client.sessions.events(try await client.started().id).pretty()
        var shown: [String] = []
        for try await line in lines {
            shown.append(line)
            lines.events.cancel()
        }
        #expect(shown == ["whole", "half"])
        try await server.streams(0)
    }

    @Test func leavingTheLoopClosesTheConnection() async throws {
        try await server.script(["stdout": "whole\nhalf"], ["hold": "never"])
        let lines = client.sessions.events(try await client.started().id).pretty()
        for try await _ in lines {
            break
        }
        try await server.streams(0)
    }

    @Test func aMainActorReadsWithoutLeavingIt() async throws {
        try await server.script(["stdout": "a\n"], ["exit": 0])
        let session = try await client.started()
        #expect(try await onMainActor(session.id) == ["a"])
    }

    @MainActor private func onMainActor(_ id: UUID) async throws -> [String] {
        try await all(client.sessions.events(id).pretty())
    }

    private func all(_ lines: PrettyLines) async throws -> [String] {
        var shown: [String] = []
        for try await line in lines {
            shown.append(line)
        }
        return shown
    }
}

/// Shows everything at the end, and does something when it was given a text.
private struct Telling: EventFormatter {
    private let output = GenericFormatter()
    private let text: String
    private let action: @Sendable () -> Void

    init(of text: String, _ action: @escaping @Sendable () -> Void) {
        self.text = text
        self.action = action
    }

    func feed(_ chunk: String) -> [String] {
        defer { if chunk.contains(text) { action() } }
        return output.feed(chunk)
    }

    func flush() -> [String] { output.flush() }
}
