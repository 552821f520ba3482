import AodNative
import Foundation

// Events, as JSON of the wire.

extension StartEvent: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            id: fields.optional("id"),
            runtime: fields.optional("runtime"),
            provider: fields.optional("provider"),
            sessionId: fields.optional("session_id"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.writeIfPresent("id", id)
        try fields.writeIfPresent("runtime", runtime)
        try fields.writeIfPresent("provider", provider)
        try fields.writeIfPresent("session_id", sessionId)
        try fields.rest(extra)
    }
}

extension StageEvent: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            id: fields.optional("id"),
            stage: fields.optional("stage") ?? "",
            state: fields.optional("state") ?? .unknown(""),
            durationMs: fields.optional("duration_ms"),
            message: fields.optional("message"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.writeIfPresent("id", id)
        try fields.write("stage", stage)
        try fields.write("state", state)
        try fields.writeIfPresent("duration_ms", durationMs)
        try fields.writeIfPresent("message", message)
        try fields.rest(extra)
    }
}

extension TurnStartEvent: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            id: fields.optional("id"),
            turn: fields.optional("turn"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.writeIfPresent("id", id)
        try fields.writeIfPresent("turn", turn)
        try fields.rest(extra)
    }
}

extension OutputEvent: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            id: fields.optional("id"),
            stream: fields.optional("stream") ?? .stdout,
            data: fields.optional("data") ?? "",
            turn: fields.optional("turn"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.writeIfPresent("id", id)
        try fields.write("stream", stream)
        try fields.write("data", data)
        try fields.writeIfPresent("turn", turn)
        try fields.rest(extra)
    }
}

extension ExitEvent: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            id: fields.optional("id"),
            code: fields.optional("code"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.writeIfPresent("id", id)
        try fields.writeIfPresent("code", code)
        try fields.rest(extra)
    }
}

extension ErrorEvent: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            id: fields.optional("id"),
            message: fields.optional("message"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.writeIfPresent("id", id)
        try fields.writeIfPresent("message", message)
        try fields.rest(extra)
    }
}

extension TerminatedEvent: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            id: fields.optional("id"),
            message: fields.optional("message"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.writeIfPresent("id", id)
        try fields.writeIfPresent("message", message)
        try fields.rest(extra)
    }
}

extension StaleEvent: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            id: fields.optional("id"),
            message: fields.optional("message"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.writeIfPresent("id", id)
        try fields.writeIfPresent("message", message)
        try fields.rest(extra)
    }
}

extension StreamEvent: Codable {
    /// What cannot be read is ``unknown(_:)``, as on a stream.
    public init(from decoder: any Decoder) throws {
        let json = try JSONValue(from: decoder)
        self = (try? Self.known(json)) ?? .unknown(UnknownEvent(json: json))
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .start(let event): try event.encode(to: encoder, type: "start")
        case .stage(let event): try event.encode(to: encoder, type: "stage")
        case .turnStart(let event): try event.encode(to: encoder, type: "turn_start")
        case .output(let event): try event.encode(to: encoder, type: "output")
        case .exit(let event): try event.encode(to: encoder, type: "exit")
        case .error(let event): try event.encode(to: encoder, type: "error")
        case .terminated(let event): try event.encode(to: encoder, type: "terminated")
        case .stale(let event): try event.encode(to: encoder, type: "stale")
        case .unknown(let event): try event.json.encode(to: encoder)
        }
    }

    private static func known(_ json: JSONValue) throws -> StreamEvent? {
        guard json.object != nil else { return nil }
        let fields = json.removing("type")
        return switch json["type"] ?? "output" {
        case "start": .start(try StartEvent(json: fields))
        case "stage": .stage(try StageEvent(json: fields))
        case "turn_start": .turnStart(try TurnStartEvent(json: fields))
        case "output": .output(try OutputEvent(json: fields))
        case "exit": .exit(try ExitEvent(json: fields))
        case "error": .error(try ErrorEvent(json: fields))
        case "terminated": .terminated(try TerminatedEvent(json: fields))
        case "stale": .stale(try StaleEvent(json: fields))
        default: nil
        }
    }
}
