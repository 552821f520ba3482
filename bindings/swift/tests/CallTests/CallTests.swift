import AgentOnDemand
import DevServer
import Foundation
import Testing

/// Every endpoint, and the content of its responses.
@Suite(.timeLimit(.minutes(10))) struct CallTests {
    let server: DevServer
    let client: AodClient

    init() async throws {
        server = try await DevServer()
        client = try server.client()
    }

    @Test func healthIsReported() async throws {
        #expect(try await client.health().status == "ok")
    }

    @Test func everyAgentCallSucceeds() async throws {
        let made = try await client.agents.create(
            name: "reviewer", model: "anthropic/claude-sonnet-4-6", runtime: .claude, system: "Be brief.",
            skills: [.inline(name: "notes", description: "When asked.", content: "Write notes.")],
            mcpServers: [
                .url(name: "issues", url: "https://mcp.example.com", headers: ["X-Team": "core"]),
                .stdio(name: "files", command: "mcp-files", args: ["--root", "/workspace"]),
            ],
            metadata: ["team": "core", "level": 3])
        #expect(made.version == 1)
        #expect(made.mcpServers.map(\.name) == ["issues", "files"])
        #expect(made.metadata["level"] == 3)
        #expect(try await client.agents.get(made.id) == made)
        let changed = try await client.agents.update(
            made.id, version: 1, name: "second", description: "Reviews", system: .clear)
        #expect(changed.version == 2)
        #expect(changed.description == "Reviews")
        #expect(changed.system == nil)
        #expect(try await client.agents.versions(made.id).map(\.version) == [2, 1])
        #expect(try await client.agents.list().map(\.id) == [made.id])
        #expect(try await client.agents.archive(made.id).archivedAt != nil)
        #expect(try await client.agents.list().isEmpty)
    }

    @Test func everyEnvironmentCallSucceeds() async throws {
        let made = try await client.environments.create(
            name: "ci", packages: [.pip: ["pytest"]], envVars: ["KEY": "planted-secret"], setupScript: "true",
            networking: .limited(to: ["example.com"]))
        #expect(made.packages == [.pip: ["pytest"]])
        #expect(made.networking == .limited(to: ["example.com"]))
        #expect(try await client.environments.get(made.id) == made)
        let changed = try await client.environments.update(
            made.id, version: 1, packages: [:], setupScript: .clear, networking: .unrestricted)
        #expect(changed.packages.isEmpty)
        #expect(changed.setupScript == nil)
        #expect(try await client.environments.versions(made.id).count == 2)
        #expect(try await client.environments.list().count == 1)
        #expect(try await client.environments.archive(made.id).archivedAt != nil)
        try await client.environments.delete(made.id)
    }

    @Test func everySessionCallSucceeds() async throws {
        try await server.script(["stdout": "hello\n"], ["exit": 0])
        let agent = try await client.agents.create(name: "a", model: "anthropic/claude-sonnet-4-6", runtime: .claude)
        let result = try await client.sessions.run(agentId: agent.id, prompt: "hi", timeout: 60)
        #expect(result.stdout == "hello\n")
        #expect(result.session.status == .completed)
        let id = result.session.id
        let ack = try await client.sessions.prompt(id, "again")
        #expect(ack.currentTurn == 2)
        #expect(try await client.sessions.waitForCompletion(id).turnCount == 2)
        #expect(try await client.sessions.turns(id).map(\.prompt) == ["hi", "again"])
        #expect(try await client.sessions.list().map(\.id) == [id])
        #expect(try await client.sessions.terminate(id).status == .terminated)
        try await client.sessions.delete(id)
        #expect(try await client.sessions.list().isEmpty)
    }

    @Test func theErrorOfARunNamesItsSession() async throws {
        let agent = try await client.agents.create(name: "a", model: "anthropic/claude-sonnet-4-6", runtime: .claude)
        try await server.control(
            "POST", "fault", ["path": "/sessions/*/stream", "effect": ["status": ["status": 403]]])
        let (ids, created) = AsyncStream.makeStream(of: UUID.self)
        do {
            _ = try await client.sessions.run(agentId: agent.id, prompt: "hi", onCreated: { created.yield($0.id) })
            Issue.record("the stream was opened")
        } catch let error as AodError {
            #expect(error.kind == .auth)
            #expect(await ids.first { _ in true } == error.sessionId)
        }
    }

    @Test func aCancelledRunTerminatesItsSessionIfAskedTo() async throws {
        try await server.script(["stdout": "one\n"], ["hold": "never"])
        let agent = try await client.agents.create(name: "a", model: "anthropic/claude-sonnet-4-6", runtime: .claude)
        let (ids, created) = AsyncStream.makeStream(of: UUID.self)
        let run = Task { [client] in
            try await client.sessions.run(
                agentId: agent.id, prompt: "hi", onAbandon: .terminate, onCreated: { created.yield($0.id) })
        }
        let id = try #require(await ids.first { _ in true })
        for try await event in client.sessions.stream(id) where event.stdout != nil {
            break
        }
        run.cancel()
        await #expect(throws: CancellationError.self) { try await run.value }
        #expect(try await client.sessions.waitForCompletion(id).status == .terminated)
    }

    @Test func anErrorOfOnCreatedEndsTheRunAndStopsItsSessionIfAskedTo() async throws {
        struct PlantedError: Error {}
        try await server.script(["stdout": "one\n"], ["hold": "never"])
        let agent = try await client.agents.create(name: "a", model: "anthropic/claude-sonnet-4-6", runtime: .claude)
        do {
            _ = try await client.sessions.run(
                agentId: agent.id, prompt: "hi", onAbandon: .terminate, onCreated: { _ in throw PlantedError() })
            Issue.record("the run continued")
        } catch let error as AodError {
            #expect(error.kind == .listener)
            #expect("\(error)".contains("PlantedError"))
        }
        let session = try #require(try await client.sessions.list().first)
        #expect(try await client.sessions.waitForCompletion(session.id).status == .terminated)
    }

    @Test func theHeadsOfResponsesAreObserved() async throws {
        try await server.control(
            "POST", "fault",
            ["path": "/health", "effect": ["status": ["status": 503, "headers": ["X-Request-Id": "r-7"]]]])
        let (responses, observed) = AsyncStream.makeStream(of: ResponseInfo.self)
        let observing = try client.withOptions(CallOptions(onResponse: { observed.yield($0) }))
        _ = try await observing.health()
        observed.finish()
        var seen: [ResponseInfo] = []
        for await response in responses {
            seen.append(response)
        }
        #expect(seen.map(\.status) == [503, 200])
        #expect(seen.first?.method == "GET")
        #expect(seen.first?.requestId == "r-7")
        #expect(seen.first?.headers["x-request-id"]?.expose() == "r-7")
        #expect(seen.first.map { !"\($0.headers)".contains("r-7") } == true)
    }

    @Test func followReturnsTheOutputOfOneTurn() async throws {
        try await server.script(["stdout": "one\n"])
        let agent = try await client.agents.create(name: "a", model: "anthropic/claude-sonnet-4-6", runtime: .claude)
        let id = try await client.sessions.run(agentId: agent.id, prompt: "hi").session.id
        try await server.script(["stdout": "two\n"])
        let ack = try await client.sessions.prompt(id, "again")
        #expect(try await client.sessions.follow(ack).stdout == "two\n")
    }

    @Test func interruptEndsATurnOnServersThatSupportIt() async throws {
        let server = try await DevServer(generation: "2026-06-25")
        let client = try server.client()
        try await server.script(["stdout": "a"], ["hold": "never"])
        let agent = try await client.agents.create(name: "a", model: "claude-sonnet-4-6", provider: .anthropic)
        let session = try await client.sessions.create(
            agentId: agent.id, prompt: "hi", secretEnvVars: ["KEY": "planted-secret"])
        for try await event in client.sessions.stream(session.id) where event.stdout != nil {
            break
        }
        try await client.sessions.interrupt(session.id)
        try await client.sessions.waitForCompletion(session.id)
        #expect(try await client.sessions.turns(session.id).map(\.status) == [.interrupted])
    }

    @Test func modelsDecodeFromTheResponsesOfTheServer() async throws {
        let environment = try await client.environments.create(name: "e", packages: [.apt: ["git"]])
        let agent = try await client.agents.create(
            name: "a", model: "anthropic/claude-sonnet-4-6", runtime: .claude, environmentId: environment.id,
            skills: [.github(source: "o/r", description: "d")],
            mcpServers: [.url(name: "u", url: "https://h", headers: ["a": "b"])],
            metadata: ["n": 1.5, "l": [nil, true]])
        let result = try await client.sessions.run(agentId: agent.id, prompt: "hi")
        try await same(environment, "/environments/\(environment.id)")
        try await same(agent, "/agents/\(agent.id)")
        try await same(result.session, "/sessions/\(result.session.id)")
    }

    /// Checks that the body at a path decodes to the model, and the model encodes to the body, with any strategies.
    private func same<Model: Codable & Equatable>(_ model: Model, _ path: String) async throws {
        let body = try await server.send("GET", path.lowercased()).body
        let read = try JSONDecoder().decode(Model.self, from: Data(body.utf8))
        #expect(read == model, "\(read) \(model)")
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .secondsSince1970
        let written = String(decoding: try encoder.encode(model), as: UTF8.self)
        #expect(
            try withoutTimes(JSONValue(parsing: written)) == withoutTimes(JSONValue(parsing: body)),
            "\(written) \(body)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        #expect(try decoder.decode(Model.self, from: Data(written.utf8)) == model)
    }

    /// Returns an object without its timestamps, whose format may differ.
    private func withoutTimes(_ json: JSONValue) throws -> [String: JSONValue] {
        try #require(json.object).filter { !$0.key.hasSuffix("_at") }
    }

    @Test func eventsRoundTripThroughCodable() async throws {
        let session = try await client.startSession(model: "anthropic/claude-sonnet-4-6")
        try await client.sessions.waitForCompletion(session.id)
        for try await event in client.sessions.stream(session.id) {
            #expect(try JSONDecoder().decode(StreamEvent.self, from: JSONEncoder().encode(event)) == event)
        }
        let unknown = [
            #"{"type":"tokens","id":7,"b":[1.0,18446744073709551615],"a":{"z":1,"y":"\u00e9"}}"#,
            #"{"type":"output","id":"none"}"#, "no JSON", "[1]",
        ]
        let body = unknown.map { "data: \($0)\n\n" }.joined() + "data: {\"type\":\"exit\",\"code\":0}\n\n"
        try await server.control(
            "POST", "fault",
            [
                "path": "/sessions/*/stream",
                "effect": [
                    "status": [
                        "status": 200, "headers": ["content-type": "text/event-stream"], "body": .string(body),
                    ]
                ],
            ])
        var seen: [String] = []
        for try await event in client.sessions.stream(session.id, options: StreamOptions(reconnect: .never)) {
            guard case .unknown(let unknown) = event else { continue }
            seen.append(unknown.raw)
            let again = try JSONDecoder().decode(StreamEvent.self, from: JSONEncoder().encode(event))
            #expect(again.type == event.type && again.id == event.id)
            // Compared as JSON: the order of keys is not preserved.
            guard case .unknown(let read) = again else { throw TestError("\(again) is known") }
            #expect(try read.raw == unknown.raw || JSONValue(parsing: read.raw) == JSONValue(parsing: unknown.raw))
        }
        #expect(seen == unknown)
    }

    @Test func packagesOfAManagerAreMergedHoweverItIsSpelled() async throws {
        let packages: [PackageManager: [String]] = [.unknown(value: "pip"): ["b"], .pip: ["a"], "npm": ["c"]]
        let made = try await client.environments.create(name: "e", packages: packages)
        #expect(made.packages == [.pip: ["a", "b"], .npm: ["c"]])
        let changed = try await client.environments.update(made.id, version: 1, packages: packages)
        #expect(changed.packages == made.packages)
    }

    @Test func shuttingDownAClientShutsDownThoseDerivedFromIt() async throws {
        let other = try client.withOptions(CallOptions(timeout: 5))
        #expect(other.baseURL == client.baseURL && client.baseURL == server.url)
        other.shutDown()
        await #expect(throws: AodError.self) { _ = try await other.health() }
        #expect(try await client.health().status == "ok")
        let another = try client.withOptions(CallOptions(timeout: 5))
        client.shutDown()
        await #expect(throws: AodError.self) { _ = try await another.health() }
    }

    @Test(arguments: [.infinity, -.infinity, -1, .nan, .greatestFiniteMagnitude] as [TimeInterval])
    func anyTimeIntervalIsAccepted(_ time: TimeInterval) async throws {
        let retry = RetryPolicy(baseDelay: time, maxDelay: time, maxRetryAfter: time)
        #expect(retry.maxRetries == 2)
        let other = try client.withOptions(CallOptions(streamIdleTimeout: time > 0 ? time : nil, retry: retry))
        #expect(try await other.health().status == "ok")
        let third = try server.client {
            $0.connectTimeout = 5
            $0.poolIdleTimeout = time
            $0.retry = RetryPolicy(maxRetries: -1, baseDelay: time, maxDelay: time, maxRetryAfter: time)
        }
        #expect(try await third.health().status == "ok")
    }

    @Test(arguments: [0, -1, -.infinity] as [TimeInterval])
    func aTimeLimitOfZeroIsAConfigurationError(_ time: TimeInterval) async throws {
        let isRefused = { (error: any Error) in (error as? AodError)?.kind == .configuration }
        let other = try client.withOptions(CallOptions(streamIdleTimeout: time))
        await #expect(performing: { _ = try await other.health() }, throws: isRefused)
        await #expect(
            performing: { _ = try await server.client { $0.streamIdleTimeout = time }.health() },
            throws: isRefused)
    }

    @Test func withOptionsSendsItsHeaders() async throws {
        let other = try client.withOptions(CallOptions(timeout: 5, maxRetries: 0, headers: ["X-Test": "1"]))
        _ = try await other.agents.list()
        let requests = try await server.control("GET", "requests")
        #expect(requests.text.contains("x-test"))
    }
}
