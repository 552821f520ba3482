package com.ravihq.aod

import java.util.UUID
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

class StreamsTest : ServerTest() {
    @Test
    fun `events come once, in order, although the connection breaks`(): Unit = runBlocking {
        server.script(*Array(20) { """{"stdout": "$it\n"}""" }, """{"exit": 3}""")
        val session = client.start()
        for (after in listOf(7, 9, 13)) {
            server.fault("GET", "/sessions/*/stream", """{"cut_after_events": {"events": $after, "how": "reset"}}""")
        }
        val stream = client.sessions.stream(session.id)
        val events = stream.toList()
        assertEquals((0 until 20).joinToString("") { "$it\n" }, events.mapNotNull { it.stdout }.joinToString(""))
        assertEquals(1, events.count { it is StreamEvent.Start })
        assertEquals(3, events.last().exitCode)
        assertEquals(events.last().id, stream.cursor)
        assertEquals(ConnectionState.Closed, stream.state.value)
    }

    @Test
    fun `a stream goes on from the cursor of another`(): Unit = runBlocking {
        server.script("""{"stdout": "a"}""", """{"stdout": "b"}""", """{"stdout": "c"}""")
        val session = client.start()
        client.sessions.waitForCompletion(session.id)
        val stream = client.sessions.stream(session.id)
        stream.first { it.stdout == "a" }
        val rest = client.sessions.stream(session.id, StreamOptions(since = stream.cursor)).toList()
        assertEquals(listOf("b", "c"), rest.mapNotNull { it.stdout })
    }

    @Test
    fun `one turn can be read alone`(): Unit = runBlocking {
        val session = client.start("first")
        client.sessions.waitForCompletion(session.id)
        server.script("""{"stdout": "second"}""")
        val turn = client.sessions.prompt(session.id, "again").currentTurn
        val events = client.sessions.stream(session.id, StreamOptions(turn = turn)).toList()
        assertEquals(listOf("second"), events.mapNotNull { it.stdout })
    }

    @Test
    fun `an event of an unknown type is given out with its text`(): Unit = runBlocking {
        val session = client.start()
        val text = """{\"type\": \"novelty\", \"x\": 1}"""
        server.fault("GET", "/sessions/*/stream", """{"insert": {"before_event": 1, "text": "data: $text\n\n"}}""")
        val unknown = client.sessions.stream(session.id).first { it is StreamEvent.Unknown } as StreamEvent.Unknown
        assertEquals("novelty", unknown.type)
        assertEquals("""{"type": "novelty", "x": 1}""", unknown.raw)
    }

    @Test
    fun `a collector that leaves closes the connection`(): Unit = runBlocking {
        val session = hanging()
        client.sessions.stream(session.id).first { it.stdout == "one" }
        server.awaitStreams(0)
    }

    @Test
    fun `a collector that is cancelled closes the connection`(): Unit = runBlocking {
        val session = hanging()
        val job = launch(Dispatchers.Default) { client.sessions.stream(session.id).collect { } }
        server.awaitStreams(1)
        job.cancelAndJoin()
        server.awaitStreams(0)
    }

    @Test
    fun `a collector that throws closes the connection, and its exception is the one that comes out`(): Unit =
        runBlocking {
            val session = hanging()
            val thrown = assertThrows<IllegalArgumentException> {
                client.sessions.stream(session.id).collect { require(it.stdout == null) { "enough" } }
            }
            assertEquals("enough", thrown.message)
            server.awaitStreams(0)
        }

    @Test
    fun `closing the client ends an open flow with an error that says so`(): Unit = runBlocking {
        val session = hanging()
        val collected = async(Dispatchers.Default) {
            runCatching { client.sessions.stream(session.id).collect { } }.exceptionOrNull()
        }
        server.awaitStreams(1)
        client.close()
        assertInstanceOf(AodException.Closed::class.java, collected.await())
        server.awaitStreams(0)
    }

    @Test
    fun `closing a client that another was made from ends the flows of both, and closing the other its own`(): Unit =
        runBlocking {
            val session = hanging()
            val derived = client.withOptions()
            val further = client.withOptions()
            suspend fun failureOf(client: AodClient) =
                runCatching { client.sessions.stream(session.id).collect { } }.exceptionOrNull()
            val ofDerived = async(Dispatchers.Default) { failureOf(derived) }
            server.awaitStreams(1)
            val ofFurther = async(Dispatchers.Default) { failureOf(further) }
            val ofClient = async(Dispatchers.Default) { failureOf(client) }
            server.awaitStreams(3)

            derived.close()
            assertInstanceOf(AodException.Closed::class.java, ofDerived.await())
            server.awaitStreams(2)
            assertThrows<AodException.Closed> { derived.sessions.get(session.id) }
            assertEquals(session.id, client.sessions.get(session.id).id)
            assertEquals(session.id, further.sessions.get(session.id).id)

            client.close()
            assertInstanceOf(AodException.Closed::class.java, ofClient.await())
            assertInstanceOf(AodException.Closed::class.java, ofFurther.await())
            server.awaitStreams(0)
        }

    @Test
    fun `a collector that is cancelled in the middle loses nothing to who goes on from its cursor`(): Unit = runBlocking {
        server.script(*Array(50) { """{"stdout": "$it\n"}""" })
        val session = client.start()
        client.sessions.waitForCompletion(session.id)
        val all = client.sessions.stream(session.id).toList()
        // Wherever that is: all events are there at once, so that most are in the middle of a batch.
        for (count in 1..all.size) {
            val stream = client.sessions.stream(session.id)
            val seen = mutableListOf<StreamEvent>()
            launch(Dispatchers.Default) {
                stream.collect {
                    seen += it
                    if (seen.size == count) cancel()
                }
            }.join()
            assertEquals(all.take(count), seen)
            val rest = client.sessions.stream(session.id, StreamOptions(since = stream.cursor)).toList()
            val isOutput = { event: StreamEvent -> event is StreamEvent.Output }
            assertEquals(all.drop(count).filter(isOutput), rest.filter(isOutput), "after $count")
        }
    }

    @Test
    fun `the state is that of the latest collector`(): Unit = runBlocking {
        val session = hanging()
        val stream = client.sessions.stream(session.id)
        val first = launch(Dispatchers.Default) { stream.collect { } }
        stream.state.first { it == ConnectionState.Live }
        server.fault("GET", "/sessions/*/stream", """{"stall": {}}""")
        val second = launch(Dispatchers.Default) { stream.collect { } }
        stream.state.first { it == ConnectionState.Connecting }
        first.cancelAndJoin()
        server.awaitStreams(0)
        assertEquals(ConnectionState.Connecting, stream.state.value)
        // Given up while it is opening.
        second.cancelAndJoin()
        assertEquals(ConnectionState.Closed, stream.state.value)
    }

    @Test
    fun `a stream that cannot be opened is closed`(): Unit = runBlocking {
        val unknown = client.sessions.stream(UUID.randomUUID())
        assertEquals(ConnectionState.Connecting, unknown.state.value)
        assertThrows<AodException.NotFound> { unknown.toList() }
        assertEquals(ConnectionState.Closed, unknown.state.value)
        val late = client.sessions.stream(UUID.randomUUID())
        client.close()
        assertThrows<AodException.Closed> { late.toList() }
        assertEquals(ConnectionState.Closed, late.state.value)
    }

    @Test
    fun `each collector opens a stream of its own`(): Unit = runBlocking {
        val session = client.start()
        val events = client.sessions.stream(session.id)
        assertEquals(events.toList(), events.toList())
    }

    @Test
    fun `a stream that may not connect again fails when it breaks`(): Unit = runBlocking {
        val session = client.start()
        client.sessions.waitForCompletion(session.id)
        server.fault("GET", "/sessions/*/stream", """{"cut_after_events": {"events": 2, "how": "reset"}}""")
        val seen = mutableListOf<StreamEvent>()
        assertThrows<AodException.Connection> {
            client.sessions.stream(session.id, StreamOptions(reconnect = false)).toList(seen)
        }
        assertEquals(2, seen.size)
    }

    @Test
    fun `many streams and calls go on at once`(): Unit = runBlocking {
        val session = client.start()
        client.sessions.waitForCompletion(session.id)
        val expected = client.sessions.stream(session.id).toList()
        val streams = List(64) { async(Dispatchers.Default) { client.sessions.stream(session.id).toList() } }
        val calls = List(64) { async(Dispatchers.Default) { client.sessions.get(session.id) } }
        assertTrue(streams.all { it.await() == expected })
        assertEquals(1, calls.map { it.await() }.toSet().size)
    }

    private suspend fun hanging(): SessionAck {
        server.script("""{"stdout": "one"}""", """{"hold": "never"}""")
        return client.start()
    }
}
