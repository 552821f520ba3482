package com.ravihq.aod

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.flow

/**
 * The stream of one session, not opened yet: its [events], where its connection is, and where it can be resumed.
 *
 * Made by [Sessions.stream]; [Sessions.events] is enough where only the events matter.
 */
public class SessionStream internal constructor(
    since: Long?,
    private val prepare: (ConnectionObserver) -> NativeStream,
) {
    private val states = MutableStateFlow<ConnectionState>(ConnectionState.Connecting)

    /** Where the connection of the latest collector is. States that follow one another fast may be passed over. */
    public val state: StateFlow<ConnectionState> = states.asStateFlow()

    /**
     * The position behind the last event that a collector was given: passed as `since`, in this process or another, no
     * event up to it comes again and none behind it is missed. Null until an event has brought one.
     */
    @Volatile
    public var cursor: Long? = since
        private set

    /**
     * The events, each once and in the order of the server, up to and including the terminal one.
     *
     * Cold: each collector opens a stream of its own, and what the server answers to that, such as 404, is thrown by
     * `collect`. Few events are read ahead of a slow collector. When the collector is cancelled or leaves, the
     * connection is closed at once. A failure is an [AodException], [AodException.Closed] when the client was closed.
     */
    public val events: Flow<StreamEvent> = flow {
        val stream = prepare(Observer { states.value = it })
        try {
            while (true) {
                val batch = translated { stream.nextBatch(BATCH) } ?: break
                batch.events.forEachIndexed { index, event ->
                    cursor = batch.cursors[index]
                    emit(event.toEvent())
                }
            }
        } finally {
            stream.cancel()
            stream.close()
        }
    }

    private companion object {
        /** How many events cross at once, at most: enough to make the crossing cheap, few enough to hold. */
        const val BATCH = 256u
    }
}
