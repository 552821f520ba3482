import AgentOnDemand
import DevServer
import Foundation
import Testing

/// `client.sessions.runAll`, and the quota.
@Suite(.timeLimit(.minutes(10))) struct RunAllTests {
    let server: DevServer
    let client: AodClient

    init() async throws {
        server = try await DevServer(generation: "2026-04-21")
        client = try server.client()
    }

    private func requests(_ count: Int) async throws -> [CreateSession] {
        let agent = try await client.agents.create(name: "a", model: "claude-sonnet-4-6", runtime: .claude)
        return (0..<count).map { CreateSession(agentId: agent.id, prompt: "\($0)", timeout: 60) }
    }

    /// The number of requests to create a session.
    private func creations() async throws -> Int {
        let seen = try await server.control("GET", "requests")["data"]?.array ?? []
        return seen.count { $0["method"]?.string == "POST" && $0["path"]?.string == "/sessions" }
    }

    @Test func theResultsAreInTheOrderOfTheRequests() async throws {
        try await server.script(["stdout": "x"], ["exit": 0])
        let requests = try await requests(5)
        // A third session at the same time would be refused, and requested again.
        try await server.control("POST", "quota", ["limit": 2])
        let results = try await client.sessions.runAll(requests, maxConcurrent: 2)
        #expect(try await creations() == 5)
        var prompts: [String] = []
        for result in results {
            prompts += try await client.sessions.turns(result.get().session.id).map(\.prompt)
        }
        #expect(prompts == ["0", "1", "2", "3", "4"])
        #expect(try await client.sessions.runAll([]).isEmpty)
    }

    @Test(arguments: [-1, 0, 4, .max])
    func aRunThatFailsDoesNotAffectTheOthers(maxConcurrent: Int) async throws {
        var requests = try await requests(3)
        requests[1] = CreateSession(agentId: UUID(), prompt: "hi")
        let results = try await client.sessions.runAll(requests, maxConcurrent: maxConcurrent)
        let kinds = results.map { result -> ErrorKind? in
            if case .failure(let error) = result { error.kind } else { nil }
        }
        #expect(kinds == [nil, .notFound, nil])
    }

    @Test func cancellingTheTaskCancelsAllRuns() async throws {
        try await server.script(["stdout": "x"], ["hold": "never"])
        let requests = try await requests(3)
        let runs = Task { [client] in
            try await client.sessions.runAll(requests, maxConcurrent: 2, onAbandon: .terminate)
        }
        try await server.waitForStreams(2)
        runs.cancel()
        await #expect(throws: CancellationError.self) { try await runs.value }
        try await server.waitForStreams(0)
        let sessions = try await client.sessions.list()
        #expect(sessions.count == 2)
        for session in sessions {
            #expect(try await client.sessions.waitForCompletion(session.id).status == .terminated)
        }
    }

    @Test func aRunWaitsForTheQuotaIfAskedTo() async throws {
        try await server.script(["hold": "go"])
        let request = try await requests(1)[0]
        _ = try await client.sessions.create(agentId: request.agentId, prompt: "first")
        try await server.control("POST", "quota", ["limit": 1])
        do {
            _ = try await client.sessions.run(agentId: request.agentId, prompt: "second")
            Issue.record("the quota is not exceeded")
        } catch let error as AodError {
            #expect(error.quota?.limit == 1)
        }
        async let result = client.sessions.run(agentId: request.agentId, prompt: "third", waitForQuota: true)
        // The agent, the first session, the second, and the third twice.
        try await server.control("POST", "wait", ["requests": 5])
        try await server.control("POST", "release", ["name": "go"])
        #expect(try await result.session.status == .completed)
    }
}
