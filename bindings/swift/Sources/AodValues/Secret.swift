/// A string that is sent but never printed: a token, or the value of an environment variable or header.
///
/// It prints as `Secret(…)`, even inside other values, with `dump`, and in the debugger. Use a string literal, or
/// `Secret(_:)` for any other string. Encoding a secret writes the string itself.
///
/// See [Security](https://ravi-hq.github.io/agent-on-demand/latest/guide/security/).
///
/// ```swift
/// let envVars: [String: Secret] = ["STAGE": "test", "TOKEN": Secret(token)]
/// ```
public struct Secret: Sendable, Hashable {
    private let text: String

    /// Creates a secret.
    ///
    /// - Parameter text: The string to protect.
    public init(_ text: String) {
        self.text = text
    }

    /// Returns the string itself.
    ///
    /// - Returns: The string.
    public func expose() -> String {
        text
    }
}

extension Secret: ExpressibleByStringLiteral {
    public init(stringLiteral text: String) {
        self.init(text)
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "Secret(…)" }

    public var debugDescription: String { description }

    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension Secret: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
