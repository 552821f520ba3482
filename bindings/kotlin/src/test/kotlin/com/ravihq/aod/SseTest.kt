package com.ravihq.aod

import com.sun.net.httpserver.HttpServer
import java.net.InetSocketAddress
import java.util.UUID
import java.util.concurrent.Executors
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Tests events in the format of Server-Sent Events. */
class SseTest : ServerTest() {
    private val noFields = JsonObject(emptyMap())

    @Test
    fun `an event is its cursor and its JSON`() {
        val exit = StreamEvent.Exit(7, 0, noFields)
        assertEquals("id: 7\ndata: {\"type\":\"exit\",\"id\":7,\"code\":0}\n\n", exit.toSse())
        val start = StreamEvent.Start(null, Runtime.Claude, null, null, buildJsonObject { put("later", 1.50) })
        assertEquals("data: {\"type\":\"start\",\"runtime\":\"claude\",\"later\":1.5}\n\n", start.toSse())
        val turn = StreamEvent.TurnStart(9, 2, noFields)
        assertEquals("id: 8\ndata: {\"type\":\"turn_start\",\"id\":9,\"turn\":2}\n\n", turn.toSse())
        val unknown = StreamEvent.Unknown(3, "new", "{\"type\": \"new\",\n\"id\": 3}")
        assertEquals("id: 2\ndata: {\"type\": \"new\",\ndata: \"id\": 3}\n\n", unknown.toSse())
        val broken = StreamEvent.Error(1, "\uD83D", noFields)
        assertThrows<AodException.InvalidRequest> { broken.toSse() }
    }

    /** Relays the event streams of the server, as a program does for browsers. */
    private fun relay() = HttpServer.create(InetSocketAddress("127.0.0.1", 0), 0).apply {
        executor = Executors.newCachedThreadPool { task -> Thread(task).apply { isDaemon = true } }
        createContext("/") { exchange ->
            val id = UUID.fromString(exchange.requestURI.path.split('/').first { it.length == 36 })
            val since = exchange.requestHeaders.getFirst("Last-Event-ID")?.toLongOrNull()
            exchange.responseHeaders.add("Content-Type", "text/event-stream")
            exchange.sendResponseHeaders(200, 0)
            exchange.responseBody.use { body ->
                runBlocking {
                    client.sessions.stream(id, StreamOptions(since = since, resumeStale = true)).collect { event ->
                        body.write(event.toSse().toByteArray())
                        body.flush()
                    }
                }
            }
        }
        start()
    }

    @Test
    fun `a client of a relay receives the same events, and resumes from each cursor`(): Unit = runBlocking {
        server.script("""{"stdout": "one\n\"quoted\" ⚙️ \u2028\n"}""", """{"stderr": "two"}""", """{"exit": 3}""")
        val id = client.start().id
        val relay = relay()
        AodClient("http://127.0.0.1:${relay.address.port}", "t").use { browser ->
            val events = browser.sessions.stream(id).toList()
            assertEquals(client.sessions.stream(id).toList(), events)
            for (cursor in events.mapNotNull { it.cursor }.distinct()) {
                val options = StreamOptions(since = cursor)
                val rest = client.sessions.stream(id, options).toList()
                assertEquals(rest, browser.sessions.stream(id, options).toList(), "$cursor")
            }
        }
        relay.stop(0)
    }
}
