import AodNative
import Foundation

/// How failed requests are retried.
///
/// `GET` requests are retried after a connection error, a response that is not valid HTTP, a timeout of an attempt, 408
/// and 5xx. Requests of other methods are retried only if no byte of them was sent. A 429 response is retried only if
/// it has a `Retry-After` header, or if it is the response to opening a stream. The delay before a retry is uniformly
/// random between 0 and a limit that doubles with each retry; `Retry-After` replaces it.
///
/// All times are in seconds. Negative values count as 0, and values over a century as a century.
///
/// See [What the SDK retries](https://ravi-hq.github.io/agent-on-demand/latest/guide/errors/#what-the-sdk-retries).
public struct RetryPolicy: Sendable, Hashable {
    /// The number of retries after the first attempt. Default: 2.
    public var maxRetries: Int
    /// The limit of the delay before the first retry, in seconds. It doubles with each further retry. Default: 0.5.
    public var baseDelay: TimeInterval
    /// The maximum of the doubled limit, in seconds. Default: 8.
    public var maxDelay: TimeInterval
    /// The longest `Retry-After` that is honored, in seconds. A longer one fails the call. Default: 120.
    public var maxRetryAfter: TimeInterval

    /// Creates a policy. The defaults are those of the client.
    ///
    /// - Parameters:
    ///   - maxRetries: The number of retries after the first attempt.
    ///   - baseDelay: The limit of the delay before the first retry, in seconds.
    ///   - maxDelay: The maximum of the doubled limit, in seconds.
    ///   - maxRetryAfter: The longest `Retry-After` that is honored, in seconds.
    public init(
        maxRetries: Int = 2,
        baseDelay: TimeInterval = 0.5,
        maxDelay: TimeInterval = 8,
        maxRetryAfter: TimeInterval = 120
    ) {
        self.maxRetries = maxRetries
        self.baseDelay = baseDelay
        self.maxDelay = maxDelay
        self.maxRetryAfter = maxRetryAfter
    }

    var native: NativeRetryPolicy {
        NativeRetryPolicy(
            maxRetries: UInt32(clamping: maxRetries),
            baseDelay: baseDelay.clamped,
            maxDelay: maxDelay.clamped,
            maxRetryAfter: maxRetryAfter.clamped)
    }
}
