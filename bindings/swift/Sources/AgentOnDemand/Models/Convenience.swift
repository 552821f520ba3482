import AodNative

// What users make or ask of the records, in fewer words.

extension StreamEvent {
    /// The event's id, if it has one.
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

    /// The event's type in JSON, such as `turn_start`; empty if it has none that can be read.
    public var type: String { eventType(of: self) }

    /// Whether it ends a stream: `exit`, `error`, `terminated` and `stale` do.
    public var isTerminal: Bool {
        switch self {
        case .exit, .error, .terminated, .stale: true
        case .start, .stage, .turnStart, .output, .unknown: false
        }
    }

    /// What the agent printed on its standard output, if this is a piece of that.
    public var stdout: String? {
        if case .output(let event) = self, event.stream == .stdout { event.data } else { nil }
    }

    /// The exit code, if this is an exit that has one.
    public var exitCode: Int64? {
        if case .exit(let event) = self { event.code } else { nil }
    }
}

extension SessionStatus {
    /// Whether no turn is queued or running. A status that this version does not know may be anything.
    public var isIdle: Bool {
        switch self {
        case .completed, .failed, .terminated: true
        case .pending, .running, .unknown: false
        }
    }
}

extension Networking {
    /// Everything is reached.
    public static let unrestricted = Networking(networkingType: .unrestricted, extra: [:])

    /// Only these hosts are reached; none of them blocks everything.
    public static func limited(to hosts: [String]) -> Networking {
        Networking(networkingType: .limited, allowedHosts: hosts, extra: [:])
    }
}

extension Skill {
    /// A skill written out here. Its name is lower-case letters, digits and hyphens, at most 64, unique within the
    /// agent; its description says when to use it, in at most 1,024 characters; its content is at most 65,536 bytes.
    public static func inline(name: String, description: String, content: String) -> Skill {
        .inline(skill: InlineSkill(name: name, description: description, content: content, extra: [:]))
    }

    /// The skills of a GitHub repository, given as `owner/repo`, or the one of that name (S1 and later).
    public static func github(source: String, description: String, name: String? = nil) -> Skill {
        .github(skill: GithubSkill(source: source, description: description, name: name, extra: [:]))
    }
}

extension McpServer {
    /// A server reached at a URL, with headers sent along with every request to it.
    public static func url(name: String, url: String, headers: [String: Secret] = [:]) -> McpServer {
        .url(server: UrlMcpServer(name: name, url: url, headers: headers, extra: [:]))
    }

    /// A program in the sandbox, spoken to over its standard streams.
    public static func stdio(
        name: String, command: String, args: [String] = [], env: [String: Secret] = [:]
    ) -> McpServer {
        .stdio(server: StdioMcpServer(name: name, command: command, args: args, env: env, extra: [:]))
    }

    /// The name, where there is one.
    public var name: String? {
        switch self {
        case .url(let server): server.name
        case .stdio(let server): server.name
        case .unknown(let json): json["name"]?.string
        }
    }
}

// Where the secrets are in what this version does not know is not known: none of it is shown.

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
        "UrlMcpServer(name: \(name), url: \(url), headers: \(headers), extra: \(extra.shownNames))"
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror {
        Mirror(self, children: ["name": name, "url": url, "headers": headers, "extra": extra.shownNames])
    }
}

extension StdioMcpServer: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        "StdioMcpServer(name: \(name), command: \(command), args: \(args), env: \(env), extra: \(extra.shownNames))"
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror {
        Mirror(
            self,
            children: ["name": name, "command": command, "args": args, "env": env, "extra": extra.shownNames])
    }
}

extension [String: JSONValue] {
    /// The names of fields, without what is in them.
    fileprivate var shownNames: [String] { keys.sorted() }
}

extension TextPatch: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) {
        self = .set(text: text)
    }
}

extension ErrorDetail {
    /// The server's own words, if it gave a text.
    public var text: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// The fields that were refused, if it lists them.
    public var fields: [FieldError] {
        if case .fields(let fields) = self { fields } else { [] }
    }
}
