import AodNative

/// An enum that newer servers may extend. It keeps values that this version does not know.
///
/// `init(rawValue:)`, a string literal and decoding return the case of a known value, and `unknown(value:)` for any
/// other. An `unknown(value:)` that is created with a known value is not equal to the case of that value.
///
/// ```swift
/// let runtime = Runtime(rawValue: "claude")  // .claude
/// let next: Runtime = "next"  // .unknown(value: "next")
/// ```
public protocol OpenEnum: Sendable, Hashable, Codable, ExpressibleByStringLiteral {
    /// Creates the case of an API value.
    ///
    /// - Parameter rawValue: The serialized form of the value, such as `claude`.
    init(rawValue: String)

    /// The serialized form of the value, such as `claude`.
    var rawValue: String { get }
}

extension OpenEnum {
    public init(stringLiteral value: String) {
        self.init(rawValue: value)
    }

    public init(from decoder: any Decoder) throws {
        try self.init(rawValue: decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

extension NetworkingType: OpenEnum {
    public init(rawValue: String) { self = networkingTypeOf(value: rawValue) }
    public var rawValue: String { networkingTypeValue(of: self) }
}

extension OutputChannel: OpenEnum {
    public init(rawValue: String) { self = outputChannelOf(value: rawValue) }
    public var rawValue: String { outputChannelValue(of: self) }
}

extension PackageManager: OpenEnum {
    public init(rawValue: String) { self = packageManagerOf(value: rawValue) }
    public var rawValue: String { packageManagerValue(of: self) }
}

extension Provider: OpenEnum {
    public init(rawValue: String) { self = providerOf(value: rawValue) }
    public var rawValue: String { providerValue(of: self) }
}

extension ResourceType: OpenEnum {
    public init(rawValue: String) { self = resourceTypeOf(value: rawValue) }
    public var rawValue: String { resourceTypeValue(of: self) }
}

extension Runtime: OpenEnum {
    public init(rawValue: String) { self = runtimeOf(value: rawValue) }
    public var rawValue: String { runtimeValue(of: self) }
}

extension SessionStatus: OpenEnum {
    public init(rawValue: String) { self = sessionStatusOf(value: rawValue) }
    public var rawValue: String { sessionStatusValue(of: self) }
}

extension StageName: OpenEnum {
    public init(rawValue: String) { self = stageNameOf(value: rawValue) }
    public var rawValue: String { stageNameValue(of: self) }

    /// The label of the stage for a progress display, in English, such as `Creating the sandbox`. For a stage that this
    /// version does not know, the label is the name with spaces instead of underscores.
    public var label: String { stageNameLabel(of: self) }
}

extension StageState: OpenEnum {
    public init(rawValue: String) { self = stageStateOf(value: rawValue) }
    public var rawValue: String { stageStateValue(of: self) }
}

extension TurnStatus: OpenEnum {
    public init(rawValue: String) { self = turnStatusOf(value: rawValue) }
    public var rawValue: String { turnStatusValue(of: self) }
}

extension ErrorKind {
    /// The name of the kind, which is the same in the SDKs of all languages.
    public var rawValue: String { errorKindValue(of: self) }
}
