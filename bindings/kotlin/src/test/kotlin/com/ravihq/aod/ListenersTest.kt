package com.ravihq.aod

import java.util.UUID
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ListenersTest {
    private val server = DevServer()
    private val client = server.client()

    @AfterEach
    fun stop() {
        client.close()
        server.close()
    }

    /** Writes down what it is told. */
    private open class Recorder : EventListener {
        val told = LinkedBlockingQueue<Any>()
        val states = LinkedBlockingQueue<ConnectionState>()

        override fun onEvents(events: List<StreamEvent>) {
            told.addAll(events)
        }

        override fun onClosed() {
            told.add("closed")
        }

        override fun onFailed(failure: AodException) {
            told.add(failure)
        }

        override fun onState(state: ConnectionState) {
            states.add(state)
        }
    }

    private suspend fun hanging(): SessionAck {
        server.script("""{"stdout": "one"}""", """{"hold": "never"}""")
        return client.start()
    }

    @Test
    fun `a listener is told of each event and then of the end`(): Unit = runBlocking {
        val session = client.start()
        val recorder = Recorder()
        val subscription = client.sessions.listen(session.id, recorder)
        subscription.join()
        assertTrue(subscription.isFinished)
        assertEquals(client.sessions.events(session.id).toList() + "closed", recorder.told.toList())
    }

    @Test
    fun `a listener is told of the connection`(): Unit = runBlocking {
        val session = client.start()
        server.fault("GET", "/sessions/*/stream", """{"cut_after_events": {"events": 2, "how": "reset"}}""")
        val recorder = Recorder()
        client.sessions.listen(session.id, recorder).join()
        val states = recorder.states.toList()
        val resuming = assertInstanceOf(ConnectionState.Resuming::class.java, states[2])
        assertEquals(1, resuming.attempt)
        assertInstanceOf(AodException.Connection::class.java, resuming.cause)
        val live = ConnectionState.Live
        assertEquals(listOf(ConnectionState.Connecting, live, resuming, live, ConnectionState.Closed), states)
    }

    @Test
    fun `a stream that cannot be opened is a failure told once`(): Unit = runBlocking {
        val recorder = Recorder()
        client.sessions.listen(UUID.randomUUID(), recorder).join()
        assertInstanceOf(AodException.NotFound::class.java, recorder.told.single())
    }

    @Test
    fun `a listener that is cancelled is told that it closed`(): Unit = runBlocking {
        val session = hanging()
        val recorder = Recorder()
        val subscription = client.sessions.listen(session.id, recorder)
        server.awaitStreams(1)
        subscription.cancel()
        subscription.join()
        assertEquals("closed", recorder.told.last())
        server.awaitStreams(0)
    }

    @Test
    fun `a listener that throws is told that it failed`(): Unit = runBlocking {
        val session = hanging()
        val recorder = object : Recorder() {
            override fun onEvents(events: List<StreamEvent>): Unit = throw IllegalStateException("hunter2")
        }
        client.sessions.listen(session.id, recorder).join()
        val failure = assertInstanceOf(AodException.Listener::class.java, recorder.told.single())
        assertTrue("hunter2" !in failure.toString(), failure.toString())
        server.awaitStreams(0)
    }

    @Test
    fun `closing the client fails its listeners`(): Unit = runBlocking {
        val session = hanging()
        val recorder = Recorder()
        val subscription = client.sessions.listen(session.id, recorder)
        server.awaitStreams(1)
        client.close()
        subscription.join()
        assertInstanceOf(AodException.Closed::class.java, recorder.told.last())
    }

    @Test
    fun `listeners that block hold up nothing else`(): Unit = runBlocking {
        val session = client.start()
        client.sessions.waitForCompletion(session.id)
        val gate = CountDownLatch(1)
        val arrived = CountDownLatch(8)
        val blocked = List(8) {
            client.sessions.listen(session.id, object : Recorder() {
                override fun onEvents(events: List<StreamEvent>) {
                    arrived.countDown()
                    gate.await()
                }
            })
        }
        arrived.await()
        assertTrue(client.sessions.events(session.id).toList().last().isTerminal)
        val recorder = Recorder()
        client.sessions.listen(session.id, recorder).join()
        assertEquals("closed", recorder.told.last())
        gate.countDown()
        blocked.forEach { it.join() }
    }
}
