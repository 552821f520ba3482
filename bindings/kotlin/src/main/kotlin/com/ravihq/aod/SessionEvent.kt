package com.ravihq.aod

import java.util.UUID

/**
 * An event of one of several sessions, or the error that ended the stream of that session, from [Sessions.watch].
 *
 * See [Several sessions](https://ravi-hq.github.io/agent-on-demand/latest/guide/streaming/#several-sessions).
 */
public sealed interface SessionEvent {
    /** The id of the session. */
    public val sessionId: UUID

    /** The stream of the session delivered an event. */
    public data class Received(
        override val sessionId: UUID,
        /** The event. */
        val event: StreamEvent,
    ) : SessionEvent

    /** The stream of the session failed. No further items of the session follow. */
    public data class Failed(
        override val sessionId: UUID,
        /** The error, one of those of [EventStream.collect]. */
        val error: AodException,
    ) : SessionEvent
}
