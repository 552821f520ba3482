/// A text that is sent and never shown: a token, the value of an environment variable or of a header.
///
/// It prints as `Secret(…)`, also within what holds it, in `dump` and in the debugger. A string literal is one;
/// `Secret(_:)` makes one of any other string. Encoding it, as ``expose()``, gives the text itself.
public struct Secret: Sendable, Hashable {
    private let text: String

    /// Keeps a text secret.
    public init(_ text: String) {
        self.text = text
    }

    /// The text itself.
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
