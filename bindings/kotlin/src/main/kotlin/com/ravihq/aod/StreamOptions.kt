package com.ravihq.aod

import java.time.Duration

/**
 * Options of an event stream: where it starts, what it includes, and how it reconnects.
 *
 * ```kotlin
 * // Continues where another stream stopped.
 * client.sessions.stream(id, StreamOptions(since = stream.cursor))
 * // Reads the answer to one prompt.
 * client.sessions.stream(id, StreamOptions(turn = client.sessions.prompt(id, "Now add a test").currentTurn))
 * ```
 *
 * @throws IllegalArgumentException if [maxAttempts] is negative
 */
public data class StreamOptions @JvmOverloads constructor(
    /**
     * The position to start after, such as the [EventStream.cursor] of another stream: events up to and including the
     * one with this id are left out. Null, the default, starts at the first event. The `start` event, which has no id,
     * is always delivered.
     */
    val since: Long? = null,
    /**
     * The number of the only turn to include, from 1, together with `start` and the terminal event. Null, the default,
     * includes all turns: a stream replays those that have ended.
     */
    val turn: Long? = null,
    /**
     * Whether the stream reconnects when the connection drops; on by default. If off, the stream fails when its only
     * connection drops, and duplicate events are not removed.
     */
    val reconnect: Boolean = true,
    /**
     * How many consecutive attempts to reconnect may yield no new event before the stream fails; no limit by default.
     * [ConnectionState.Resuming.attempt] counts them, from 1.
     */
    val maxAttempts: Int? = null,
    /**
     * How long the stream may be without a healthy connection before it fails; 10 minutes by default. Delays that the
     * server asks for do not count.
     */
    val giveUpAfter: Duration? = null,
    /** The maximum delay before the first attempt to reconnect, doubled with each further one; 250 ms by default. */
    val baseDelay: Duration? = null,
    /** The upper limit of the doubled delay; 30 s by default. */
    val maxDelay: Duration? = null,
    /** The time limit of the whole stream, from its opening; none by default. */
    val deadline: Duration? = null,
    /** Whether the stream continues after `stale`, which is a terminal event by default. */
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
        giveUpAfter = giveUpAfter,
        baseDelay = baseDelay,
        maxDelay = maxDelay,
        deadline = deadline,
        resumeStale = resumeStale,
    )
}
