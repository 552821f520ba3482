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

/** A session's stream as lines. */
class PrettyTest : ServerTest() {
    /** Keeps what happens to it; shows chunks in capitals, and `END` when it is flushed. */
    private class Shouting : Formatter {
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
    fun `the start event picks the formatter`(): Unit = runBlocking {
        server.script("""{"stdout": "{\"type\":\"turn.comp"}""", """{"stdout": "leted\"}\nlast"}""", """{"exit": 0}""")
        val session = client.start(model = "o3", runtime = Runtime.Codex)
        assertEquals(listOf("✨ Done", "last"), client.sessions.stream(session.id).pretty().toList())
        val plain = client.sessions.stream(session.id).pretty(FormatterOptions(plain = true)).toList()
        assertEquals(listOf("= Done", "last"), plain)
    }

    @ParameterizedTest
    @ValueSource(strings = ["s1", "s2"])
    fun `other generations' start events pick it too`(generation: String): Unit = runBlocking {
        DevServer(generation).use { server ->
            server.client().use { client ->
                server.script("""{"stdout": "{\"type\":\"turn.completed\"}\n"}""", """{"exit": 0}""")
                val agent = client.agents.create(
                    "a",
                    "openai/o3",
                    runtime = Runtime.Codex.takeIf { generation == "s1" },
                    provider = Provider.OpenAi.takeIf { generation == "s2" },
                )
                val session = client.sessions.create(agent.id, "hi")
                assertEquals(listOf("✨ Done"), client.sessions.stream(session.id).pretty().toList())
            }
        }
    }

    @Test
    fun `a session of Claude Code is shown from its first line to its last`(): Unit = runBlocking {
        val lines = client.sessions.stream(client.start().id).pretty().toList()
        assertTrue(lines.first().startsWith("⚙️  Session init · model="), lines.toString())
        assertTrue(lines.last().startsWith("✨ Done"), lines.toString())
    }

    @Test
    fun `a turn does not continue the line of the one before`(): Unit = runBlocking {
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
    fun `a formatter of the caller's own is given every event, flushed and closed`(): Unit = runBlocking {
        server.script("""{"stdout": "hi"}""", """{"stderr": "not this"}""", """{"exit": 0}""")
        val session = client.start()
        val made = mutableListOf<Shouting>()
        val lines = client.sessions.stream(session.id).pretty { Shouting().also(made::add) }
        assertEquals(0, made.size, "nothing is made before somebody collects")
        // Flushed at the start of its one turn, too.
        assertEquals(listOf("END", "HI", "END"), lines.toList())
        assertEquals(client.sessions.stream(session.id).toList(), made.single().consumed)
        assertEquals(listOf("END", "HI", "END"), lines.toList())
        assertEquals(listOf(1, 1), made.map { it.closed })
    }

    @Test
    fun `what is left comes before the stream's failure`(): Unit = runBlocking {
        server.script("""{"stdout": "half a line"}""", """{"exit": 0}""")
        val session = client.start()
        val events = client.sessions.stream(session.id).toList().indexOfFirst { it.stdout != null } + 1
        server.fault("GET", "/sessions/*/stream", """{"cut_after_events": {"events": $events, "how": "reset"}}""")
        val seen = mutableListOf<String>()
        assertThrows<AodException.Connection> {
            client.sessions.stream(session.id, StreamOptions(reconnect = false)).pretty().toList(seen)
        }
        assertEquals(listOf("half a line"), seen)
    }

    @Test
    fun `a session that does not exist fails its collector`(): Unit = runBlocking {
        assertThrows<AodException.NotFound> { client.sessions.stream(UUID.randomUUID()).pretty().toList() }
    }

    @Test
    fun `a collector that leaves closes the connection and the formatter, and is told no more`(): Unit =
        runBlocking {
            server.script("""{"stdout": "one\ntwo"}""", """{"hold": "never"}""")
            val session = client.start()
            val made = mutableListOf<Shouting>()
            val lines = client.sessions.stream(session.id).pretty { Shouting().also(made::add) }
            assertEquals("ONE\nTWO", lines.first { it != "END" })
            server.awaitStreams(0)

            val seen = mutableListOf<String>()
            val thrown = assertThrows<IllegalArgumentException> {
                lines.collect {
                    seen += it
                    require(it == "END") { "enough" }
                }
            }
            assertEquals("enough", thrown.message)
            assertEquals(listOf("END", "ONE\nTWO"), seen)
            server.awaitStreams(0)

            seen.clear()
            val told = CompletableDeferred<Unit>()
            val job = launch(Dispatchers.Default) {
                lines.collect {
                    seen += it
                    if (it != "END") told.complete(Unit)
                }
            }
            told.await()
            job.cancelAndJoin()
            assertEquals(listOf("END", "ONE\nTWO"), seen)
            server.awaitStreams(0)
            assertEquals(listOf(1, 1, 1), made.map { it.closed })
        }

    @Test
    fun `the cursor and the state of the stream are there beside the lines`(): Unit = runBlocking {
        server.script("""{"stdout": "one\n"}""", """{"exit": 0}""")
        val stream = client.sessions.stream(client.start().id)
        assertEquals(listOf("one"), stream.pretty().toList())
        assertEquals(stream.toList().last().id, stream.cursor)
        assertEquals(ConnectionState.Closed, stream.state.value)
    }
}
