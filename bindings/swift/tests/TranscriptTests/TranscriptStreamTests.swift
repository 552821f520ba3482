import AgentOnDemand
import DevServer
import Foundation
import Testing

/// `client.sessions.transcript(id)`.
@Suite(.timeLimit(.minutes(10))) struct TranscriptStreamTests {
    let server: DevServer
    let client: AodClient

    init() async throws {
        server = try await DevServer(generation: "2026-04-21")
        client = try server.client()
    }

    private func message(_ text: String) -> String {
        #"{"type":"assistant","message":{"content":[{"type":"text","text":"\#(text)"}]}}"# + "\n"
    }

    private func stdout(_ text: String) -> JSONValue {
        ["stdout": .string(text)]
    }

    private func ended(_ steps: JSONValue...) async throws -> UUID {
        try await server.control("POST", "script", ["script": ["steps": .array(steps)]])
        let id = try await client.startSession().id
        try await client.sessions.waitForCompletion(id)
        return id
    }

    private func all<S: AsyncSequence>(_ sequence: S) async throws -> [S.Element] {
        var elements: [S.Element] = []
        for try await element in sequence { elements.append(element) }
        return elements
    }

    @Test func aSessionIsDeliveredAsChangesAndTurns() async throws {
        let text = message("Done.")
        let id = try await ended(
            stdout(String(text.prefix(30))), stdout(String(text.dropFirst(30))), ["stderr": "oh\n"], ["exit": 1])
        let stream = client.sessions.transcript(id)
        let changes = try await all(stream)
        let transcript = stream.transcript
        let last = TranscriptChange.turnEnded(
            turn: 1, outcome: .failed(reason: "exit code 1"), usage: nil, duration: nil)
        #expect(changes.count == 5)
        #expect(changes.last == last)
        #expect(transcript.finalText == "Done.")
        #expect(try coreJSON(of: transcript) == typedJSON(of: transcript))
        #expect(stream.stream.cursor == transcript.cursor)

        let applied = Transcript()
        applied.apply(try await all(client.sessions.stream(id)))
        #expect(try applied.json() == transcript.json())
    }

    @Test func theTranscriptIsCompleteAcrossDroppedConnections() async throws {
        let texts = (0..<20).map(String.init)
        try await server.control(
            "POST", "script", ["script": ["steps": .array(texts.map { stdout(message($0)) } + [["exit": 0]])]])
        let id = try await client.startSession().id
        for events in [7, 9, 13] as [Int64] {
            try await server.control(
                "POST", "fault",
                [
                    "method": "GET", "path": "/sessions/*/stream", "times": 1,
                    "effect": ["cut_after_events": ["events": .integer(events), "how": "reset"]],
                ])
        }
        let stream = client.sessions.transcript(id)
        _ = try await all(stream)
        let kinds = stream.transcript.turns.flatMap(\.items).map(\.kind)
        #expect(kinds == texts.map { .message(role: .agent, text: $0) })
    }

    @Test func aRestoredTranscriptContinuesTheSession() async throws {
        let text = message("One") + message("Two")
        let id = try await ended(
            stdout(String(text.prefix(40))), stdout(String(text.dropFirst(40).prefix(60))),
            stdout(String(text.dropFirst(100))), ["exit": 0])
        let whole = client.sessions.transcript(id)
        _ = try await all(whole)
        let events = try await all(client.sessions.stream(id))
        for count in events.indices {
            let transcript = Transcript()
            transcript.apply(Array(events[...count]))
            let restored = try Transcript(restoring: transcript.snapshot())
            let rest = client.sessions.transcript(id, continuing: restored)
            _ = try await all(rest)
            #expect(try restored.json() == whole.transcript.json(), "after event \(count)")
        }
    }

    @Test func theStreamContinuesFromEventsThatAreAppliedBeforeItIsOpened() async throws {
        let id = try await ended(stdout(message("One")), stdout(message("Two")), ["exit": 0])
        let events = try await all(client.sessions.stream(id))
        let stream = client.sessions.transcript(id)
        stream.transcript.apply(Array(events.dropLast()))
        let changes = try await all(stream)
        #expect(!changes.contains(.historyReset))
        #expect(stream.transcript.turns.flatMap(\.items).count == 2)
        #expect(stream.stream.cursor == stream.transcript.cursor)
    }

    @Test func theTurnsAreAStateForAScreen() async throws {
        let id = try await ended(stdout(message("One")), ["exit": 0])
        try await client.sessions.prompt(id, "again")
        try await client.sessions.waitForCompletion(id)
        let stream = client.sessions.transcript(id)
        let states = try await all(stream.turns())
        #expect(states.first == [])
        #expect(states.last == stream.transcript.turns)
        #expect(states.last?.map(\.number) == [1, 2])
        // A further stream starts with what the transcript has.
        let continued = client.sessions.transcript(id, continuing: stream.transcript)
        #expect(try await all(continued.turns()) == [stream.transcript.turns])
    }

    @Test(arguments: Recording.all)
    func theTurnsOfARecordingFollowItsChanges(recording: Recording) async throws {
        let steps = recording.chunks(of: 100).map(stdout)
        try await server.control("POST", "script", ["script": ["steps": .array(steps + [["exit": 0]])]])
        let id = try await client.startSession().id
        let transcript = Transcript(runtime: recording.runtime, limits: TranscriptLimits(items: 16))
        let states = try await all(client.sessions.transcript(id, continuing: transcript).turns())
        let (turns, expected) = (states.last ?? [], transcript.turns)
        #expect(turns.map(\.outcome) == expected.map(\.outcome))
        #expect(turns.map(\.usage) == expected.map(\.usage))
        #expect(turns.map(\.duration) == expected.map(\.duration))
        #expect(turns.map(\.droppedItems) == expected.map(\.droppedItems))
        let (items, expectedItems) = (turns.flatMap(\.items), expected.flatMap(\.items))
        #expect(items.map(\.id) == expectedItems.map(\.id))
        #expect(items.map(\.status) == expectedItems.map(\.status))
        #expect(items.map(\.kind) == expectedItems.map(\.kind))
        #expect(items.map(\.raw) == expectedItems.map(\.raw))
    }

    @Test func leavingTheLoopClosesTheConnection() async throws {
        try await server.script(stdout(message("One")), ["hold": "never"])
        let stream = client.sessions.transcript(try await client.startSession().id)
        for try await change in stream {
            if case .itemAdded = change { break }
        }
        try await server.waitForStreams(0)
        #expect(stream.transcript.finalText == "One")
        let turns = client.sessions.transcript(try await client.startSession().id).turns()
        for try await current in turns where !current.isEmpty { break }
        try await server.waitForStreams(0)
    }

    @Test func theFirstTurnsDoNotWaitForTheStreamThatTheyOpen() async throws {
        try await server.script(stdout(message("One")), ["hold": "never"])
        let id = try await client.startSession().id
        var iterator: TranscriptStream.Turns.Iterator? = client.sessions.transcript(id).turns().makeAsyncIterator()
        let first = try await iterator?.next()
        #expect(first == [])
        try await server.waitForStreams(1)
        // The stream ends with the iterator, although nothing has read from it.
        withExtendedLifetime(iterator) {}
        iterator = nil
        try await server.waitForStreams(0)
    }

    @Test func anErrorOfOpeningIsThrownAfterTheFirstTurns() async throws {
        var iterator = client.sessions.transcript(UUID()).turns().makeAsyncIterator()
        #expect(try await iterator.next() == [])
        try await server.control("POST", "wait", ["requests": 1])
        do {
            _ = try await iterator.next()
            Issue.record("the stream of an unknown session opens")
        } catch let error as AodError {
            #expect(error.kind == .notFound)
        }
        #expect(try await iterator.next() == nil)

        let closed = try server.client()
        closed.shutDown()
        var other = closed.sessions.transcript(UUID()).turns().makeAsyncIterator()
        #expect(try await other.next() == [])
        await #expect(throws: AodError.self) { _ = try await other.next() }
        #expect(try await other.next() == nil)
    }

    @Test func aCancelledTaskReceivesNoTurns() async throws {
        let turns = client.sessions.transcript(try await client.startSession().id).turns()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            for try await _ in turns { Issue.record("a cancelled task receives turns") }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func cancellingTheTaskThrowsACancellationError() async throws {
        try await server.script(stdout(message("One")), ["hold": "never"])
        let stream = client.sessions.transcript(try await client.startSession().id)
        let task = Task {
            for try await change in stream {
                if case .itemAdded = change { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        try await server.waitForStreams(0)
    }

    @Test func anErrorResponseIsThrownByTheLoop() async throws {
        do {
            _ = try await all(client.sessions.transcript(UUID()))
            Issue.record("the stream ends without an error")
        } catch let error as AodError {
            #expect(error.kind == .notFound)
        }
    }
}
