package com.ravihq.aod

import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.atomic.AtomicBoolean
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Test

class ListenerOrderTest : ServerTest() {
    /** Writes down what it is told, and whether one call came within another. */
    private open class Recorder : EventListener {
        val told = LinkedBlockingQueue<Any>()
        private val isBusy = AtomicBoolean()

        protected open fun work() = Unit

        private fun tell(what: List<Any>) {
            if (isBusy.getAndSet(true)) told.add("two at once")
            told.addAll(what)
            work()
            isBusy.set(false)
        }

        override fun onEvents(events: List<StreamEvent>): Unit = tell(events)

        override fun onState(state: ConnectionState): Unit = tell(listOf(state))

        override fun onClosed(): Unit = tell(listOf("closed"))

        override fun onError(error: AodException): Unit = tell(listOf(error))
    }

    @Test
    fun `what becomes of the connection is told where it belongs between the events`(): Unit = runBlocking {
        val session = client.start()
        val events = client.sessions.stream(session.id).toList()
        val cut = 5
        server.fault("GET", "/sessions/*/stream", """{"cut_after_events": {"events": $cut, "how": "reset"}}""")
        val connections = server.requests().size + 2
        val recorder = object : Recorder() {
            // Long enough for the stream to connect again meanwhile.
            override fun work() {
                if (told.size > 2) server.control("POST", "wait", """{"requests": $connections}""")
            }
        }
        client.sessions.listen(session.id, recorder).join()

        val told = recorder.told.toList()
        assertEquals(listOf(ConnectionState.Connecting, ConnectionState.Live), told.take(2))
        assertEquals(events.take(cut), told.drop(2).take(cut))
        val again = told.drop(2 + cut)
        assertInstanceOf(ConnectionState.Resuming::class.java, again.first())
        assertEquals(
            listOf(ConnectionState.Live) + events.drop(cut) + ConnectionState.Closed + "closed",
            again.drop(1),
        )
    }

    @Test
    fun `nothing is told after the end`(): Unit = runBlocking {
        server.script("""{"stdout": "one"}""", """{"hold": "never"}""")
        val session = client.start()
        repeat(50) {
            val recorder = Recorder()
            val subscription = client.sessions.listen(session.id, recorder)
            server.awaitStreams(1)
            subscription.cancel()
            subscription.join()
            server.awaitStreams(0)
            assertEquals(listOf(ConnectionState.Closed, "closed"), recorder.told.toList().takeLast(2))
        }
    }
}
