package com.ravihq.aod

import java.util.UUID
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.ValueSource

/** Tests the stream of a session as lines. */
class PrettyTest : ServerTest() {
    /** Records its calls; returns chunks in upper case, and `END` when it is flushed. */
    private class UppercaseFormatter : Formatter {
        val consumed = mutableListOf<StreamEvent>()
        var closed = 0

        override fun feed(chunk: String) = listOf(chunk.uppercase())

        override fun consume(event: StreamEvent): List<String> {
            consumed += event
            return super.consume(event)
        }

        override fun flush() = listOf("END")

        override fun close() {
            closed++
        }
    }

    @Test
    fun `the start event selects the formatter`(): Unit = runBlocking {
        server.script("""{"stdout": "{\"type\":\"turn.comp"}""", """{"stdout": "leted\"}\nlast"}""", """{"exit": 0}""")
        val session = client.start(model = "o3", runtime = Runtime.Codex)
        assertEquals(listOf("✨ Done", "last"), client.sessions.stream(session.id).pretty().toList())
        val plain = client.sessions.stream(session.id).pretty(FormatterOptions(plain = true)).toList()
        assertEquals(listOf("= Done", "last"), plain)
    }

    @ParameterizedTest
    @ValueSource(strings = [Generation.V2026_04_30, Generation.V2026_06_25])
    fun `start events of later servers select the formatter`(generation: String): Unit = runBlocking {
        DevServer(generation).use { server ->
            server.client().use { client ->
                server.script("""{"stdout": "{\"type\":\"turn.completed\"}\n"}""", """{"exit": 0}""")
                val agent = client.agents.create(
                    "a",
                    "openai/o3",
                    runtime = Runtime.Codex.takeIf { generation == Generation.V2026_04_30 },
                    provider = Provider.OpenAi.takeIf { generation == Generation.V2026_06_25 },
                )
                val session = client.sessions.create(agent.id, "hi")
                assertEquals(listOf("✨ Done"), client.sessions.stream(session.id).pretty().toList())
            }
        }
    }

    @Test
    fun `a session of Claude Code is rendered from its first line to its last`(): Unit = runBlocking {
        val lines = client.sessions.stream(client.start().id).pretty().toList()
        assertTrue(lines.first().startsWith("⚙️  Session init · model="), lines.toString())
        assertTrue(lines.last().startsWith("✨ Done"), lines.toString())
    }

    @Test
    fun `a turn does not continue the last line of the previous turn`(): Unit = runBlocking {
        server.script("""{"stdout": "killed in the mid"}""")
        val session = client.start()
        client.sessions.waitForCompletion(session.id)
        server.script("""{"stdout": "second"}""")
        val turn = client.sessions.prompt(session.id, "again").currentTurn
        client.sessions.waitForCompletion(session.id)
        assertEquals(listOf("killed in the mid", "second"), client.sessions.stream(session.id).pretty().toList())
        val named = client.sessions.stream(session.id).pretty { ClaudeFormatter() }
        assertEquals(listOf("killed in the mid", "second"), named.toList())
        assertEquals(listOf("second"), client.sessions.stream(session.id, StreamOptions(turn = turn)).pretty().toList())
    }

    @Test
    fun `a custom formatter receives every event, is flushed and closed`(): Unit = runBlocking {
        server.script("""{"stdout": "hi"}""", """{"stderr": "not this"}""", """{"exit": 0}""")
        val session = client.start()
        val created = mutableListOf<UppercaseFormatter>()
        val lines = client.sessions.stream(session.id).pretty { UppercaseFormatter().also(created::add) }
        assertEquals(0, created.size, "no formatter is created before a collector")
        assertEquals(listOf("HI", "END"), lines.toList())
        assertEquals(client.sessions.stream(session.id).toList(), created.single().consumed)
        assertEquals(listOf("HI", "END"), lines.toList())
        assertEquals(listOf(1, 1), created.map { it.closed })
    }

    @Test
    fun `the remaining lines come before the exception of the stream`(): Unit = runBlocking {
        server.script("""{"stdout": "half a line"}""", """{"exit": 0}""")
        val session = client.start()
        val events = client.sessions.stream(session.id).toList().indexOfFirst { it.stdout != null } + 1
        server.fault("GET", "/sessions/*/stream", """{"cut_after_events": {"events": $events, "how": "reset"}}""")
        val received = mutableListOf<String>()
        assertThrows<AodException.Connection> {
            client.sessions.stream(session.id, StreamOptions(reconnect = false)).pretty().toList(received)
        }
        assertEquals(listOf("half a line"), received)
    }

    @Test
    fun `collecting a session that does not exist fails`(): Unit = runBlocking {
        assertThrows<AodException.NotFound> { client.sessions.stream(UUID.randomUUID()).pretty().toList() }
    }

    @Test
    fun `a collector that returns closes the connection and the formatter, and receives no more lines`(): Unit =
        runBlocking {
            server.script("""{"stdout": "one\ntwo"}""", """{"hold": "never"}""")
            val session = client.start()
            val created = mutableListOf<UppercaseFormatter>()
            val lines = client.sessions.stream(session.id).pretty { UppercaseFormatter().also(created::add) }
            assertEquals("ONE\nTWO", lines.first())
            server.awaitStreams(0)

            val received = mutableListOf<String>()
            val thrown = assertThrows<IllegalStateException> {
                lines.collect {
                    received += it
                    error("enough")
                }
            }
            assertEquals("enough", thrown.message)
            assertEquals(listOf("ONE\nTWO"), received)
            server.awaitStreams(0)

            received.clear()
            val firstLine = CompletableDeferred<Unit>()
            val job = launch(Dispatchers.Default) {
                lines.collect {
                    received += it
                    firstLine.complete(Unit)
                }
            }
            firstLine.await()
            job.cancelAndJoin()
            assertEquals(listOf("ONE\nTWO"), received)
            server.awaitStreams(0)
            assertEquals(listOf(1, 1, 1), created.map { it.closed })
        }

    @Test
    fun `the stream has its cursor and state while its lines are collected`(): Unit = runBlocking {
        server.script("""{"stdout": "one\n"}""", """{"exit": 0}""")
        val stream = client.sessions.stream(client.start().id)
        assertEquals(listOf("one"), stream.pretty().toList())
        assertEquals(stream.toList().last().id, stream.cursor)
        assertEquals(ConnectionState.Closed, stream.state.value)
    }
}
