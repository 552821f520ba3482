import Foundation

/// A JSON value: metadata, or a field of a newer server that this version does not know.
///
/// Swift literals can be used for it. Numbers are equal if they have the same value, with or without a fraction.
///
/// ```swift
/// let metadata: [String: JSONValue] = ["team": "core", "priority": 3, "labels": ["ci", "fast"]]
/// ```
public enum JSONValue: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// An integer that fits into a signed 64-bit number.
    case integer(Int64)
    /// An integer that only fits into an unsigned 64-bit number.
    case unsigned(UInt64)
    /// Any other number. Infinity and NaN do not exist in JSON, and are written as `null`.
    case number(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object.
    case object([String: JSONValue])
}

extension JSONValue {
    /// Parses a JSON text.
    ///
    /// - Parameter text: The JSON text.
    /// - Throws: A `DecodingError` if the text is not valid JSON.
    public init(parsing text: String) throws {
        self = try JSONParser.parse(text)
    }

    /// Parses a text that is a JSON object, or empty.
    package static func fields(parsing text: String) throws -> [String: JSONValue] {
        if text.isEmpty {
            return [:]
        }
        guard case .object(let fields) = try JSONParser.parse(text) else { throw JSONParser.invalid }
        return fields
    }

    /// Writes an object as JSON text; an empty object as an empty text.
    package static func text(of fields: [String: JSONValue]) -> String {
        fields.isEmpty ? "" : JSONValue.object(fields).text
    }

    /// The value as JSON text, without whitespace, with sorted keys.
    public var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Encoding cannot fail: numbers that do not exist in JSON are written as null.
        guard let data = try? encoder.encode(self) else { return "null" }
        return String(decoding: data, as: UTF8.self)
    }

    /// The string; nil if the value is not a string.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The integer; nil unless the value is a number without a fraction that fits into a signed 64-bit number.
    public var integer: Int64? {
        switch self {
        case .integer(let number): number
        case .unsigned(let number): Int64(exactly: number)
        case .number(let number): Int64(exactly: number)
        default: nil
        }
    }

    /// The number; nil if the value is not a number.
    public var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .unsigned(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    /// The Boolean; nil if the value is not a Boolean.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The array; nil if the value is not an array.
    public var array: [JSONValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    /// The object; nil if the value is not an object.
    public var object: [String: JSONValue]? {
        if case .object(let fields) = self { fields } else { nil }
    }

    /// Returns the value of a key; nil if the value is not an object, or has no such key.
    ///
    /// - Parameter name: The key.
    public subscript(name: String) -> JSONValue? {
        object?[name]
    }

    /// Returns the element at an index; nil if the value is not an array, or is too short.
    ///
    /// - Parameter index: The index, from 0.
    public subscript(index: Int) -> JSONValue? {
        guard let array, array.indices.contains(index) else { return nil }
        return array[index]
    }
}

extension JSONValue: Hashable {
    public static func == (one: JSONValue, other: JSONValue) -> Bool {
        switch (one, other) {
        case (.null, .null): true
        case (.bool(let one), .bool(let other)): one == other
        case (.string(let one), .string(let other)): one == other
        case (.array(let one), .array(let other)): one == other
        case (.object(let one), .object(let other)): one == other
        default: one.numeric != nil && one.numeric == other.numeric
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .integer, .unsigned, .number: hasher.combine(numeric)
        case .string(let text): hasher.combine(text)
        case .array(let values): hasher.combine(values)
        case .object(let fields): hasher.combine(fields)
        }
    }

    /// A number in a canonical form, by which numbers are compared.
    private enum Numeric: Hashable {
        case integer(Int64)
        case unsigned(UInt64)
        case fraction(Double)
    }

    private var numeric: Numeric? {
        if let integer { return .integer(integer) }
        return switch self {
        case .unsigned(let number): .unsigned(number)
        case .number(let number): UInt64(exactly: number).map(Numeric.unsigned) ?? .fraction(number)
        default: nil
        }
    }
}

extension JSONValue: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let number = try? container.decode(Int64.self) {
            self = .integer(number)
        } else if let number = try? container.decode(UInt64.self) {
            self = .unsigned(number)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let values = try? container.decode([JSONValue].self) {
            self = .array(values)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer, .unsigned, .number:
            switch numeric {
            // An integer, so that all its digits are written: a Double would be rounded.
            case .integer(let number): try container.encode(number)
            case .unsigned(let number): try container.encode(number)
            case .fraction(let number) where number.isFinite: try container.encode(number)
            case .fraction, nil: try container.encodeNil()
            }
        case .string(let text): try container.encode(text)
        case .array(let values): try container.encode(values)
        case .object(let fields): try container.encode(fields)
        }
    }
}

extension JSONValue: CustomStringConvertible {
    public var description: String { text }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral number: Int64) { self = .integer(number) }
    public init(floatLiteral number: Double) { self = .number(number) }
    public init(stringLiteral text: String) { self = .string(text) }
    public init(arrayLiteral values: JSONValue...) { self = .array(values) }
    public init(dictionaryLiteral fields: (String, JSONValue)...) {
        // As in JSON of the API, the last value of a repeated key counts.
        self = .object(Dictionary(fields, uniquingKeysWith: { _, last in last }))
    }
}
