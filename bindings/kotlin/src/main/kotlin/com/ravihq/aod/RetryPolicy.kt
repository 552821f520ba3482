package com.ravihq.aod

import java.time.Duration

/**
 * When and how often a failed request is tried again: reads after failures that may pass, writes only when nothing of them
 * left. A negative number or duration is an [IllegalArgumentException].
 */
public data class RetryPolicy @JvmOverloads constructor(
    /** How many times a request is tried again after the first attempt. */
    val maxRetries: Int = 2,
    /** The longest wait before the first further attempt; it doubles with each one. */
    val baseDelay: Duration = Duration.ofMillis(500),
    /** The cap of that doubling. */
    val maxDelay: Duration = Duration.ofSeconds(8),
    /** The longest `Retry-After` that is waited out; a longer one ends the call. */
    val maxRetryAfter: Duration = Duration.ofSeconds(120),
) {
    init {
        require(maxRetries >= 0) { "maxRetries is negative" }
        require(!baseDelay.isNegative) { "baseDelay is negative" }
        require(!maxDelay.isNegative) { "maxDelay is negative" }
        require(!maxRetryAfter.isNegative) { "maxRetryAfter is negative" }
    }

    internal fun toNative(): NativeRetryPolicy =
        NativeRetryPolicy(maxRetries.toUInt(), baseDelay, maxDelay, maxRetryAfter)
}
