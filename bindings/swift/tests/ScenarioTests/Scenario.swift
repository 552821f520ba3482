import AgentOnDemand
import DevServer
import Foundation

/// The fields of a JSON object. A field that nothing takes is unknown.
struct Fields {
    private var fields: [String: JSONValue]

    init(_ json: JSONValue?) throws {
        guard let fields = (json ?? [:]).object else { throw TestError("not an object: \(json?.text ?? "")") }
        self.fields = fields
    }

    func has(_ name: String) -> Bool { fields[name] != nil }

    /// Takes the value of a field, which may be null.
    mutating func any(_ name: String) -> JSONValue? { fields.removeValue(forKey: name) }

    mutating func take<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value? {
        guard let json = any(name), json != .null else { return nil }
        return try JSONDecoder().decode(Value.self, from: Data(json.text.utf8))
    }

    mutating func need<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws -> Value {
        guard let value: Value = try take(name) else { throw TestError("\(name) is missing") }
        return value
    }

    mutating func seconds(_ name: String) throws -> TimeInterval? { try take(name) }

    mutating func milliseconds(_ name: String) throws -> TimeInterval? {
        try take(name, as: Double.self).map { $0 / 1000 }
    }

    mutating func secrets(_ name: String) throws -> [String: Secret]? { try take(name) }

    /// Takes a patch: a missing field keeps, null clears, a string sets.
    mutating func text(_ name: String) throws -> TextPatch {
        guard let json = any(name) else { return .keep }
        return json.string.map { .set(text: $0) } ?? .clear
    }

    mutating func reference(_ name: String) throws -> IdPatch {
        guard let json = any(name) else { return .keep }
        return json.string.flatMap(UUID.init(uuidString:)).map { .set(id: $0) } ?? .clear
    }

    func end() throws {
        if let name = fields.keys.sorted().first { throw TestError("unknown field \(name)") }
    }
}

/// The values that earlier steps saved, by name.
struct Saved {
    private var values: [String: JSONValue] = [:]

    mutating func keep(_ name: String?, _ value: JSONValue) {
        if let name { values[name] = value }
    }

    /// Replaces each `$name.key.0` with the saved value.
    func resolve(_ json: JSONValue) throws -> JSONValue {
        switch json {
        case .string(let text) where text.hasPrefix("$"):
            var keys = text.dropFirst().split(separator: ".").map(String.init)[...]
            var value = values[keys.popFirst() ?? ""]
            for key in keys { value = Int(key).flatMap { value?[$0] } ?? value?[key] }
            guard let value else { throw TestError("nothing is saved at \(text)") }
            return value
        case .array(let items): return .array(try items.map(resolve))
        case .object(let fields): return .object(try fields.mapValues(resolve))
        default: return json
        }
    }
}

/// The lines of a transcript.
struct Transcript {
    private var lines: [JSONValue] = []

    mutating func write(_ line: JSONValue) { lines.append(line) }

    /// Returns the text, without what differs between runs.
    func text(server: String) -> String {
        let text = lines.map { Self.written(Self.line($0)) + "\n" }.joined()
        return Self.anonymous(text.replacingOccurrences(of: server, with: "<server>"))
    }

    /// Returns a line without its empty members; a result itself may be empty.
    private static func line(_ line: JSONValue) -> JSONValue {
        guard let members = line.object else { return line }
        return .object(members.mapValues(pruned).filter { $0.key == "result" || !isEmpty($0.value) })
    }

    private static func pruned(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members): .object(members.mapValues(pruned).filter { !isEmpty($0.value) })
        case .array(let items): .array(items.map(pruned))
        case .number(let number) where number == number.rounded() && abs(number) < 1e15: .integer(Int64(number))
        default: value
        }
    }

    private static func isEmpty(_ value: JSONValue) -> Bool {
        value == .null || value == .array([]) || value == .object([:])
    }

    /// Writes JSON in the format of transcripts: Foundation differs in escapes and in the order of keys.
    private static func written(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): quoted(text)
        case .array(let items): "[" + items.map(written).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) }
                .map { quoted($0.key) + ":" + written($0.value) }.joined(separator: ",") + "}"
        default: value.text
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{8}": quoted += "\\b"
            case "\t": quoted += "\\t"
            case "\n": quoted += "\\n"
            case "\u{c}": quoted += "\\f"
            case "\r": quoted += "\\r"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private static func anonymous(_ text: String) -> String {
        let time = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
        var rest = text.replacingOccurrences(of: time, with: "<time>", options: .regularExpression)[...]
        var numbers: [Substring: Int] = [:]
        var shown = ""
        while let found = rest.range(of: "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", options: .regularExpression) {
            let id = rest[found]
            let number = numbers[id] ?? numbers.count + 1
            numbers[id] = number
            shown += rest[..<found.lowerBound] + "<id \(number)>"
            rest = rest[found.upperBound...]
        }
        return shown + rest
    }
}
