import AgentOnDemand
import DevServer
import Foundation
import Testing

/// `client.sessions.stream(id)`.
@Suite(.timeLimit(.minutes(10))) struct EventsTests {
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

    @Test func aStreamGoesOnFromTheCursorOfAnother() async throws {
        try await server.script(["stdout": "a"], ["stdout": "b"], ["stdout": "c"])
        let session = try await client.started()
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

    @Test func leavingTheLoopClosesTheConnection() async throws {
        let session = try await hanging()
        let events = client.sessions.stream(session.id)
        for try await event in events where event.stdout != nil {
            break
        }
        try await server.streams(0)
        for try await _ in events {
            Issue.record("the stream has ended, and gives nothing more")
        }
    }

    @Test func cancellingTheTaskClosesTheConnectionAndThrows() async throws {
        let session = try await hanging()
        let (seen, continuation) = AsyncStream.makeStream(of: Void.self)
        let task = Task { [client] in
            for try await event in client.sessions.stream(session.id) where event.stdout != nil {
                continuation.finish()
            }
        }
        for await _ in seen {}
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await server.streams(0)
    }

    @Test func cancelEndsTheLoopWithoutAnError() async throws {
        let session = try await hanging()
        let events = client.sessions.stream(session.id)
        var seen: [StreamEvent] = []
        for try await event in events {
            seen.append(event)
            if event.stdout != nil {
                events.cancel()
            }
        }
        #expect(seen.last?.stdout == "one\n")
        try await server.streams(0)
    }

    @Test func whatTheServerAnswersToTheRequestIsThrownByTheLoop() async throws {
        do {
            for try await _ in client.sessions.stream(UUID()) {}
            Issue.record("the loop ends well")
        } catch let error as AodError {
            #expect(error.kind == .notFound)
            #expect(error.status == 404)
        }
    }

    @Test func shuttingTheClientDownEndsItsStreams() async throws {
        let session = try await hanging()
        do {
            for try await event in client.sessions.stream(session.id) where event.stdout != nil {
                client.shutDown()
            }
            Issue.record("the loop goes on")
        } catch let error as AodError {
            #expect(error.kind == .closed)
        }
        try await server.streams(0)
    }

    @Test func theStatesOfTheConnectionAreTold() async throws {
        try await server.script(["stdout": "a"], ["stdout": "b"], ["exit": 0])
        let session = try await client.started()
        try await client.sessions.waitForCompletion(session.id)
        try await server.control(
            "POST", "fault",
            ["path": "/sessions/*/stream", "effect": ["cut_after_events": ["events": 4, "how": "reset"]]])
        let events = client.sessions.stream(session.id)
        let states = Task {
            var words: [String] = []
            for await state in events.connectionStates {
                switch state {
                case .connecting: words.append("connecting")
                case .live: words.append("live")
                case .resuming(let attempt, _, let cause): words.append("resuming \(attempt) \(cause.kind)")
                case .closed: words.append("closed")
                }
            }
            return words
        }
        for try await _ in events {}
        let words = await states.value
        #expect(words == ["connecting", "live", "resuming 1 connection", "live", "closed"])
    }

    @Test func ofManyReadersEachHasEveryEvent() async throws {
        let steps = (0..<200).map { JSONValue.object(["stdout": .string("\($0)\n")]) }
        try await server.control("POST", "script", ["script": ["steps": .array(steps + [["exit": 0]])]])
        let session = try await client.started()
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

    /// A session that has ended, and of which so many pieces of output are there to be read.
    private func ended(with outputs: Int) async throws -> UUID {
        let steps = (0..<outputs).map { JSONValue.object(["stdout": .string("\($0)\n")]) }
        try await server.control("POST", "script", ["script": ["steps": .array(steps + [["exit": 0]])]])
        let session = try await client.started()
        try await client.sessions.waitForCompletion(session.id)
        return session.id
    }

    @Test func aCancelledTaskIsGivenNothingMore() async throws {
        let events = client.sessions.stream(try await ended(with: 200))
        let task = Task {
            var seen = 0
            do {
                for try await _ in events {
                    seen += 1
                    withUnsafeCurrentTask { $0?.cancel() }
                }
                Issue.record("the loop ends well")
            } catch is CancellationError {}
            for try await _ in events {
                Issue.record("the stream has ended")
            }
            return seen
        }
        #expect(try await task.value == 1)
        try await server.streams(0)
    }

    @Test func copiesOfAnIteratorTakeFromOneStream() async throws {
        let events = client.sessions.stream(try await ended(with: 50))
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

    @Test func loopsOfSeveralTasksShareTheEvents() async throws {
        let events = client.sessions.stream(try await ended(with: 2000))
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

    @Test func anIteratorThatWasNotUsedLeavesTheStreamAlone() async throws {
        let events = client.sessions.stream(try await ended(with: 3))
        _ = events.makeAsyncIterator()
        var outputs = 0
        for try await event in events where event.stdout != nil {
            outputs += 1
        }
        #expect(outputs > 0)
    }

    @Test func anErrorIsThrownOnceAndThenNothing() async throws {
        var iterator = client.sessions.stream(UUID()).makeAsyncIterator()
        await #expect(throws: AodError.self) { _ = try await iterator.next() }
        #expect(try await iterator.next() == nil)
        #expect(try await iterator.next() == nil)
    }

    enum Ending: CaseIterable { case exit, cancel, leave, cancelTask, failure }

    @Test(arguments: Ending.allCases)
    func theLastStateIsClosedHoweverTheStreamEnds(_ ending: Ending) async throws {
        let session = try await ending == .exit ? ended(with: 1) : hanging().id
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
        let told = await states.value
        #expect(told.last == .closed)
        #expect(told.filter { $0 == .closed }.count == 1)
    }
}

/// `client.sessions.listen(id)`.
@Suite(.timeLimit(.minutes(10))) struct ListenerTests {
    final class Recorder: EventListener, @unchecked Sendable {
        private let lock = NSLock()
        private var texts: [String] = []
        private var states: [String] = []
        private var running = 0
        private let fails: Bool
        var recorded: [String] { lock.withLock { texts } }
        /// The same with the states among them, and a note for each call that came while another one ran.
        var everything: [String] { lock.withLock { states } }

        init(fails: Bool = false) { self.fails = fails }

        /// Notes what a call tells.
        private func told(_ texts: [String], isState: Bool = false) {
            lock.withLock {
                running += 1
                if running > 1 { states.append("at once") }
            }
            // Long enough for another thread to come in, if it may.
            for _ in 0..<100 { sched_yield() }
            lock.withLock {
                running -= 1
                states += texts
                if !isState { self.texts += texts }
            }
        }

        func onEvents(_ events: [StreamEvent]) throws {
            if fails { throw Problem("no more") }
            told(events.map(\.type))
        }
        func onClosed() { told(["closed"]) }
        func onError(_ error: AodError) { told(["failed \(error.kind)"]) }
        func onState(_ state: ConnectionState) {
            switch state {
            case .connecting: told(["<connecting>"], isState: true)
            case .live: told(["<live>"], isState: true)
            case .resuming: told(["<resuming>"], isState: true)
            case .closed: told(["<closed>"], isState: true)
            }
        }
    }

    let server: DevServer
    let client: AodClient

    init() throws {
        server = try DevServer()
        client = try server.client()
    }

    @Test func aListenerIsToldOfEveryEventAndThenOfTheEnd() async throws {
        try await server.script(["stdout": "a"], ["exit": 0])
        let session = try await client.started()
        let listener = Recorder()
        let subscription = try client.sessions.listen(session.id, to: listener)
        await subscription.join()
        #expect(subscription.isFinished)
        #expect(listener.recorded.suffix(2) == ["exit", "closed"])
        #expect(listener.recorded.filter { $0 == "output" }.count == 1)
    }

    @Test func statesComeInOrderWithTheEventsAndNothingAfterTheEnd() async throws {
        try await server.script(["stdout": "a"], ["stdout": "b"], ["exit": 0])
        let session = try await client.started()
        try await client.sessions.waitForCompletion(session.id)
        try await server.control(
            "POST", "fault",
            ["path": "/sessions/*/stream", "effect": ["cut_after_events": ["events": 4, "how": "reset"]]])
        let listener = Recorder()
        await (try client.sessions.listen(session.id, to: listener)).join()
        let told = listener.everything
        #expect(told.filter { $0.hasPrefix("<") } == ["<connecting>", "<live>", "<resuming>", "<live>", "<closed>"])
        #expect(Array(told.prefix(3)) == ["<connecting>", "<live>", "start"])
        #expect(Array(told.suffix(3)) == ["exit", "<closed>", "closed"])
        let resuming = try #require(told.firstIndex(of: "<resuming>"))
        #expect(!told[resuming - 1].hasPrefix("<") && told[resuming...].contains("exit"))
        #expect(!told.contains("at once"))
    }

    @Test func aListenerIsToldThatTheConnectionIsClosedBeforeItsFailure() async throws {
        let listener = Recorder()
        await (try client.sessions.listen(UUID(), to: listener)).join()
        #expect(Array(listener.everything.suffix(2)) == ["<closed>", "failed notFound"])
    }

    @Test func aListenerThatThrowsIsToldThatItFailed() async throws {
        let session = try await client.started()
        let listener = Recorder(fails: true)
        await (try client.sessions.listen(session.id, to: listener)).join()
        #expect(listener.recorded == ["failed listener"])
    }

    @Test func cancellingEndsTheStream() async throws {
        try await server.script(["stdout": "a"], ["hold": "never"])
        let session = try await client.started()
        let listener = Recorder()
        let subscription = try client.sessions.listen(session.id, to: listener)
        try await server.streams(1)
        subscription.cancel()
        await subscription.join()
        #expect(listener.recorded.last == "closed")
        try await server.streams(0)
    }
}
