import AgentOnDemand
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A development server for one test. `AOD_DEVSERVER` is the path of its program. It stops when it is released, or when
/// the process of the test ends.
public final class DevServer: @unchecked Sendable {
    /// The base URL.
    public let url: URL
    /// The token that it accepts.
    public let token: Secret = "aod_dev"

    private let process = Process()
    private let input = Pipe()

    /// Starts a server.
    ///
    /// - Parameter generation: The API that it implements: `s0` (2026-04-21), `s1` (2026-04-30) or `s2` (2026-06-25).
    public init(_ generation: String = "s0") throws {
        guard let program = ProcessInfo.processInfo.environment["AOD_DEVSERVER"] else {
            throw TestError("AOD_DEVSERVER does not name the development server's program")
        }
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["--generation", generation, "--exit-with-stdin"]
        process.standardInput = input
        process.standardOutput = output
        try Self.starting.withLock(process.run)
        // Its first line is its URL.
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty {
                throw TestError("the development server did not start")
            }
            line += more
        }
        let text = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .newlines)
        guard let url = URL(string: text) else {
            throw TestError("not a URL: \(text)")
        }
        self.url = url
    }

    /// Processes that start at the same time would inherit each other's pipes and keep them open.
    private static let starting = NSLock()

    deinit {
        // The end of its input stops it. A signal may not: on Linux, `Process` blocks signals in its children.
        try? input.fileHandleForWriting.close()
    }

    /// Creates a client of the server, which does not check requests before it sends them.
    public func client(_ change: (inout AodClient.Configuration) -> Void = { _ in }) throws -> AodClient {
        var configuration = AodClient.Configuration()
        configuration.validateRequests = false
        configuration.noProxy = true
        change(&configuration)
        return try AodClient(baseURL: url, token: token, configuration: configuration)
    }

    /// Calls the control API of the server, and returns the response. Throws if its status is not 200.
    @discardableResult
    public func control(_ method: String, _ path: String, _ body: JSONValue = [:]) async throws -> JSONValue {
        let response = try await send(method, "/__dev/\(path)", body: body)
        guard response.status == 200 else {
            throw TestError("\(method) \(path): \(response.status) \(response.body)")
        }
        return response.body.isEmpty ? .null : try JSONValue(parsing: response.body)
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

    /// Sets the script that the agent of each new session runs.
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
