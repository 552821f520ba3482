import AgentOnDemand
import DevServer
import Foundation
import Testing

/// `onEvent` and `onChange` of `run`, `ask` and `follow`.
@Suite(.timeLimit(.minutes(10))) struct ObservedTurnTests {
    let server: DevServer
    let client: AodClient
    let log = Log()

    init() async throws {
        server = try await DevServer()
        client = try server.client()
    }

    private func agent() async throws -> UUID {
        try await client.agents.create(name: "a", model: "anthropic/claude-sonnet-4-6", runtime: .claude).id
    }

    /// What the callbacks receive for a turn that prints one line.
    private func printed(_ line: String, turn: Int) -> [String] {
        [
            "start", "> agent", "turn_start", "> turn \(turn) started", "output \(line)", "> turn \(turn): \(line)",
            "exit",
            "> turn \(turn) ended",
        ]
    }

    @Test func aRunReportsItsSessionThenEachEventAndTheChangesThatItMakes() async throws {
        try await server.script(["stdout": "one\n"], ["exit": 0])
        _ = try await client.sessions.run(
            agentId: agent(), prompt: "hi", onCreated: { [log] _ in log.append("created") }, onEvent: log.append,
            onChange: log.append)
        #expect(log.lines.prefix(4) == ["created", "start", "> agent", "stage"])
        #expect(log.lines.filter { $0 != "stage" } == ["created"] + printed("one", turn: 1))
    }

    @Test func askAndFollowReportTheirTurnOnly() async throws {
        try await server.script(["stdout": "one\n"], ["exit": 0])
        let id = try await client.sessions.run(agentId: agent(), prompt: "hi").session.id
        try await server.script(["stdout": "two\n"], ["exit": 0])
        _ = try await client.sessions.ask(id, "again", onEvent: log.append, onChange: log.append)
        #expect(log.lines == printed("two", turn: 2))
        let ack = try await client.sessions.prompt(id, "again")
        _ = try await client.sessions.follow(ack, onEvent: log.append, onChange: log.append)
        #expect(log.lines == printed("two", turn: 2) + printed("two", turn: 3))
    }

    @Test func oneOfTheCallbacksIsEnough() async throws {
        try await server.script(["stdout": "one\n"], ["exit": 0])
        let id = try await client.sessions.run(agentId: agent(), prompt: "hi", onChange: log.append).session.id
        let changes = printed("one", turn: 1).filter { $0.hasPrefix(">") }
        #expect(log.lines == changes)
        _ = try await client.sessions.ask(id, "again", onEvent: log.append)
        #expect(log.lines == changes + printed("one", turn: 2).filter { !$0.hasPrefix(">") })
    }

    @Test func changesWithoutAnEventAreReported() async throws {
        let ack = try await client.startSession(model: "anthropic/claude-sonnet-4-6")
        try await client.sessions.waitForCompletion(ack.id)
        // The stream ends after an incomplete line, without a terminal event.
        let events = #"data: {"type":"output","id":9,"stream":"stdout","data":"half"}"# + "\n\n"
        try await fault(
            ["status": 200, "headers": ["content-type": "text/event-stream"], "body": .string(events)], skipped: 0)
        try await fault(["status": 204], skipped: 1)
        _ = try await client.sessions.follow(ack, onEvent: log.append, onChange: log.append)
        #expect(log.lines == ["output half", "> turn 1 started", "> turn 1: half", "> turn 1 ended"])
    }

    private func fault(_ response: JSONValue, skipped: Int64) async throws {
        try await server.control(
            "POST", "fault",
            [
                "method": "GET", "path": "/sessions/*/stream", "skip": .integer(skipped), "times": 1,
                "effect": ["status": response],
            ])
    }

    @Test func anErrorOfACallbackEndsTheCallAndStopsTheSessionIfAskedTo() async throws {
        struct PlantedError: Error {}
        try await server.script(["stdout": "one\n"], ["hold": "never"])
        let agent = try await agent()
        let ofEvent = await failure {
            try await client.sessions.run(
                agentId: agent, prompt: "hi", onAbandon: .terminate,
                onEvent: { if $0.stdout != nil { throw PlantedError() } })
        }
        let ofChange = await failure {
            try await client.sessions.run(
                agentId: agent, prompt: "hi", onAbandon: .terminate,
                onChange: { if case .itemAdded = $0 { throw PlantedError() } })
        }
        for error in [ofEvent, ofChange] {
            #expect(error?.kind == .listener)
            #expect(error.map { "\($0)".contains("PlantedError") } == true)
        }
        let sessions = try await client.sessions.list()
        #expect(sessions.count == 2)
        for session in sessions {
            #expect(try await client.sessions.waitForCompletion(session.id).status == .terminated)
        }
    }

    @Test func followInACancelledTaskStopsTheSession() async throws {
        try await server.script(["stdout": "one\n"], ["hold": "never"])
        let ack = try await client.sessions.create(agentId: agent(), prompt: "hi")
        let task = Task { [client] in
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.sessions.follow(ack, onAbandon: .terminate)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await client.sessions.waitForCompletion(ack.id).status == .terminated)
    }

    @Test func nothingIsReportedAfterAnError() async throws {
        struct PlantedError: Error {}
        try await server.script(["stdout": "one\n"], ["exit": 0])
        let agent = try await agent()
        let error = await failure {
            try await client.sessions.run(
                agentId: agent, prompt: "hi",
                onEvent: { [log] event in
                    log.append(event)
                    if case .turnStart = event { throw PlantedError() }
                }, onChange: log.append)
        }
        #expect(error?.kind == .listener)
        #expect(log.lines.filter { $0 != "stage" } == ["start", "> agent", "turn_start"])
    }

    private func failure(of call: () async throws -> RunResult) async -> AodError? {
        do {
            _ = try await call()
            return nil
        } catch {
            return error as? AodError
        }
    }
}

/// What callbacks were called with, as text, in order.
final class Log: @unchecked Sendable {
    private let lock = NSLock()
    private var recorded: [String] = []

    var lines: [String] { lock.withLock { recorded } }

    func append(_ line: String) {
        lock.withLock { recorded.append(line) }
    }

    @Sendable func append(_ event: StreamEvent) {
        if case .output(let output) = event {
            append("output \(output.data.trimmingCharacters(in: .newlines))")
        } else {
            append(event.type)
        }
    }

    @Sendable func append(_ change: TranscriptChange) {
        switch change {
        case .agentUpdated: append("> agent")
        case .turnStarted(let turn): append("> turn \(turn) started")
        case .itemAdded(let turn, let item):
            guard case .text(_, let text) = item.kind else { return append("> \(item.kind)") }
            append("> turn \(turn): \(text)")
        case .turnEnded(let turn, _, _, _): append("> turn \(turn) ended")
        default: append("> \(change)")
        }
    }
}
