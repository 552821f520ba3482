import AodNative
import Foundation

/// A failed call or stream.
///
/// ```swift
/// do {
///     try await client.sessions.prompt(id, "And now the docs")
/// } catch let error as AodError where error.conflict == .running {
///     try await client.sessions.waitForCompletion(id)
/// }
/// ```
///
/// Its description has the server's own message, which may name a value, and nothing else that was sent; the server
/// repeats environment variables and tokens in its 422 bodies, and only ``detail`` reaches them, as a ``Secret``.
public struct AodError: Error, Sendable, Hashable {
    private let info: ErrorInfo

    init(info: ErrorInfo) {
        self.info = info
    }

    init(kind: ErrorKind, text: String) {
        self.init(
            info: ErrorInfo(
                kind: kind, text: text, status: nil, detail: nil, conflict: nil, quota: nil, method: nil, url: nil,
                requestId: nil, retryAfter: nil, attempts: 0, isRetryable: false, isUnsent: false))
    }

    /// What sort of failure this is.
    public var kind: ErrorKind { info.kind }

    /// The HTTP status, when the server answered.
    public var status: Int? { info.status.map(Int.init) }

    /// What the body of the error response says.
    public var detail: ErrorDetail? { info.detail }

    /// Why a 409 was answered.
    public var conflict: ConflictReason? { info.conflict }

    /// The numbers of a 429.
    public var quota: Quota? { info.quota }

    /// The HTTP method of the request.
    public var method: String? { info.method }

    /// The URL of the request, without user information.
    public var url: String? { info.url }

    /// The response's `X-Request-Id`.
    public var requestId: String? { info.requestId }

    /// How long the server asks to wait, in seconds.
    public var retryAfter: TimeInterval? { info.retryAfter }

    /// How many times the request was tried.
    public var attempts: Int { Int(info.attempts) }

    /// Whether the same call may succeed later without any change.
    public var isRetryable: Bool { info.isRetryable }

    /// Whether it is certain that no byte of the request reached the server.
    public var isUnsent: Bool { info.isUnsent }
}

extension AodError: LocalizedError, CustomStringConvertible, CustomDebugStringConvertible {
    /// One line without secrets: the request, the status, the server's own words, and the causes.
    public var description: String { info.text }

    public var debugDescription: String { "AodError(\(info.kind): \(info.text))" }

    public var errorDescription: String? { info.text }
}

/// For what takes an `NSError`, such as a crash reporter: the code stands for the kind and stays the same from version to
/// version. Nothing secret is in it.
extension AodError: CustomNSError {
    /// The domain of these errors as `NSError`s.
    public static let errorDomain = "com.ravihq.AgentOnDemand"

    /// The name of the status in ``errorUserInfo``, an `Int`.
    public static let statusKey = "status"

    /// The name of the request's id in ``errorUserInfo``, a `String`.
    public static let requestIdKey = "requestId"

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
        }
    }

    public var errorUserInfo: [String: Any] {
        var info: [String: Any] = [NSLocalizedDescriptionKey: description]
        info[Self.statusKey] = status
        info[Self.requestIdKey] = requestId
        return info
    }
}
