package examples.session

import com.ravihq.aod.AodClient
import com.ravihq.aod.AodException
import com.ravihq.aod.ConnectionState
import com.ravihq.aod.DevServer
import com.ravihq.aod.Generation
import com.ravihq.aod.ItemStatus
import com.ravihq.aod.Outcome
import com.ravihq.aod.Provider
import com.ravihq.aod.Runtime
import com.ravihq.aod.ServerTest
import com.ravihq.aod.Transcript
import com.ravihq.aod.start
import java.io.File
import java.nio.file.Path
import java.util.UUID
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.job
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

/** Tests the view model of the examples, on a server that can interrupt turns. */
class SessionViewModelTest : ServerTest(Generation.V2026_06_25) {
    private val scopes = mutableListOf<CoroutineScope>()

    @TempDir
    lateinit var folder: Path

    @AfterEach
    fun close() = runBlocking { scopes.forEach { it.close() } }

    private suspend fun CoroutineScope.close() = coroutineContext.job.cancelAndJoin()

    private fun newScope() = CoroutineScope(Dispatchers.Default).also { scopes += it }

    private val snapshot get() = folder.resolve("snapshot").toFile()

    private fun show(
        id: UUID,
        scope: CoroutineScope = newScope(),
        client: AodClient = this.client,
        store: SnapshotStore = SnapshotFile(snapshot),
    ) = SessionViewModel(client, id, scope, store)

    private suspend fun SessionViewModel.await(condition: (SessionUiState) -> Boolean): SessionUiState =
        withTimeout(60_000) { state.first(condition) }

    private suspend fun SessionViewModel.awaitEnd(turn: Int): SessionUiState =
        await { state -> state.rows.count { it is SessionRow.TurnEnd } == turn && state.canSend }

    private suspend fun create(prompt: String = "Fix the test"): UUID {
        val agent = client.agents.create("a", "claude-sonnet-4-6", provider = Provider.Anthropic)
        return client.sessions.create(agent.id, prompt).id
    }

    private fun stdout(text: String) = """{"stdout": ${JsonPrimitive(text)}}"""

    private fun release(hold: String, server: DevServer = this.server) {
        server.control("POST", "release", """{"name": "$hold"}""")
    }

    private fun awaitHold(hold: String) {
        server.control("POST", "reached", """{"name": "$hold"}""")
    }

    /** The output of a recorded session, which waits in the middle for the hold `middle`. */
    private fun recordedSession(): Array<String> {
        val steps = File("../../tests/data/transcripts/claude/session.jsonl").readText().chunked(100).map(::stdout)
        val half = steps.size / 2
        return (steps.take(half) + """{"hold": "middle"}""" + steps.drop(half) + """{"exit": 0}""").toTypedArray()
    }

    private val List<SessionRow>.keys get() = map { it.key }

    @Test
    fun `a session is shown from its prompt to its end`(): Unit = runBlocking {
        val session = show(create())
        val state = session.await { it.outcome != null && it.connection == ConnectionState.Closed }
        assertEquals(
            listOf("Prompt", "Thinking", "Message", "ToolCall", "ToolCall", "Plan", "Message", "TurnEnd"),
            state.rows.map { it.javaClass.simpleName },
        )
        assertEquals(state.rows.keys.distinct(), state.rows.keys)
        assertEquals("Fix the test", (state.rows.first() as SessionRow.Prompt).text)
        val shell = state.rows.filterIsInstance<SessionRow.ToolCall>().first()
        assertEquals(listOf("Bash", "ls -a /workspace"), listOf(shell.name, shell.subject))
        assertEquals(ItemStatus.COMPLETED, shell.status)
        assertEquals(".\n..\nREADME.md\nsrc", shell.result?.text)
        val plan = state.rows.filterIsInstance<SessionRow.Plan>().single()
        assertEquals(listOf("Look around", "Answer"), plan.steps.map { it.text })
        assertEquals(Outcome.Success, state.outcome)
        assertEquals(0.0042, state.usage?.costUsd)
        assertNull(state.error)
        assertTrue(state.canSend)
        assertTrue("✓ Bash ls -a /workspace\n    .\n" in state.toText(), state.toText())
    }

    @Test
    fun `a text grows in its row, and the other rows stay the same objects`(): Unit = runBlocking {
        fun fragment(text: String) =
            stdout("""{"type":"message","role":"assistant","content":"$text","delta":true}""" + "\n")
        DevServer(Generation.V2026_04_21).use { server ->
            server.script(
                stdout("""{"type":"message","role":"user","content":"Say hello"}""" + "\n"),
                """{"stderr": "Loaded\n"}""",
                fragment("Hel"),
                """{"hold": "rest"}""",
                fragment("lo"),
            )
            server.client().use { client ->
                val id = client.start("Say hello", "gemini-2.5-pro", Runtime.Gemini).id
                val scope = newScope()
                val session = show(id, scope, client)
                val first = session.await { it.rows.size == 3 }
                assertEquals(SessionRow.Message("1-3", "Hel", isComplete = false, isNested = false), first.rows.last())
                release("rest", server)
                val last = session.awaitEnd(1)
                assertEquals("Hello", (last.rows[2] as SessionRow.Message).text)
                // The prompt, which Gemini CLI repeats, is shown once.
                assertEquals(first.rows.keys + "end-1", last.rows.keys)
                assertSame(first.rows[1], last.rows[1])
                scope.close()
            }
        }
    }

    @Test
    fun `a further prompt continues the list`(): Unit = runBlocking {
        val session = show(create())
        val first = session.awaitEnd(1)
        session.send("Now add a test")
        val second = session.awaitEnd(2)
        assertEquals(first.rows, second.rows.take(first.rows.size))
        val turn = second.rows.drop(first.rows.size)
        assertEquals("Now add a test", (turn.first() as SessionRow.Prompt).text)
        assertEquals("On it: Now add a test", turn.filterIsInstance<SessionRow.Message>().first().text)
        assertEquals(second.rows.keys.distinct(), second.rows.keys)
        assertEquals(0.0084, second.usage?.costUsd)
        assertNull(second.unsentPrompt)
    }

    @Test
    fun `a turn is interrupted, and a further prompt continues`(): Unit = runBlocking {
        server.script(*recordedSession())
        val session = show(create())
        session.await { state -> state.rows.any { it is SessionRow.ToolCall } }
        awaitHold("middle")
        session.interrupt()
        val interrupted = session.awaitEnd(1)
        assertEquals(Outcome.Interrupted, interrupted.outcome)
        assertNull(interrupted.error)

        server.script(stdout("Hello\n"), """{"exit": 0}""")
        session.send("Continue")
        val last = session.awaitEnd(2)
        assertEquals(interrupted.rows, last.rows.take(interrupted.rows.size))
        assertEquals(Outcome.Success, last.outcome)
    }

    @Test
    fun `a screen that is restored in the middle of a turn shows the same rows`(): Unit = runBlocking {
        server.script(*recordedSession())
        val id = create()
        val scope = newScope()
        val before = show(id, scope).await { state -> state.rows.any { it is SessionRow.ToolCall } }
        assertNull(before.outcome)
        // Cancelled like the `viewModelScope` of a screen that is closed, in the middle of a line of the output.
        awaitHold("middle")
        scope.close()
        server.awaitStreams(0)
        val cursor = Transcript.restore(snapshot.readBytes()).use { it.cursor }
        assertNotNull(cursor)
        release("middle")

        val restored = show(id)
        val first = restored.await { it.rows.isNotEmpty() }
        assertTrue(first.rows.keys.containsAll(before.rows.keys.drop(1)), first.rows.toString())
        val last = restored.awaitEnd(1)
        assertTrue(server.requests().any { it.getValue("query").jsonPrimitive.content == "since=$cursor" })

        val undisturbed = show(id, store = SnapshotFile(folder.resolve("other").toFile())).awaitEnd(1)
        assertEquals(undisturbed.rows, last.rows)
        assertEquals(undisturbed.usage, last.usage)
    }

    @Test
    fun `a damaged snapshot counts as no snapshot`(): Unit = runBlocking {
        snapshot.writeText("damaged")
        val id = create()
        val last = show(id).awaitEnd(1)
        assertEquals(show(id, store = SnapshotFile(folder.resolve("other").toFile())).awaitEnd(1).rows, last.rows)
    }

    @Test
    fun `a screen that is not shown closes its stream, and continues it when it is shown again`(): Unit = runBlocking {
        server.script(*recordedSession())
        val session = show(create())
        val before = session.await { state -> state.rows.any { it is SessionRow.ToolCall } }
        server.awaitStreams(0)
        release("middle")
        val last = session.awaitEnd(1)
        assertTrue(last.rows.keys.containsAll(before.rows.keys))
        assertEquals(last.rows.keys.distinct(), last.rows.keys)
    }

    @Test
    fun `a prompt that is not accepted is kept with the error`(): Unit = runBlocking {
        server.script(stdout("Hello\n"), """{"hold": "end"}""", """{"exit": 0}""")
        val session = show(create())
        session.await { it.rows.size == 2 }
        session.send("Too early")
        val rejected = session.await { it.error != null }
        assertInstanceOf(AodException.Conflict::class.java, rejected.error)
        assertEquals("Too early", rejected.unsentPrompt)
        release("end")
        assertEquals("Too early", session.awaitEnd(1).unsentPrompt)
        session.send("Now")
        assertNull(session.awaitEnd(2).unsentPrompt)
    }

    @Test
    fun `a stream that failed continues with a retry`(): Unit = runBlocking {
        server.fault("GET", "/sessions/*/stream", """{"status": {"status": 403}}""")
        val session = show(create())
        assertInstanceOf(AodException.Auth::class.java, session.await { it.error != null }.error)
        session.retry()
        assertNull(session.awaitEnd(1).error)
    }

    @Test
    fun `a server that cannot interrupt a turn is an error, and the turn continues`(): Unit = runBlocking {
        DevServer(Generation.V2026_04_21).use { server ->
            server.script(stdout("Hello\n"), """{"hold": "end"}""", """{"exit": 0}""")
            server.client().use { client ->
                val scope = newScope()
                val session = show(client.start().id, scope, client)
                session.await { it.rows.size == 2 }
                session.interrupt()
                assertInstanceOf(AodException.Unsupported::class.java, session.await { it.error != null }.error)
                release("end", server)
                assertEquals(Outcome.Success, session.awaitEnd(1).outcome)
                scope.close()
            }
        }
    }
}
