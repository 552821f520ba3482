package com.ravihq.aod

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.map

/**
 * The stream of one session, not opened yet: its [events], or their lines for people, where its connection is, and where
 * it can be resumed.
 *
 * Made by [Sessions.stream]; [Sessions.events] or [Sessions.pretty] is enough where nothing else matters.
 */
public class SessionStream internal constructor(
    since: Long?,
    private val prepare: (ConnectionObserver) -> NativeStream,
) {
    private val states = MutableStateFlow<ConnectionState>(ConnectionState.Connecting)
    private val lock = Any()

    /** Of the latest collector, while it is there. */
    private var latest: Watch? = null

    /**
     * Where the connection of the latest collector is; [ConnectionState.Closed] when that one has left, however it left.
     * States that follow one another fast may be passed over.
     */
    public val state: StateFlow<ConnectionState> = states.asStateFlow()

    /**
     * The position behind the last event that a collector was given: passed as `since`, in this process or another, no
     * event up to it comes again and none behind it is missed. Null until an event has brought one.
     *
     * It is set just before the event is given to whatever collects [events] itself. An operator that collects in another
     * coroutine, such as `buffer`, `flowOn` or `conflate`, is given events ahead of what is downstream of it, and an event
     * that is lost there counts as given. Behind such an operator, resume from the [StreamEvent.id] of the last
     * [StreamEvent.Stage] or [StreamEvent.Output] that was dealt with.
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
    // `emit` throws without giving the event out when the collector was cancelled: the cursor is set behind it.
    public val events: Flow<StreamEvent> = placed().map { placed ->
        cursor = placed.cursor
        placed.event
    }

    private fun placed(): Flow<Placed> = flow {
        Watch().use { watch ->
            val stream = prepare(watch)
            try {
                while (true) {
                    val batch = translated { stream.nextBatch(BATCH) } ?: break
                    batch.events.forEachIndexed { index, event -> emit(Placed(event.toEvent(), batch.cursors[index])) }
                }
            } finally {
                stream.cancel()
                stream.close()
            }
        }
    }

    /** An event, and the position behind it. */
    private class Placed(val event: StreamEvent, val cursor: Long?)

    /** What a collector is told of its connection; shown as long as it is there and the latest. */
    private inner class Watch : ConnectionObserver, AutoCloseable {
        init {
            synchronized(lock) {
                latest = this
                states.value = ConnectionState.Connecting
            }
        }

        override fun onState(state: NativeState): Unit = show(state.toState()) {}

        override fun close(): Unit = show(ConnectionState.Closed) { latest = null }

        private inline fun show(state: ConnectionState, and: () -> Unit): Unit = synchronized(lock) {
            if (latest === this) {
                states.value = state
                and()
            }
        }
    }

    /**
     * What the agent prints, as lines for people, in the formatter that the session's start event picks
     * ([SessionFormatter]). The rest is as the other `pretty` says.
     */
    public fun pretty(options: FormatterOptions = FormatterOptions()): Flow<String> = pretty { SessionFormatter(options) }

    /**
     * What the agent prints, as the lines of a formatter of the caller's choice. It is given every event
     * ([Formatter.consume]), and flushed when a turn starts, whose output is another process's, and when the stream ends,
     * before the stream's failure if it ends with one.
     *
     * Cold, as [events], and it ends and fails as they do. Each collector has a formatter of its own, which is closed when
     * it leaves.
     *
     * @param formatter makes the formatter of a collector
     */
    public fun pretty(formatter: () -> Formatter): Flow<String> = flow {
        formatter().use { lines ->
            var failure: Throwable? = null
            events.catch { failure = it }.collect { event ->
                if (event is StreamEvent.TurnStart) emitAll(lines.flush())
                emitAll(lines.consume(event))
            }
            emitAll(lines.flush())
            failure?.let { throw it }
        }
    }

    private companion object {
        suspend fun FlowCollector<String>.emitAll(lines: List<String>): Unit = lines.forEach { emit(it) }

        /** How many events cross at once, at most: enough to make the crossing cheap, few enough to hold. */
        const val BATCH = 256u
    }
}
