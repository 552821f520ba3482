package com.ravihq.aod

import java.time.Duration

/**
 * The state of a stream's connection, for example to display it.
 *
 * See [Connection states](https://ravi-hq.github.io/agent-on-demand/latest/stream-rules/#connection-states).
 *
 * @see EventStream.state
 * @see EventListener.onState
 */
public sealed interface ConnectionState {
    /** The first connection is being established, or nothing collects the stream yet. */
    public data object Connecting : ConnectionState

    /** The connection is established, and events arrive as the server sends them. */
    public data object Live : ConnectionState

    /** The connection dropped, or an attempt to reconnect failed; the next attempt follows after the [delay]. */
    public data class Resuming(
        /**
         * The number of consecutive attempts since the last healthy connection, from 1; see
         * [StreamOptions.giveUpAfter].
         */
        val attempt: Int,
        /** The delay before the attempt. */
        val delay: Duration,
        /** The failure that makes the attempt necessary. */
        val cause: AodException,
    ) : ConnectionState

    /**
     * There is no network, or the client is suspended; see [AodClient.network] and [AodClient.suspend]. The stream
     * connects when the network is available again.
     */
    public data object WaitingForNetwork : ConnectionState

    /**
     * The ids of the events have started again at a lower number, for example because the server's database was
     * restored: the next events are new. The connection stays established, as in [Live].
     */
    public data object HistoryReset : ConnectionState

    /** The stream has ended: after its last event, with a failure, or because it was cancelled. */
    public data object Closed : ConnectionState
}

internal fun NativeState.toState(): ConnectionState = when (this) {
    NativeState.Connecting -> ConnectionState.Connecting
    NativeState.Live -> ConnectionState.Live
    is NativeState.Resuming -> ConnectionState.Resuming(attempt.toInt(), delay, cause.toException())
    NativeState.WaitingForNetwork -> ConnectionState.WaitingForNetwork
    NativeState.HistoryReset -> ConnectionState.HistoryReset
    NativeState.Closed -> ConnectionState.Closed
}
