#if os(macOS) || os(Linux)
    import AodValues
    import Foundation

    #if canImport(FoundationNetworking)
        import FoundationNetworking
    #endif

    /// A running `aod-devserver`: an in-memory AoD server on loopback with scripted agents, for macOS and Linux.
    ///
    /// It stops when it is released, or when this process ends. It runs the program at the path in the environment
    /// variable `AOD_DEVSERVER`, or else `aod-devserver` on the `PATH`.
    ///
    /// See [Testing a program](https://ravi-hq.github.io/agent-on-demand/latest/testing/).
    public final class DevServer: Sendable {
        /// The base URL of the server.
        public let url: URL
        /// The token that the server accepts.
        public let token: Secret

        private let program: Program

        /// Starts a server and waits until it accepts connections, for at most a minute.
        ///
        /// - Parameters:
        ///   - generation: The version of the API to serve, by date: `2026-04-21`, `2026-04-30` (the default, which has
        ///     all runtimes) or `2026-06-25`.
        ///   - token: The token to accept. Default: `aod_dev`.
        /// - Throws: ``DevServerError`` if the program is not on the `PATH`, or ends before it prints its URL; another
        ///   error if the system cannot start it.
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

        /// Sets what agents do, from the next turn of each session on. A script for a session takes precedence over
        /// other scripts, and a script for a prompt over a script without a limit.
        ///
        /// - Parameters:
        ///   - turns: The turns of a session: its next turn runs the first of them, even if the session has had turns
        ///     before, and so on. Later turns repeat the last one.
        ///   - prompt: Limits the script to turns whose prompt contains this text. If several texts match, the script
        ///     that was set first is used. Default: no limit.
        ///   - session: Limits the script to the session with this id. Default: no limit.
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

        /// Removes all scripts except those of single sessions. The other sessions run the built-in script again: a
        /// short turn that succeeds.
        ///
        /// - Throws: An error if the server does not run.
        public func clearScripts() async throws {
            try await control("DELETE", "script")
        }

        /// Injects faults into the next matching requests. If several match a request, all of them apply to it.
        ///
        /// - Parameter faults: The faults, in addition to those that are pending.
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

        /// Freezes the server's clock, by which it measures delays, heartbeats and timeouts.
        ///
        /// - Throws: An error if the server does not run.
        public func freezeClock() async throws {
            try await control("POST", "clock", ["frozen": true])
        }

        /// Advances the clock, whether it is frozen or not.
        ///
        /// - Parameter seconds: The time, in seconds.
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

        /// Releases a hold: turns that wait at it continue, and turns that reach it later do not wait.
        ///
        /// - Parameter hold: The name of the hold.
        /// - Throws: An error if the server does not run.
        public func release(_ hold: String) async throws {
            try await control("POST", "release", ["name": .string(hold)])
        }

        /// Waits until a turn waits at a hold.
        ///
        /// - Parameter hold: The name of the hold.
        /// - Throws: An error if no turn has reached it within a minute.
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
        ///   - body: The JSON of the request; not sent with `GET`.
        /// - Returns: The JSON of the response.
        /// - Throws: ``DevServerError`` if the server rejects the call; another error if it does not run, or does not
        ///   respond within a minute.
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
