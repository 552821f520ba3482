import AodValues
import Foundation

/// A fault that the server injects: the requests that it applies to, and its effect on them. A fault is immutable: each
/// method returns a new one. By default it applies to the next request that matches.
///
/// See [Faults](https://ravi-hq.github.io/agent-on-demand/latest/testing/#faults).
public struct Fault: Sendable, Equatable {
    private var effect: JSONValue
    private var method: String?
    private var path = "*"
    private var skipped: Int64 = 0
    private var count: Int64? = 1

    /// Creates a fault for the next request, with any effect that the server supports. The documentation of the Rust
    /// crate `aod-devserver` lists them.
    ///
    /// - Parameter effect: The effect as it is in JSON, such as `["redirect": ["location": "/health"]]`.
    public init(effect: JSONValue) {
        self.effect = effect
    }

    /// Cuts the connection of the next event stream.
    ///
    /// - Parameter events: The number of events to send, including `start`.
    /// - Returns: The fault.
    public static func cut(afterEvents events: Int) -> Fault {
        ofStreams(["cut_after_events": ["events": .integer(Int64(events))]])
    }

    /// Stalls the next event stream: after this many bytes of the body, nothing is sent, and the connection stays open.
    ///
    /// - Parameter bytes: The number of bytes; nil, the default, for no response at all.
    /// - Returns: The fault.
    public static func stall(afterBytes bytes: Int? = nil) -> Fault {
        ofStreams(["stall": ["after_bytes": bytes.map { .integer(Int64($0)) } ?? .null]])
    }

    /// Delays the response on the server's clock.
    ///
    /// - Parameter seconds: The time, in seconds.
    /// - Returns: The fault.
    public static func slow(_ seconds: TimeInterval) -> Fault {
        Fault(effect: ["delay": ["ms": millis(seconds)]])
    }

    /// Responds with a status, such as 503. The request is not processed.
    ///
    /// - Parameters:
    ///   - status: The HTTP status code.
    ///   - headers: Further headers of the response. Default: none.
    /// - Returns: The fault.
    public static func status(_ status: Int, headers: [String: String] = [:]) -> Fault {
        let all = headers.merging(["content-type": "application/json"]) { given, _ in given }
        return Fault(effect: [
            "status": [
                "status": .integer(Int64(status)),
                "headers": .object(all.mapValues(JSONValue.string)),
                "body": #"{"detail": "A fault of the development server"}"#,
            ]
        ])
    }

    /// Responds with a 429.
    ///
    /// - Parameter seconds: The value of the `Retry-After` header, in seconds. Default: no such header.
    /// - Returns: The fault.
    public static func tooManyRequests(retryAfter seconds: Int? = nil) -> Fault {
        status(429, headers: seconds.map { ["retry-after": String($0)] } ?? [:])
    }

    /// Limits the fault to some requests. By default, `cut` and `stall` match the requests that open event streams, and
    /// other faults match any request.
    ///
    /// - Parameters:
    ///   - method: The HTTP method.
    ///   - path: The path without the query, in which `*` matches any text, including slashes.
    /// - Returns: The changed fault.
    public func matching(_ method: String, _ path: String) -> Fault {
        var fault = self
        fault.method = method
        fault.path = path
        return fault
    }

    /// Skips matching requests first.
    ///
    /// - Parameter requests: The number of requests.
    /// - Returns: The changed fault.
    public func skip(_ requests: Int) -> Fault {
        var fault = self
        fault.skipped = Int64(requests)
        return fault
    }

    /// Applies to several requests, instead of one.
    ///
    /// - Parameter requests: The number of requests.
    /// - Returns: The changed fault.
    public func times(_ requests: Int) -> Fault {
        var fault = self
        fault.count = Int64(requests)
        return fault
    }

    /// Applies to every matching request.
    ///
    /// - Returns: The changed fault.
    public func always() -> Fault {
        var fault = self
        fault.count = nil
        return fault
    }

    var json: JSONValue {
        [
            "effect": effect, "method": method.map(JSONValue.string) ?? .null, "path": .string(path),
            "skip": .integer(skipped), "times": count.map(JSONValue.integer) ?? .null,
        ]
    }

    private static func ofStreams(_ effect: JSONValue) -> Fault {
        Fault(effect: effect).matching("GET", "/sessions/*/stream")
    }
}
