package com.ravihq.aod

import java.util.UUID
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.count
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Tests running and watching several sessions at once. */
class ManySessionsTest : ServerTest() {
    private val sessions get() = client.sessions

    private suspend fun createAgent() = client.agents.create("a", "claude-sonnet-4-6", runtime = Runtime.Claude).id

    private suspend fun requests(count: Int): List<CreateSession> {
        val agent = createAgent()
        return List(count) { CreateSession(agent, "prompt $it") }
    }

    private fun quota(limit: Int?) {
        server.control("POST", "quota", """{"limit": $limit}""")
    }

    /** Starts a session whose script waits at the hold with this name. */
    private suspend fun startHeld(name: String): UUID {
        server.script("""{"stdout": "$name"}""", """{"hold": "$name"}""")
        val session = client.start()
        server.control("POST", "reached", """{"name": "$name"}""")
        return session.id
    }

    private fun release(name: String) {
        server.control("POST", "release", """{"name": "$name"}""")
    }

    private fun print(session: UUID, text: String) {
        val action = """{"output": {"stream": "stdout", "data": "$text", "turn": 1}}"""
        server.control("POST", "session", """{"session": "$session", "action": $action}""")
    }

    @Test
    fun `the results of many runs are in the order of their requests`(): Unit = runBlocking {
        server.script("""{"stdout": "x"}""")
        val results = sessions.runAll(requests(6), maxConcurrent = 3)
        results.forEachIndexed { index, result ->
            val run = result.getOrThrow()
            assertEquals("x", run.stdout)
            assertEquals("prompt $index", sessions.turns(run.session.id).single().prompt)
        }
        assertEquals(6, results.size)
        assertEquals(emptyList<Result<RunResult>>(), sessions.runAll(emptyList()))
    }

    @Test
    fun `a run that fails does not affect the others`(): Unit = runBlocking {
        val requests = requests(2)
        val unknown = CreateSession(UUID.randomUUID(), "hi")
        val results = sessions.runAll(listOf(requests[0], unknown, requests[1]))
        assertEquals(listOf(true, false, true), results.map { it.isSuccess })
        assertInstanceOf(AodException.NotFound::class.java, results[1].exceptionOrNull())
    }

    @Test
    fun `at most so many sessions are active as configured`(): Unit = runBlocking {
        // A third session would be refused, and created by another request.
        quota(2)
        val results = sessions.runAll(requests(5), maxConcurrent = 2)
        assertTrue(results.all { it.isSuccess })
        val path = { request: Map<String, Any> -> "${request["method"]} ${request["path"]}".replace("\"", "") }
        assertEquals(5, server.requests().map(path).count { it == "POST /sessions" })
        assertThrows<IllegalArgumentException> { sessions.runAll(requests(1), maxConcurrent = 0) }
    }

    @Test
    fun `cancelling runAll cancels all sessions and starts no further one`(): Unit = runBlocking {
        server.script("""{"hold": "never"}""")
        val requests = requests(5)
        val runs = launch(Dispatchers.Default) {
            sessions.runAll(requests, maxConcurrent = 2, onAbandon = OnAbandon.TERMINATE)
        }
        server.awaitStreams(2)
        runs.cancelAndJoin()
        val started = sessions.list()
        assertEquals(2, started.size)
        started.forEach { assertEquals(SessionStatus.Terminated, sessions.waitForCompletion(it.id).status) }
        assertEquals(2, sessions.list().size)
    }

    @Test
    fun `a run waits for the quota if asked to`(): Unit = runBlocking {
        val request = requests(1).single()
        quota(0)
        assertNotNull(assertThrows<AodException.RateLimit> { sessions.run(request) }.quota)
        val run = async(Dispatchers.Default) { sessions.run(request.agentId, request.prompt, waitForQuota = true) }
        // The agent, the refused session, and the first attempt of this one.
        server.awaitRequests(3)
        quota(null)
        assertEquals(SessionStatus.Completed, run.await().session.status)
    }

    private fun Flow<SessionEvent>.received() = filterIsInstance<SessionEvent.Received>()

    @Test
    fun `the events of several sessions arrive in one flow`(): Unit = runBlocking {
        val (first, second) = startHeld("first") to startHeld("second")
        val items = Channel<SessionEvent.Received>(Channel.UNLIMITED)
        val watching = launch(Dispatchers.Default) {
            sessions.watch(listOf(first, second)).received().collect(items::send)
            items.close()
        }
        suspend fun nextText(): Pair<UUID, String> {
            while (true) {
                val item = items.receive()
                item.event.stdout?.let { return item.sessionId to it }
            }
        }
        assertEquals(setOf(first to "first", second to "second"), setOf(nextText(), nextText()))
        // Each event is read before the next one is written, so they arrive in this order.
        for ((session, text) in listOf(first to "a", second to "b", first to "c")) {
            print(session, text)
            assertEquals(session to text, nextText())
        }
        release("first")
        release("second")
        watching.join()
        val rest = generateSequence { items.tryReceive().getOrNull() }.toList()
        assertEquals(setOf(first, second), rest.filter { it.event is StreamEvent.Exit }.map { it.sessionId }.toSet())
    }

    @Test
    fun `a session that cannot be watched has one item and does not affect the others`(): Unit = runBlocking {
        val (known, unknown) = client.start().id to UUID.randomUUID()
        val items = sessions.watch(listOf(unknown, known, known)).toList()
        val failed = items.single { it.sessionId == unknown } as SessionEvent.Failed
        assertInstanceOf(AodException.NotFound::class.java, failed.error)
        assertEquals(unknown, failed.error.sessionId)
        val events = items.filterIsInstance<SessionEvent.Received>().map { it.event }
        assertEquals(sessions.stream(known).toList(), events)
        assertEquals(emptyList<SessionEvent>(), sessions.watch(emptyList()).toList())
    }

    @Test
    fun `watching resumes from the cursor of each session`(): Unit = runBlocking {
        val ids = List(2) { client.start().id }
        ids.forEach { sessions.waitForCompletion(it) }
        val all = sessions.watch(ids).received().toList()
        val cursor = all.filter { it.sessionId == ids[0] }.mapNotNull { it.event.cursor }.last()
        val since = mapOf(ids[0] to cursor, UUID.randomUUID() to 1L)
        val resumed = sessions.watch(ids, since).received().toList().groupBy({ it.sessionId }, { it.event })
        assertEquals(2, resumed.getValue(ids[0]).size)
        assertEquals(all.filter { it.sessionId == ids[1] }.map { it.event }, resumed[ids[1]])
        assertEquals(ids.toSet(), resumed.keys)
    }

    @Test
    fun `a collector of a watch that is cancelled or returns closes all connections`(): Unit = runBlocking {
        val ids = listOf(startHeld("first"), startHeld("second"))
        val job = launch(Dispatchers.Default) { sessions.watch(ids).collect { } }
        server.awaitStreams(2)
        job.cancelAndJoin()
        server.awaitStreams(0)
        sessions.watch(ids).received().first { it.event.stdout != null }
        server.awaitStreams(0)
    }

    @Test
    fun `closing the client fails each watched session`(): Unit = runBlocking {
        val ids = listOf(startHeld("first"), startHeld("second"))
        val items = async(Dispatchers.Default) { sessions.watch(ids).toList() }
        server.awaitStreams(2)
        client.close()
        val failed = items.await().filterIsInstance<SessionEvent.Failed>()
        assertEquals(ids.toSet(), failed.map { it.sessionId }.toSet())
        failed.forEach { assertInstanceOf(AodException.Closed::class.java, it.error) }
        failed.forEach { assertNull(it.error.sessionId) }
    }

    @Test
    fun `a blocked collector of a watch applies backpressure`(): Unit = runBlocking {
        val id = startHeld("filled")
        val text = "x".repeat(64 * 1024)
        // More than the buffers of both sockets hold: Linux lets them grow to tens of megabytes.
        val chunks = 1_000
        repeat(chunks) { print(id, text) }
        release("filled")
        sessions.waitForCompletion(id)
        val gate = CompletableDeferred<Unit>()
        val arrived = CompletableDeferred<Unit>()
        val received = async(Dispatchers.Default) {
            sessions.watch(listOf(id)).received().filter { it.event.stdout == text }.onEach {
                arrived.complete(Unit)
                gate.await()
            }.count()
        }
        arrived.await()
        // Long enough for a reader without backpressure: others read the whole stream, twice.
        repeat(2) { sessions.stream(id).collect { } }
        assertEquals(1, server.stat("open_streams"), "the stream is still open")
        gate.complete(Unit)
        assertEquals(chunks, received.await())
    }
}
