import Foundation

/// The name of a field on the wire, whatever it is.
struct WireKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) {
        stringValue = name
    }

    init(stringValue: String) {
        self.init(stringValue)
    }

    init?(intValue: Int) {
        nil
    }
}

/// Reads an object of the wire, and keeps what nobody asked for.
struct WireReader {
    private let container: KeyedDecodingContainer<WireKey>
    private var asked: Set<String> = []

    init(_ decoder: any Decoder) throws {
        container = try decoder.container(keyedBy: WireKey.self)
    }

    /// A field that must be there.
    mutating func required<Value: Decodable>(_ name: String) throws -> Value {
        asked.insert(name)
        return try container.decode(Value.self, forKey: WireKey(name))
    }

    /// A field that may be null or absent.
    mutating func optional<Value: Decodable>(_ name: String) throws -> Value? {
        asked.insert(name)
        return try container.decodeIfPresent(Value.self, forKey: WireKey(name))
    }

    /// A time that must be there.
    mutating func time(_ name: String) throws -> Date {
        try Self.time(of: required(name), at: container.codingPath + [WireKey(name)])
    }

    /// A time that may be null or absent.
    mutating func optionalTime(_ name: String) throws -> Date? {
        try optional(name).map { try Self.time(of: $0, at: container.codingPath + [WireKey(name)]) }
    }

    /// The fields that were not asked for.
    func rest() throws -> [String: JSONValue] {
        var rest: [String: JSONValue] = [:]
        for key in container.allKeys where !asked.contains(key.stringValue) {
            rest[key.stringValue] = try container.decode(JSONValue.self, forKey: key)
        }
        return rest
    }

    private static func time(of text: String, at path: [any CodingKey]) throws -> Date {
        guard let time = Date(wire: text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: path, debugDescription: "not a time"))
        }
        return time
    }
}

/// Writes an object as it is on the wire.
struct WireWriter {
    private var container: KeyedEncodingContainer<WireKey>

    init(_ encoder: any Encoder) {
        container = encoder.container(keyedBy: WireKey.self)
    }

    /// A field; null if there is no value.
    mutating func write(_ name: String, _ value: some Encodable) throws {
        try container.encode(value, forKey: WireKey(name))
    }

    /// A field that is left out if there is no value.
    mutating func writeIfPresent(_ name: String, _ value: (some Encodable)?) throws {
        try container.encodeIfPresent(value, forKey: WireKey(name))
    }

    /// An id, in lower case as the server's are; null if there is none.
    mutating func write(_ name: String, _ id: UUID?) throws {
        try container.encode(id?.wire, forKey: WireKey(name))
    }

    /// An id that is always there.
    mutating func write(_ name: String, _ id: UUID) throws {
        try container.encode(id.wire, forKey: WireKey(name))
    }

    /// A time.
    mutating func write(_ name: String, _ time: Date) throws {
        try container.encode(time.wire, forKey: WireKey(name))
    }

    /// A time; null if there is none.
    mutating func write(_ name: String, _ time: Date?) throws {
        try container.encode(time?.wire, forKey: WireKey(name))
    }

    /// An id that is left out if there is none.
    mutating func writeIfPresent(_ name: String, _ id: UUID?) throws {
        try container.encodeIfPresent(id?.wire, forKey: WireKey(name))
    }

    /// The fields that this version does not know.
    mutating func rest(_ fields: [String: JSONValue]) throws {
        for (name, value) in fields {
            try container.encode(value, forKey: WireKey(name))
        }
    }
}

extension UUID {
    /// The id as the server writes it, and as a path must have it.
    var wire: String { uuidString.lowercased() }
}

// A form that is told from others by its `type`, which is no field of it.

extension JSONValue {
    /// An object without one of its fields; anything else as it is.
    func removing(_ name: String) -> JSONValue {
        guard var fields = object else { return self }
        fields[name] = nil
        return .object(fields)
    }
}

extension Decodable {
    init(json: JSONValue) throws {
        self = try JSONDecoder().decode(Self.self, from: JSONEncoder().encode(json))
    }
}

extension Encodable {
    func encode(to encoder: any Encoder, type: String) throws {
        var container = encoder.container(keyedBy: WireKey.self)
        try container.encode(type, forKey: WireKey("type"))
        try encode(to: encoder)
    }
}
