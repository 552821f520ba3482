import AodNative
import Foundation

/// An error of a call or a stream.
///
/// See [Errors and retries](https://ravi-hq.github.io/agent-on-demand/latest/guide/errors/).
///
/// ```swift
/// do {
///     try await client.sessions.prompt(id, "Now update the docs")
/// } catch let error as AodError where error.conflict == .running {
///     try await client.sessions.waitForCompletion(id)
/// }
/// ```
///
/// The description contains the request's method and URL, the status, and the server's message, which may quote a value
/// of the request, such as the name of an unknown model; secrets of the request are redacted in it. A 422 response can
/// repeat environment variables and tokens of the request: they are available only in ``detail``, as a ``Secret``.
public struct AodError: Error, Sendable, Hashable {
    private let info: ErrorInfo

    init(info: ErrorInfo) {
        self.info = info
        sessionId = info.sessionId
    }

    init(kind: ErrorKind, text: String) {
        self.init(
            info: ErrorInfo(
                kind: kind, text: text, status: nil, detail: nil, conflict: nil, quota: nil,
                isBodyTruncated: false, sessionId: nil, method: nil, url: nil, requestId: nil, retryAfter: nil,
                attempts: 0,
                isRetryable: false, isUnsent: false, tokenFailure: nil))
    }

    /// Returns this error with the id of a session, unless the client was shut down.
    func ofSession(_ id: UUID) -> AodError {
        guard kind != .closed else { return self }
        var error = self
        error.sessionId = id
        return error
    }

    /// The kind of error.
    public var kind: ErrorKind { info.kind }

    /// The HTTP status; nil if there was no response.
    public var status: Int? { info.status.map(Int.init) }

    /// The content of the error response, or for the kind `invalidRequest` the invalid fields; nil if there is neither.
    public var detail: ErrorDetail? { info.detail }

    /// The reason for a 409 response; nil for other errors.
    public var conflict: ConflictReason? { info.conflict }

    /// The session limit and the number of active sessions, from a 429 response; nil if it does not contain them.
    public var quota: Quota? { info.quota }

    /// Whether the body of the error response is incomplete: it was longer than 1 MiB of JSON or 64 KiB of any other
    /// content, it did not arrive within 5 s, no data arrived for 2 s, or the connection broke.
    public var isBodyTruncated: Bool { info.isBodyTruncated }

    /// If `run` fails after the session was created, `ask` after its prompt was accepted, or
    /// ``Sessions/follow(_:onAbandon:onEvent:onChange:)`` at any time, or if the stream of a session fails in `watch`,
    /// the id of the session, which may still be active; nil for other errors.
    ///
    /// It is also nil if the client is shut down or a callback throws, and a cancelled call throws a
    /// `CancellationError`, which has no session id; `onCreated` of `run` receives the id in all these cases.
    public private(set) var sessionId: UUID?

    /// The HTTP method of the request; nil if the error is not about a request.
    public var method: String? { info.method }

    /// The URL of the request, without user information; nil if the error is not about a request.
    public var url: String? { info.url }

    /// The `X-Request-Id` header of the response; nil if neither the server nor a proxy set one.
    public var requestId: String? { info.requestId }

    /// The `Retry-After` header of the response, in seconds; nil if the response has no such header.
    public var retryAfter: TimeInterval? { info.retryAfter }

    /// The number of attempts that were made; 0 if the call failed before the first. For an open stream, the number of
    /// consecutive attempts to reconnect.
    public var attempts: Int { Int(info.attempts) }

    /// Whether the same call may succeed if it is repeated later: after a broken connection, a response that is not
    /// valid HTTP, a timeout, 408, 429 or 5xx, but not after a failed TLS handshake. It does not say whether a write
    /// took effect; see ``isUnsent``.
    public var isRetryable: Bool { info.isRetryable }

    /// Whether it is certain that no byte of the request reached the server. If so, it is safe to repeat any call.
    public var isUnsent: Bool { info.isUnsent }

    /// The error that the ``TokenProvider`` threw; nil for other errors. The library keeps the latest 16 errors that
    /// providers threw: for an older one, this property is nil.
    public var underlyingError: (any Error)? { info.tokenFailure.flatMap(TokenFailures.find) }
}

extension AodError: LocalizedError, CustomStringConvertible, CustomDebugStringConvertible {
    /// One line: the request, the status, the server's message, and the causes. Of an ``underlyingError``, it contains
    /// only the type. Secrets of the request are redacted.
    public var description: String { info.text }

    public var debugDescription: String { "AodError(\(info.kind): \(info.text))" }

    public var errorDescription: String? { info.text }
}

// For APIs that take an `NSError`, such as crash reporters. It contains no secrets.
extension AodError: CustomNSError {
    /// The error domain of an `AodError` that is bridged to `NSError`.
    public static let errorDomain = "com.ravihq.AgentOnDemand"

    /// The key of the HTTP status in ``errorUserInfo``, an `Int`.
    public static let statusKey = "status"

    /// The key of the request id in ``errorUserInfo``, a `String`.
    public static let requestIdKey = "requestId"

    /// The code of the ``kind``, which is the same in every version.
    public var errorCode: Int {
        switch kind {
        case .configuration: 1
        case .invalidRequest: 2
        case .badRequest: 3
        case .auth: 4
        case .notFound: 5
        case .conflict: 6
        case .validation: 7
        case .rateLimit: 8
        case .server: 9
        case .status: 10
        case .connection: 11
        case .timeout: 12
        case .decode: 13
        case .protocol: 14
        case .closed: 15
        case .cancelled: 16
        case .listener: 17
        case .other: 18
        case .unsupported: 19
        }
    }

    /// The description, and the status and the request id if the response has them. The ``underlyingError`` is not
    /// included: what a token provider throws may contain secrets.
    public var errorUserInfo: [String: Any] {
        var info: [String: Any] = [NSLocalizedDescriptionKey: description]
        info[Self.statusKey] = status
        info[Self.requestIdKey] = requestId
        return info
    }
}
