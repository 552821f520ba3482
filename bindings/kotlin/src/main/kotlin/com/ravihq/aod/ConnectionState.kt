package com.ravihq.aod

import java.time.Duration

/** Where a stream is with its connection, for a screen that says so. */
public sealed interface ConnectionState {
    /** Nobody collects yet, or the first connection is being made. */
    public data object Connecting : ConnectionState

    /** A connection is there, and events come as the server sends them. */
    public data object Live : ConnectionState

    /** The connection dropped, or an attempt to make one failed; the next is made after the [delay]. */
    public data class Resuming(
        /** How many attempts in a row this is, from 1, since the last healthy connection. */
        val attempt: Int,
        /** How long until it is made. */
        val delay: Duration,
        /** Why it is needed. */
        val cause: AodException,
    ) : ConnectionState

    /** The stream has ended: by its last event, an error or a cancel. */
    public data object Closed : ConnectionState
}

internal fun NativeState.toState(): ConnectionState = when (this) {
    NativeState.Connecting -> ConnectionState.Connecting
    NativeState.Live -> ConnectionState.Live
    is NativeState.Resuming -> ConnectionState.Resuming(attempt.toInt(), delay, cause.toException())
    NativeState.Closed -> ConnectionState.Closed
}
