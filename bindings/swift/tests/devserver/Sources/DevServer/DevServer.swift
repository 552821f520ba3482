import AgentOnDemand
@_exported import AgentOnDemandTesting
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

// What the tests and benchmarks of the package need besides the testing kit.
extension DevServer {
    /// Creates a client of the server, which does not check requests before it sends them.
    public func client(_ change: (inout AodClient.Configuration) -> Void = { _ in }) throws -> AodClient {
        var configuration = AodClient.Configuration()
        configuration.validateRequests = false
        configuration.noProxy = true
        change(&configuration)
        return try AodClient(baseURL: url, token: token, configuration: configuration)
    }

    /// Sends a request without the SDK, and returns the status and the body.
    public func send(_ method: String, _ path: String, body: JSONValue? = nil) async throws -> (
        status: Int, body: String
    ) {
        guard let url = URL(string: url.absoluteString + path) else { throw TestError("invalid path: \(path)") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.setValue("Bearer \(token.expose())", forHTTPHeaderField: "Authorization")
        if let body, method != "GET" {
            request.httpBody = Data(body.text.utf8)
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    /// Sets the chunks that the agent of each new session prints.
    public func script(_ steps: JSONValue...) async throws {
        try await control("POST", "script", ["script": ["steps": .array(steps)]])
    }

    /// Waits until a number of streams is open.
    public func waitForStreams(_ count: Int64) async throws {
        try await control("POST", "wait", ["streams": .integer(count)])
    }
}

/// An error of a test's setup.
public struct TestError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

extension AodClient {
    /// Starts a session, which runs the server's script.
    public func startSession(model: String = "claude-sonnet-4-6") async throws -> SessionAck {
        let agent = try await agents.create(name: "a", model: model, runtime: .claude)
        return try await sessions.create(agentId: agent.id, prompt: "hi")
    }
}
