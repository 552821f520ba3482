import AgentOnDemand
import DevServer
import Foundation
import Testing

/// `client.sessions.stream(id).pretty()`.
@Suite(.timeLimit(.minutes(10))) struct PrettyTests {
    let server: DevServer
    let client: AodClient

    init() async throws {
        server = try await DevServer(generation: "2026-04-21")
        client = try server.client()
    }

    private static let said = JSONValue.string(
        "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"Tests pass.\"}]}}\n")

    @Test func theStartEventPicksTheFormatter() async throws {
        try await server.script(
            ["stdout": Self.said], ["stderr": "warning\n"], ["stdout": "no line end"], ["exit": 3])
        let lines = client.sessions.stream(try await client.startSession().id).pretty()
        #expect(lines.exitCode == nil)
        var shown: [String] = []
        for try await line in lines {
            shown.append(line)
        }
        #expect(shown == ["✉️  Tests pass.", "no line end"])
        #expect(lines.exitCode == 3)
        #expect(lines.stream.cursor != nil)
    }

    @Test func optionsReachThePickedFormatter() async throws {
        try await server.script(["stdout": Self.said], ["exit": 0])
        let session = try await client.startSession()
        let lines = client.sessions.stream(session.id).pretty(options: FormatterOptions(plain: true))
        #expect(try await all(lines) == ["> Tests pass."])
    }

    @Test func aCustomFormatterIsUsedInstead() async throws {
        struct UppercaseFormatter: AgentOnDemand.Formatter {
            func feed(_ chunk: String) -> [String] { [chunk.uppercased()] }
            func flush() -> [String] { ["-"] }
        }
        try await server.script(["stdout": "hi"], ["stdout": "there"], ["exit": 0])
        let session = try await client.startSession()
        // It is flushed at the end.
        let uppercase = client.sessions.stream(session.id).pretty(UppercaseFormatter())
        #expect(try await all(uppercase) == ["HI", "THERE", "-"])
        let raw = RuntimeFormatter(runtime: "other", options: FormatterOptions(raw: true))
        #expect(try await all(client.sessions.stream(session.id).pretty(raw)) == ["hithere"])
    }

    @Test func aTurnDoesNotContinueThePreviousTurnsLine() async throws {
        try await server.script(["stdout": "killed in the mid"], ["exit": 0])
        let session = try await client.startSession()
        try await client.sessions.waitForCompletion(session.id)
        try await client.sessions.prompt(session.id, "again")
        try await client.sessions.waitForCompletion(session.id)
        let shown = try await all(client.sessions.stream(session.id).pretty())
        #expect(shown == ["killed in the mid", "killed in the mid"])
    }

    @Test func bufferedLinesAreDeliveredBeforeAnError() async throws {
        try await server.script(["stdout": "half"], ["hold": "never"])
        let session = try await client.startSession()
        let events = client.sessions.stream(session.id)
        var lines = events.pretty(ActingFormatter(on: "half") { client.shutDown() }).makeAsyncIterator()
        #expect(try await lines.next() == "half")
        do {
            _ = try await lines.next()
            Issue.record("the stream ends without an error")
        } catch let error as AodError {
            #expect(error.kind == .closed)
        }
        #expect(try await lines.next() == nil)
    }

    @Test func anErrorResponseIsThrownByTheLoop() async throws {
        do {
            for try await line in client.sessions.stream(UUID()).pretty() {
                Issue.record("shown: \(line)")
            }
            Issue.record("the loop ends without an error")
        } catch let error as AodError {
            #expect(error.kind == .notFound)
        }
    }

    @Test func cancellingTheTaskThrowsAndDeliversNoMoreLines() async throws {
        try await server.script(["stdout": "whole\nhalf"], ["hold": "never"])
        let session = try await client.startSession()
        let (seen, continuation) = AsyncStream.makeStream(of: Void.self)
        let task = Task { [client] in
            var shown: [String] = []
            do {
                for try await line in client.sessions.stream(session.id).pretty() {
                    shown.append(line)
                    continuation.finish()
                }
                Issue.record("the loop ends without an error")
            } catch is CancellationError {}
            return shown
        }
        for await _ in seen {}
        task.cancel()
        #expect(try await task.value == ["whole"])
        try await server.waitForStreams(0)
    }

    @Test func cancellingTheStreamEndsTheLoopWithoutAnError() async throws {
        try await server.script(["stdout": "whole\nhalf"], ["hold": "never"])
        let lines = client.sessions.stream(try await client.startSession().id).pretty()
        var shown: [String] = []
        for try await line in lines {
            shown.append(line)
            lines.stream.cancel()
        }
        #expect(shown == ["whole", "half"])
        try await server.waitForStreams(0)
    }

    @Test func leavingTheLoopClosesTheConnection() async throws {
        try await server.script(["stdout": "whole\nhalf"], ["hold": "never"])
        let lines = client.sessions.stream(try await client.startSession().id).pretty()
        for try await _ in lines {
            break
        }
        try await server.waitForStreams(0)
    }

    @Test func aCancelledTaskReceivesNoMoreLines() async throws {
        let text = (0..<200).map { "\($0)\n" }.joined()
        try await server.script(["stdout": .string(text)], ["exit": 0])
        let lines = client.sessions.stream(try await client.startSession().id).pretty()
        let task = Task {
            var shown: [String] = []
            do {
                for try await line in lines {
                    shown.append(line)
                    withUnsafeCurrentTask { $0?.cancel() }
                }
                Issue.record("the loop ends without an error")
            } catch is CancellationError {}
            return shown
        }
        #expect(try await task.value == ["0"])
        try await server.waitForStreams(0)
    }

    @Test func copiesOfAnIteratorDeliverEachLineOnce() async throws {
        try await server.script(["stdout": "a\nb\nc\nd\n"], ["exit": 0])
        var one = client.sessions.stream(try await client.startSession().id).pretty().makeAsyncIterator()
        #expect(try await one.next() == "a")
        var other = one
        #expect(try await other.next() == "b")
        #expect(try await one.next() == "c")
        #expect(try await other.next() == "d")
        #expect(try await one.next() == nil)
    }

    @Test func formattingStaysOnTheMainActor() async throws {
        try await server.script(["stdout": "a\n"], ["stdout": "b\n"], ["exit": 0])
        let session = try await client.startSession()
        let recorder = QueueRecorder()
        #expect(try await onMainActor(session.id, recorder) == ["a", "b"])
        #expect(!recorder.wasOnMain.isEmpty && recorder.wasOnMain.allSatisfy { $0 })
    }

    @MainActor private func onMainActor(_ id: UUID, _ recorder: QueueRecorder) async throws -> [String] {
        var shown: [String] = []
        for try await line in client.sessions.stream(id).pretty(recorder) {
            shown.append(line)
        }
        return shown
    }

    private func all(_ lines: PrettyLines) async throws -> [String] {
        var shown: [String] = []
        for try await line in lines {
            shown.append(line)
        }
        return shown
    }
}

/// Passes lines through, and performs an action when it receives a text.
private struct ActingFormatter: AgentOnDemand.Formatter {
    private let output = GenericFormatter()
    private let text: String
    private let action: @Sendable () -> Void

    init(on text: String, _ action: @escaping @Sendable () -> Void) {
        self.text = text
        self.action = action
    }

    func feed(_ chunk: String) -> [String] {
        defer { if chunk.contains(text) { action() } }
        return output.feed(chunk)
    }

    func flush() -> [String] { output.flush() }
}

/// Passes lines through, and records whether it is called on the main queue, which is that of the main actor.
private final class QueueRecorder: AgentOnDemand.Formatter, @unchecked Sendable {
    private let output = GenericFormatter()
    private let lock = NSLock()
    private let key = DispatchSpecificKey<Bool>()
    private var seen: [Bool] = []
    var wasOnMain: [Bool] { lock.withLock { seen } }

    init() {
        DispatchQueue.main.setSpecific(key: key, value: true)
    }

    func feed(_ chunk: String) -> [String] {
        lock.withLock { seen.append(DispatchQueue.getSpecific(key: key) ?? false) }
        return output.feed(chunk)
    }

    func flush() -> [String] { output.flush() }
}
