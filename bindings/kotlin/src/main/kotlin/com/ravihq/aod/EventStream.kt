package com.ravihq.aod

import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.flow

/**
 * The event stream of a session, returned by [Sessions.stream]: each event once, in the order of the server, up to and
 * including the one that ends the stream, across dropped connections.
 *
 * The flow is cold: each collector opens its own stream, starting from [StreamOptions.since]. A slow collector applies
 * backpressure: at most a few hundred events are read ahead. The connection closes as soon as the collector returns,
 * throws or is cancelled.
 *
 * When a connection drops, even while the stream is being opened, the stream reconnects and resumes after the last
 * event that it received. It fails when it has had no healthy connection for [StreamOptions.giveUpAfter]. If the server
 * cannot be reached while the stream is being opened, or responds with 408, 429 or 5xx, the request is retried as often
 * as a call ([RetryPolicy]), after a 429 even without `Retry-After`.
 *
 * The last event is the terminal event or, with [StreamOptions.turn], the `turn_start` of a later turn. Before the
 * stream delivers `exit`, `error` or `terminated`, it sends one more request, of at most 5 s, for events that it has
 * not received yet, because a server can send the terminal event before the last output. If [StreamOptions.reconnect]
 * is off, the stream neither retries nor reconnects, and does not send this request.
 *
 * The stream also ends if the server repeatedly ends its response without a terminal event and without a new event, and
 * the session is not active or does not exist. A session that does not exist counts only if the connections were short
 * (less than 10 s).
 *
 * ```kotlin
 * client.sessions.stream(id).collect { event ->
 *     when (event) {
 *         is StreamEvent.Output -> print(event.data)
 *         is StreamEvent.Exit -> println("exit code ${event.code}")
 *         else -> {}
 *     }
 * }
 * ```
 *
 * `collect` throws an [AodException] if the stream fails: the error response of the server, such as
 * [AodException.NotFound], the last failure when the stream stops reconnecting, or [AodException.Closed] if the client
 * is closed.
 *
 * See [Streaming](https://ravi-hq.github.io/agent-on-demand/latest/guide/streaming/).
 */
public class EventStream internal constructor(since: Long?, private val open: () -> NativeStream) : Flow<StreamEvent> {
    private val states = MutableStateFlow<ConnectionState>(ConnectionState.Connecting)
    private val lock = Any()

    /** The observer of the latest collector, while that is active. */
    private var latest: StateObserver? = null

    /**
     * The connection state of the latest collector, which changes in order with the events that the collector receives.
     * It is [ConnectionState.Closed] when the collector has returned, failed or been cancelled. The flow is conflated:
     * states in quick succession may be skipped.
     */
    public val state: StateFlow<ConnectionState> = states.asStateFlow()

    /**
     * The position after the last event that a collector received. A stream with this position as
     * [StreamOptions.since], in this process or another, neither repeats nor misses a `stage` or `output` event. Some
     * other events arrive again, as [StreamOptions.since] describes. Null until an event has a position, unless
     * [StreamOptions.since] is set.
     *
     * It is set just before the event is passed to the collector of this stream. Operators that collect in another
     * coroutine, such as `buffer`, `flowOn` or `conflate`, hold events that the code downstream of them has not
     * processed yet, so the cursor is ahead of that code. With such an operator, resume from the last
     * [StreamEvent.cursor] of the processed events that is not null.
     */
    @Volatile
    public var cursor: Long? = since
        private set

    /**
     * Opens the stream (`GET /sessions/{id}/stream`) and passes its events to a collector, until the stream ends.
     *
     * @param collector receives the events
     * @throws AodException.NotFound if there is no such session
     * @throws AodException.InvalidRequest if an option of the stream is invalid, such as a negative duration
     * @throws AodException.Timeout if [StreamOptions.deadline] has passed
     * @throws AodException.Closed if the client is closed, before or while the stream is open
     * @throws AodException if the stream fails in another way
     */
    override suspend fun collect(collector: FlowCollector<StreamEvent>) {
        val context = currentCoroutineContext()
        read { stream, observer ->
            val item = mapErrors { stream.next() }
            when (item) {
                null -> {}
                is StreamItem.State -> observer.publish(item.state.toState())
                is StreamItem.Events -> for (run in item.runs) {
                    run.forEach { event, cursor ->
                        // The event is not delivered, and the cursor stays, if the collector was cancelled.
                        context.ensureActive()
                        this.cursor = cursor
                        collector.emit(event)
                    }
                }
            }
            item != null
        }
    }

    /**
     * Applies the events to a transcript, and returns the changes of each batch of events. Each collector starts to
     * open the stream, and calls [onOpening] before it waits for the first batch.
     */
    internal fun changes(transcript: Transcript, onOpening: suspend () -> Unit): Flow<List<TranscriptChange>> = flow {
        read(onOpening = { onOpening() }) { stream, observer ->
            val item = mapErrors { stream.nextChanges(transcript.native) }
            when (item) {
                null -> {}
                is TranscriptStreamItem.State -> observer.publish(item.state.toState())
                is TranscriptStreamItem.Changes -> emit(item.changes)
            }
            item != null
        }
    }

    /**
     * Starts to open the stream, calls [onOpening], and then calls [next] until that returns false. A failure to start
     * is thrown after [onOpening] has returned.
     */
    private suspend inline fun read(onOpening: () -> Unit = {}, next: (NativeStream, StateObserver) -> Boolean) {
        StateObserver().use { observer ->
            val opening = runCatching { open() }
            try {
                onOpening()
                val stream = opening.getOrThrow()
                do {
                    val isOpen = next(stream, observer)
                } while (isOpen)
            } finally {
                opening.onSuccess { stream ->
                    stream.cancel()
                    stream.close()
                }
            }
        }
    }

    /** Publishes the connection state of a collector, as long as it is active and the latest. */
    private inner class StateObserver : AutoCloseable {
        init {
            synchronized(lock) {
                latest = this
                states.value = ConnectionState.Connecting
            }
        }

        fun publish(state: ConnectionState): Unit = synchronized(lock) {
            if (latest === this) states.value = state
        }

        override fun close(): Unit = synchronized(lock) {
            publish(ConnectionState.Closed)
            if (latest === this) latest = null
        }
    }

    /**
     * Returns the output of the agent as human-readable lines. The start event of the session selects the formatter
     * ([SessionFormatter]).
     *
     * ```kotlin
     * client.sessions.stream(id).pretty(FormatterOptions(color = FormatterColor.AUTO)).collect(::println)
     * ```
     *
     * @param options how the lines look
     * @return a cold flow of lines, which ends and fails like this stream
     */
    public fun pretty(options: FormatterOptions = FormatterOptions()): Flow<String> =
        pretty { SessionFormatter(options) }

    /**
     * Returns the output of the agent as the lines of a given formatter. The formatter receives every event
     * ([Formatter.consume]). It is flushed when a further turn starts, because the output of each turn comes from a new
     * process, and when the stream ends; if the stream fails, before the exception is thrown.
     *
     * ```kotlin
     * client.sessions.stream(id).pretty { ClaudeFormatter() }.collect(::println)
     * ```
     *
     * @param formatter creates the formatter of one collector, which is closed when the collector returns
     * @return a cold flow of lines, which ends and fails like this stream
     */
    public fun pretty(formatter: () -> Formatter): Flow<String> = flow {
        formatter().use { lines ->
            var failure: Throwable? = null
            val turns = Turns()
            catch { failure = it }.collect { event ->
                if (turns.isAnother(event)) emitAll(lines.flush())
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
