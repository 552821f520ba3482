import AgentOnDemand
import DevServer
import Foundation
import Testing

/// `client.sessions.watch(ids)`.
@Suite(.timeLimit(.minutes(10))) struct WatchTests {
    let server: DevServer
    let client: AodClient

    init() async throws {
        server = try await DevServer(generation: "2026-04-21")
        client = try server.client()
    }

    /// Returns sessions whose agents print a text, and then run until `name` is released.
    private func heldSessions(_ count: Int) async throws -> [UUID] {
        try await server.script(["stdout": "one\n"], ["hold": "go"], ["stdout": "two\n"], ["exit": 0])
        var ids: [UUID] = []
        for _ in 0..<count { ids.append(try await client.startSession().id) }
        return ids
    }

    /// Returns a session that has ended with a number of output events.
    private func endedSession(outputs: Int) async throws -> UUID {
        let steps = (0..<outputs).map { JSONValue.object(["stdout": .string("\($0)\n")]) }
        try await server.control("POST", "script", ["script": ["steps": .array(steps + [["exit": 0]])]])
        let session = try await client.startSession()
        try await client.sessions.waitForCompletion(session.id)
        return session.id
    }

    /// Reads a sequence to its end. Returns the events of each session.
    private func read(_ events: WatchStream) async throws -> [UUID: [StreamEvent]] {
        var read: [UUID: [StreamEvent]] = [:]
        for try await item in events { read[item.sessionId, default: []].append(try item.event.get()) }
        return read
    }

    @Test func theEventsOfSeveralSessionsArriveInOneSequence() async throws {
        let ids = try await heldSessions(3)
        var waiting = Set(ids)
        var texts: [UUID: String] = [:]
        var last: [UUID: String] = [:]
        for try await item in client.sessions.watch(ids + ids) {
            let event = try item.event.get()
            last[item.sessionId] = event.type
            texts[item.sessionId, default: ""] += event.stdout ?? ""
            // Every session has printed its first text before any continues.
            if event.stdout != nil, waiting.remove(item.sessionId) != nil, waiting.isEmpty {
                try await server.control("POST", "release", ["name": "go"])
            }
        }
        #expect(texts == Dictionary(uniqueKeysWithValues: ids.map { ($0, "one\ntwo\n") }))
        #expect(last == Dictionary(uniqueKeysWithValues: ids.map { ($0, "exit") }))
    }

    @Test func eachEventIsDeliveredOnceAndInOrder() async throws {
        let ids = [try await endedSession(outputs: 2000), try await endedSession(outputs: 1000)]
        try await server.control(
            "POST", "fault",
            ["path": "/sessions/*/stream", "effect": ["cut_after_events": ["events": 300, "how": "reset"]]])
        let events = try await read(client.sessions.watch(ids))
        for (id, outputs) in zip(ids, [2000, 1000]) {
            let text = events[id]?.compactMap(\.stdout).joined()
            #expect(text == (0..<outputs).map { "\($0)\n" }.joined())
        }
    }

    @Test func aSessionThatFailsIsAnElement() async throws {
        let (unknown, id) = (UUID(), try await endedSession(outputs: 1))
        var errors: [UUID: ErrorKind] = [:]
        var last: String?
        for try await item in client.sessions.watch([unknown, id]) {
            switch item.event {
            case .success(let event): last = event.type
            case .failure(let error):
                errors[item.sessionId] = error.kind
                #expect(error.sessionId == item.sessionId)
            }
        }
        #expect(errors == [unknown: .notFound])
        #expect(last == "exit")
    }

    @Test func watchingResumesFromTheCursorOfEachSession() async throws {
        let ids = [try await endedSession(outputs: 3), try await endedSession(outputs: 3)]
        let cursor = try #require(try await read(client.sessions.watch([ids[0]]))[ids[0]]?.last?.cursor)
        let events = try await read(client.sessions.watch(ids, since: [ids[0]: cursor, UUID(): 1]))
        #expect(events.count == 2)
        #expect(events[ids[0]]?.map(\.type) == ["start", "exit"])
        #expect(events[ids[1]]?.compactMap(\.stdout) == ["0\n", "1\n", "2\n"])
    }

    @Test func watchingNoSessionEndsAtOnce() async throws {
        #expect(try await read(client.sessions.watch([])).isEmpty)
    }

    enum Ending: CaseIterable { case leave, cancel, cancelTask, shutDown }

    @Test(arguments: Ending.allCases)
    func endingItClosesAllConnections(_ ending: Ending) async throws {
        let ids = try await heldSessions(3)
        let events = client.sessions.watch(ids)
        let reading = Task { [client] in
            var waiting = Set(ids)
            var errors: [ErrorKind] = []
            for try await item in events {
                switch item.event {
                case .success(let event) where event.stdout != nil: waiting.remove(item.sessionId)
                case .success: break
                case .failure(let error): errors.append(error.kind)
                }
                guard waiting.isEmpty, errors.isEmpty else { continue }
                switch ending {
                case .leave: return errors
                case .cancel: events.cancel()
                case .cancelTask: withUnsafeCurrentTask { $0?.cancel() }
                case .shutDown: client.shutDown()
                }
            }
            return errors
        }
        switch ending {
        case .leave, .cancel: #expect(try await reading.value == [])
        case .cancelTask: await #expect(throws: CancellationError.self) { try await reading.value }
        case .shutDown: #expect(try await reading.value == [.closed, .closed, .closed])
        }
        try await server.waitForStreams(0)
        for try await _ in events { Issue.record("the sequence has ended") }
    }

    @Test func cancellingATaskThatWaitsThrows() async throws {
        let ids = try await heldSessions(2)
        let (seen, continuation) = AsyncStream.makeStream(of: Void.self)
        let task = Task { [client] in
            var waiting = Set(ids)
            for try await item in client.sessions.watch(ids) where try item.event.get().stdout != nil {
                waiting.remove(item.sessionId)
                if waiting.isEmpty { continuation.finish() }
            }
        }
        for await _ in seen {}
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await server.waitForStreams(0)
    }

    @MainActor @Test func aCancelledTaskThatWaitsForAnotherThrows() async throws {
        let events = client.sessions.watch(try await heldSessions(1))
        try await expectCancelledWaiterThrows { seen in
            for try await item in events where try item.event.get().stdout != nil { seen?.finish() }
        }
        try await server.waitForStreams(0)
    }

    @Test func loopsOfSeveralTasksShareTheSequence() async throws {
        let ids = [try await endedSession(outputs: 500), try await endedSession(outputs: 500)]
        let events = client.sessions.watch(ids)
        let texts = try await withThrowingTaskGroup(of: [String].self) { readers in
            for _ in 0..<4 {
                readers.addTask {
                    var texts: [String] = []
                    for try await item in events { texts += try item.event.get().stdout.map { [$0] } ?? [] }
                    return texts
                }
            }
            return try await readers.reduce(into: []) { $0 += $1 }
        }
        let lines = texts.joined().split(separator: "\n").compactMap { Int($0) }
        #expect(lines.sorted() == (0..<1000).map { $0 / 2 })
    }
}
