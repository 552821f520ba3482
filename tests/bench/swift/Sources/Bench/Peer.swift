import AgentOnDemand
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// An event as a user of Foundation would declare it.
enum PeerEvent: Decodable {
    case start(sessionID: UUID?)
    case output(id: Int?, stream: String, data: String, turn: Int?)
    case other(type: String, id: Int?)

    private enum Key: String, CodingKey {
        case type, id, stream, data, turn
        case sessionID = "session_id"
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let type = try fields.decode(String.self, forKey: .type)
        let id = try fields.decodeIfPresent(Int.self, forKey: .id)
        switch type {
        case "start": self = .start(sessionID: try fields.decodeIfPresent(UUID.self, forKey: .sessionID))
        case "output":
            self = .output(
                id: id, stream: try fields.decode(String.self, forKey: .stream),
                data: try fields.decode(String.self, forKey: .data),
                turn: try fields.decodeIfPresent(Int.self, forKey: .turn))
        default: self = .other(type: type, id: id)
        }
    }
}

/// A session as a user of Foundation would declare it.
struct PeerSession: Decodable {
    let id: UUID
    let agentId: UUID?
    let environmentId: UUID?
    let runtime: String?
    let status: String
    let exitCode: Int?
    let createdAt: Date
    let updatedAt: Date
    let turnCount: Int
    let currentTurn: Int?
}

/// Reads a stream with URLSession, and decodes its lines. Foundation has no `bytes(for:)` on Linux.
final class PeerStream: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    private let decoder = JSONDecoder()
    private var rest = Data()
    private var count = 0
    private var done: CheckedContinuation<Int, any Error>?
    private var failure: (any Error)?

    /// Reads the whole stream, and returns the number of events.
    func read(_ request: URLRequest) async throws -> Int {
        let session = URLSession(configuration: .ephemeral, delegate: self, delegateQueue: nil)
        defer { session.finishTasksAndInvalidate() }
        return try await withCheckedThrowingContinuation { continuation in
            done = continuation
            session.dataTask(with: request).resume()
        }
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        rest.append(data)
        var from = rest.startIndex
        while let end = rest[from...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = rest[from..<end]
            from = rest.index(after: end)
            guard line.starts(with: Data("data:".utf8)) else { continue }
            do {
                _ = try decoder.decode(PeerEvent.self, from: line.dropFirst(5))
                count += 1
            } catch {
                failure = error
            }
        }
        rest.removeSubrange(..<from)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        if let error = error ?? failure {
            done?.resume(throwing: error)
        } else {
            done?.resume(returning: count)
        }
        done = nil
    }
}

/// The messages and tool calls of Claude Code, as an app for it only would read whole lines with Codable: without
/// limits, other runtimes, or lines that are not events.
struct PeerTranscript {
    struct Item {
        var text: String?
        var tool: String?
        var input: JSONValue?
        var result: String?
    }

    private struct Line: Decodable {
        struct Message: Decodable { let content: [Block] }

        struct Block: Decodable {
            let type: String
            let text: String?
            let id: String?
            let name: String?
            let input: JSONValue?
            let toolUseId: String?
            let content: String?

            private enum CodingKeys: String, CodingKey {
                case type, text, id, name, input, content
                case toolUseId = "tool_use_id"
            }
        }

        let message: Message
    }

    private(set) var items: [Item] = []
    private var calls: [String: Int] = [:]
    private let decoder = JSONDecoder()

    mutating func read(_ output: String) throws {
        for line in Data(output.utf8).split(separator: UInt8(ascii: "\n")) {
            for block in try decoder.decode(Line.self, from: line).message.content {
                if block.type == "tool_result" {
                    if let call = calls[block.toolUseId ?? ""] { items[call].result = block.content }
                } else {
                    if let id = block.id { calls[id] = items.count }
                    items.append(Item(text: block.text, tool: block.name, input: block.input))
                }
            }
        }
    }

    /// Returns three lines: a message, a tool call, and its result, about 150 bytes each.
    static func lines(_ number: Int) -> String {
        """
        {"type":"assistant","message":{"id":"m\(number)","model":"claude","content":[{"type":"text",\
        "text":"I look at line \(number) of the work, and then run its tests."}]}}
        {"type":"assistant","message":{"id":"n\(number)","model":"claude","content":[{"type":"tool_use",\
        "id":"t\(number)","name":"Bash","input":{"command":"cargo test \(number)"}}]}}
        {"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t\(number)",\
        "content":"running 12 tests\\nok. 12 passed; 0 failed"}]}}

        """
    }
}

/// Retrieves a session with URLSession.
struct PeerClient {
    let request: URLRequest
    private let decoder: JSONDecoder

    init(_ request: URLRequest) {
        self.request = request
        decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        // Foundation's ISO 8601 strategy does not accept fractional seconds.
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        decoder.dateDecodingStrategy = .custom { decoder in
            try Date(decoder.singleValueContainer().decode(String.self), strategy: style)
        }
    }

    func get() async throws -> PeerSession {
        try decoder.decode(PeerSession.self, from: await URLSession.shared.data(for: request).0)
    }
}
