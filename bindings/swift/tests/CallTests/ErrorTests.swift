import DevServer
import Foundation
import Testing

@testable import AgentOnDemand

/// The properties of errors, redaction, and cancellation.
@Suite(.timeLimit(.minutes(10))) struct ErrorTests {
    let server: DevServer
    let client: AodClient

    init() async throws {
        server = try await DevServer()
        client = try server.client()
    }

    private func failure(_ call: () async throws -> Void) async throws -> AodError {
        do {
            try await call()
        } catch let error as AodError {
            return error
        }
        throw TestError("the call did not fail")
    }

    @Test func aMissingRecordIsNotFound() async throws {
        let id = UUID()
        let error = try await failure { _ = try await client.agents.get(id) }
        #expect(error.kind == .notFound)
        #expect(error.status == 404)
        #expect(error.method == "GET")
        #expect(error.url?.hasSuffix("/agents/\(id.uuidString.lowercased())") == true)
        #expect(error.attempts == 1)
        #expect(!error.isRetryable)
        #expect(error.localizedDescription == error.description)
    }

    @Test func anEndpointThatTheServerDoesNotHaveIsUnsupported() async throws {
        let error = try await failure { _ = try await client.sessions.interrupt(UUID()) }
        #expect(error.kind == .unsupported)
        #expect(error.status == 404)
        #expect(error.description.hasSuffix("the server does not have this endpoint; only newer servers have it"))
    }

    @Test func aVersionMismatchIsAConflictWithBothNumbers() async throws {
        let agent = try await client.agents.create(name: "a", model: "anthropic/claude-sonnet-4-6", runtime: .claude)
        let error = try await failure { _ = try await client.agents.update(agent.id, version: 7, name: "b") }
        #expect(error.kind == .conflict)
        #expect(error.conflict == .versionMismatch(expected: 1, got: 7))
    }

    @Test func aRejectedFieldIsListedAndItsSecretsAreRedacted() async throws {
        let error = try await failure {
            _ = try await client.environments.create(
                name: String(repeating: "x", count: 201), envVars: ["KEY": "planted-secret"])
        }
        #expect(error.kind == .validation)
        #expect(error.detail?.fields.map(\.path) == ["name"])
        var dumped = ""
        dump(error, to: &dumped)
        for text in ["\(error)", String(reflecting: error), error.localizedDescription, dumped] {
            #expect(!text.contains("planted-secret") && !text.contains("xxxx"))
        }
    }

    @Test func aWrongTokenIsRejectedAndRedacted() async throws {
        let other = try AodClient(baseURL: server.url, token: "planted-secret")
        let error = try await failure { _ = try await other.agents.list() }
        #expect(error.kind == .auth)
        #expect(error.status == 401)
        #expect(!String(reflecting: error).contains("planted-secret"))
    }

    @Test func aRateLimitErrorHasTheQuota() async throws {
        try await server.control("POST", "quota", ["limit": 1])
        try await server.script(["hold": "never"])
        _ = try await client.startSession(model: "anthropic/claude-sonnet-4-6")
        let error = try await failure { _ = try await client.startSession(model: "anthropic/claude-sonnet-4-6") }
        #expect(error.kind == .rateLimit)
        #expect(error.quota == Quota(limit: 1, active: 1))
    }

    @Test func aServerErrorIsRetriedAndThenThrown() async throws {
        try await server.control(
            "POST", "fault", ["path": "/agents", "times": 3, "effect": ["status": ["status": 503]]])
        let quick = try client.withOptions(CallOptions(retry: RetryPolicy(maxRetries: 2, baseDelay: 0.001)))
        let error = try await failure { _ = try await quick.agents.list() }
        #expect(error.kind == .server)
        #expect(error.attempts == 3)
        #expect(error.isRetryable)
    }

    @Test func anUnreachableServerIsAConnectionError() async throws {
        let none = try AodClient(baseURL: URL(string: "http://127.0.0.1:1")!, token: "t")
            .withOptions(CallOptions(maxRetries: 0))
        let error = try await failure { _ = try await none.health() }
        #expect(error.kind == .connection)
        #expect(error.isUnsent)
    }

    @Test func anInvalidConfigurationIsRejected() throws {
        #expect(throws: AodError.self) { try AodClient(baseURL: URL(string: "ftp://h")!, token: "t") }
        #expect(throws: AodError.self) { try AodClient(token: "") }
        var configuration = AodClient.Configuration()
        configuration.httpsOnly = true
        #expect(throws: AodError.self) {
            try AodClient(baseURL: URL(string: "http://h")!, token: "t", configuration: configuration)
        }
    }

    @Test func secretsAreRedactedInsideOtherValues() throws {
        var configuration = AodClient.Configuration()
        configuration.headers = ["X-Key": "planted-secret"]
        configuration.proxy = "http://user:planted-secret@h"
        let servers = try [
            #"{"type":"url","name":"u","url":"https://h","headers":{"a":"planted-secret"}}"#,
            #"{"type":"url","name":"u","url":"https://h","auth":{"a":"planted-secret"}}"#,
            #"{"type":"stdio","name":"s","command":"c","env":{"a":"planted-secret"},"auth":"planted-secret"}"#,
            #"{"type":"other","headers":{"a":"planted-secret"}}"#,
            #"{"type":"url","name":"malformed","headers":{"a":"planted-secret"}}"#,
        ].map { try JSONDecoder().decode(McpServer.self, from: Data($0.utf8)) }
        let agent = Agent(
            id: UUID(), objectType: "agent", name: "a", model: "m", skills: [], mcpServers: servers, metadata: [:],
            version: 1, createdAt: Date(), updatedAt: Date(), extra: [:])
        for value in [configuration, servers, servers[0], servers[3], agent] as [Any] {
            var dumped = ""
            dump(value, to: &dumped)
            for text in ["\(value)", String(reflecting: value), dumped] {
                #expect(!text.contains("planted-secret"), "\(text)")
            }
        }
        #expect(!"\(servers)".contains("https://h") && "\(servers)".contains("auth"))
        // The encoded form contains them.
        #expect(String(decoding: try JSONEncoder().encode(servers[3]), as: UTF8.self).contains("planted-secret"))
    }

    @Test func anErrorOfTheBindingsIsNamedButNotQuoted() {
        struct Panic: Error, CustomStringConvertible {
            let description = "planted-secret"
        }
        let panic = publicError(from: Panic()) as? AodError
        #expect(panic?.kind == .other)
        #expect(panic?.description == "internal error: Panic")
        do {
            _ = try JSONValue(parsing: "planted-secret")
        } catch {
            let unread = publicError(from: error) as? AodError
            #expect(unread?.kind == .decode)
            #expect(unread.map { !String(reflecting: $0).contains("planted-secret") } == true)
        }
    }

    @Test func anErrorBridgesToNSErrorWithItsProperties() async throws {
        let error = try await failure { _ = try await client.agents.get(UUID()) }
        let bridged = error as NSError
        #expect(bridged.domain == AodError.errorDomain)
        #expect(bridged.code == error.errorCode)
        #expect(bridged.userInfo[AodError.statusKey] as? Int == 404)
        #expect(bridged.userInfo[AodError.requestIdKey] as? String == error.requestId)
        #expect(bridged.localizedDescription == error.description)
    }

    @Test func callsOfAClosedClientFail() async throws {
        client.shutDown()
        let error = try await failure { _ = try await client.health() }
        #expect(error.kind == .closed)
    }

    @Test func cancellingTheTaskCancelsItsCall() async throws {
        try await server.script(["hold": "never"])
        let session = try await client.startSession(model: "anthropic/claude-sonnet-4-6")
        let task = Task { [client] in try await client.sessions.waitForCompletion(session.id) }
        try await server.waitForStreams(1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await server.waitForStreams(0)
    }
}
