import Foundation

/// Any JSON: metadata, and what a newer server sends that this version has no field for.
///
/// Literals of Swift are values of it: `["team": "core", "priority": 3]`. Numbers are equal if they are the same number,
/// written with a fraction or not.
public enum JSONValue: Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number without a fraction that 64 bits hold.
    case integer(Int64)
    /// A number without a fraction that needs all 64 bits, and has none to spare for a sign.
    case unsigned(UInt64)
    /// Any other number. JSON has none that is infinite or not a number: those are written as `null`.
    case number(Double)
    /// A text.
    case string(String)
    /// A list.
    case array([JSONValue])
    /// Values by name.
    case object([String: JSONValue])
}

extension JSONValue {
    /// The value that a JSON text stands for; throws `DecodingError` if it stands for none.
    public init(parsing text: String) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    /// The values by name of a text that is a JSON object, or empty.
    package static func fields(parsing text: String) throws -> [String: JSONValue] {
        if text.isEmpty {
            return [:]
        }
        return try JSONDecoder().decode([String: JSONValue].self, from: Data(text.utf8))
    }

    /// The text of values by name; empty if there are none.
    package static func text(of fields: [String: JSONValue]) -> String {
        fields.isEmpty ? "" : JSONValue.object(fields).text
    }

    /// This value as JSON text, without blanks, keys in order.
    public var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Every case below is encodable: numbers that JSON does not have are written as null.
        guard let data = try? encoder.encode(self) else { return "null" }
        return String(decoding: data, as: UTF8.self)
    }

    /// The text, if it is one.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number, if it is one without a fraction, and not too large.
    public var integer: Int64? {
        switch self {
        case .integer(let number): number
        case .unsigned(let number): Int64(exactly: number)
        case .number(let number): Int64(exactly: number)
        default: nil
        }
    }

    /// The number, with a fraction or without, if it is one.
    public var number: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .unsigned(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }

    /// The truth value, if it is one.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The list, if it is one.
    public var array: [JSONValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    /// The values by name, if it is an object.
    public var object: [String: JSONValue]? {
        if case .object(let fields) = self { fields } else { nil }
    }

    /// The value of that name, if this is an object that has it.
    public subscript(name: String) -> JSONValue? {
        object?[name]
    }

    /// The value at that place, if this is a list that reaches there.
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

    /// A number in the one form that stands for it.
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
            // With all its digits: the shortest text of a number is another one, read without rounding.
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
        // As on the wire, the last of a name counts.
        self = .object(Dictionary(fields, uniquingKeysWith: { _, last in last }))
    }
}
