import AodNative

/// An enum that the server may extend: it knows some values, and keeps any other as it came.
///
/// `init(rawValue:)`, a string literal and decoding give the case of a value that is known; `unknown(value:)` is for the
/// others, and not equal to the case of the same value.
public protocol OpenEnum: Sendable, Hashable, Codable, ExpressibleByStringLiteral {
    /// The case of an API value, known or not.
    init(rawValue: String)

    /// The API value, such as it is in JSON.
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

extension StageState: OpenEnum {
    public init(rawValue: String) { self = stageStateOf(value: rawValue) }
    public var rawValue: String { stageStateValue(of: self) }
}

extension TurnStatus: OpenEnum {
    public init(rawValue: String) { self = turnStatusOf(value: rawValue) }
    public var rawValue: String { turnStatusValue(of: self) }
}

extension ErrorKind {
    /// The name of the kind, the same in every language.
    public var rawValue: String { errorKindValue(of: self) }
}
