package com.ravihq.aod

import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Tests reports about the network, and suspending an app. */
class NetworkTest : ServerTest() {
    /** Starts a session that prints `one`, and `two` and `three` when the holds with these names are released. */
    private suspend fun startInParts(): SessionAck {
        server.script(
            """{"stdout": "one"}""",
            """{"hold": "two"}""",
            """{"stdout": "two"}""",
            """{"hold": "three"}""",
            """{"stdout": "three"}""",
        )
        return client.start()
    }

    /** Returns the header `Last-Event-ID` of each request for a stream, null if it had none. */
    private fun resumedAfter(): List<String?> =
        server.requests().filter { it.getValue("path").jsonPrimitive.content.endsWith("/stream") }.map { request ->
            request.getValue("headers").jsonArray.map { header -> header.jsonArray.map { it.jsonPrimitive.content } }
                .firstOrNull { (name, _) -> name == "last-event-id" }?.last()
        }

    /** Checks that a stream waits after one report, and continues after another without losing an event. */
    private fun assertWaits(stop: AodClient.() -> Unit, start: AodClient.() -> Unit): Unit = runBlocking {
        val session = startInParts()
        val stream = client.sessions.stream(session.id)
        val one = CompletableDeferred<Long?>()
        val collected = async(Dispatchers.Default) {
            stream.onEach { if (it.stdout == "one") one.complete(it.cursor) }.toList()
        }
        val cursor = one.await()

        client.stop()
        assertFalse(client.network.isAvailable)
        stream.state.first { it == ConnectionState.WaitingForNetwork }
        server.awaitStreams(0)
        server.release("two")
        server.control("POST", "reached", """{"name": "three"}""")
        assertEquals(listOf(null), resumedAfter(), "no attempt while it waits")

        client.start()
        assertTrue(client.network.isAvailable)
        server.awaitStreams(1)
        assertEquals(listOf(null, "$cursor"), resumedAfter())
        server.release("three")
        val events = collected.await()
        assertEquals(listOf("one", "two", "three"), events.mapNotNull { it.stdout })
        assertEquals(client.sessions.stream(session.id).toList(), events)
    }

    @Test
    fun `a stream waits while there is no network, and continues after its cursor`(): Unit =
        assertWaits({ network.offline() }, { network.online() })

    @Test
    fun `a stream waits while the client is suspended, and continues after its cursor`(): Unit =
        assertWaits({ suspend() }, { resume() })

    @Test
    fun `a resumed client without a network still waits`() {
        client.network.offline()
        client.suspend()
        client.resume()
        assertFalse(client.network.isAvailable)
        client.network.online()
        assertTrue(client.network.isAvailable)
    }

    @Test
    fun `a stream reconnects when the network has changed, and loses no event`(): Unit = runBlocking {
        val session = startInParts()
        val one = CompletableDeferred<Long?>()
        val collected = async(Dispatchers.Default) {
            client.sessions.stream(session.id).onEach { if (it.stdout == "one") one.complete(it.cursor) }.toList()
        }
        val cursor = one.await()
        val requests = server.stat("requests")
        client.network.changed()
        assertTrue(client.network.isAvailable)
        server.awaitRequests(requests + 1)
        assertEquals(listOf(null, "$cursor"), resumedAfter())
        server.release("two")
        server.release("three")
        val events = collected.await()
        assertEquals(listOf("one", "two", "three"), events.mapNotNull { it.stdout })
        assertEquals(client.sessions.stream(session.id).toList(), events)
    }

    @Test
    fun `calls do not use connections from before a change of the network`(): Unit = runBlocking {
        /** The number of new connections of a call. Each call of the control interface is a connection too. */
        suspend fun connections(): Int {
            val before = server.stat("accepted_connections")
            client.health()
            return server.stat("accepted_connections") - before - 1
        }
        assertEquals(1, connections())
        assertEquals(0, connections())
        client.network.online()
        assertEquals(0, connections(), "there was a network before")
        client.network.changed()
        assertEquals(1, connections())
    }

    @Test
    fun `reports apply to derived clients, and their reports to the client`() {
        client.withOptions().use { derived ->
            client.network.offline()
            assertFalse(derived.network.isAvailable)
            derived.network.online()
            assertTrue(client.network.isAvailable)
            derived.suspend()
            assertFalse(client.network.isAvailable)
        }
    }

    @Test
    fun `reports to a closed client have no effect`() {
        client.close()
        client.network.offline()
        client.network.online()
        client.network.changed()
        client.suspend()
        client.resume()
        assertFalse(client.network.isAvailable)
    }

    @Test
    fun `a listener receives the state of a stream that waits`(): Unit = runBlocking {
        val session = startInParts()
        val states = LinkedBlockingQueue<ConnectionState>()
        val texts = LinkedBlockingQueue<String>()
        val subscription = client.sessions.listen(session.id, object : EventListener {
            override fun onEvents(events: List<StreamEvent>, cursor: Long?) {
                events.mapNotNullTo(texts) { it.stdout }
            }

            override fun onError(error: AodException): Unit = throw error

            override fun onState(state: ConnectionState) {
                states.add(state)
            }
        })
        assertEquals("one", texts.poll(1, TimeUnit.MINUTES))
        client.network.offline()
        // Connecting, and live.
        val seen = List(3) { states.poll(1, TimeUnit.MINUTES) }
        assertEquals(ConnectionState.WaitingForNetwork, seen.last())
        client.network.online()
        server.release("two")
        server.release("three")
        subscription.join()
        assertEquals(listOf("two", "three"), texts.toList())
        assertEquals(listOf(ConnectionState.Live, ConnectionState.Closed), states.toList().takeLast(2))
    }
}
