import AgentOnDemand
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A development server of its own for a test, whose program is named by `AOD_DEVSERVER`. It stops when it is let go.
public final class DevServer: @unchecked Sendable {
    /// Where it is.
    public let url: URL
    /// The token it takes.
    public let token: Secret = "aod_dev"

    private let process = Process()
    private let input = Pipe()

    /// Starts a server of a generation: `s0`, `s1` or `s2`.
    public init(_ generation: String = "s0") throws {
        guard let program = ProcessInfo.processInfo.environment["AOD_DEVSERVER"] else {
            throw Problem("AOD_DEVSERVER does not name the development server's program")
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
                throw Problem("the development server did not start")
            }
            line += more
        }
        let text = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .newlines)
        guard let url = URL(string: text) else {
            throw Problem("the development server says \(text)")
        }
        self.url = url
    }

    /// Two children started at once would hold each other's pipes open.
    private static let starting = NSLock()

    deinit {
        process.terminate()
    }

    /// A client of it, which sends whatever it is told to.
    public func client(_ change: (inout AodClient.Configuration) -> Void = { _ in }) throws -> AodClient {
        var configuration = AodClient.Configuration()
        configuration.validateRequests = false
        configuration.noProxy = true
        change(&configuration)
        return try AodClient(baseURL: url, token: token, configuration: configuration)
    }

    /// Tells the server what to do; gives its answer. Throws unless that is 200.
    @discardableResult
    public func control(_ method: String, _ path: String, _ body: JSONValue = [:]) async throws -> JSONValue {
        let answer = try await send(method, "/__dev/\(path)", body: body)
        guard answer.status == 200 else {
            throw Problem("\(method) \(path): \(answer.status) \(answer.body)")
        }
        return answer.body.isEmpty ? .null : try JSONValue(parsing: answer.body)
    }

    /// Sends a request as any client would; gives the status and the body.
    public func send(_ method: String, _ path: String, body: JSONValue? = nil) async throws -> (
        status: Int, body: String
    ) {
        guard let url = URL(string: url.absoluteString + path) else { throw Problem("no path: \(path)") }
        var request = URLRequest(url: url)
        request.httpMethod = method
        request.setValue("Bearer \(token.expose())", forHTTPHeaderField: "Authorization")
        if let body, method != "GET" {
            request.httpBody = Data(body.text.utf8)
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    /// Sets what the agent of every session does from now on.
    public func script(_ steps: JSONValue...) async throws {
        try await control("POST", "script", ["script": ["steps": .array(steps)]])
    }

    /// Waits until so many streams are open.
    public func streams(_ count: Int64) async throws {
        try await control("POST", "wait", ["streams": .integer(count)])
    }
}

/// What keeps a test from being carried out.
public struct Problem: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

extension AodClient {
    /// A session at work on what the server's script says.
    public func started(model: String = "claude-sonnet-4-6") async throws -> SessionAck {
        let agent = try await agents.create(name: "a", model: model, runtime: .claude)
        return try await sessions.create(agentId: agent.id, prompt: "hi")
    }
}
