import DevServer
import Foundation
import Testing

@testable import AgentOnDemand

/// `client.network`, `client.suspend` and `client.resume`.
@Suite(.timeLimit(.minutes(10))) struct NetworkTests {
    let server: DevServer
    let client: AodClient

    init() async throws {
        server = try await DevServer(generation: "2026-04-21")
        client = try server.client()
    }

    /// Starts a session that prints a line, and another one when `more` is released.
    private func startHeldSession() async throws -> UUID {
        try await server.script(["stdout": "one\n"], ["hold": "more"], ["stdout": "two\n"], ["exit": 0])
        return try await client.startSession().id
    }

    private func release() async throws {
        try await server.control("POST", "release", ["name": "more"])
    }

    /// A stream that a task reads to the end.
    private struct Reading {
        let stream: EventStream
        let task: Task<[StreamEvent], any Error>
        private let outputs: AsyncStream<String>

        init(_ client: AodClient, _ id: UUID) {
            stream = client.sessions.stream(id)
            let (outputs, output) = AsyncStream.makeStream(of: String.self)
            self.outputs = outputs
            task = Task { [stream] in
                defer { output.finish() }
                var seen: [StreamEvent] = []
                for try await event in stream {
                    seen.append(event)
                    if let text = event.stdout { output.yield(text) }
                }
                return seen
            }
        }

        func firstOutput() async -> String? {
            await outputs.first { _ in true }
        }

        /// Returns the states up to one, and fails if the stream ends before.
        func states(to last: String) async -> [String] {
            var names: [String] = []
            for await state in stream.connectionStates {
                names.append(name(of: state))
                if names.last == last { return names }
            }
            Issue.record("the states are \(names)")
            return names
        }
    }

    /// Checks that events are those of a stream without interruptions, each once.
    private func expectComplete(_ events: [StreamEvent], _ id: UUID) async throws {
        var uninterrupted: [StreamEvent] = []
        for try await event in client.sessions.stream(id) { uninterrupted.append(event) }
        func kept(_ events: [StreamEvent]) -> [StreamEvent] { events.filter { $0.type != "start" } }
        #expect(kept(events) == kept(uninterrupted))
        #expect(events.filter { $0.type == "start" }.count == 1)
        #expect(events.compactMap(\.stdout) == ["one\n", "two\n"])
    }

    /// The cursors that the streams of the session were opened with; nil for the first event.
    private func cursors() async throws -> [String?] {
        let requests = try await server.control("GET", "requests")["data"]?.array ?? []
        return requests.filter { $0["path"]?.string?.hasSuffix("/stream") == true }.map { request in
            let headers = request["headers"]?.array ?? []
            return headers.first { $0.array?.first == "last-event-id" }?.array?.last?.string
        }
    }

    @Test func aStreamWaitsForTheNetworkAndContinuesAfterItsCursor() async throws {
        let id = try await startHeldSession()
        let reading = Reading(client, id)
        #expect(await reading.firstOutput() == "one\n")
        #expect(client.network.isAvailable)
        client.network.offline()
        #expect(await reading.states(to: "waiting for network") == ["connecting", "live", "waiting for network"])
        try await server.waitForStreams(0)
        #expect(!client.network.isAvailable)
        let cursor = try #require(reading.stream.cursor)
        try await release()
        // A client with other options has the same network.
        try client.withOptions(CallOptions(timeout: 5)).network.online()
        #expect(await reading.states(to: "live") == ["resuming", "live"])
        #expect(client.network.isAvailable)
        try await expectComplete(reading.task.value, id)
        #expect(try await cursors().prefix(2) == [nil, "\(cursor)"])
    }

    @Test func aStreamThatIsOpenedWithoutANetworkConnectsWhenItIsBack() async throws {
        let id = try await startHeldSession()
        try await release()
        client.network.offline()
        let reading = Reading(client, id)
        #expect(await reading.states(to: "waiting for network").last == "waiting for network")
        #expect(try await cursors() == [])
        client.network.online()
        try await expectComplete(reading.task.value, id)
    }

    @Test func aSuspendedClientHasNoOpenStreamsAndItsCallsSucceed() async throws {
        let id = try await startHeldSession()
        let reading = Reading(client, id)
        #expect(await reading.firstOutput() == "one\n")
        client.suspend()
        #expect(await reading.states(to: "waiting for network").last == "waiting for network")
        try await server.waitForStreams(0)
        #expect(!client.network.isAvailable)
        #expect(try await client.health().status == "ok")
        // A report about the network does not end the suspension.
        client.network.online()
        #expect(!client.network.isAvailable)
        try await release()
        client.resume()
        #expect(await reading.states(to: "live") == ["resuming", "live"])
        try await expectComplete(reading.task.value, id)
    }

    @Test func aStreamReconnectsWhenTheNetworkIsAnotherOne() async throws {
        let id = try await startHeldSession()
        let reading = Reading(client, id)
        #expect(await reading.firstOutput() == "one\n")
        #expect(await reading.states(to: "live") == ["connecting", "live"])
        client.network.changed()
        #expect(await reading.states(to: "live") == ["resuming", "live"])
        try await release()
        try await expectComplete(reading.task.value, id)
    }

    @Test func aListenerReceivesTheStateWithoutANetwork() async throws {
        let id = try await startHeldSession()
        let listener = Recorder()
        let subscription = try client.sessions.listen(id, to: listener)
        for await state in listener.states where state == .live { break }
        client.network.offline()
        for await state in listener.states where state == .waitingForNetwork { break }
        try await release()
        client.network.online()
        await subscription.join()
        try await expectComplete(listener.batches.flatMap(\.events), id)
    }

    @Test func aListenerResumesFromTheCursorOfEachBatch() async throws {
        // With a hold between the outputs, each arrives in a batch of its own.
        let names = ["a", "b", "c"]
        let steps = names.flatMap { [["stdout": .string($0)], ["hold": .string($0)]] as [JSONValue] }
        try await server.control("POST", "script", ["script": ["steps": .array(steps + [["exit": 0]])]])
        let id = try await client.startSession().id
        let listener = Recorder()
        let subscription = try client.sessions.listen(id, to: listener)
        for await event in listener.events {
            if let text = event.stdout { try await server.control("POST", "release", ["name": .string(text)]) }
        }
        await subscription.join()

        let batches = listener.batches
        #expect(batches.count >= 3)
        for (index, batch) in batches.enumerated() {
            let delivered = batches[...index].flatMap(\.events)
            #expect(batch.cursor == delivered.last { $0.cursor != nil }?.cursor)
            guard let cursor = batch.cursor else { continue }
            let resumed = Recorder()
            await (try client.sessions.listen(id, options: StreamOptions(since: cursor), to: resumed)).join()
            // An end without an id is delivered to every stream.
            let expected = batches[(index + 1)...].flatMap(\.events)
            #expect(outputs(resumed.batches.flatMap(\.events)) == outputs(expected))
            #expect(resumed.batches.last?.events.last?.type == "exit")
        }
        #expect(batches.last?.cursor != nil)
    }

    private func outputs(_ events: [StreamEvent]) -> [String] {
        events.compactMap(\.stdout)
    }

    @Test func reportsOfTheSystemAreSent() throws {
        let calls = client.network.calls
        let expected: [(SystemReport, isAvailable: Bool)] = [
            (.offline, false), (.online, true), (.suspend, false), (.changed, false), (.resume, true), (.changed, true),
        ]
        for (report, isAvailable) in expected {
            calls.send(report)
            #expect(client.network.isAvailable == isAvailable, "\(report)")
        }
    }
}

private func name(of state: ConnectionState) -> String {
    switch state {
    case .connecting: "connecting"
    case .live: "live"
    case .resuming: "resuming"
    case .waitingForNetwork: "waiting for network"
    case .historyReset: "history reset"
    case .closed: "closed"
    }
}

/// Keeps what it receives.
private final class Recorder: EventListener, @unchecked Sendable {
    typealias Received = (events: [StreamEvent], cursor: Int64?)

    let events: AsyncStream<StreamEvent>
    let states: AsyncStream<ConnectionState>
    private let event: AsyncStream<StreamEvent>.Continuation
    private let state: AsyncStream<ConnectionState>.Continuation
    private let lock = NSLock()
    private var received: [Received] = []

    var batches: [Received] { lock.withLock { received } }

    init() {
        (events, event) = AsyncStream.makeStream()
        (states, state) = AsyncStream.makeStream()
    }

    func onEvents(_ events: [StreamEvent], cursor: Int64?) {
        lock.withLock { received.append((events, cursor)) }
        for each in events { event.yield(each) }
    }

    func onState(_ state: ConnectionState) { self.state.yield(state) }

    func onClosed() { end() }

    func onError(_ error: AodError) {
        Issue.record(error)
        end()
    }

    private func end() {
        event.finish()
        state.finish()
    }
}
