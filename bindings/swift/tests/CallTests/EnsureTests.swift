import AgentOnDemand
import DevServer
import Foundation
import Testing

/// `updateWith`, `ensure`, `ensureArchived` and `ensureTerminated`.
@Suite(.timeLimit(.minutes(10))) struct EnsureTests {
    let server: DevServer
    let client: AodClient

    init() async throws {
        server = try await DevServer()
        client = try server.client()
    }

    private func newAgent() async throws -> Agent {
        try await client.agents.create(name: "a", model: "anthropic/claude-sonnet-4-6", runtime: .claude)
    }

    private func requests(_ method: String) async throws -> Int {
        try await server.control("GET", "requests")["data"]?.array?.count { $0["method"]?.string == method } ?? 0
    }

    @Test func updatesOfSeveralCallersAreAllKept() async throws {
        let id = try await newAgent().id
        try await withThrowingTaskGroup(of: Void.self) { [client] callers in
            for number in 0..<4 {
                callers.addTask {
                    try await client.agents.updateWith(id) { agent in
                        agent.update(description: .set(text: (agent.description ?? "") + "\(number)"))
                    }
                }
            }
            try await callers.waitForAll()
        }
        let agent = try await client.agents.get(id)
        #expect(agent.version == 5)
        #expect(agent.description?.sorted() == ["0", "1", "2", "3"])
    }

    @Test func aConflictThatDoesNotEndIsThrownAfterTenAttempts() async throws {
        let id = try await newAgent().id
        try await server.control(
            "POST", "fault",
            [
                "method": "PUT", "path": "/agents/*", "times": nil,
                "effect": [
                    "status": [
                        "status": 409, "headers": ["content-type": "application/json"],
                        "body": "{\"detail\": \"Version mismatch: expected 2, got 1\"}",
                    ]
                ],
            ])
        do {
            try await client.agents.updateWith(id) { $0.update(name: "b") }
            Issue.record("the agent was updated")
        } catch let error as AodError {
            #expect(error.conflict == .versionMismatch(expected: 2, got: 1))
        }
        #expect(try await requests("PUT") == 10)
    }

    @Test func anErrorOfTheChangeEndsTheCall() async throws {
        let id = try await newAgent().id
        await #expect(throws: TestError.self) { [client] in
            try await client.agents.updateWith(id) { _ in throw TestError("planted") }
        }
        #expect(try await requests("PUT") == 0)
    }

    @Test func theVersionOfTheRecordReplacesThatOfTheUpdate() async throws {
        let old = try await newAgent()
        try await client.agents.update(old.id, version: 1, name: "b")
        let updated = try await client.agents.updateWith(old.id) { _ in old.update(description: "d") }
        #expect(updated.version == 3)
        #expect(updated.name == "b")
    }

    @Test func anEnvironmentIsUpdatedFromItsRecord() async throws {
        let made = try await client.environments.create(name: "ci", packages: [.pip: ["pytest"]])
        let updated = try await client.environments.updateWith(made.id) { environment in
            environment.update(packages: environment.packages.merging([.pip: ["ruff"]]) { $0 + $1 })
        }
        #expect(updated.packages == [.pip: ["pytest", "ruff"]])
    }

    @Test func ensureCreatesOrUpdatesOrReturnsARecord() async throws {
        let environment = try await client.environments.ensure(name: "ci", packages: [.pip: ["pytest"]])
        #expect(try await client.environments.ensure(name: "ci") == environment)
        #expect(try await client.environments.ensure(name: "ci", setupScript: "true").version == 2)
        func ensure(_ description: String? = nil) async throws -> Agent {
            try await client.agents.ensure(
                name: "a", model: "anthropic/claude-sonnet-4-6", runtime: .claude, description: description,
                environmentId: environment.id)
        }
        let agent = try await ensure()
        #expect(try await ensure() == agent)
        #expect(try await ensure("d").version == 2)
    }

    @Test func endingTwiceIsNoError() async throws {
        let agent = try await newAgent()
        let environment = try await client.environments.create(name: "ci")
        let session = try await client.sessions.run(agentId: agent.id, prompt: "hi").session
        for _ in 0..<2 {
            #expect(try await client.agents.ensureArchived(agent.id).archivedAt != nil)
            #expect(try await client.environments.ensureArchived(environment.id).archivedAt != nil)
            #expect(try await client.sessions.ensureTerminated(session.id).status == .terminated)
        }
    }
}
