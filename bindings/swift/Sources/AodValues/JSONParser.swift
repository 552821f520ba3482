import Foundation

/// Parses JSON text (RFC 8259). `JSONDecoder` tries each type in turn for a value of any type, which takes a hundred times
/// as long.
struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0

    /// Deeper JSON is refused, as by `JSONDecoder`.
    private static let maxDepth = 512

    /// The error for any invalid text. It does not contain the text, which may be secret.
    static let invalid = DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "invalid JSON"))

    static func parse(_ text: String) throws -> JSONValue {
        var text = text
        return try text.withUTF8 { bytes in
            var parser = JSONParser(bytes: bytes)
            let value = try parser.value(depth: 0)
            guard parser.peek() == nil else { throw invalid }
            return value
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// Skips whitespace, and returns the next byte without consuming it; nil at the end.
    private mutating func peek() -> UInt8? {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return bytes[index]
            }
        }
        return nil
    }

    /// Skips whitespace, and consumes a byte if it is the next.
    private mutating func consume(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        guard depth <= Self.maxDepth else { throw Self.invalid }
        switch peek() {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return try number()
        }
    }

    private mutating func literal(_ name: StaticString, _ value: JSONValue) throws -> JSONValue {
        let end = index + name.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        guard end <= bytes.count, bytes[index..<end].elementsEqual(expected) else { throw Self.invalid }
        index = end
        return value
    }

    private mutating func object(depth: Int) throws -> [String: JSONValue] {
        index += 1
        var fields: [String: JSONValue] = [:]
        if consume("}") { return fields }
        repeat {
            guard peek() == UInt8(ascii: "\"") else { throw Self.invalid }
            let name = try string()
            guard consume(":") else { throw Self.invalid }
            fields[name] = try value(depth: depth)
        } while consume(",")
        guard consume("}") else { throw Self.invalid }
        return fields
    }

    private mutating func array(depth: Int) throws -> [JSONValue] {
        index += 1
        var values: [JSONValue] = []
        if consume("]") { return values }
        repeat {
            values.append(try value(depth: depth))
        } while consume(",")
        guard consume("]") else { throw Self.invalid }
        return values
    }

    private mutating func string() throws -> String {
        index += 1
        var start = index
        var unescaped: [UInt8] = []
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                let rest = bytes[start..<index]
                index += 1
                if unescaped.isEmpty { return String(decoding: rest, as: UTF8.self) }
                unescaped.append(contentsOf: rest)
                return String(decoding: unescaped, as: UTF8.self)
            case UInt8(ascii: "\\"):
                unescaped.append(contentsOf: bytes[start..<index])
                try unescaped.append(contentsOf: UTF8.encode(escape()) ?? UTF8.encodedReplacementCharacter)
                start = index
            case 0..<0x20:
                throw Self.invalid
            default:
                index += 1
            }
        }
        throw Self.invalid
    }

    /// Consumes an escape sequence.
    private mutating func escape() throws -> Unicode.Scalar {
        guard index + 1 < bytes.count else { throw Self.invalid }
        let character = bytes[index + 1]
        index += 2
        switch character {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(character)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let high = try codeUnit()
            if let scalar = Unicode.Scalar(high) { return scalar }
            guard UTF16.isLeadSurrogate(high), index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
                bytes[index + 1] == UInt8(ascii: "u")
            else { throw Self.invalid }
            index += 2
            let low = try codeUnit()
            guard UTF16.isTrailSurrogate(low),
                let scalar = Unicode.Scalar(0x1_0000 + UInt32(high - 0xD800) << 10 + UInt32(low - 0xDC00))
            else { throw Self.invalid }
            return scalar
        default: throw Self.invalid
        }
    }

    /// Consumes four hexadecimal digits.
    private mutating func codeUnit() throws -> UInt16 {
        guard index + 4 <= bytes.count else { throw Self.invalid }
        var unit: UInt16 = 0
        for byte in bytes[index..<index + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw Self.invalid }
            unit = unit << 4 | UInt16(digit)
        }
        index += 4
        return unit
    }

    private mutating func number() throws -> JSONValue {
        let start = index
        if index < bytes.count, bytes[index] == UInt8(ascii: "-") { index += 1 }
        let integerStart = index
        let integerDigits = digits()
        guard integerDigits == 1 || integerDigits > 1 && bytes[integerStart] != UInt8(ascii: "0") else {
            throw Self.invalid
        }
        var isInteger = true
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            isInteger = false
            guard digits() > 0 else { throw Self.invalid }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            isInteger = false
            if index < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[index]) { index += 1 }
            guard digits() > 0 else { throw Self.invalid }
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if isInteger {
            if let number = Int64(text) { return .integer(number) }
            if let number = UInt64(text) { return .unsigned(number) }
        }
        guard let number = Double(text), number.isFinite else { throw Self.invalid }
        return .number(number)
    }

    /// Consumes digits, and returns their count.
    private mutating func digits() -> Int {
        let start = index
        while index < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index]) { index += 1 }
        return index - start
    }
}
