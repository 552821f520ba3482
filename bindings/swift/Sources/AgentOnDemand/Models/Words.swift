import AodNative

/// An enum that the server drives: it knows some words, and keeps any other as it came.
///
/// `init(word:)`, a string literal and decoding give the case of a word that is known; `unknown` is for the others, and not
/// equal to a case of the same word.
public protocol OpenWord: Sendable, Hashable, Codable, ExpressibleByStringLiteral {
    /// The words this version knows.
    static var known: [String: Self] { get }

    /// The word on the wire.
    var word: String { get }

    /// A word that this version does not know.
    static func unknown(_ word: String) -> Self
}

extension OpenWord {
    /// The value of a word, known or not.
    public init(word: String) {
        self = Self.known[word] ?? .unknown(word)
    }

    public init(stringLiteral word: String) {
        self.init(word: word)
    }

    public init(from decoder: any Decoder) throws {
        try self.init(word: decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(word)
    }
}

extension Runtime: OpenWord {
    public static let known: [String: Runtime] = [
        "claude": .claude, "codex": .codex, "gemini": .gemini, "opencode": .opencode, "claude-oauth": .claudeOauth,
    ]

    public var word: String {
        switch self {
        case .claude: "claude"
        case .codex: "codex"
        case .gemini: "gemini"
        case .opencode: "opencode"
        case .claudeOauth: "claude-oauth"
        case .unknown(let word): word
        }
    }
}

extension Provider: OpenWord {
    public static let known: [String: Provider] = ["anthropic": .anthropic, "openai": .openAi]

    public var word: String {
        switch self {
        case .anthropic: "anthropic"
        case .openAi: "openai"
        case .unknown(let word): word
        }
    }
}

extension PackageManager: OpenWord {
    public static let known: [String: PackageManager] = [
        "apt": .apt, "cargo": .cargo, "gem": .gem, "go": .go, "npm": .npm, "pip": .pip,
    ]

    public var word: String {
        switch self {
        case .apt: "apt"
        case .cargo: "cargo"
        case .gem: "gem"
        case .go: "go"
        case .npm: "npm"
        case .pip: "pip"
        case .unknown(let word): word
        }
    }
}

extension NetworkingType: OpenWord {
    public static let known: [String: NetworkingType] = ["unrestricted": .unrestricted, "limited": .limited]

    public var word: String {
        switch self {
        case .unrestricted: "unrestricted"
        case .limited: "limited"
        case .unknown(let word): word
        }
    }
}

extension ResourceType: OpenWord {
    public static let known: [String: ResourceType] = ["github_repository": .githubRepository]

    public var word: String {
        switch self {
        case .githubRepository: "github_repository"
        case .unknown(let word): word
        }
    }
}

extension SessionStatus: OpenWord {
    public static let known: [String: SessionStatus] = [
        "pending": .pending, "running": .running, "completed": .completed, "failed": .failed, "terminated": .terminated,
    ]

    public var word: String {
        switch self {
        case .pending: "pending"
        case .running: "running"
        case .completed: "completed"
        case .failed: "failed"
        case .terminated: "terminated"
        case .unknown(let word): word
        }
    }
}

extension TurnStatus: OpenWord {
    public static let known: [String: TurnStatus] = [
        "pending": .pending, "running": .running, "completed": .completed, "failed": .failed,
        "interrupted": .interrupted,
    ]

    public var word: String {
        switch self {
        case .pending: "pending"
        case .running: "running"
        case .completed: "completed"
        case .failed: "failed"
        case .interrupted: "interrupted"
        case .unknown(let word): word
        }
    }
}

extension OutputChannel: OpenWord {
    public static let known: [String: OutputChannel] = ["stdout": .stdout, "stderr": .stderr]

    public var word: String {
        switch self {
        case .stdout: "stdout"
        case .stderr: "stderr"
        case .unknown(let word): word
        }
    }
}

extension StageState: OpenWord {
    public static let known: [String: StageState] = ["started": .started, "done": .done, "failed": .failed]

    public var word: String {
        switch self {
        case .started: "started"
        case .done: "done"
        case .failed: "failed"
        case .unknown(let word): word
        }
    }
}
