import AgentOnDemand
import DevServer
import Foundation

/// The texts that must not appear anywhere.
struct Secrets {
    let texts: [String]

    func absent(_ place: String, _ text: String) throws {
        if texts.contains(where: text.contains) { throw TestError("a secret appears in \(place)") }
    }

    /// Returns a result as JSON.
    func value(_ result: some Encodable) throws -> JSONValue {
        var dumped = ""
        dump(result, to: &dumped)
        try absent("the debug output of a result", "\(result) \(String(reflecting: result)) \(dumped)")
        return try JSONValue(parsing: String(decoding: JSONEncoder().encode(result), as: UTF8.self))
    }

    /// Returns an error as JSON.
    func value(of error: AodError) throws -> JSONValue {
        var dumped = ""
        dump(error, to: &dumped)
        try absent("an error", "\(error) \(String(reflecting: error)) \(error.localizedDescription) \(dumped)")
        let kind = error.kind == .protocol ? ErrorKind.decode : error.kind
        if kind == .decode {
            return ["kind": "decode", "retryable": .bool(error.isRetryable)]
        }
        var json: [String: JSONValue] = [
            "kind": .string(kind.rawValue), "attempts": .integer(Int64(error.attempts)),
            "retryable": .bool(error.isRetryable),
        ]
        json["status"] = error.status.map { .integer(Int64($0)) }
        json["detail"] = try error.detail.map(Self.detail)
        json["conflict"] = error.conflict.map(Self.conflict)
        json["quota"] = error.quota.map { ["limit": .integer($0.limit), "active": .integer($0.active)] }
        json["retry_after"] = error.retryAfter.map(JSONValue.number)
        json["request_id"] = error.requestId.map(JSONValue.string)
        if error.status != nil, let method = error.method, let url = error.url {
            json["request"] = .string("\(method) \(url)")
        }
        return .object(json)
    }

    private static func conflict(_ reason: ConflictReason) -> JSONValue {
        switch reason {
        case .versionMismatch(let expected, let got):
            ["reason": "version_mismatch", "expected": .integer(expected), "got": .integer(got)]
        case .archived: ["reason": "archived"]
        case .alreadyArchived: ["reason": "already_archived"]
        case .running: ["reason": "running"]
        case .pending: ["reason": "pending"]
        case .failed: ["reason": "failed"]
        case .terminated: ["reason": "terminated"]
        case .alreadyTerminated: ["reason": "already_terminated"]
        case .backendGone: ["reason": "backend_gone"]
        case .noActiveTurn: ["reason": "no_active_turn"]
        case .nameTaken: ["reason": "name_taken"]
        case .inUse: ["reason": "in_use"]
        case .other: ["reason": "other"]
        }
    }

    private static func detail(_ detail: ErrorDetail) throws -> JSONValue {
        switch detail {
        case .text(let text): .string(text)
        case .body(let body): .string(body.expose())
        case .json(let json): try JSONValue(parsing: json.expose())
        case .fields(let fields):
            .array(
                fields.map { field in
                    let location = field.location.map { part -> JSONValue in
                        switch part {
                        case .index(let index): .integer(index)
                        case .key(let key): .string(key)
                        }
                    }
                    return [
                        "type": .string(field.kind), "loc": .array(location), "msg": .string(field.description),
                    ]
                })
        }
    }
}
