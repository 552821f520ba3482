import AodNative
import Foundation

/// When and how often a failed request is tried again: reads after a broken connection, 408 and 5xx; writes only when no
/// byte of them left.
///
/// All times are in seconds. Negative ones count as 0; none is longer than a century.
public struct RetryPolicy: Sendable, Hashable {
    /// How many times a request is tried again after the first attempt.
    public var maxRetries: Int
    /// The longest wait before the first further attempt; it doubles with each one.
    public var baseDelay: TimeInterval
    /// The cap of that doubling.
    public var maxDelay: TimeInterval
    /// The longest `Retry-After` that is honored; a longer one ends the call.
    public var maxRetryAfter: TimeInterval

    /// A policy, by default the client's own.
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
