import AodNative
import Foundation

// Shorthand for creating and reading the generated records.

extension StreamEvent {
    /// The event's id; nil for an event without an id.
    ///
    /// For a `stage` or `output` it is the id in the session's log, for a `turnStart` that of the output that follows,
    /// and for a terminal event that of the last event in the log. A `start` has no id.
    public var id: Int64? {
        switch self {
        case .start(let event): event.id
        case .stage(let event): event.id
        case .turnStart(let event): event.id
        case .output(let event): event.id
        case .exit(let event): event.id
        case .error(let event): event.id
        case .terminated(let event): event.id
        case .stale(let event): event.id
        case .unknown(let event): event.id
        }
    }

    /// The position to resume from after this event, for ``StreamOptions/since``. Nil for events without an id: the
    /// position is then that of the event before.
    ///
    /// It is the ``id``, except for a `turnStart`, whose id is that of the output that follows, and for an unknown
    /// event, which may use ids in the same way: for these events, it is the id minus 1. A stream that resumes there
    /// misses nothing. It repeats the `turnStart`, an unknown event that has an id of its own, and the events that
    /// ``StreamOptions/since`` lists.
    public var cursor: Int64? {
        switch self {
        case .turnStart, .unknown: id.map { $0 == .min ? $0 : $0 - 1 }
        case .start, .stage, .output, .exit, .error, .terminated, .stale: id
        }
    }

    /// The event's type in the API, such as `turn_start`; empty if it is missing or not a string.
    public var type: String { eventType(of: self) }

    /// Returns the event in the format of a `text/event-stream`, for a back end that relays events to browsers.
    ///
    /// The `data` is the JSON object of the event, with the fields that the server sent. The `id` is the ``cursor``, so
    /// the `Last-Event-ID` of a browser that reconnects is the position to resume from, for ``StreamOptions/since``. An
    /// event without a cursor has no `id` line. There is no `event` line, so an `EventSource` receives each event as
    /// `message`.
    ///
    /// ```swift
    /// for try await event in client.sessions.stream(id, options: StreamOptions(since: lastEventId)) {
    ///     try await response.write(event.toSse())  // "id: 7\ndata: {\"type\":\"exit\",\"id\":7,\"code\":0}\n\n"
    /// }
    /// ```
    ///
    /// - Returns: The text, including the blank line at its end.
    public func toSse() -> String { eventToSse(of: self) }

    /// Whether the event ends a stream: `exit`, `error`, `terminated` and `stale` do.
    public var isTerminal: Bool {
        switch self {
        case .exit, .error, .terminated, .stale: true
        case .start, .stage, .turnStart, .output, .unknown: false
        }
    }

    /// The text of an `output` event on standard output; nil for other events.
    public var stdout: String? {
        if case .output(let event) = self, event.stream == .stdout { event.data } else { nil }
    }

    /// The exit code of an `exit` event; nil for other events.
    public var exitCode: Int64? {
        if case .exit(let event) = self { event.code } else { nil }
    }
}

extension SessionStatus {
    /// Whether a turn is queued or running.
    ///
    /// It is false for a status that this version does not know.
    public var isActive: Bool {
        self == .pending || self == .running
    }
}

extension Networking {
    /// The network rule that allows a sandbox to reach all hosts.
    public static let unrestricted = Networking(networkingType: .unrestricted, extra: [:])

    /// Allows a sandbox to reach only some hosts.
    ///
    /// On servers before 2026-06-25 the restriction also applies while packages are installed and repositories are
    /// cloned: include the hosts that they are downloaded from.
    ///
    /// - Parameter hosts: The host names. An empty array blocks all network access.
    /// - Returns: The network rule.
    public static func limited(to hosts: [String]) -> Networking {
        Networking(networkingType: .limited, allowedHosts: hosts, extra: [:])
    }
}

extension Skill {
    /// Creates a skill from its text.
    ///
    /// - Parameters:
    ///   - name: The name, unique within the agent: 1 to 64 lowercase letters, digits and hyphens. It must not start
    ///     with a hyphen.
    ///   - description: When to use the skill, at most 1,024 characters.
    ///   - content: The skill: at most 65,536 bytes of UTF-8, without the text `SKILL_EOF`.
    /// - Returns: The skill.
    public static func inline(name: String, description: String, content: String) -> Skill {
        .inline(skill: InlineSkill(name: name, description: description, content: content, extra: [:]))
    }

    /// Creates a skill that is stored in a GitHub repository (servers since 2026-04-30).
    ///
    /// - Parameters:
    ///   - source: The repository, as `owner/repo`.
    ///   - description: When to use the skill.
    ///   - name: The name of one skill in the repository. Default: all skills of the repository.
    /// - Returns: The skill.
    public static func github(source: String, description: String, name: String? = nil) -> Skill {
        .github(skill: GithubSkill(source: source, description: description, name: name, extra: [:]))
    }
}

extension McpServer {
    /// Creates an MCP server that is reached at a URL.
    ///
    /// - Parameters:
    ///   - name: The name, unique within the agent.
    ///   - url: The URL of the server.
    ///   - headers: Headers to send with every request to the server.
    /// - Returns: The MCP server.
    public static func url(name: String, url: String, headers: [String: Secret] = [:]) -> McpServer {
        .url(server: UrlMcpServer(name: name, url: url, headers: headers, extra: [:]))
    }

    /// Creates an MCP server that runs as a program in the sandbox, and communicates over standard input and output.
    ///
    /// - Parameters:
    ///   - name: The name, unique within the agent.
    ///   - command: The program.
    ///   - args: The arguments of the program.
    ///   - env: The environment variables of the program.
    /// - Returns: The MCP server.
    public static func stdio(
        name: String, command: String, args: [String] = [], env: [String: Secret] = [:]
    ) -> McpServer {
        .stdio(server: StdioMcpServer(name: name, command: command, args: args, env: env, extra: [:]))
    }

    /// The name; nil only if the server has an unknown type and no name.
    public var name: String? {
        switch self {
        case .url(let server): server.name
        case .stdio(let server): server.name
        case .unknown(let json): json["name"]?.string
        }
    }
}

// Any part of a URL, an argument or a field that this version does not know may be secret, so these are not shown, and
// nothing of an entry of an unknown type.

extension McpServer: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        switch self {
        case .url(let server): "url(\(server))"
        case .stdio(let server): "stdio(\(server))"
        case .unknown: "unknown(…)"
        }
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror {
        switch self {
        case .url(let server): Mirror(self, children: ["url": server], displayStyle: .enum)
        case .stdio(let server): Mirror(self, children: ["stdio": server], displayStyle: .enum)
        case .unknown: Mirror(self, children: ["unknown": "…"], displayStyle: .enum)
        }
    }
}

extension UrlMcpServer: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        "UrlMcpServer(name: \(name), headers: \(headers), extra: \(extra.shownNames))"
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror {
        Mirror(self, children: ["name": name, "headers": headers, "extra": extra.shownNames])
    }
}

extension StdioMcpServer: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        "StdioMcpServer(name: \(name), command: \(command), env: \(env), extra: \(extra.shownNames))"
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror {
        Mirror(self, children: ["name": name, "command": command, "env": env, "extra": extra.shownNames])
    }
}

extension GithubRepository: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The URL without user information.
    private var shownURL: String {
        guard let slashes = url.range(of: "//") else { return url }
        let authority = url[slashes.upperBound...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@") else { return url }
        return String(url[..<slashes.upperBound] + url[at...].dropFirst())
    }

    public var description: String {
        "GithubRepository(url: \(shownURL), mountPath: \(mountPath ?? "nil"))"
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror {
        Mirror(self, children: ["url": shownURL, "mountPath": mountPath as Any])
    }
}

extension [String: JSONValue] {
    /// The names of the fields, without their values.
    fileprivate var shownNames: [String] { keys.sorted() }
}

extension TextPatch: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) {
        self = .set(text: text)
    }
}

extension ErrorDetail {
    /// The server's message, if the detail is a text.
    public var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// The rejected fields; empty if the detail does not list them.
    public var fields: [FieldError] {
        if case .fields(let fields) = self { fields } else { [] }
    }
}
