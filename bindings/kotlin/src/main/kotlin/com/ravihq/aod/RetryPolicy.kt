package com.ravihq.aod

import java.time.Duration

/**
 * When and how often a failed request is retried.
 *
 * Reads (`GET`) are retried after connection errors, responses that are not valid HTTP, timeouts of an attempt, 408 and
 * 5xx. Writes are retried only if no byte of the request was sent. A 429 response is retried only if it has a
 * `Retry-After` header, or if it is the response to opening a stream. The delay is random, between zero and a limit
 * that starts at [baseDelay] and doubles with each retry up to [maxDelay]; `Retry-After` replaces it.
 *
 * See [What the SDK retries](https://ravi-hq.github.io/agent-on-demand/latest/guide/errors/#what-the-sdk-retries).
 *
 * @throws IllegalArgumentException if a number or duration is negative
 */
public data class RetryPolicy @JvmOverloads constructor(
    /** How many times a request is retried after the first attempt; 2 by default. */
    val maxRetries: Int = 2,
    /** The limit of the delay before the first retry, which doubles with each further one; 500 ms by default. */
    val baseDelay: Duration = Duration.ofMillis(500),
    /** The maximum of the doubled limit; 8 s by default. */
    val maxDelay: Duration = Duration.ofSeconds(8),
    /** The longest `Retry-After` that is honored; a longer one fails the call. 120 s by default. */
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
