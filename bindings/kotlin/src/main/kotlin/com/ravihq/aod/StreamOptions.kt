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
 * A negative duration is an [AodException.InvalidRequest] when the stream is opened.
 *
 * See [Options](https://ravi-hq.github.io/agent-on-demand/latest/options/#streams).
 *
 * @throws IllegalArgumentException if [maxAttempts] is negative
 */
public data class StreamOptions @JvmOverloads constructor(
    /**
     * The position to start after, such as the [EventStream.cursor] of another stream: `stage` and `output` events up
     * to and including the one with this id are left out. Null, the default, starts at the first event.
     *
     * Other events that the earlier stream delivered arrive again: `start`; the `turn_start` of the turn that was read
     * last, if more of its output follows; and the terminal event, if no turn is queued or running.
     * [Resuming in another
     * process](https://github.com/ravi-hq/agent-on-demand/blob/main/docs/stream-rules.md#resuming-in-another-process)
     * describes how to apply each event once.
     */
    val since: Long? = null,
    /**
     * The number of a turn, from 1, to limit the stream to: it then includes the `turn_start` and `output` events of
     * this turn, `start`, and the event that ends the stream: the terminal event or, if a later turn has started, the
     * `turn_start` of that turn. Null, the default, includes all events: a stream replays turns that have ended.
     *
     * To build the transcript of the turn, use [Sessions.transcript]: [Transcript.apply] would begin the later turn. In
     * a listener, leave that event out and call [Transcript.finish].
     */
    val turn: Long? = null,
    /**
     * Whether the stream reconnects when the connection drops; on by default. If off, the stream fails when its only
     * connection cannot be opened or drops, and duplicate events are not removed.
     */
    val reconnect: Boolean = true,
    /**
     * The number of consecutive attempts to reconnect without a healthy connection after which the stream fails; no
     * limit by default. 0 disables reconnection. [ConnectionState.Resuming.attempt] counts the attempts, from 1.
     */
    val maxAttempts: Int? = null,
    /**
     * How long the stream may be without a healthy connection before it fails with the last error; 10 minutes by
     * default. A connection is healthy once it has delivered a new event, or has stayed open for 10 s. Delays that the
     * server asks for, with `retry` or `Retry-After`, do not count.
     */
    val giveUpAfter: Duration? = null,
    /**
     * The limit of the delay before the first attempt to reconnect, which doubles with each further one; 250 ms by
     * default. The delay is partly random.
     */
    val baseDelay: Duration? = null,
    /** The maximum of the doubled limit; 30 s by default. */
    val maxDelay: Duration? = null,
    /**
     * The time limit of the whole stream, including the time to open it; none by default. When it expires, the stream
     * fails with [AodException.Timeout].
     */
    val deadline: Duration? = null,
    /**
     * Whether the stream reconnects after `stale`, which the server sends after ten minutes without output although the
     * session is still active; `stale` is then not delivered. By default it ends the stream, like every terminal event.
     */
    val resumeStale: Boolean = false,
    /**
     * The longest `Retry-After` that is honored; 120 s by default. A longer one ends the stream with the error that
     * carries it.
     */
    val maxRetryAfter: Duration? = null,
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
        maxRetryAfter = maxRetryAfter,
    )
}
