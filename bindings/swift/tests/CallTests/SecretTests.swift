import DevServer
import Foundation
import Testing

@testable import AgentOnDemand

/// A server that echoes the whole request in every form: neither errors nor values show the secrets in it.
@Suite(.timeLimit(.minutes(10))) struct SecretTests {
    /// At both ends of each secret, with characters between them that are escaped in some form.
    static let mark = "hunter2"
    /// The user and the password of the proxy, in Base64.
    static let proxyCredentials = "aHVudGVyMnVzZXI6aHVudGVyMkBwYXNz"

    static func secret(_ name: String) -> Secret {
        Secret("\(mark)-\(name)\"<&>'ü\\u\n/%41+\(mark)")
    }

    let mcpServers: [McpServer] = [
        .url(
            name: "issues", url: "https://ann:\(mark)pw@mcp.example.com/\(mark)-0123456789/?key=\(mark)%26key",
            headers: ["Authorization": secret("mcp-header")]),
        .stdio(
            name: "files", command: "mcp", args: ["--key=\(secret("mcp-arg").expose())"],
            env: ["KEY": secret("mcp-env")]),
    ]
    let repository = GithubRepository(
        url: "https://x:\(mark)pw@github.com/acme/app", authorizationToken: secret("repository"))
    let variables = ["KEY": secret("env")]
    let headers = [
        "X-Client": Secret("\(mark)-client\"<&>'\\u/%41+\(mark)"), "Cookie": Secret("a=\(mark)x; b=\(mark)y"),
    ]

    private func expectNoSecret(in value: Any, _ what: String) {
        var dumped = ""
        dump(value, to: &dumped)
        for text in ["\(value)", String(reflecting: value), dumped] {
            for secret in [Self.mark, Self.proxyCredentials] {
                #expect(!text.contains(secret), "\(what): \(text)")
            }
        }
    }

    private func expectNoSecret(in error: AodError, _ what: String) {
        let bridged = error as NSError
        expectNoSecret(in: error as Any, what)
        expectNoSecret(in: bridged as Any, what)
        let texts: [Any] = [
            error.localizedDescription, bridged.userInfo, error.detail as Any, error.url as Any,
            error.requestId as Any, Result<Int, any Error>.failure(error),
        ]
        for text in texts {
            expectNoSecret(in: text, what)
        }
    }

    private final class Recorder: EventListener, @unchecked Sendable {
        var failures: [AodError] = []
        var states: [ConnectionState] = []

        func onEvents(_ events: [StreamEvent], cursor: Int64?) {}
        func onClosed() {}
        func onError(_ error: AodError) { failures.append(error) }
        func onState(_ state: ConnectionState) { states.append(state) }
    }

    /// Returns the errors of calls, of a stream and of a listener.
    private func failures(of client: AodClient) async throws -> [AodError] {
        let id = UUID()
        let once = StreamOptions(reconnect: .never)
        let calls: [() async throws -> Void] = [
            { _ = try await client.agents.list() },
            { _ = try await client.agents.create(name: "a", model: "m", runtime: .claude, mcpServers: mcpServers) },
            { _ = try await client.agents.update(id, version: 1, mcpServers: mcpServers) },
            { _ = try await client.environments.create(name: "e", envVars: variables) },
            { _ = try await client.environments.update(id, version: 1, envVars: variables) },
            {
                _ = try await client.sessions.create(
                    agentId: id, prompt: "p", resources: [repository], secretEnvVars: variables)
            },
            {
                _ = try await client.sessions.run(
                    agentId: id, prompt: "p", resources: [repository], secretEnvVars: variables)
            },
            { for try await _ in client.sessions.stream(id, options: once) {} },
        ]
        var failures: [AodError] = []
        for call in calls {
            do {
                try await call()
            } catch let error as AodError {
                failures.append(error)
            }
        }
        let recorder = Recorder()
        await (try client.sessions.listen(id, options: once, to: recorder)).join()
        expectNoSecret(in: recorder.states, "states")
        return failures + recorder.failures
    }

    @Test func noEchoOfARequestShowsItsSecrets() async throws {
        let server = try await DevServer(generation: "2026-04-21")
        var configuration = AodClient.Configuration()
        configuration.validateRequests = false
        configuration.headers = headers
        let host = server.url.absoluteString.replacing("http://", with: "")
        configuration.proxy = Secret("http://\(Self.mark)user:\(Self.mark)%40pass@\(host)")
        let base = try #require(URL(string: "http://aod.example.com/api"))
        let token = Secret("aod_\(Self.mark)<&>\"'\\/%41+\(Self.mark)")
        let options = CallOptions(maxRetries: 0, headers: ["X-Call": Secret("\(Self.mark)-call")])
        let client = try AodClient(baseURL: base, token: token, configuration: configuration).withOptions(options)
        for value in [configuration, options, client, mcpServers, repository, variables, headers] as [Any] {
            expectNoSecret(in: value, "\(type(of: value))")
        }
        #expect("\(repository)".contains("https://github.com/acme/app"))

        let forms = [
            "detail", "object", "fields", "string", "nested", "truncated", "text", "encoded", "html", "start",
        ]
        for status in [401, 404, 407, 409, 422, 429, 500, 200] as [Int64] {
            for form in forms {
                try await server.control("DELETE", "fault")
                try await server.control(
                    "POST", "fault",
                    [
                        "path": "*/api/*", "times": nil,
                        "effect": ["echo": ["status": .integer(status), "form": .string(form)]],
                    ])
                let failures = try await failures(of: client)
                #expect(failures.count >= 7)
                for error in failures {
                    if status != 200 {
                        #expect(error.status == Int(status))
                    }
                    expectNoSecret(in: error, "\(status) \(form)")
                }
            }
        }
    }

    @Test(arguments: [
        ("https://ann:a@b?c#d@github.com/acme/app", "https://github.com/acme/app"),
        ("https://@github.com", "https://github.com"),
        ("https://github.com/acme/app@v1", "https://github.com/acme/app@v1"),
        ("git@github.com:acme/app.git", "git@github.com:acme/app.git"),
        ("", ""),
    ]) func theURLOfARepositoryIsShownWithoutUserInformation(url: String, shown: String) {
        #expect("\(GithubRepository(url: url))" == "GithubRepository(url: \(shown), mountPath: nil)")
    }

    @Test func theErrorOfAMalformedSettingDoesNotRepeatIt() throws {
        func failure(
            _ base: String = "http://h", token: String = "t",
            _ change: (inout AodClient.Configuration) -> Void = { _ in }
        ) throws -> AodError {
            var configuration = AodClient.Configuration()
            change(&configuration)
            let base = try #require(URL(string: base))
            let client: Result<AodClient, any Error> = Result {
                try AodClient(baseURL: base, token: Secret(token), configuration: configuration)
            }
            guard case .failure(let error as AodError) = client else { throw TestError("the setting was accepted") }
            return error
        }
        let mark = Self.mark
        for error in [
            try failure("http://ann:\(mark)@h"),
            try failure("\(mark)://h"),
            try failure("http://h/?\(mark)"),
            try failure(token: "\(mark)\n"),
            try failure { $0.proxy = Secret("::\(mark)") },
            try failure { $0.proxy = Secret("ftp://u:\(mark)@h") },
            try failure { $0.headers = ["x": Secret("\(mark)\n")] },
            try failure { $0.headers = ["\(mark) x": "y"] },
            try failure("https://h") { $0.caCertificates = [mark] },
            try failure("https://h") { $0.clientCertificate = Secret(mark) },
        ] {
            expectNoSecret(in: error, "setting")
        }
    }
}
