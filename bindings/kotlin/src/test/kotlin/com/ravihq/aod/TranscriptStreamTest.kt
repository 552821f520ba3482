package com.ravihq.aod

import java.util.UUID
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Tests the stream of a session as the changes of a transcript. */
class TranscriptStreamTest : ServerTest() {
    private fun message(text: String) =
        """{"type":"item.completed","item":{"type":"agent_message","text":"$text"}}""" + "\n"

    private fun stdout(text: String) = """{"stdout": ${JsonPrimitive(text)}}"""

    private suspend fun codex(vararg steps: String): UUID {
        server.script(*steps)
        return client.start(model = "o3", runtime = Runtime.Codex).id
    }

    @Test
    fun `a session is delivered as changes and turns`(): Unit = runBlocking {
        val (head, tail) = message("Done.").let { it.take(30) to it.drop(30) }
        val id = codex(stdout(head), stdout(tail), """{"stderr": "oh\n"}""", """{"exit": 1}""")
        val stream = client.sessions.transcript(id)
        val changes = stream.toList()
        val transcript = stream.transcript
        assertEquals(
            listOf("AgentUpdated", "TurnStarted", "ItemAdded", "ItemAdded", "TurnEnded"),
            changes.map { it.javaClass.simpleName },
        )
        val ended = changes.last() as TranscriptChange.TurnEnded
        assertEquals(Outcome.Failed("exit code 1"), ended.outcome)
        assertEquals("Done.", transcript.finalText)
        assertEquals(transcript.coreJson(), transcript.typedJson())
        assertEquals(client.sessions.stream(id).toList().last().cursor, transcript.cursor)
        assertEquals(ConnectionState.Closed, stream.state.value)

        val applied = Transcript()
        applied.apply(client.sessions.stream(id).toList())
        assertEquals(applied.toJson(), transcript.toJson())
    }

    @Test
    fun `the transcript is complete across dropped connections`(): Unit = runBlocking {
        val id = codex(*Array(20) { stdout(message("$it")) }, """{"exit": 0}""")
        for (after in listOf(7, 9, 13)) {
            server.fault("GET", "/sessions/*/stream", """{"cut_after_events": {"events": $after, "how": "reset"}}""")
        }
        val transcript = client.sessions.transcript(id).also { it.toList() }.transcript
        val texts = transcript.turns.single().items.map { (it.kind as ItemKind.Message).text }
        assertEquals((0 until 20).map { "$it" }, texts)
    }

    @Test
    fun `a collector after a failure continues without a gap or a repeated item`(): Unit = runBlocking {
        val id = codex(*Array(20) { stdout(message("$it")) }, """{"exit": 0}""")
        client.sessions.waitForCompletion(id)
        server.fault("GET", "/sessions/*/stream", """{"cut_after_events": {"events": 9, "how": "reset"}}""")
        val stream = client.sessions.transcript(id, StreamOptions(reconnect = false))
        val changes = mutableListOf<TranscriptChange>()
        assertThrows<AodException.Connection> { stream.toList(changes) }
        assertTrue(changes.isNotEmpty())
        stream.toList(changes)
        val added = changes.filterIsInstance<TranscriptChange.ItemAdded>()
        assertEquals((0 until 20).map { "$it" }, added.map { (it.item.kind as ItemKind.Message).text })
    }

    @Test
    fun `a restored transcript continues the session`(): Unit = runBlocking {
        val text = message("One") + message("Two")
        val id = codex(*text.chunked(40).map(::stdout).toTypedArray(), """{"exit": 0}""")
        client.sessions.waitForCompletion(id)
        val expected = client.sessions.transcript(id).also { it.toList() }.transcript.toJson()
        val events = client.sessions.stream(id).toList()
        for (last in events.indices) {
            val snapshot = Transcript().use {
                it.apply(events.take(last + 1))
                it.snapshot()
            }
            val stream = client.sessions.transcript(id, transcript = Transcript.restore(snapshot))
            stream.collect {}
            assertEquals(expected, stream.transcript.toJson(), "after event $last")
        }
    }

    @Test
    fun `the turns of a session are a state for a screen`(): Unit = runBlocking {
        val id = codex(stdout(message("One")), """{"exit": 0}""")
        client.sessions.waitForCompletion(id)
        server.script(stdout(message("Two")), """{"exit": 0}""")
        client.sessions.prompt(id, "again")
        client.sessions.waitForCompletion(id)
        val stream = client.sessions.transcript(id)
        val states = stream.turns().toList()
        assertEquals(emptyList<TranscriptTurn>(), states.first())
        assertEquals(stream.transcript.turns, states.last())
        assertEquals(listOf(1L, 2L), states.last().map { it.number })
        // A further collector starts with what the transcript has.
        assertEquals(listOf(states.last()), stream.turns().toList())
    }

    @Test
    fun `the turns can be a state flow`(): Unit = runBlocking {
        val id = codex(stdout(message("One")), """{"hold": "never"}""")
        val scope = CoroutineScope(Dispatchers.Default)
        val turns = client.sessions.transcript(id).turns().stateIn(scope, SharingStarted.Eagerly, emptyList())
        val turn = withTimeout(60_000) { turns.first { it.isNotEmpty() && it.last().items.isNotEmpty() } }.single()
        assertEquals(ItemKind.Message(Role.AGENT, "One"), turn.items.single().kind)
        assertNull(turn.outcome)
        scope.cancel()
        server.awaitStreams(0)
    }

    @Test
    fun `the stream opens while the first turns are processed`(): Unit = runBlocking {
        val id = codex(stdout(message("One")), """{"hold": "never"}""")
        val stream = client.sessions.transcript(id)
        val received = mutableListOf<List<TranscriptTurn>>()
        withTimeout(60_000) {
            stream.turns().onEach { received.add(it) }.first { turns ->
                // The collector continues only when the server has received the request.
                if (received.size == 1) server.awaitStreams(1)
                turns.lastOrNull()?.items?.size == 1
            }
        }
        assertEquals(emptyList<TranscriptTurn>(), received.first())
        server.awaitStreams(0)
    }

    @Test
    fun `a collector that returns after the first turns closes the connection`(): Unit = runBlocking {
        val id = codex(stdout(message("One")), """{"hold": "never"}""")
        val stream = client.sessions.transcript(id)
        stream.turns().first {
            server.awaitStreams(1)
            true
        }
        server.awaitStreams(0)
        assertEquals(ConnectionState.Closed, stream.state.value)
    }

    @Test
    fun `an exception of opening is thrown after the first turns`(): Unit = runBlocking {
        val first = listOf(emptyList<TranscriptTurn>())
        val received = mutableListOf<List<TranscriptTurn>>()
        val turns = client.sessions.transcript(UUID.randomUUID()).turns().onEach { server.awaitRequests(1) }
        assertThrows<AodException.NotFound> { turns.toList(received) }
        assertEquals(first, received)

        val closed = server.client().apply { close() }
        received.clear()
        assertThrows<AodException.Closed> { closed.sessions.transcript(UUID.randomUUID()).turns().toList(received) }
        assertEquals(first, received)
    }

    @Test
    fun `a cancelled collector receives no turns and opens nothing`(): Unit = runBlocking {
        val stream = client.sessions.transcript(UUID.randomUUID())
        val received = mutableListOf<List<TranscriptTurn>>()
        launch {
            cancel()
            stream.turns().toList(received)
        }.join()
        assertEquals(emptyList<List<TranscriptTurn>>(), received)
        // A stream that was opened would be closed.
        assertEquals(ConnectionState.Connecting, stream.state.value)
    }

    @Test
    fun `a collector that returns closes the connection`(): Unit = runBlocking {
        val id = codex(stdout(message("One")), """{"hold": "never"}""")
        val stream = client.sessions.transcript(id)
        stream.first { it is TranscriptChange.ItemAdded }
        server.awaitStreams(0)
        assertEquals("One", stream.transcript.finalText)
    }

    @Test
    fun `a stream has one collector at a time`(): Unit = runBlocking {
        val id = codex(stdout(message("One")), """{"exit": 0}""")
        val stream = client.sessions.transcript(id)
        stream.collect { assertThrows<IllegalStateException> { runBlocking { stream.toList() } } }
        assertEquals("One", stream.transcript.finalText)
    }

    @Test
    fun `collecting a session that does not exist fails`(): Unit = runBlocking {
        val stream = client.sessions.transcript(UUID.randomUUID())
        assertThrows<AodException.NotFound> { stream.toList() }
        assertThrows<AodException.NotFound> { stream.turns().toList() }
    }

    @Test
    fun `a turn can be followed alone`(): Unit = runBlocking {
        val id = codex(stdout(message("One")), """{"exit": 0}""")
        client.sessions.waitForCompletion(id)
        server.script(stdout(message("Two")), """{"exit": 0}""")
        val turn = client.sessions.prompt(id, "again").currentTurn
        val stream = client.sessions.transcript(id, StreamOptions(turn = turn))
        stream.collect {}
        assertEquals(listOf(2L), stream.transcript.turns.map { it.number })
    }
}
