package com.ravihq.aod

import java.io.File
import java.time.Duration
import kotlin.random.Random
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** What calls and streams leave behind when they are given up, and after many of them: nothing. */
class LeavingTest {
    private val server = DevServer()
    private val client = server.client()

    @AfterEach
    fun stop() {
        client.close()
        server.close()
    }

    /** Waits until the library has no task left; times out with how many there are. */
    private suspend fun awaitNoTasks(): Unit = withTimeout(10_000) {
        while (activeTasks() != 0u) delay(5)
    }

    private fun descriptors(): Int = checkNotNull(File("/proc/self/fd").list()).size

    /** The resident memory of this process in KiB. */
    private fun resident(): Long =
        File("/proc/self/status").readLines().single { it.startsWith("VmRSS:") }.filter(Char::isDigit).toLong()

    @Test
    fun `two thousand calls and streams cancelled at any point leave no task and no descriptor`(): Unit = runBlocking {
        val seed = Random.nextInt()
        val random = Random(seed)
        server.script("""{"stdout": "one"}""", """{"hold": "never"}""")
        val session = client.start()
        // A round before counting, so that what is made once is there.
        repeat(2) { round ->
            val before = descriptors()
            server.client().use { other ->
                repeat(if (round == 0) 100 else 2000) { number ->
                    coroutineScope {
                        val job = launch(Dispatchers.Default) {
                            if (number % 2 == 0) other.sessions.get(session.id)
                            else other.sessions.events(session.id).collect { }
                        }
                        repeat(random.nextInt(200)) { yield() }
                        job.cancelAndJoin()
                    }
                }
                server.awaitStreams(0)
            }
            client.close()
            awaitNoTasks()
            if (round == 1) assertTrue(descriptors() <= before, "seed $seed: $before, then ${descriptors()} descriptors")
        }
    }

    @Test
    fun `a call that hangs is given up at once and closes its connection`(): Unit = runBlocking {
        server.fault("GET", "/health", """{"stall": {}}""", times = 64)
        val calls = List(64) { async(Dispatchers.Default) { client.health() } }
        withTimeout(10_000) { while (server.stat("requests") < 64) delay(5) }
        calls.forEach { it.cancelAndJoin() }
        client.close()
        awaitNoTasks()
        // The one left is that of the question itself.
        withTimeout(10_000) { while (server.stat("open_connections") > 1) delay(5) }
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

        var before = 0L
        var seen = 0
        var most = 0L
        client.sessions.events(session.id).collect { event ->
            if (event.stdout == null) return@collect
            if (seen == 0) before = resident()
            seen++
            // Time enough for a reader that does not wait for its collector to read far ahead.
            if (seen <= 50) delay(20)
            most = maxOf(most, resident() - before)
        }
        assertEquals(chunks, seen)
        val all = chunks * 64L
        assertTrue(most < all / 2, "$most KiB more, of a stream of $all KiB")
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
        val half = resident()
        calls(50_000)
        val whole = resident()
        println("resident memory: $half KiB after 50,000 calls, $whole KiB after 100,000")
        assertTrue(whole < half + half / 20, "$half KiB after the first half, $whole KiB after the second")
    }

    @Test
    fun `clients that are made and closed leave nothing`(): Unit = runBlocking {
        client.close()
        repeat(2) { round ->
            val before = descriptors()
            repeat(200) { server.client().use { it.health() } }
            awaitNoTasks()
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
            awaitNoTasks()
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
