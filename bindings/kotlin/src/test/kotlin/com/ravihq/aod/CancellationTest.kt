package com.ravihq.aod

import java.io.File
import java.lang.management.ManagementFactory
import java.time.Duration
import kotlin.system.measureNanoTime
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.count
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeoutOrNull
import kotlinx.coroutines.yield
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** What calls and streams leave behind when they are given up, and after many of them: nothing. */
class CancellationTest : ServerTest() {
    override fun afterwards(): Unit = runBlocking { awaitNothing() }

    /** Whatever the library has under way, and what it may still call back. */
    private fun underWay(): Map<String, Int> = mapOf(
        "tasks" to activeTasks().toInt(),
        "calls" to uniffiContinuationHandleMap.size,
        "listeners" to FfiConverterTypeBatchListener.handleMap.size,
    ).filterValues { it != 0 }

    /** Waits until nothing is under way; times out with what is. */
    private suspend fun awaitNothing() {
        withTimeoutOrNull(120_000) { while (underWay().isNotEmpty()) delay(5) }
        assertEquals(emptyMap<String, Int>(), underWay())
    }

    private fun descriptors(): Int = checkNotNull(File("/proc/self/fd").list()).size

    /** The resident memory of this process in KiB. */
    private fun resident(): Long =
        File("/proc/self/status").readLines().single { it.startsWith("VmRSS:") }.filter(Char::isDigit).toLong()

    /** What lives in the heap, in KiB. */
    private fun heap(): Long {
        // What a first collection finds to be cleaned goes with a second.
        repeat(3) { System.gc() }
        return ManagementFactory.getMemoryMXBean().heapMemoryUsage.used / 1024
    }

    /** How far a call or stream came that was given up. */
    private class Way {
        @Volatile
        var events = 0

        @Volatile
        var isDone = false
    }

    @Test
    fun `two thousand calls and streams cancelled at any point leave no task and no descriptor`(): Unit = runBlocking {
        server.script("""{"stdout": "one"}""", """{"hold": "never"}""")
        val session = client.start()
        server.control("POST", "reached", """{"name": "never"}""")
        suspend fun once(client: AodClient, isCall: Boolean, way: Way) {
            if (isCall) {
                client.sessions.get(session.id)
                way.isDone = true
            } else {
                client.sessions.stream(session.id).collect { way.events++ }
            }
        }
        val latencies = List(200) { measureNanoTime { once(client, isCall = true, Way()) } }.drop(100)
        // Twice what all but a few of them take.
        val longest = 2 * latencies.sorted()[90]
        client.close()
        // A round before counting, so that what is made once is there.
        repeat(2) { round ->
            val before = descriptors()
            val count = if (round == 0) 100 else 2000
            val ways = List(count) { Way() }
            server.client().use { other ->
                ways.forEachIndexed { number, way ->
                    coroutineScope {
                        val job = launch(Dispatchers.Default) { once(other, number % 2 == 0, way) }
                        // From at once to when it has its answer, which the last two wait for.
                        val until = System.nanoTime() + longest * number / count
                        val waits = number >= count - 2
                        while (if (waits) !way.isDone && way.events == 0 else System.nanoTime() < until) yield()
                        job.cancelAndJoin()
                    }
                }
                server.awaitStreams(0)
            }
            awaitNothing()
            if (round == 1) {
                val done = ways.count { it.isDone }
                val told = ways.count { it.events > 0 }
                println("of $count given up within ${longest / 1000} µs, $done were answered and $told had events")
                assertTrue(done > 0 && told > 0 && done + told < count)
                assertTrue(descriptors() <= before, "$before, then ${descriptors()} descriptors")
            }
        }
    }

    @Test
    fun `listeners cancelled at any point leave nothing`(): Unit = runBlocking {
        server.script("""{"stdout": "one"}""", """{"hold": "never"}""")
        val session = client.start()
        val listener = object : EventListener {
            override fun onEvents(events: List<StreamEvent>) {}

            override fun onError(error: AodException) {}
        }
        repeat(2) { round ->
            val before = descriptors()
            repeat(500) { number ->
                val subscription = client.sessions.listen(session.id, listener)
                val until = System.nanoTime() + number * 4_000L
                while (System.nanoTime() < until) yield()
                subscription.cancel()
                subscription.join()
            }
            server.awaitStreams(0)
            if (round == 1) assertTrue(descriptors() <= before + 1, "$before, then ${descriptors()} descriptors")
        }
    }

    @Test
    fun `a call that hangs is given up at once and closes its connection`(): Unit = runBlocking {
        server.fault("GET", "/health", """{"stall": {}}""", times = 64)
        val calls = List(64) { async(Dispatchers.Default) { client.health() } }
        server.awaitRequests(64)
        calls.forEach { it.cancelAndJoin() }
        client.close()
        awaitNothing()
        server.awaitConnections(1)
    }

    @Test
    fun `a collector that does not go on holds the server back, not the memory up`(): Unit = runBlocking {
        val chunk = "x".repeat(64 * 1024)
        server.script("""{"hold": "filled"}""")
        val session = client.start()
        server.control("POST", "reached", """{"name": "filled"}""")
        val output = """{"session": "${session.id}", "action": {"output": {"stream": "stdout", "data": "$chunk", "turn": 1}}}"""
        val chunks = 2000
        repeat(chunks) { server.control("POST", "session", output) }
        server.control("POST", "release", """{"name": "filled"}""")
        client.sessions.waitForCompletion(session.id)
        suspend fun readAll() = client.sessions.stream(session.id).collect { }
        readAll()

        val before = resident() + heap()
        val gate = CompletableDeferred<Unit>()
        val arrived = CompletableDeferred<Unit>()
        val seen = async(Dispatchers.Default) {
            client.sessions.stream(session.id).filter { it.stdout != null }.onEach {
                arrived.complete(Unit)
                gate.await()
            }.count()
        }
        arrived.await()
        // Time enough for a reader that does not wait for its collector: others read the whole of it, twice.
        repeat(2) { readAll() }
        assertEquals(1, server.stat("open_streams"), "the server has not sent all of it")
        val more = resident() + heap() - before
        gate.complete(Unit)
        assertEquals(chunks, seen.await())
        val all = chunks * 64L
        println("$more KiB more while a collector holds a stream of $all KiB up")
        assertTrue(more < all / 2, "$more KiB more, of a stream of $all KiB")
    }

    @Test
    fun `a hundred thousand calls leave memory flat`(): Unit = runBlocking {
        val session = client.start()
        client.sessions.waitForCompletion(session.id)
        suspend fun calls(count: Int) = coroutineScope {
            repeat(8) { launch(Dispatchers.Default) { repeat(count / 8) { client.sessions.get(session.id) } } }
        }
        // What the JVM compiles and keeps is made in the first half.
        calls(50_000)
        val half = heap() to resident()
        calls(50_000)
        val whole = heap() to resident()
        println("heap and resident memory in KiB: $half after 50,000 calls, $whole after 100,000")
        assertTrue(whole.second < half.second + half.second / 20, "resident: $half, then $whole")
        // Less than twenty bytes for each call.
        assertTrue(whole.first < half.first + 1000, "heap: $half, then $whole")
    }

    @Test
    fun `clients that are made and closed leave nothing`(): Unit = runBlocking {
        client.close()
        repeat(2) { round ->
            val before = descriptors()
            repeat(200) { server.client().use { it.health() } }
            awaitNothing()
            if (round == 1) assertTrue(descriptors() <= before, "$before, then ${descriptors()} descriptors")
        }
    }

    @Test
    fun `calls whose arguments cannot be passed leave nothing`(): Unit = runBlocking {
        client.close()
        repeat(2) { round ->
            val before = descriptors()
            repeat(100) {
                server.client().use { other ->
                    other.health()
                    assertThrows<AodException.InvalidRequest> { other.agents.create("\uD83D", "m") }
                    assertThrows<AodException.InvalidRequest> { other.withOptions(timeout = Duration.ofSeconds(-1)) }
                }
            }
            awaitNothing()
            if (round == 1) assertTrue(descriptors() <= before, "$before, then ${descriptors()} descriptors")
        }
    }

    @Test
    fun `a formatter that is closed frees what it holds, although it is still referred to`() {
        val megabyte = "x".repeat(1 shl 20)
        val before = resident()
        val closed = List(300) {
            GenericFormatter().apply {
                feed(megabyte)
                close()
            }
        }
        val more = resident() - before
        assertTrue(more < 100 * 1024, "$more KiB more, of ${closed.size} MiB")
    }
}
