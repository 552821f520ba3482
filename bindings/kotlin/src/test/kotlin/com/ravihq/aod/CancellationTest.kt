package com.ravihq.aod

import java.io.File
import java.lang.management.ManagementFactory
import java.lang.ref.WeakReference
import java.time.Duration
import kotlin.system.measureNanoTime
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.count
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Tests that cancelled calls and streams, and large numbers of them, release all resources. */
class CancellationTest : ServerTest() {
    override fun afterClose(): Unit = runBlocking { awaitIdle() }

    /** The active tasks of the library and its pending callbacks; only those above zero. */
    private fun inFlight(): Map<String, Int> = mapOf(
        "tasks" to activeTasks().toInt(),
        "calls" to uniffiContinuationHandleMap.size,
        "listeners" to FfiConverterTypeBatchListener.handleMap.size,
    ).filterValues { it > 0 }

    /** Waits until nothing is in flight; fails after a timeout. */
    private suspend fun awaitIdle() {
        withTimeoutOrNull(120_000) { while (inFlight().isNotEmpty()) delay(5) }
        assertEquals(emptyMap<String, Int>(), inFlight())
    }

    /** Makes a call that fails, with a callback that keeps an object. Returns a reference to the object. */
    private fun failedCall(kind: ErrorKind, call: (kept: Any) -> Unit): WeakReference<Any> {
        val kept = Any()
        assertEquals(kind, assertThrows<AodException> { call(kept) }.kind)
        return WeakReference(kept)
    }

    /** Waits until the objects are garbage-collected; fails after a timeout. */
    private suspend fun awaitCollected(objects: List<WeakReference<Any>>) {
        fun isKept(reference: WeakReference<Any>) = reference.get() != null
        withTimeoutOrNull(60_000) {
            while (objects.any(::isKept)) {
                System.gc()
                delay(5)
            }
        }
        assertEquals(0, objects.count(::isKept), "objects that callbacks still keep")
    }

    /** The resident memory of this process in KiB. */
    private fun residentMemory(): Long =
        File("/proc/self/status").readLines().single { it.startsWith("VmRSS:") }.filter(Char::isDigit).toLong()

    /** The used heap after garbage collection, in KiB. */
    private fun usedHeap(): Long {
        // Objects with a cleaner are freed by a later collection.
        repeat(3) { System.gc() }
        return ManagementFactory.getMemoryMXBean().heapMemoryUsage.used / 1024
    }

    /** The progress of a call or stream before it was cancelled. */
    private class Progress {
        @Volatile
        var events = 0

        @Volatile
        var isDone = false
    }

    @Test
    fun `calls and streams cancelled at any point leak no tasks or connections`(): Unit = runBlocking {
        server.script("""{"stdout": "one"}""", """{"hold": "never"}""")
        val session = client.start()
        server.control("POST", "reached", """{"name": "never"}""")
        suspend fun callOrStream(client: AodClient, isCall: Boolean, progress: Progress) {
            if (isCall) {
                client.sessions.get(session.id)
                progress.isDone = true
            } else {
                client.sessions.stream(session.id).collect { progress.events++ }
            }
        }
        val latencies = List(200) { measureNanoTime { callOrStream(client, isCall = true, Progress()) } }.drop(100)
        // Twice the 90th percentile.
        val longest = 2 * latencies.sorted()[90]
        client.close()
        // The first round is a warm-up.
        repeat(2) { round ->
            val count = if (round == 0) 100 else 2000
            val attempts = List(count) { Progress() }
            server.client().use { other ->
                attempts.forEachIndexed { number, progress ->
                    coroutineScope {
                        val job = launch(Dispatchers.Default) { callOrStream(other, number % 2 == 0, progress) }
                        // The delay grows from zero to the full latency; the last two wait for the result.
                        val until = System.nanoTime() + longest * number / count
                        val waits = number >= count - 2
                        fun isPending() = !progress.isDone && progress.events == 0
                        while (if (waits) isPending() else System.nanoTime() < until) yield()
                        job.cancelAndJoin()
                    }
                }
                server.awaitStreams(0)
                // Closes the idle connections, so that any other is one that a cancelled call has left open.
                other.suspend()
                server.awaitConnections(1)
            }
            awaitIdle()
            if (round == 1) {
                val done = attempts.count { it.isDone }
                val streamed = attempts.count { it.events > 0 }
                println("of $count cancelled within ${longest / 1000} µs, $done had completed, $streamed had events")
                assertTrue(done > 0 && streamed > 0 && done + streamed < count)
            }
        }
    }

    @Test
    fun `listeners cancelled at any point leak nothing`(): Unit = runBlocking {
        server.script("""{"stdout": "one"}""", """{"hold": "never"}""")
        val session = client.start()
        val listener = object : EventListener {
            override fun onEvents(events: List<StreamEvent>, cursor: Long?) {}

            override fun onError(error: AodException) {}
        }
        client.close()
        // Without idle connections, so that any connection is one that a cancelled listener has left open.
        AodClient(server.url, server.token, poolMaxIdle = 0).use { other ->
            // The first round is a warm-up.
            repeat(2) {
                repeat(500) { number ->
                    val subscription = other.sessions.listen(session.id, listener)
                    val until = System.nanoTime() + number * 4_000L
                    while (System.nanoTime() < until) yield()
                    subscription.cancel()
                    subscription.join()
                }
                server.awaitConnections(1)
            }
        }
        awaitIdle()
    }

    @Test
    fun `cancelling a stalled call returns at once and closes its connection`(): Unit = runBlocking {
        server.fault("GET", "/health", """{"stall": {}}""", times = 64)
        // So that the connections are not closed because of the time limit of the calls.
        val patient = client.withOptions(timeout = Duration.ofMinutes(10))
        val calls = List(64) { async(Dispatchers.Default) { patient.health() } }
        server.awaitRequests(64)
        calls.forEach { it.cancelAndJoin() }
        server.awaitConnections(1)
        client.close()
        awaitIdle()
    }

    @Test
    fun `a call in a cancelled coroutine sends nothing`(): Unit = runBlocking {
        // From now on, a request needs no new connection.
        client.health()
        val connection = Connection.of {
            NativeClient(ClientConfig(baseUrl = server.url, token = Secret(server.token)))
        }
        var isStarted = false
        repeat(100) {
            launch(Dispatchers.Default) {
                cancel()
                client.agents.create("a", "m")
            }.join()
            launch(Dispatchers.Default) {
                cancel()
                connection.call { isStarted = true }
            }.join()
        }
        connection.close()
        client.close()
        awaitIdle()
        assertFalse(isStarted)
        assertEquals(1, server.stat("requests"))
    }

    @Test
    fun `following a turn in a cancelled coroutine stops its session if asked to`(): Unit = runBlocking {
        server.script("""{"hold": "never"}""")
        val ack = client.start()
        launch(Dispatchers.Default) {
            cancel()
            client.sessions.follow(ack, onAbandon = OnAbandon.TERMINATE)
        }.join()
        val session = withTimeout(60_000) { client.sessions.waitForCompletion(ack.id) }
        assertEquals(SessionStatus.Terminated, session.status)
    }

    @Test
    fun `a future of a turn that is cancelled immediately stops its session if asked to`(): Unit = runBlocking {
        server.script("""{"hold": "never"}""")
        val sessions = FutureClient(client).sessions
        // Another thread would begin some of the calls before they are cancelled, but not all of them.
        repeat(20) {
            val ack = client.start()
            sessions.follow(ack, OnAbandon.TERMINATE).cancel(true)
            val session = withTimeout(60_000) { client.sessions.waitForCompletion(ack.id) }
            assertEquals(SessionStatus.Terminated, session.status)
        }
    }

    @Test
    fun `a blocked collector applies backpressure instead of buffering`(): Unit = runBlocking {
        val chunk = "x".repeat(64 * 1024)
        server.script("""{"hold": "filled"}""")
        val session = client.start()
        server.control("POST", "reached", """{"name": "filled"}""")
        val action = """{"output": {"stream": "stdout", "data": "$chunk", "turn": 1}}"""
        val output = """{"session": "${session.id}", "action": $action}"""
        val chunks = 2000
        repeat(chunks) { server.control("POST", "session", output) }
        server.control("POST", "release", """{"name": "filled"}""")
        client.sessions.waitForCompletion(session.id)
        suspend fun readAll() = client.sessions.stream(session.id).collect { }
        readAll()

        val before = residentMemory() + usedHeap()
        val gate = CompletableDeferred<Unit>()
        val arrived = CompletableDeferred<Unit>()
        val received = async(Dispatchers.Default) {
            client.sessions.stream(session.id).filter { it.stdout != null }.onEach {
                arrived.complete(Unit)
                gate.await()
            }.count()
        }
        arrived.await()
        // Long enough for a reader without backpressure: others read the whole stream, twice.
        repeat(2) { readAll() }
        assertEquals(1, server.stat("open_streams"), "the stream is still open")
        val more = residentMemory() + usedHeap() - before
        gate.complete(Unit)
        assertEquals(chunks, received.await())
        val all = chunks * 64L
        println("$more KiB more while a collector blocks a stream of $all KiB")
        assertTrue(more < all / 2, "$more KiB more, of a stream of $all KiB")
    }

    @Test
    fun `memory is flat over a hundred thousand calls`(): Unit = runBlocking {
        val session = client.start()
        client.sessions.waitForCompletion(session.id)
        suspend fun calls(count: Int) = coroutineScope {
            repeat(8) { launch(Dispatchers.Default) { repeat(count / 8) { client.sessions.get(session.id) } } }
        }
        // The first half warms up the JIT compiler and the caches.
        calls(50_000)
        val half = usedHeap() to residentMemory()
        calls(50_000)
        val whole = usedHeap() to residentMemory()
        println("heap and resident memory in KiB: $half after 50,000 calls, $whole after 100,000")
        assertTrue(whole.second < half.second + half.second / 20, "resident: $half, then $whole")
        // Less than 20 bytes per call.
        assertTrue(whole.first < half.first + 1000, "heap: $half, then $whole")
    }

    @Test
    fun `closed clients leak nothing`(): Unit = runBlocking {
        client.close()
        repeat(200) { server.client().use { it.health() } }
        server.awaitConnections(1)
        awaitIdle()
    }

    @Test
    fun `calls with invalid arguments leak nothing`(): Unit = runBlocking {
        client.close()
        val references = ArrayList<WeakReference<Any>>()
        repeat(100) {
            server.client().use { other ->
                other.health()
                assertThrows<AodException.InvalidRequest> { other.agents.create("\uD83D", "m") }
                references += failedCall(ErrorKind.INVALID_REQUEST) { kept ->
                    other.withOptions(timeout = Duration.ofSeconds(-1), onResponse = { kept.hashCode() })
                }
                references += failedCall(ErrorKind.CONFIGURATION) { kept ->
                    other.withOptions(headers = mapOf("a b" to "c"), onResponse = { kept.hashCode() })
                }
            }
            references += failedCall(ErrorKind.INVALID_REQUEST) { kept ->
                AodClient(server.url, { kept.toString() }, connectTimeout = Duration.ofSeconds(-1))
            }
            references += failedCall(ErrorKind.INVALID_REQUEST) { kept ->
                AodClient(server.url, { kept.toString() }, userAgentSuffix = "\uD83D")
            }
            references += failedCall(ErrorKind.CONFIGURATION) { kept ->
                AodClient("ftp://localhost", { kept.toString() })
            }
        }
        server.awaitConnections(1)
        awaitIdle()
        awaitCollected(references)
    }

    @Test
    fun `a closed formatter frees its memory while it is still referenced`() {
        val megabyte = "x".repeat(1 shl 20)
        val before = residentMemory()
        val closed = List(300) {
            GenericFormatter().apply {
                feed(megabyte)
                close()
            }
        }
        val more = residentMemory() - before
        assertTrue(more < 100 * 1024, "$more KiB more, of ${closed.size} MiB")
    }
}
