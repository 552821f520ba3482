package com.ravihq.aod

import java.util.UUID
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.mapNotNull
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

class StreamsTest {
    private val server = DevServer()
    private val client = server.client()

    @AfterEach
    fun stop() {
        client.close()
        server.close()
    }

    @Test
    fun `events come once, in order, although the connection breaks`(): Unit = runBlocking {
        server.script(*Array(20) { """{"stdout": "$it\n"}""" }, """{"exit": 3}""")
        val session = client.start()
        for (after in listOf(7, 9, 13)) {
            server.fault("GET", "/sessions/*/stream", """{"cut_after_events": {"events": $after, "how": "reset"}}""")
        }
        val stream = client.sessions.stream(session.id)
        val events = stream.events.toList()
        assertEquals((0 until 20).joinToString("") { "$it\n" }, events.mapNotNull { it.stdout }.joinToString(""))
        assertEquals(1, events.count { it is StreamEvent.Start })
        assertEquals(3, events.last().exitCode)
        assertEquals(events.last().id, stream.cursor)
        assertEquals(ConnectionState.Closed, stream.state.value)
    }
}
