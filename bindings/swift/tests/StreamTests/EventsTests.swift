import AgentOnDemand
import DevServer
import Foundation
import Testing

/// `client.sessions.stream(id)`.
@Suite(.timeLimit(.minutes(10))) struct EventsTests {
    let server: DevServer
    let client: AodClient

    init() async throws {
        server = try await DevServer(generation: "2026-04-21")
        client = try server.client()
    }

    private func startHangingSession() async throws -> SessionAck {
        try await server.script(["stdout": "one\n"], ["hold": "never"])
        return try await client.startSession()
    }

    @Test func eventsAreDeliveredOnceWhenTheConnectionDrops() async throws {
        let numbers = (0..<20).map { "\($0)\n" }
        let steps = numbers.map { JSONValue.object(["stdout": .string($0)]) } + [["exit": 3]]
        try await server.control("POST", "script", ["script": ["steps": .array(steps)]])
        let session = try await client.startSession()
        for after in [7, 9, 13] as [Int64] {
            try await server.control(
                "POST", "fault",
                [
                    "path": "/sessions/*/stream",
                    "effect": ["cut_after_events": ["events": .integer(after), "how": "reset"]],
                ])
        }
        let events = client.sessions.stream(session.id)
        var seen: [StreamEvent] = []
        for try await event in events {
            seen.append(event)
        }
        #expect(seen.compactMap(\.stdout).joined() == numbers.joined())
        #expect(seen.filter { $0.type == "start" }.count == 1)
        #expect(seen.last?.exitCode == 3)
        #expect(events.cursor == seen.last?.id)
    }

    @Test func aStreamResumesFromTheCursorOfAnother() async throws {
        try await server.script(["stdout": "a"], ["stdout": "b"], ["stdout": "c"])
        let session = try await client.startSession()
        try await client.sessions.waitForCompletion(session.id)
        let first = client.sessions.stream(session.id)
        for try await event in first where event.stdout == "a" {
            break
        }
        var rest: [String] = []
        for try await event in client.sessions.stream(session.id, options: StreamOptions(since: first.cursor)) {
            rest += event.stdout.map { [$0] } ?? []
        }
        #expect(rest == ["b", "c"])
    }

    @Test func aStreamResumesFromTheCursorOfEachEvent() async throws {
        try await server.script(["stdout": "a"], ["stdout": "b"])
        let session = try await client.startSession()
        try await client.sessions.waitForCompletion(session.id)
        try await client.sessions.prompt(session.id, "again")
        try await client.sessions.waitForCompletion(session.id)
        let events = try await read(session.id)
        let turns = events.filter { $0.type == "turn_start" }
        #expect(turns.count == 2)
        #expect(turns.allSatisfy { $0.cursor == $0.id.map { $0 - 1 } })
        for (index, event) in events.enumerated() {
            guard let cursor = event.cursor else { continue }
            let rest = try await read(session.id, StreamOptions(since: cursor))
            #expect(rows(rest) == rows(events.dropFirst(index + 1)), "\(event)")
        }
    }

    @Test func theTurnOptionLimitsAStreamToOneTurn() async throws {
        try await server.script(["stdout": "first"])
        let session = try await client.startSession()
        try await client.sessions.waitForCompletion(session.id)
        try await server.script(["stdout": "second"])
        let turn = try await client.sessions.prompt(session.id, "again").currentTurn
        let events = try await read(session.id, StreamOptions(turn: turn))
        #expect(events.compactMap(\.stdout) == ["second"])
    }

    private func read(_ id: UUID, _ options: StreamOptions = StreamOptions()) async throws -> [StreamEvent] {
        var events: [StreamEvent] = []
        for try await event in client.sessions.stream(id, options: options) {
            events.append(event)
        }
        return events
    }

    /// The events that the server keeps in the session's log.
    private func rows(_ events: some Sequence<StreamEvent>) -> [StreamEvent] {
        events.filter { $0.type == "stage" || $0.type == "output" }
    }

    @Test func leavingTheLoopClosesTheConnection() async throws {
        let session = try await startHangingSession()
        let events = client.sessions.stream(session.id)
        for try await event in events where event.stdout != nil {
            break
        }
        try await server.waitForStreams(0)
        for try await _ in events {
            Issue.record("the stream delivers events after its end")
        }
    }

    @Test func cancellingTheTaskClosesTheConnectionAndThrows() async throws {
        let session = try await startHangingSession()
        let (seen, continuation) = AsyncStream.makeStream(of: Void.self)
        let task = Task { [client] in
            for try await event in client.sessions.stream(session.id) where event.stdout != nil {
                continuation.finish()
            }
        }
        for await _ in seen {}
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await server.waitForStreams(0)
    }

    @MainActor @Test func aCancelledTaskThatWaitsForAnotherThrows() async throws {
        let events = client.sessions.stream(try await startHangingSession().id)
        try await expectCancelledWaiterThrows { seen in
            for try await event in events where event.stdout != nil { seen?.finish() }
        }
        try await server.waitForStreams(0)
    }

    @Test func cancellingTheTaskThatFetchesEndsTheOthersWithoutAnError() async throws {
        let events = client.sessions.stream(try await startHangingSession().id)
        let (seen, seenContinuation) = AsyncStream.makeStream(of: Void.self)
        let fetching = Task {
            for try await event in events where event.stdout != nil { seenContinuation.finish() }
        }
        for await _ in seen {}
        // So many that some run while the task that fetches still wakes the others.
        let count = 500
        let (started, startedContinuation) = AsyncStream.makeStream(of: Void.self)
        let waiting = (0..<count).map { _ in
            Task {
                startedContinuation.yield()
                for try await _ in events {}
            }
        }
        for await _ in started.prefix(count) {}
        fetching.cancel()
        await #expect(throws: CancellationError.self) { try await fetching.value }
        for task in waiting { try await task.value }
        try await server.waitForStreams(0)
    }

    @Test func cancelEndsTheLoopWithoutAnError() async throws {
        let session = try await startHangingSession()
        let events = client.sessions.stream(session.id)
        var seen: [StreamEvent] = []
        for try await event in events {
            seen.append(event)
            if event.stdout != nil {
                events.cancel()
            }
        }
        #expect(seen.last?.stdout == "one\n")
        try await server.waitForStreams(0)
    }

    @Test func anErrorResponseIsThrownByTheLoop() async throws {
        do {
            for try await _ in client.sessions.stream(UUID()) {}
            Issue.record("the loop ends without an error")
        } catch let error as AodError {
            #expect(error.kind == .notFound)
            #expect(error.status == 404)
        }
    }

    @Test func shuttingDownTheClientEndsItsStreams() async throws {
        let session = try await startHangingSession()
        do {
            for try await event in client.sessions.stream(session.id) where event.stdout != nil {
                client.shutDown()
            }
            Issue.record("the loop continues")
        } catch let error as AodError {
            #expect(error.kind == .closed)
        }
        try await server.waitForStreams(0)
    }

    @Test func connectionStatesAreReported() async throws {
        try await server.script(["stdout": "a"], ["stdout": "b"], ["exit": 0])
        let session = try await client.startSession()
        try await client.sessions.waitForCompletion(session.id)
        try await server.control(
            "POST", "fault",
            ["path": "/sessions/*/stream", "effect": ["cut_after_events": ["events": 4, "how": "reset"]]])
        let events = client.sessions.stream(session.id)
        let states = Task {
            var names: [String] = []
            for await state in events.connectionStates {
                switch state {
                case .connecting: names.append("connecting")
                case .live: names.append("live")
                case .resuming(let attempt, _, let cause): names.append("resuming \(attempt) \(cause.kind)")
                case .waitingForNetwork: names.append("waiting for network")
                case .historyReset: names.append("history reset")
                case .closed: names.append("closed")
                }
            }
            return names
        }
        for try await _ in events {}
        let names = await states.value
        #expect(names == ["connecting", "live", "resuming 1 connection", "live", "closed"])
    }

    @Test func concurrentStreamsDeliverAllEvents() async throws {
        let steps = (0..<200).map { JSONValue.object(["stdout": .string("\($0)\n")]) }
        try await server.control("POST", "script", ["script": ["steps": .array(steps + [["exit": 0]])]])
        let session = try await client.startSession()
        let expected = (0..<200).map { "\($0)\n" }.joined()
        try await withThrowingTaskGroup(of: String.self) { [client] readers in
            for _ in 0..<8 {
                readers.addTask {
                    var text = ""
                    for try await event in client.sessions.stream(session.id) {
                        text += event.stdout ?? ""
                    }
                    return text
                }
            }
            for try await text in readers {
                #expect(text == expected)
            }
        }
    }

    /// Returns a session that has ended with a number of output events.
    private func endedSession(outputs: Int) async throws -> UUID {
        let steps = (0..<outputs).map { JSONValue.object(["stdout": .string("\($0)\n")]) }
        try await server.control("POST", "script", ["script": ["steps": .array(steps + [["exit": 0]])]])
        let session = try await client.startSession()
        try await client.sessions.waitForCompletion(session.id)
        return session.id
    }

    @Test func aCancelledTaskReceivesNoMoreEvents() async throws {
        let events = client.sessions.stream(try await endedSession(outputs: 200))
        let task = Task {
            var seen = 0
            do {
                for try await _ in events {
                    seen += 1
                    withUnsafeCurrentTask { $0?.cancel() }
                }
                Issue.record("the loop ends without an error")
            } catch is CancellationError {}
            for try await _ in events {
                Issue.record("the stream has ended")
            }
            return seen
        }
        #expect(try await task.value == 1)
        try await server.waitForStreams(0)
    }

    @Test func theCursorIsBeforeTheEventsThatCancelDiscards() async throws {
        let id = try await endedSession(outputs: 2000)
        let events = client.sessions.stream(id)
        var seen: [StreamEvent] = []
        for try await event in events {
            seen.append(event)
            events.cancel()
        }
        let rest = try await read(id, StreamOptions(since: events.cursor))
        let texts = (seen + rest).compactMap(\.stdout)
        #expect(!seen.isEmpty && seen.count < 2000)
        #expect(texts.joined() == (0..<2000).map { "\($0)\n" }.joined())
    }

    @Test func copiesOfAnIteratorShareTheStream() async throws {
        let events = client.sessions.stream(try await endedSession(outputs: 50))
        var one = events.makeAsyncIterator()
        var other = one
        var seen: [Int64] = []
        while let event = try await one.next() {
            seen += [event.id, try await other.next()?.id].compactMap { $0 }
            #expect(events.cursor == seen.last ?? events.cursor)
        }
        #expect(seen == seen.sorted())
        #expect(Set(seen).count >= 50)
    }

    @Test func loopsOfSeveralTasksShareTheStream() async throws {
        let events = client.sessions.stream(try await endedSession(outputs: 2000))
        let texts = try await withThrowingTaskGroup(of: [String].self) { readers in
            for _ in 0..<8 {
                readers.addTask {
                    var texts: [String] = []
                    for try await event in events { texts += event.stdout.map { [$0] } ?? [] }
                    return texts
                }
            }
            return try await readers.reduce(into: []) { $0 += $1 }
        }
        let lines = texts.joined().split(separator: "\n")
        #expect(lines.compactMap { Int($0) }.sorted() == Array(0..<2000))
    }

    @Test func anUnusedIteratorDoesNotEndTheStream() async throws {
        let events = client.sessions.stream(try await endedSession(outputs: 3))
        _ = events.makeAsyncIterator()
        var outputs = 0
        for try await event in events where event.stdout != nil {
            outputs += 1
        }
        #expect(outputs > 0)
    }

    @Test func anErrorIsThrownOnceAndThenTheStreamEnds() async throws {
        var iterator = client.sessions.stream(UUID()).makeAsyncIterator()
        await #expect(throws: AodError.self) { _ = try await iterator.next() }
        #expect(try await iterator.next() == nil)
        #expect(try await iterator.next() == nil)
    }

    enum Ending: CaseIterable { case exit, cancel, leave, cancelTask, failure }

    @Test(arguments: Ending.allCases)
    func theLastStateIsAlwaysClosed(_ ending: Ending) async throws {
        let session = try await ending == .exit ? endedSession(outputs: 1) : startHangingSession().id
        let events = client.sessions.stream(ending == .failure ? UUID() : session)
        let states = Task {
            var states: [ConnectionState] = []
            for await state in events.connectionStates { states.append(state) }
            return states
        }
        let reading = Task {
            for try await event in events where event.stdout != nil {
                switch ending {
                case .cancel: events.cancel()
                case .leave: return
                case .cancelTask: withUnsafeCurrentTask { $0?.cancel() }
                case .exit, .failure: break
                }
            }
        }
        _ = await reading.result
        let reported = await states.value
        #expect(reported.last == .closed)
        #expect(reported.filter { $0 == .closed }.count == 1)
    }
}

/// `client.sessions.listen(id)`.
@Suite(.timeLimit(.minutes(10))) struct ListenerTests {
    final class Recorder: EventListener, @unchecked Sendable {
        private let lock = NSLock()
        private var texts: [String] = []
        private var entries: [String] = []
        private var running = 0
        private let fails: Bool
        var recorded: [String] { lock.withLock { texts } }
        /// The same with the states, and an entry for each call that started while another was running.
        var everything: [String] { lock.withLock { entries } }

        init(fails: Bool = false) { self.fails = fails }

        /// Records a call.
        private func record(_ texts: [String], isState: Bool = false) {
            lock.withLock {
                running += 1
                if running > 1 { entries.append("concurrent call") }
            }
            // Gives another thread the time to call concurrently, if that is possible.
            for _ in 0..<100 { sched_yield() }
            lock.withLock {
                running -= 1
                entries += texts
                if !isState { self.texts += texts }
            }
        }

        func onEvents(_ events: [StreamEvent], cursor: Int64?) throws {
            if fails { throw TestError("secret text") }
            record(events.map(\.type))
        }
        func onClosed() { record(["closed"]) }
        func onError(_ error: AodError) { record(["failed \(error.kind)"] + (fails ? ["\(error)"] : [])) }
        func onState(_ state: ConnectionState) {
            switch state {
            case .connecting: record(["<connecting>"], isState: true)
            case .live: record(["<live>"], isState: true)
            case .resuming: record(["<resuming>"], isState: true)
            case .waitingForNetwork: record(["<waiting for network>"], isState: true)
            case .historyReset: record(["<history reset>"], isState: true)
            case .closed: record(["<closed>"], isState: true)
            }
        }
    }

    let server: DevServer
    let client: AodClient

    init() async throws {
        server = try await DevServer(generation: "2026-04-21")
        client = try server.client()
    }

    @Test func aListenerReceivesEveryEventAndThenTheEnd() async throws {
        try await server.script(["stdout": "a"], ["exit": 0])
        let session = try await client.startSession()
        let listener = Recorder()
        let subscription = try client.sessions.listen(session.id, to: listener)
        await subscription.join()
        #expect(subscription.isFinished)
        #expect(listener.recorded.suffix(2) == ["exit", "closed"])
        #expect(listener.recorded.filter { $0 == "output" }.count == 1)
    }

    @Test func statesAreInOrderWithTheEventsAndNothingFollowsTheEnd() async throws {
        try await server.script(["stdout": "a"], ["stdout": "b"], ["exit": 0])
        let session = try await client.startSession()
        try await client.sessions.waitForCompletion(session.id)
        try await server.control(
            "POST", "fault",
            ["path": "/sessions/*/stream", "effect": ["cut_after_events": ["events": 4, "how": "reset"]]])
        let listener = Recorder()
        await (try client.sessions.listen(session.id, to: listener)).join()
        let entries = listener.everything
        #expect(entries.filter { $0.hasPrefix("<") } == ["<connecting>", "<live>", "<resuming>", "<live>", "<closed>"])
        #expect(Array(entries.prefix(3)) == ["<connecting>", "<live>", "start"])
        #expect(Array(entries.suffix(3)) == ["exit", "<closed>", "closed"])
        let resuming = try #require(entries.firstIndex(of: "<resuming>"))
        #expect(!entries[resuming - 1].hasPrefix("<") && entries[resuming...].contains("exit"))
        #expect(!entries.contains("concurrent call"))
    }

    @Test func aListenerReceivesTheClosedStateBeforeTheError() async throws {
        let listener = Recorder()
        await (try client.sessions.listen(UUID(), to: listener)).join()
        #expect(Array(listener.everything.suffix(2)) == ["<closed>", "failed notFound"])
    }

    @Test func aListenerThatThrowsReceivesTheError() async throws {
        let session = try await client.startSession()
        let listener = Recorder(fails: true)
        await (try client.sessions.listen(session.id, to: listener)).join()
        // With the type of what was thrown, and without its description, which may contain anything.
        #expect(listener.recorded.first == "failed listener")
        let text = listener.recorded.dropFirst().joined()
        #expect(text.contains("TestError") && !text.contains("secret"))
    }

    @Test func cancellingEndsTheStream() async throws {
        try await server.script(["stdout": "a"], ["hold": "never"])
        let session = try await client.startSession()
        let listener = Recorder()
        let subscription = try client.sessions.listen(session.id, to: listener)
        try await server.waitForStreams(1)
        subscription.cancel()
        await subscription.join()
        #expect(listener.recorded.last == "closed")
        try await server.waitForStreams(0)
    }
}
