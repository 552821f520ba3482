package com.ravihq.aod

import java.util.concurrent.CompletableFuture
import java.util.function.Consumer
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Job

/**
 * Receives the events of a session from [Sessions.listen].
 *
 * The methods are called one after another, on a thread of the library whose context class loader is set to the class
 * loader of the listener's class:
 *
 * 1. [onEvents] any number of times, with the events that are available at that moment, and [onState] in order with
 * them;
 * 2. then exactly one of [onClosed] and [onError], and nothing after it.
 *
 * Blocking in a method is allowed. A slow listener applies backpressure: at most a few hundred events are read ahead.
 * It does not delay other streams, unless 256 listener calls run at the same time: further calls then wait.
 *
 * Exceptions from [onClosed], [onError] and [onState] go to the uncaught exception handler of the thread.
 *
 * See [Listeners](https://ravi-hq.github.io/agent-on-demand/latest/stream-rules/#listeners).
 */
public interface EventListener {
    /**
     * Receives the next events. If this method throws any `Throwable`, the stream ends: [onError] receives an
     * [AodException.Listener], which contains the name of the class of the `Throwable` and nothing else of it.
     *
     * @param events at least one event, in order
     * @param cursor the position after the events, to store together with the data that you derive from them: a stream
     * with this cursor as [StreamOptions.since] continues there. Until an event has an id, it is the `since` of the
     * stream, or null if the stream has no `since`
     */
    public fun onEvents(events: List<@JvmSuppressWildcards StreamEvent>, cursor: Long?)

    /**
     * Called when the stream has ended after its last event, or because it was [cancelled][Subscription.cancel].
     */
    public fun onClosed() {}

    /**
     * Called when the stream has failed, or could not be opened.
     *
     * @param error the failure; [AodException.Closed] if the client was closed
     */
    public fun onError(error: AodException)

    /**
     * Called when the connection state has changed, in order with the events. [ConnectionState.Closed] comes just
     * before [onClosed] or [onError].
     *
     * @param state the new state
     */
    public fun onState(state: ConnectionState) {}
}

/**
 * A handle for a stream whose events an [EventListener] receives, returned by [Sessions.listen].
 *
 * The stream continues even if the handle is garbage-collected. [cancel] ends it early, and so does closing the client.
 */
public class Subscription internal constructor(internal val handle: NativeSubscription, private val finished: Job) {
    init {
        // The native handle has no use after the end.
        finished.invokeOnCompletion { handle.close() }
    }

    /** Whether the stream has ended and the listener's last method has returned. */
    public val isFinished: Boolean
        get() = finished.isCompleted

    /**
     * Cancels the stream and closes its connection. The listener receives [EventListener.onClosed], unless the stream
     * has ended already. This method does not wait; see [join].
     */
    public fun cancel() {
        if (isFinished) return
        try {
            handle.cancel()
        } catch (closed: IllegalStateException) {
            // The stream may have ended between the check and the call.
            if (!isFinished) throw closed
        }
    }

    /** Suspends until the listener's [EventListener.onClosed] or [EventListener.onError] has returned. */
    public suspend fun join(): Unit = finished.join()

    /**
     * Returns a future of the end of the stream, for Java. Cancelling it does not affect the stream.
     *
     * @return a future that completes, never exceptionally, when the listener's [EventListener.onClosed] or
     * [EventListener.onError] has returned
     */
    public fun whenFinished(): CompletableFuture<Void?> = CompletableFuture<Void?>().also { future ->
        finished.invokeOnCompletion { future.complete(null) }
    }
}

/** Forwards the acknowledgement of a new session to a function. */
internal class CreatedForwarder(private val observe: (SessionAck) -> Unit) : RunListener {
    override fun onCreated(ack: SessionAck): Unit = reportingFailure {
        withClassLoaderOf(observe) { observe(ack) }
    }
}

/** Forwards the updates of a turn to functions, one by one. */
private class TurnForwarder(
    private val onChange: ((TranscriptChange) -> Unit)?,
    private val onEvent: ((StreamEvent) -> Unit)?,
) : TurnListener {
    override fun onUpdates(updates: List<TurnUpdate>): Unit = reportingFailure {
        for (update in updates) {
            when (update) {
                is TurnUpdate.Received -> onEvent?.let { withClassLoaderOf(it) { it(update.event.toEvent()) } }
                is TurnUpdate.Changed -> onChange?.let { withClassLoaderOf(it) { it(update.change) } }
            }
        }
    }
}

/** Returns what passes the updates of a turn to these functions, or null if both are null. */
internal fun turnObserver(
    onChange: ((TranscriptChange) -> Unit)?,
    onEvent: ((StreamEvent) -> Unit)?,
): TurnObserver? = if (onChange == null && onEvent == null) {
    null
} else {
    TurnObserver(TurnForwarder(onChange, onEvent), events = onEvent != null, changes = onChange != null)
}

/** Returns a function that calls a consumer of a Java program. */
internal fun <Value> Consumer<Value>.toFunction(): (Value) -> Unit = { value ->
    withClassLoaderOf(this) { accept(value) }
}

/** Forwards the heads of responses to a function. Its exceptions go to the uncaught exception handler. */
internal class ResponseForwarder(private val observe: (ResponseInfo) -> Unit) : ResponseListener {
    override fun onResponse(response: ResponseInfo): Unit = try {
        withClassLoaderOf(observe) { observe(response) }
    } catch (thrown: Throwable) {
        val thread = Thread.currentThread()
        thread.uncaughtExceptionHandler.uncaughtException(thread, thrown)
    }
}

/** Forwards native callbacks to a listener, and completes [finished] after the last one. */
internal class NativeForwarder(private val listener: EventListener) : BatchListener {
    private val lastCallReturned = CompletableDeferred<Unit>()

    /** Completes when the listener's last method has returned. */
    val finished: Job get() = lastCallReturned

    override fun onEvents(runs: List<EventRun>, cursor: Long?): Unit = reportingFailure {
        val events = ArrayList<StreamEvent>()
        for (run in runs) run.forEach { event, _ -> events += event }
        withClassLoaderOf(listener) { listener.onEvents(events, cursor) }
    }

    override fun onClosed(): Unit = finishWith { listener.onClosed() }

    override fun onError(info: ErrorInfo): Unit = finishWith { listener.onError(info.toException()) }

    override fun onState(state: NativeState): Unit = handlingUncaught { listener.onState(state.toState()) }

    private inline fun finishWith(call: () -> Unit) {
        // The library calls `onError` again if the first call throws, as an uncaught exception handler may.
        if (lastCallReturned.isCompleted) return
        try {
            handlingUncaught(call)
        } finally {
            lastCallReturned.complete(Unit)
        }
    }

    /** Passes an exception of the call to the uncaught exception handler. */
    private inline fun handlingUncaught(call: () -> Unit): Unit = try {
        withClassLoaderOf(listener, call)
    } catch (thrown: Throwable) {
        val thread = Thread.currentThread()
        thread.uncaughtExceptionHandler.uncaughtException(thread, thrown)
    }
}

/** Calls a callback; the native library receives what it throws. */
private inline fun reportingFailure(call: () -> Unit): Unit = try {
    call()
} catch (thrown: Throwable) {
    // Only its class: its message may contain anything.
    throw ListenerException.Threw(thrown.javaClass.name)
}

/** The library's threads have a context class loader that does not know an application in a container. */
private inline fun withClassLoaderOf(callback: Any, call: () -> Unit) {
    val thread = Thread.currentThread()
    val previous = thread.contextClassLoader
    thread.contextClassLoader = callback.javaClass.classLoader
    try {
        call()
    } finally {
        thread.contextClassLoader = previous
    }
}
