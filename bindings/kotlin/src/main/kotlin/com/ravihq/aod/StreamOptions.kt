package com.ravihq.aod

import java.time.Duration

/** How a stream is opened. */
public data class StreamOptions @JvmOverloads constructor(
    /** Leaves out the events up to and including the one with this id, such as another stream's [EventStream.cursor]. */
    val since: Long? = null,
    /**
     * Keeps only `start`, the `turn_start` and `output` events of this turn, and the terminal event. Every stream replays
     * all turns: this is how to read the answer to one prompt.
     */
    val turn: Long? = null,
    /** Whether a connection that drops is followed by another. Off: one connection, its events as they come. */
    val reconnect: Boolean = true,
    /** How many attempts in a row may bring nothing new before the stream fails; 10. */
    val maxAttempts: Int? = null,
    /** The longest delay before the first attempt; it doubles with each further one. 250 ms. */
    val baseDelay: Duration? = null,
    /** The cap of that doubling; 30 s. */
    val maxDelay: Duration? = null,
    /** The time for the whole stream. Without it, as long as the session takes. */
    val deadline: Duration? = null,
    /** Goes on after `stale`, which else ends the stream. */
    val resumeStale: Boolean = false,
) {
    init {
        require(maxAttempts == null || maxAttempts >= 0) { "maxAttempts is negative" }
    }

    internal fun toNative(): NativeStreamOptions = NativeStreamOptions(
        since = since,
        turn = turn,
        reconnect = reconnect,
        maxAttempts = maxAttempts?.toUInt(),
        baseDelay = baseDelay,
        maxDelay = maxDelay,
        deadline = deadline,
        resumeStale = resumeStale,
    )
}
