import AgentOnDemand
import DevServer
import Foundation

/// Runs the steps of a scenario on a new server, and writes the transcript.
final class Runner {
    private let server: DevServer
    private let client: AodClient
    private let secrets: Secrets
    private let steps: [JSONValue]
    private var saved = Saved()
    private var streams: [String: Reading] = [:]
    private var transcript = Transcript()

    /// A stream that was opened by name.
    private struct Reading {
        let events: EventStream
        var iterator: EventStream.Iterator
    }

    init(_ scenario: JSONValue) async throws {
        var fields = try Fields(scenario)
        _ = try fields.need("about", as: String.self)
        server = try await DevServer(generation: fields.need("generation"))
        client = try server.client()
        secrets = Secrets(texts: try fields.take("secrets") ?? [])
        steps = fields.any("steps")?.array ?? []
        _ = fields.any("transcript")
        try fields.end()
    }

    /// Returns the transcript.
    func run() async throws -> String {
        for (index, step) in steps.enumerated() {
            do {
                try await self.step(saved.resolve(step))
            } catch {
                throw TestError("step \(index + 1): \(error)")
            }
        }
        let text = transcript.text(server: client.baseURL.absoluteString)
        try secrets.absent("the transcript", text)
        return text
    }

    private func step(_ json: JSONValue) async throws {
        var step = try Fields(json)
        if let control = step.any("control") {
            try step.end()
            try await Self.control(control, server)
        } else if let operation: String = try step.take("call") {
            try await call(operation, &step)
        } else if let name: String = try step.take("open") {
            try open(name, &step)
        } else if let name: String = try step.take("read") {
            try await read(name, &step)
        } else if let name: String = try step.take("cancel") {
            try step.end()
            guard let stream = streams[name] else { throw TestError("no stream \(name) is open") }
            stream.events.cancel()
        } else if let id: UUID = try step.take("listen") {
            try await listen(id, &step)
        } else if let runtime: String = try step.take("pretty") {
            let formatter = RuntimeFormatter(runtime: Runtime(rawValue: runtime))
            var lines = try step.need("feed", as: [String].self).flatMap(formatter.feed)
            try step.end()
            lines += formatter.flush()
            transcript.write(["pretty": .string(runtime), "lines": .array(lines.map(JSONValue.string))])
        } else if let runtime: String = try step.take("transcript") {
            let read = AgentOnDemand.Transcript(runtime: runtime)
            for chunk in try step.need("feed", as: [String].self) { read.feed(chunk) }
            try step.end()
            read.finish()
            transcript.write(["runtime": .string(runtime), "transcript": try asJSON(read)])
        } else if let report: String = try step.take("network") {
            try step.end()
            try Self.network(report, client)
        } else if let headers: [String] = try step.take("requests") {
            try step.end()
            let seen = try await server.control("GET", "requests")["data"]?.array ?? []
            try await server.control("DELETE", "requests")
            transcript.write(["requests": .array(seen.map { Self.line($0, headers) })])
        } else {
            throw TestError("unknown step: \(json)")
        }
    }

    private func call(_ operation: String, _ step: inout Fields) async throws {
        let client = try client(step.any("options"))
        let (with, save) = (step.any("with"), try step.take("save", as: String.self))
        let meanwhile = step.any("meanwhile")?.array ?? []
        try step.end()
        let (server, reporting) = (server, self.client)
        async let others: Void = Self.meanwhile(meanwhile, server, reporting, nil)
        do {
            let result = try secrets.value(await perform(operation, with, on: client))
            saved.keep(save, result)
            transcript.write(["call": .string(operation), "result": result])
        } catch let error as AodError {
            transcript.write(["call": .string(operation), "error": try secrets.value(of: error)])
        }
        try await others
    }

    private func open(_ name: String, _ step: inout Fields) throws {
        let client = try client(step.any("options"))
        let id: UUID = try step.need("id")
        var options = StreamOptions(
            since: try step.take("since"), deadline: try step.milliseconds("deadline_ms"),
            resumeStale: try step.take("resume_stale") ?? false)
        if let attempts: Int = try step.take("max_attempts") { options.reconnect = .withBackoff(maxAttempts: attempts) }
        if try step.take("reconnect") == false { options.reconnect = .never }
        try step.end()
        let events = client.sessions.stream(id, options: options)
        streams[name] = Reading(events: events, iterator: events.makeAsyncIterator())
    }

    private func read(_ name: String, _ step: inout Fields) async throws {
        guard var stream = streams[name] else { throw TestError("no stream \(name) is open") }
        let until = step.any("until")
        let (pretty, save): (String?, String?) = (try step.take("pretty"), try step.take("save"))
        let asTranscript: Bool = try step.take("transcript") ?? false
        let meanwhile = step.any("meanwhile")?.array ?? []
        try step.end()
        let (server, events, reporting) = (server, stream.events, self.client)
        async let others: Void = Self.meanwhile(meanwhile, server, reporting, (name, events))
        var line: [String: JSONValue] = ["read": .string(name)]
        var taken: [StreamEvent] = []
        do {
            while true {
                guard let event = try await stream.iterator.next() else {
                    line["ended"] = true
                    break
                }
                taken.append(event)
                if until == .integer(Int64(taken.count)) || until == .string(event.type) { break }
            }
        } catch let error as AodError {
            line["error"] = try secrets.value(of: error)
        }
        try await others
        streams[name] = stream
        if asTranscript {
            let read = AgentOnDemand.Transcript()
            for event in taken { read.apply(event) }
            transcript.write(["transcript": try asJSON(read)])
        } else if let pretty {
            let formatter = RuntimeFormatter(runtime: Runtime(rawValue: pretty))
            for text in taken.flatMap(formatter.consume) + formatter.flush() {
                transcript.write(["line": .string(text)])
            }
        } else {
            try write(taken)
        }
        let cursor = stream.events.cursor.map(JSONValue.integer) ?? .null
        line["cursor"] = cursor
        saved.keep(save, ["cursor": cursor])
        transcript.write(.object(line))
    }

    /// Serializes a transcript, from its records.
    private func asJSON(_ transcript: AgentOnDemand.Transcript) throws -> JSONValue {
        [
            "agent": try transcript.agent.map { try JSONValue(parsing: $0.json()) } ?? .null,
            "turns": .array(try transcript.turns.map { try JSONValue(parsing: $0.json()) }),
            "usage": try transcript.usage.map { try JSONValue(parsing: $0.json()) } ?? .null,
            "cursor": transcript.cursor.map(JSONValue.integer) ?? .null,
        ]
    }

    private func listen(_ id: UUID, _ step: inout Fields) async throws {
        let client = try client(step.any("options"))
        let options = StreamOptions(since: try step.take("since"))
        let listener = Listener(cancelAfter: try step.take("cancel_after"))
        let meanwhile = step.any("meanwhile")?.array ?? []
        try step.end()
        let (server, reporting) = (server, self.client)
        async let others: Void = Self.meanwhile(meanwhile, server, reporting, nil)
        let subscription = try client.sessions.listen(id, options: options, to: listener)
        listener.cancel(by: subscription)
        await subscription.join()
        try await others
        try write(listener.events)
        if let error = listener.failure {
            transcript.write(["listen": "failed", "error": try secrets.value(of: error)])
        } else {
            transcript.write(["listen": "closed"])
        }
    }

    private func write(_ events: [StreamEvent]) throws {
        for event in events {
            var json = try secrets.value(event)
            if case .unknown(let unknown) = event, let raw = json.string {
                json = ["type": .string(unknown.eventType), "raw": .string(raw)]
            }
            transcript.write(["event": json])
        }
    }

    private func client(_ options: JSONValue?) throws -> AodClient {
        var options = try Fields(options)
        let token: Secret? = try options.take("token")
        let overrides = CallOptions(
            timeout: try options.milliseconds("timeout_ms"),
            streamIdleTimeout: try options.milliseconds("stream_idle_timeout_ms"),
            maxRetries: try options.take("max_retries"), headers: try options.secrets("headers") ?? [:])
        try options.end()
        guard let token else { return try client.withOptions(overrides) }
        var configuration = AodClient.Configuration()
        configuration.validateRequests = false
        return try AodClient(baseURL: server.url, token: token, configuration: configuration).withOptions(overrides)
    }

    private static func control(_ call: JSONValue, _ server: DevServer) async throws {
        guard let method = call[0]?.string, let path = call[1]?.string else { throw TestError("bad control: \(call)") }
        try await server.control(method, path, call[2] ?? [:])
    }

    /// Runs the steps that go with a waiting step; `cancel` cancels the stream that is being read.
    private static func meanwhile(
        _ steps: [JSONValue], _ server: DevServer, _ client: AodClient,
        _ reading: (name: String, events: EventStream)?
    ) async throws {
        for step in steps {
            if let call = step["control"] {
                try await control(call, server)
            } else if let report = step["network"]?.string {
                try network(report, client)
            } else if let reading, step["cancel"]?.string == reading.name {
                reading.events.cancel()
            } else {
                throw TestError("only control, network and cancel are allowed in meanwhile")
            }
        }
    }

    private static func network(_ report: String, _ client: AodClient) throws {
        switch report {
        case "offline": client.network.offline()
        case "online": client.network.online()
        case "changed": client.network.changed()
        case "suspend": client.suspend()
        case "resume": client.resume()
        default: throw TestError("unknown report: \(report)")
        }
    }

    private static func line(_ request: JSONValue, _ headers: [String]) -> JSONValue {
        var line = "\(request["method"]?.string ?? "") \(request["path"]?.string ?? "")"
        if let query = request["query"]?.string, !query.isEmpty { line += "?\(query)" }
        for header in request["headers"]?.array ?? [] {
            if let name = header[0]?.string, let value = header[1]?.string, headers.contains(name) {
                line += " \(name): \(value)"
            }
        }
        return .string(line)
    }
}

/// Records the events, and cancels after a number of them.
private final class Listener: EventListener, @unchecked Sendable {
    private let cancelAfter: Int?
    private let lock = NSCondition()
    private var subscription: Subscription?
    private(set) var events: [StreamEvent] = []
    private(set) var failure: AodError?

    init(cancelAfter: Int?) {
        self.cancelAfter = cancelAfter
    }

    func cancel(by subscription: Subscription) {
        lock.withLock {
            self.subscription = subscription
            lock.broadcast()
        }
    }

    func onEvents(_ batch: [StreamEvent], cursor: Int64?) {
        for event in batch where cancelAfter.map({ events.count < $0 }) ?? true {
            events.append(event)
            if events.count == cancelAfter {
                lock.lock()
                while subscription == nil { lock.wait() }
                subscription?.cancel()
                lock.unlock()
            }
        }
    }

    func onClosed() {}

    func onError(_ error: AodError) {
        failure = error
    }
}
