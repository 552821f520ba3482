package com.ravihq.aod

import java.util.concurrent.CompletableFuture
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Job

/**
 * Told of the events of a session by [Sessions.listen], on a thread of the library, one call after another. Each call has
 * the context class loader of the listener's class.
 *
 * [onEvents] comes any number of times, with what was ready at that moment, and [onState] in order with it. Then comes
 * exactly one of [onClosed] and [onError], and nothing after it. Few events are read ahead while a call runs: a slow
 * listener applies backpressure instead of buffering, and holds up no other stream, unless 256 listeners run at once:
 * further ones then wait for one of them.
 *
 * What [onClosed], [onError] and [onState] throw goes to the uncaught exception handler of the thread.
 */
public interface EventListener {
    /**
     * Takes the next events; at least one. If it throws anything, an [Error] too, the stream ends with [onError] of
     * [AodException.Listener], which names the class of what was thrown and nothing else of it.
     */
    public fun onEvents(events: List<@JvmSuppressWildcards StreamEvent>)

    /** The stream has ended: after its terminal event, or because it was cancelled. */
    public fun onClosed() {}

    /** The stream has failed, or could not be opened. */
    public fun onError(error: AodException)

    /**
     * Called with each change of the connection's state, where it belongs between the events; [ConnectionState.Closed]
     * comes just before the last call.
     */
    public fun onState(state: ConnectionState) {}
}

/** A stream that a listener is told of. It goes on without this handle; only [cancel] ends it early. */
public class Subscription internal constructor(internal val handle: NativeSubscription, private val finished: Job) {
    init {
        // Nothing is left to be asked of it.
        finished.invokeOnCompletion { handle.close() }
    }

    /** Whether the listener's [EventListener.onClosed] or [EventListener.onError] has returned. */
    public val isFinished: Boolean
        get() = finished.isCompleted

    /** Ends the stream and closes its connection. The listener is told [EventListener.onClosed], unless it has ended. */
    public fun cancel() {
        if (isFinished) return
        try {
            handle.cancel()
        } catch (closed: IllegalStateException) {
            // It may end between the question and the call.
            if (!isFinished) throw closed
        }
    }

    /** Waits until the listener's [EventListener.onClosed] or [EventListener.onError] has returned. */
    public suspend fun join(): Unit = finished.join()

    /**
     * A future that completes, always without a failure, when the listener's [EventListener.onClosed] or
     * [EventListener.onError] has returned, for Java. Cancelling it does nothing to the stream.
     */
    public fun whenFinished(): CompletableFuture<Void?> = CompletableFuture<Void?>().also { future ->
        finished.invokeOnCompletion { future.complete(null) }
    }
}

/** Passes on what a listener is told, and knows when that was the last of it. */
internal class NativeForwarder(private val listener: EventListener) : BatchListener {
    private val told = CompletableDeferred<Unit>()

    /** Completes when the listener's last call has returned. */
    val finished: Job get() = told

    override fun onEvents(events: List<NativeEvent>): Unit = try {
        called { listener.onEvents(events.map(NativeEvent::toEvent)) }
    } catch (thrown: Throwable) {
        // Its class alone: its message may say anything.
        throw ListenerException.Threw(thrown.javaClass.name)
    }

    override fun onClosed(): Unit = last { listener.onClosed() }

    override fun onError(info: ErrorInfo): Unit = last { listener.onError(info.toException()) }

    override fun onState(state: NativeState): Unit = reported { listener.onState(state.toState()) }

    private inline fun last(call: () -> Unit): Unit = try {
        reported(call)
    } finally {
        told.complete(Unit)
    }

    /** Makes a call whose failure nobody waits for. */
    private inline fun reported(call: () -> Unit): Unit = try {
        called(call)
    } catch (thrown: Throwable) {
        val thread = Thread.currentThread()
        thread.uncaughtExceptionHandler.uncaughtException(thread, thrown)
    }

    /** Threads of the library come with a class loader that knows nothing of an application in a container. */
    private inline fun called(call: () -> Unit) {
        val thread = Thread.currentThread()
        val before = thread.contextClassLoader
        thread.contextClassLoader = listener.javaClass.classLoader
        try {
            call()
        } finally {
            thread.contextClassLoader = before
        }
    }
}
