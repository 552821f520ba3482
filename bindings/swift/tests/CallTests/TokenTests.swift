import AgentOnDemand
import DevServer
import Foundation
import Testing

/// Clients whose tokens come from a provider.
@Suite(.serialized, .timeLimit(.minutes(10))) struct TokenTests {
    let server: DevServer

    init() async throws {
        server = try await DevServer(generation: "2026-04-21")
    }

    /// Returns tokens that are numbered from 1, and remembers what it was asked with.
    private actor Tokens {
        private(set) var rejected: [String?] = []

        func next(_ rejected: Secret?) -> Secret {
            self.rejected.append(rejected?.expose())
            return Secret("hunter2-\(self.rejected.count)")
        }
    }

    private struct SignedOut: Error, CustomStringConvertible {
        var description: String { "hunter2 is not signed in" }
    }

    private func client(_ provider: @escaping TokenProvider) throws -> AodClient {
        var configuration = AodClient.Configuration()
        configuration.noProxy = true
        configuration.validateRequests = false
        return try AodClient(baseURL: server.url, tokenProvider: provider, configuration: configuration)
    }

    private func client(_ tokens: Tokens) throws -> AodClient {
        try client { await tokens.next($0) }
    }

    /// Makes the server accept the first tokens, or reject them.
    private func setTokens(_ numbers: ClosedRange<Int> = 1...2, expired: Bool = false) async throws {
        for number in numbers {
            try await server.control(
                "POST", "key", ["token": .string("hunter2-\(number)"), "expired": .bool(expired)])
        }
    }

    private func expire(_ number: Int) async throws {
        try await setTokens(number...number, expired: true)
    }

    private func requests() async throws -> Int64 {
        try #require(try await server.control("GET", "stats")["requests"]?.integer)
    }

    /// All texts of an error that may end up in a log.
    private func texts(of error: AodError) -> String {
        var dumped = ""
        dump(error, to: &dumped)
        let bridged = error as NSError
        return "\(error) \(String(reflecting: error)) \(error.localizedDescription) \(dumped) "
            + "\(bridged) \(String(reflecting: bridged)) \(error.errorUserInfo)"
    }

    @Test func theProviderIsAskedBeforeTheFirstRequestAndAgainAfterA401() async throws {
        try await setTokens()
        let tokens = Tokens()
        let client = try client(tokens)
        #expect(await tokens.rejected == [])
        _ = try await client.agents.list()
        _ = try await client.withOptions(CallOptions(timeout: 20)).agents.list()
        #expect(await tokens.rejected == [nil])
        try await expire(1)
        let before = try await requests()
        _ = try await client.agents.create(name: "a", model: "claude-sonnet-4-6", runtime: .claude)
        #expect(try await requests() == before + 2)
        // The rejected write has taken no effect.
        #expect(try await client.agents.list().map(\.name) == ["a"])
        #expect(await tokens.rejected == [nil, "hunter2-1"])
    }

    @Test func callsThatNeedTheFirstTokenWaitForTheSameOne() async throws {
        try await setTokens()
        let tokens = Tokens()
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let client = try client { rejected in
            ask.finish()
            for await _ in gate {}
            return await tokens.next(rejected)
        }
        try await listing(client, times: 20) {
            for await _ in asked {}
            let sent = try await requests()
            #expect(sent == 0)
            open.finish()
        }
        #expect(await tokens.rejected == [nil])
    }

    @Test func callsThatAreRejectedTogetherWaitForTheSameToken() async throws {
        try await setTokens()
        let tokens = Tokens()
        let client = try client(tokens)
        _ = try await client.agents.list()
        try await expire(1)
        let before = try await requests()
        // All are sent before the first is answered.
        try await server.control("POST", "clock", ["frozen": true])
        try await server.control(
            "POST", "fault", ["path": "/agents", "times": 20, "effect": ["delay": ["ms": 1000]]])
        try await listing(client, times: 20) {
            try await server.control("POST", "wait", ["requests": .integer(before + 20)])
            try await server.control("POST", "clock", ["advance_ms": 1000])
        }
        #expect(try await requests() == before + 40)
        #expect(await tokens.rejected == [nil, "hunter2-1"])
    }

    /// Makes calls at the same time, during some actions, and checks that they succeed.
    private func listing(_ client: AodClient, times: Int, _ actions: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: [Agent].self) { group in
            for _ in 0..<times { group.addTask { try await client.agents.list() } }
            try await actions()
            for try await agents in group { #expect(agents.isEmpty) }
        }
    }

    @Test func aStreamContinuesWithANewTokenAfterA401() async throws {
        try await setTokens()
        try await server.script(["stdout": "one\n"], ["hold": "more"], ["stdout": "two\n"], ["exit": 0])
        let tokens = Tokens()
        let client = try client(tokens)
        let id = try await client.startSession().id
        var events: [StreamEvent] = []
        for try await event in client.sessions.stream(id) {
            events.append(event)
            if event.stdout == "one\n" {
                try await expire(1)
                // The stream reconnects, with the expired token.
                client.network.changed()
                try await server.control("POST", "release", ["name": "more"])
            }
        }
        #expect(events.compactMap(\.stdout) == ["one\n", "two\n"])
        #expect(events.filter { $0.type == "start" }.count == 1)
        #expect(events.last?.exitCode == 0)
        #expect(await tokens.rejected == [nil, "hunter2-1"])
    }

    @Test func anOpenStreamReconnectsAfterAFailureOfTheProvider() async throws {
        try await setTokens(1...3)
        try await server.script(["stdout": "one\n"], ["hold": "more"], ["stdout": "two\n"], ["exit": 0])
        let tokens = Tokens()
        let client = try client { rejected in
            let token = await tokens.next(rejected)
            if token.expose() == "hunter2-2" { throw SignedOut() }
            return token
        }
        let id = try await client.startSession().id
        let stream = client.sessions.stream(id, options: StreamOptions(reconnect: .withBackoff(baseDelay: 0)))
        var outputs: [String] = []
        for try await event in stream {
            guard let text = event.stdout else { continue }
            outputs.append(text)
            if text == "one\n" {
                try await expire(1)
                client.network.changed()
                try await server.control("POST", "release", ["name": "more"])
            }
        }
        #expect(outputs == ["one\n", "two\n"])
        #expect(await tokens.rejected == [nil, "hunter2-1", "hunter2-1"])
        var causes: [any Error] = []
        for await state in stream.connectionStates {
            if case .resuming(_, _, let cause) = state, let error = cause.underlyingError { causes.append(error) }
        }
        #expect(causes.contains { $0 is SignedOut })
    }

    @Test func whatTheProviderThrowsIsTheUnderlyingErrorAndNotShown() async throws {
        let client = try client { _ in throw SignedOut() }
        let calls: [@Sendable () async throws -> Void] = [
            { _ = try await client.agents.list() },
            { for try await _ in client.sessions.stream(UUID()) {} },
        ]
        for call in calls {
            let error = try #require(await failure(of: call))
            #expect(error.kind == .auth)
            #expect(error.underlyingError is SignedOut)
            #expect(error.status == nil)
            #expect(error.isUnsent && !error.description.isEmpty)
            #expect(!texts(of: error).contains("hunter2"), "\(error)")
        }
        #expect(try await requests() == 0)
    }

    @Test func aListenerReceivesTheUnderlyingError() async throws {
        final class Receiver: EventListener {
            let errors: AsyncStream<AodError>
            private let error: AsyncStream<AodError>.Continuation
            init() { (errors, error) = AsyncStream.makeStream() }
            func onEvents(_ events: [StreamEvent], cursor: Int64?) {}
            func onClosed() { error.finish() }
            func onError(_ error: AodError) { self.error.yield(error) }
        }
        let client = try client { _ in throw SignedOut() }
        let receiver = Receiver()
        await (try client.sessions.listen(UUID(), to: receiver)).join()
        #expect(await receiver.errors.first { _ in true }?.underlyingError is SignedOut)
    }

    @Test func theLatest16UnderlyingErrorsAreKept() async throws {
        let client = try client { _ in throw SignedOut() }
        var errors: [AodError] = []
        for _ in 0..<17 {
            errors.append(try #require(await failure(of: { _ = try await client.agents.list() })))
        }
        #expect(errors.map { $0.underlyingError == nil } == [true] + Array(repeating: false, count: 16))
    }

    @Test func aSecondRejectionIsAnAuthErrorWithoutTheTokens() async throws {
        // A server that repeats the tokens.
        try await server.control(
            "POST", "fault",
            [
                "path": "/agents", "times": .null,
                "effect": [
                    "status": [
                        "status": 401, "headers": ["content-type": "application/json"],
                        "body": "{\"detail\": \"hunter2-1 and hunter2-2 have expired\"}",
                    ]
                ],
            ])
        let tokens = Tokens()
        let client = try client(tokens)
        let error = try #require(await failure(of: { _ = try await client.agents.list() }))
        #expect(error.kind == .auth)
        #expect(error.status == 401)
        #expect(error.underlyingError == nil)
        #expect(error.description.contains("have expired"))
        #expect(!texts(of: error).contains("hunter2"), "\(error)")
        #expect(await tokens.rejected == [nil, "hunter2-1"])
        var dumped = ""
        dump(client, to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }

    @Test func anInvalidTokenIsNotSent() async throws {
        let client = try client { _ in "hunter2 hunter2" }
        let error = try #require(await failure(of: { _ = try await client.agents.list() }))
        #expect(error.kind == .configuration)
        #expect(!texts(of: error).contains("hunter2"), "\(error)")
        #expect(try await requests() == 0)
    }

    @Test func aCancelledCallDoesNotWaitForTheProviderAndTheNextOneReceivesItsToken() async throws {
        try await setTokens()
        let tokens = Tokens()
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let client = try client { rejected in
            ask.finish()
            for await _ in gate {}
            return await tokens.next(rejected)
        }
        let cancelled = Task { try await client.agents.list() }
        for await _ in asked {}
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let next = Task { try await client.agents.list() }
        open.finish()
        #expect(try await next.value.isEmpty)
        #expect(await tokens.rejected == [nil])
    }

    @Test func shuttingDownEndsTheCallsThatWaitForTheProvider() async throws {
        let (asked, ask) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let client = try client { _ in
            ask.finish()
            for await _ in gate {}
            return "hunter2"
        }
        let call = Task { await failure(of: { _ = try await client.agents.list() }) }
        for await _ in asked {}
        client.shutDown()
        #expect(await call.value?.kind == .closed)
        open.finish()
    }

    /// Returns the error of a call; nil if it has none, or another one.
    private func failure(of call: @Sendable () async throws -> Void) async -> AodError? {
        do {
            try await call()
            return nil
        } catch {
            return error as? AodError
        }
    }
}
