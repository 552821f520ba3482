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
 * The events of one session, each once and in the order of the server, up to and including the terminal one; made by
 * [Sessions.stream].
 *
 * Cold: each collector opens a stream of its own, and what the server answers to that, such as 404, is thrown by
 * `collect`. Few events are read ahead of a slow collector. When the collector is cancelled or leaves, the connection is
 * closed at once. A failure is an [AodException], [AodException.Closed] when the client was closed.
 */
public class EventStream internal constructor(since: Long?, private val open: () -> NativeStream) : Flow<StreamEvent> {
    private val states = MutableStateFlow<ConnectionState>(ConnectionState.Connecting)
    private val lock = Any()

    /** Of the latest collector, while it is there. */
    private var latest: StateObserver? = null

    /**
     * Where the connection of the latest collector is, as of the event that it was given last; [ConnectionState.Closed] when
     * that one has left, however it left. States that follow one another fast may be passed over.
     */
    public val state: StateFlow<ConnectionState> = states.asStateFlow()

    /**
     * The position behind the last event that a collector was given: passed as `since`, in this process or another, no
     * event up to it comes again and none behind it is missed. Null until an event has brought one.
     *
     * It is set just before the event is given to the collector of this stream. An operator that collects in another
     * coroutine, such as `buffer`, `flowOn` or `conflate`, is given events ahead of what is downstream of it, and an event
     * that is lost there counts as given. Behind such an operator, resume from the [StreamEvent.id] of the last
     * [StreamEvent.Stage] or [StreamEvent.Output] that was dealt with.
     */
    @Volatile
    public var cursor: Long? = since
        private set

    // `emit` throws without giving the event out when the collector was cancelled: the cursor is set behind it.
    private val events: Flow<StreamEvent> = eventsWithCursors().map { (event, cursor) ->
        this.cursor = cursor
        event
    }

    /** Opens the stream and gives its events to a collector. */
    override suspend fun collect(collector: FlowCollector<StreamEvent>): Unit = events.collect(collector)

    private fun eventsWithCursors(): Flow<EventWithCursor> = flow {
        StateObserver().use { observer ->
            val stream = open()
            try {
                while (true) {
                    when (val item = mapErrors { stream.next() } ?: break) {
                        is StreamItem.State -> observer.show(item.state.toState())
                        is StreamItem.Events -> item.events.forEachIndexed { index, event ->
                            emit(EventWithCursor(event.toEvent(), item.cursors[index]))
                        }
                    }
                }
            } finally {
                stream.cancel()
                stream.close()
            }
        }
    }

    /** An event, and the position behind it. */
    private data class EventWithCursor(val event: StreamEvent, val cursor: Long?)

    /** Shows the state of a collector's connection, as long as the collector is there and the latest. */
    private inner class StateObserver : AutoCloseable {
        init {
            synchronized(lock) {
                latest = this
                states.value = ConnectionState.Connecting
            }
        }

        fun show(state: ConnectionState): Unit = synchronized(lock) {
            if (latest === this) states.value = state
        }

        override fun close(): Unit = synchronized(lock) {
            show(ConnectionState.Closed)
            if (latest === this) latest = null
        }
    }

    /**
     * What the agent prints, as human-readable lines, in the formatter that the session's start event picks
     * ([SessionFormatter]). The rest is as the other `pretty` says.
     *
     * ```kotlin
     * client.sessions.stream(id).pretty(FormatterOptions(color = FormatterColor.AUTO)).collect(::println)
     * ```
     */
    public fun pretty(options: FormatterOptions = FormatterOptions()): Flow<String> = pretty { SessionFormatter(options) }

    /**
     * What the agent prints, as the lines of a formatter of the caller's choice. It is given every event
     * ([Formatter.consume]), and flushed when a turn starts, whose output is another process's, and when the stream ends,
     * before the stream's failure if it ends with one.
     *
     * Cold, as the events, and it ends and fails as they do. Each collector has a formatter of its own, which is closed when
     * it leaves.
     *
     * ```kotlin
     * client.sessions.stream(id).pretty { ClaudeFormatter() }.collect(::println)
     * ```
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
    }
}
