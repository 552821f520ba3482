#if os(macOS) || os(Linux)
    import AodValues
    import Foundation

    #if canImport(FoundationNetworking)
        import FoundationNetworking
    #endif

    /// A running `aod-devserver`: an in-memory AoD server on loopback with scripted agents, for macOS and Linux.
    ///
    /// It stops when it is released, or when this process ends. `AOD_DEVSERVER` names its program; without it, the
    /// program is looked up on the `PATH`.
    public final class DevServer: Sendable {
        /// The URL of the server.
        public let url: URL
        /// The token that the server accepts.
        public let token: Secret

        private let program: Program

        /// Starts a server and waits until it accepts connections, for at most a minute.
        ///
        /// - Parameters:
        ///   - generation: The version of the API to serve, by date: `2026-04-21`, `2026-04-30` (the default, which has
        ///     all runtimes) or `2026-06-25`.
        ///   - token: The token to accept.
        /// - Throws: ``DevServerError`` if the program is not there, or does not start.
        public init(generation: String = "2026-04-30", token: Secret = "aod_dev") async throws {
            let program = try Program(arguments: ["--generation", generation, "--token", token.expose()])
            let text = try await program.start()
            guard let url = URL(string: text) else {
                throw DevServerError("not a URL: \(text)")
            }
            self.program = program
            self.url = url
            self.token = token
        }

        /// Stops the server and waits until it has ended.
        public func stop() async {
            await program.stop()
        }

        /// Sets what agents do in the turns of a session, from the next turn on.
        ///
        /// - Parameters:
        ///   - turns: The turns of a session: its next turn plays the first one, also if it has had turns before. Later
        ///     turns repeat the last one.
        ///   - prompt: Limits the script to turns whose prompt contains this text.
        ///   - session: Limits the script to the session with this id.
        /// - Throws: ``DevServerError`` if there is no turn, both limits are given, or there is no such session.
        public func script(_ turns: Turn..., prompt: String? = nil, session: UUID? = nil) async throws {
            if turns.isEmpty {
                throw DevServerError("a script needs a turn")
            }
            let script: JSONValue = ["turns": .array(turns.map(\.json))]
            let session = session.map { JSONValue.string($0.uuidString) } ?? .null
            let prompt = prompt.map(JSONValue.string) ?? .null
            try await control("POST", "script", ["script": script, "prompt": prompt, "session": session])
        }

        /// Removes all scripts except those of single sessions. Sessions play the built-in one again.
        ///
        /// - Throws: An error if the server does not run.
        public func clearScripts() async throws {
            try await control("DELETE", "script")
        }

        /// Injects faults into the next matching requests. Several apply to the same request.
        ///
        /// - Parameter faults: The faults.
        /// - Throws: ``DevServerError`` if a fault cannot be applied, for example because of its status.
        public func faults(_ faults: Fault...) async throws {
            for fault in faults {
                try await control("POST", "fault", fault.json)
            }
        }

        /// Removes the pending faults.
        ///
        /// - Throws: An error if the server does not run.
        public func clearFaults() async throws {
            try await control("DELETE", "fault")
        }

        /// Freezes the clock of the delays, heartbeats and timeouts of the server.
        ///
        /// - Throws: An error if the server does not run.
        public func freezeClock() async throws {
            try await control("POST", "clock", ["frozen": true])
        }

        /// Advances the clock, whether it is frozen or not.
        ///
        /// - Parameter seconds: The time.
        /// - Throws: ``DevServerError`` if the clock would exceed the year 9999.
        public func advanceClock(by seconds: TimeInterval) async throws {
            try await control("POST", "clock", ["advance_ms": millis(seconds)])
        }

        /// Unfreezes the clock at its current time.
        ///
        /// - Throws: An error if the server does not run.
        public func runClock() async throws {
            try await control("POST", "clock", ["frozen": false])
        }

        /// Releases a hold, for waiting and later scripts.
        ///
        /// - Parameter hold: The name of the hold.
        /// - Throws: An error if the server does not run.
        public func release(_ hold: String) async throws {
            try await control("POST", "release", ["name": .string(hold)])
        }

        /// Waits until a script waits at a hold.
        ///
        /// - Parameter hold: The name of the hold.
        /// - Throws: An error if no script has reached it within a minute.
        public func holdReached(_ hold: String) async throws {
            try await control("POST", "reached", ["name": .string(hold)])
        }

        /// Removes all agents, environments, sessions, scripts, faults and holds. The clock does not change.
        ///
        /// - Throws: An error if the server does not run.
        public func reset() async throws {
            try await control("POST", "reset")
        }

        /// Calls the control interface of the server, which can do more than the other methods.
        ///
        /// - Parameters:
        ///   - method: The HTTP method.
        ///   - path: The path after `/__dev/`.
        ///   - body: The JSON of the request.
        /// - Returns: The JSON of the response.
        /// - Throws: ``DevServerError`` if the server rejects the call.
        @discardableResult
        public func control(_ method: String, _ path: String, _ body: JSONValue = [:]) async throws -> JSONValue {
            var request = URLRequest(url: url.appendingPathComponent("__dev/\(path)"))
            request.httpMethod = method
            if method != "GET" {
                request.httpBody = Data(body.text.utf8)
            }
            let (data, response) = try await URLSession.shared.data(for: request)
            let text = String(decoding: data, as: UTF8.self)
            let status = (response as? HTTPURLResponse)?.statusCode ?? 0
            guard status == 200 else {
                throw DevServerError("\(method) \(path): \(status) \(text)")
            }
            return text.isEmpty ? .null : try JSONValue(parsing: text)
        }
    }

    /// An error of the development server: it does not start, or rejects a call.
    public struct DevServerError: Error, CustomStringConvertible {
        /// What is wrong.
        public let description: String

        init(_ description: String) {
            self.description = description
        }
    }
#endif
