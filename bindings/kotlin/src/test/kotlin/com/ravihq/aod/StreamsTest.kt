package com.ravihq.aod

import com.sun.net.httpserver.HttpServer
import java.net.InetSocketAddress
import java.util.UUID
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import java.util.logging.Handler
import java.util.logging.LogRecord
import java.util.logging.Logger
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
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

class StreamsTest : ServerTest() {
    @Test
    fun `events arrive once and in order across dropped connections`(): Unit = runBlocking {
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
    fun `a stream resumes from the cursor of another`(): Unit = runBlocking {
        server.script("""{"stdout": "a"}""", """{"stdout": "b"}""", """{"stdout": "c"}""")
        val session = client.start()
        client.sessions.waitForCompletion(session.id)
        val stream = client.sessions.stream(session.id)
        stream.first { it.stdout == "a" }
        val rest = client.sessions.stream(session.id, StreamOptions(since = stream.cursor)).toList()
        assertEquals(listOf("b", "c"), rest.mapNotNull { it.stdout })
    }

    @Test
    fun `a stream resumes from the cursor of each event`(): Unit = runBlocking {
        server.script("""{"stdout": "a"}""", """{"stdout": "b"}""")
        val session = client.start()
        client.sessions.waitForCompletion(session.id)
        client.sessions.prompt(session.id, "again")
        client.sessions.waitForCompletion(session.id)
        val events = client.sessions.stream(session.id).toList()
        assertEquals(2, events.count { it is StreamEvent.TurnStart && it.cursor == it.id?.minus(1) })
        events.forEachIndexed { index, event ->
            val cursor = event.cursor ?: return@forEachIndexed
            val rest = client.sessions.stream(session.id, StreamOptions(since = cursor)).toList()
            assertEquals(rows(events.drop(index + 1)), rows(rest), "$event")
        }
    }

    /** The events that the server keeps in the session's log. */
    private fun rows(events: List<StreamEvent>) =
        events.filter { it is StreamEvent.Stage || it is StreamEvent.Output }

    @Test
    fun `a stream without a terminal event ends with a warning if there is no such session`(): Unit = runBlocking {
        val logged = LinkedBlockingQueue<String>()
        val log = object : Handler() {
            override fun publish(record: LogRecord) = logged.put(record.message)

            override fun flush() = Unit

            override fun close() = Unit
        }
        val logger = Logger.getLogger("com.ravihq.aod").apply { addHandler(log) }
        val canned = HttpServer.create(InetSocketAddress("127.0.0.1", 0), 0)
        canned.createContext("/") { exchange ->
            val streams = exchange.requestURI.path.endsWith("/stream")
            val event = """{"type": "output", "id": 1, "stream": "stdout", "data": "hi"}"""
            val body = if (streams) "data: $event\n\n" else """{"detail": "Session not found"}"""
            exchange.responseHeaders.add("Content-Type", if (streams) "text/event-stream" else "application/json")
            exchange.sendResponseHeaders(if (streams) 200 else 404, body.length.toLong())
            exchange.responseBody.use { it.write(body.toByteArray()) }
        }
        canned.start()
        AodClient("http://127.0.0.1:${canned.address.port}", "t").use { client ->
            val events = client.sessions.stream(UUID.randomUUID()).toList()
            assertEquals(listOf("hi"), events.map { it.stdout })
        }
        canned.stop(0)
        // Lines of earlier tests may come before it.
        val lines = generateSequence { logged.poll(1, TimeUnit.MINUTES) }
        val warning = lines.firstOrNull { "without a terminal event" in it }
        logger.removeHandler(log)
        assertNotNull(warning)
    }

    @Test
    fun `the turn option limits a stream to one turn`(): Unit = runBlocking {
        val session = client.start("first")
        client.sessions.waitForCompletion(session.id)
        server.script("""{"stdout": "second"}""")
        val turn = client.sessions.prompt(session.id, "again").currentTurn
        val events = client.sessions.stream(session.id, StreamOptions(turn = turn)).toList()
        assertEquals(listOf("second"), events.mapNotNull { it.stdout })
    }

    @Test
    fun `an event of an unknown type is delivered with its raw text`(): Unit = runBlocking {
        val session = client.start()
        val text = """{\"type\": \"novelty\", \"x\": 1}"""
        server.fault("GET", "/sessions/*/stream", """{"insert": {"before_event": 1, "text": "data: $text\n\n"}}""")
        val unknown = client.sessions.stream(session.id).first { it is StreamEvent.Unknown } as StreamEvent.Unknown
        assertEquals("novelty", unknown.type)
        assertEquals("""{"type": "novelty", "x": 1}""", unknown.raw)
    }

    @Test
    fun `a collector that returns closes the connection`(): Unit = runBlocking {
        val session = startUnfinished()
        client.sessions.stream(session.id).first { it.stdout == "one" }
        server.awaitStreams(0)
    }

    @Test
    fun `a cancelled collector closes the connection`(): Unit = runBlocking {
        val session = startUnfinished()
        val job = launch(Dispatchers.Default) { client.sessions.stream(session.id).collect { } }
        server.awaitStreams(1)
        job.cancelAndJoin()
        server.awaitStreams(0)
    }

    @Test
    fun `a collector that throws closes the connection, and its exception propagates`(): Unit =
        runBlocking {
            val session = startUnfinished()
            val thrown = assertThrows<IllegalArgumentException> {
                client.sessions.stream(session.id).collect { require(it.stdout == null) { "enough" } }
            }
            assertEquals("enough", thrown.message)
            server.awaitStreams(0)
        }

    @Test
    fun `closing the client fails an open flow with Closed`(): Unit = runBlocking {
        val session = startUnfinished()
        val collected = async(Dispatchers.Default) {
            runCatching { client.sessions.stream(session.id).collect { } }.exceptionOrNull()
        }
        server.awaitStreams(1)
        client.close()
        assertInstanceOf(AodException.Closed::class.java, collected.await())
        server.awaitStreams(0)
    }

    @Test
    fun `closing a client ends the flows of derived clients, and closing a derived client only its own`(): Unit =
        runBlocking {
            val session = startUnfinished()
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
    fun `resuming from the cursor of a cancelled collector loses nothing`(): Unit = runBlocking {
        server.script(*Array(50) { """{"stdout": "$it\n"}""" })
        val session = client.start()
        client.sessions.waitForCompletion(session.id)
        val all = client.sessions.stream(session.id).toList()
        // All events are available at once, so most of these positions are in the middle of a batch.
        for (count in 1..all.size) {
            val stream = client.sessions.stream(session.id)
            val received = mutableListOf<StreamEvent>()
            launch(Dispatchers.Default) {
                stream.collect {
                    received += it
                    if (received.size == count) cancel()
                }
            }.join()
            assertEquals(all.take(count), received)
            val rest = client.sessions.stream(session.id, StreamOptions(since = stream.cursor)).toList()
            val isOutput = { event: StreamEvent -> event is StreamEvent.Output }
            assertEquals(all.drop(count).filter(isOutput), rest.filter(isOutput), "after $count")
        }
    }

    @Test
    fun `state follows the latest collector`(): Unit = runBlocking {
        val session = startUnfinished()
        val stream = client.sessions.stream(session.id)
        val first = launch(Dispatchers.Default) { stream.collect { } }
        stream.state.first { it == ConnectionState.Live }
        server.fault("GET", "/sessions/*/stream", """{"stall": {}}""")
        val second = launch(Dispatchers.Default) { stream.collect { } }
        stream.state.first { it == ConnectionState.Connecting }
        first.cancelAndJoin()
        server.awaitStreams(0)
        assertEquals(ConnectionState.Connecting, stream.state.value)
        // Cancelled while it opens.
        second.cancelAndJoin()
        assertEquals(ConnectionState.Closed, stream.state.value)
    }

    @Test
    fun `the state of a stream that cannot be opened is Closed`(): Unit = runBlocking {
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
    fun `each collector opens its own stream`(): Unit = runBlocking {
        val session = client.start()
        val events = client.sessions.stream(session.id)
        assertEquals(events.toList(), events.toList())
    }

    @Test
    fun `a stream without reconnect fails when the connection drops`(): Unit = runBlocking {
        val session = client.start()
        client.sessions.waitForCompletion(session.id)
        server.fault("GET", "/sessions/*/stream", """{"cut_after_events": {"events": 2, "how": "reset"}}""")
        val received = mutableListOf<StreamEvent>()
        assertThrows<AodException.Connection> {
            client.sessions.stream(session.id, StreamOptions(reconnect = false)).toList(received)
        }
        assertEquals(2, received.size)
    }

    @Test
    fun `streams and calls run concurrently`(): Unit = runBlocking {
        val session = client.start()
        client.sessions.waitForCompletion(session.id)
        val expected = client.sessions.stream(session.id).toList()
        val streams = List(64) { async(Dispatchers.Default) { client.sessions.stream(session.id).toList() } }
        val calls = List(64) { async(Dispatchers.Default) { client.sessions.get(session.id) } }
        assertTrue(streams.all { it.await() == expected })
        assertEquals(1, calls.map { it.await() }.toSet().size)
    }

    private suspend fun startUnfinished(): SessionAck {
        server.script("""{"stdout": "one"}""", """{"hold": "never"}""")
        return client.start()
    }
}
