package com.ravihq.aod

/**
 * Told of the events of a session by [Sessions.listen], on a thread of the library, one call after another.
 *
 * [onEvents] comes any number of times, with what was ready at that moment, in order. Then comes exactly one of
 * [onClosed] and [onFailed], and nothing after it. Nothing is read while [onEvents] runs: a slow listener slows the server
 * down, and holds up no other stream.
 */
public interface EventListener {
    /** Takes the next events; at least one. If it throws, the stream ends with [onFailed] of [AodException.Listener]. */
    public fun onEvents(events: List<StreamEvent>)

    /** The stream has ended: after its terminal event, or because it was cancelled. */
    public fun onClosed() {}

    /** The stream has failed, or could not be opened. */
    public fun onFailed(failure: AodException)

    /** Called with each change of the connection's state, in order. It must return at once. */
    public fun onState(state: ConnectionState) {}
}

/** A stream that a listener is told of. It goes on without this handle; only [cancel] ends it early. */
public class Subscription internal constructor(private val handle: ListenerHandle) {
    /** Whether the listener's last call has returned. */
    public val isFinished: Boolean
        get() = handle.isFinished()

    /** Ends the stream and closes its connection. The listener is told [EventListener.onClosed], unless it has ended. */
    public fun cancel(): Unit = handle.cancel()

    /** Waits until the listener's last call has returned. */
    public suspend fun join(): Unit = handle.join()
}

internal class NativeForwarder(private val listener: EventListener) : BatchListener {
    override fun onEvents(events: List<NativeEvent>): Unit = try {
        listener.onEvents(events.map(NativeEvent::toEvent))
    } catch (thrown: Exception) {
        // Its class alone: its message may say anything.
        throw ListenerException.Threw(thrown.javaClass.name)
    }

    override fun onClosed(): Unit = listener.onClosed()

    override fun onFailed(facts: ErrorFacts): Unit = listener.onFailed(facts.toException())
}
