package com.ravihq.aod

import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.atomic.AtomicBoolean
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Test

class ListenerOrderTest : ServerTest() {
    /** Records its calls, and whether two of them overlapped. */
    private open class Recorder : EventListener {
        val received = LinkedBlockingQueue<Any>()
        private val isBusy = AtomicBoolean()

        protected open fun work() = Unit

        private fun record(items: List<Any>) {
            if (isBusy.getAndSet(true)) received.add("overlapping calls")
            received.addAll(items)
            work()
            isBusy.set(false)
        }

        override fun onEvents(events: List<StreamEvent>, cursor: Long?): Unit = record(events)

        override fun onState(state: ConnectionState): Unit = record(listOf(state))

        override fun onClosed(): Unit = record(listOf("closed"))

        override fun onError(error: AodException): Unit = record(listOf(error))
    }

    @Test
    fun `state changes arrive in order with the events`(): Unit = runBlocking {
        val session = client.start()
        val events = client.sessions.stream(session.id).toList()
        val cut = 5
        server.fault("GET", "/sessions/*/stream", """{"cut_after_events": {"events": $cut, "how": "reset"}}""")
        val connections = server.requests().size + 2
        val recorder = object : Recorder() {
            // Long enough for the stream to reconnect meanwhile.
            override fun work() {
                if (received.size > 2) server.control("POST", "wait", """{"requests": $connections}""")
            }
        }
        client.sessions.listen(session.id, recorder).join()

        val received = recorder.received.toList()
        assertEquals(listOf(ConnectionState.Connecting, ConnectionState.Live), received.take(2))
        assertEquals(events.take(cut), received.drop(2).take(cut))
        val afterCut = received.drop(2 + cut)
        assertInstanceOf(ConnectionState.Resuming::class.java, afterCut.first())
        assertEquals(
            listOf(ConnectionState.Live) + events.drop(cut) + ConnectionState.Closed + "closed",
            afterCut.drop(1),
        )
    }

    @Test
    fun `no call follows the last one`(): Unit = runBlocking {
        server.script("""{"stdout": "one"}""", """{"hold": "never"}""")
        val session = client.start()
        repeat(50) {
            val recorder = Recorder()
            val subscription = client.sessions.listen(session.id, recorder)
            server.awaitStreams(1)
            subscription.cancel()
            subscription.join()
            server.awaitStreams(0)
            assertEquals(listOf(ConnectionState.Closed, "closed"), recorder.received.toList().takeLast(2))
        }
    }
}
