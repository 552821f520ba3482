package com.ravihq.aod

import java.util.UUID
import java.util.concurrent.CompletionException
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Tests tokens that expire. */
class TokenProviderTest : ServerTest() {
    /** Returns the tokens `hunter2-1`, `hunter2-2` and so on, after [before] has returned. */
    private class Numbered(private val before: suspend (Int) -> Unit = {}) : TokenProvider {
        /** The rejected token of each request for a token. */
        val rejected = LinkedBlockingQueue<String>()

        override suspend fun token(rejected: Secret?): String {
            this.rejected.add(rejected?.expose() ?: "none")
            val number = this.rejected.size
            before(number)
            return "hunter2-$number"
        }
    }

    private class SignedOut : Exception("hunter2 is not signed in")

    private fun replaceFirstToken() {
        server.setToken("hunter2-1", isExpired = true)
        server.setToken("hunter2-2")
    }

    @Test
    fun `the provider is called before the first request, and after a 401`(): Unit = runBlocking {
        val provider = Numbered()
        server.setToken("hunter2-1")
        AodClient(server.url, provider).use { client ->
            assertEquals(emptyList<String>(), provider.rejected.toList())
            repeat(2) { client.agents.list() }
            assertEquals(listOf("none"), provider.rejected.toList())

            replaceFirstToken()
            assertEquals("ci", client.environments.create("ci").name)
            client.agents.list()
            assertEquals(listOf("none", "hunter2-1"), provider.rejected.toList())
        }
        assertEquals(5, server.stat("requests"), "only the rejected request was sent twice")
        assertEquals(listOf("ci"), client.environments.list().map { it.name })
    }

    @Test
    fun `a second rejection is the failure of the call, without the tokens`(): Unit = runBlocking {
        val provider = Numbered()
        AodClient(server.url, provider).use { client ->
            val failure = assertThrows<AodException.Auth> { client.agents.list() }
            assertEquals(401, failure.status)
            assertNull(failure.cause)
            assertFalse("hunter2" in failure.toString(), failure.toString())
        }
        assertEquals(listOf("none", "hunter2-1"), provider.rejected.toList())
    }

    @Test
    fun `calls that are rejected at the same time wait for the same token`(): Unit = runBlocking {
        val provider = Numbered()
        server.setToken("hunter2-1")
        AodClient(server.url, provider).use { client ->
            client.agents.list()
            replaceFirstToken()
            // The server answers none of the calls before all have arrived.
            server.control("POST", "clock", """{"frozen": true}""")
            server.fault("GET", "/agents", """{"delay": {"ms": 1000}}""", times = 20)
            val calls = List(20) { async(Dispatchers.Default) { client.agents.list() } }
            server.awaitRequests(21)
            server.control("POST", "clock", """{"advance_ms": 1000}""")
            calls.awaitAll()
        }
        assertEquals(listOf("none", "hunter2-1"), provider.rejected.toList())
        assertEquals(41, server.stat("requests"), "each rejected request was sent again")
    }

    @Test
    fun `calls before the first token wait for the same one`(): Unit = runBlocking {
        val provider = Numbered()
        server.setToken("hunter2-1")
        AodClient(server.url, provider).use { client ->
            List(20) { async(Dispatchers.Default) { client.agents.list() } }.awaitAll()
        }
        assertEquals(listOf("none"), provider.rejected.toList())
        assertEquals(20, server.stat("requests"))
    }

    @Test
    fun `a stream continues with the new token`(): Unit = runBlocking {
        val provider = Numbered()
        server.setToken("hunter2-1")
        AodClient(server.url, provider).use { expiring ->
            server.script("""{"stdout": "one"}""", """{"hold": "two"}""", """{"stdout": "two"}""")
            val session = expiring.start()
            val one = CompletableDeferred<Unit>()
            val collected = async(Dispatchers.Default) {
                expiring.sessions.stream(session.id).onEach { if (it.stdout == "one") one.complete(Unit) }.toList()
            }
            one.await()
            replaceFirstToken()
            val requests = server.stat("requests")
            // The first request of the new connection is rejected.
            expiring.network.changed()
            server.awaitRequests(requests + 2)
            server.release("two")
            val events = collected.await()
            assertEquals(listOf("one", "two"), events.mapNotNull { it.stdout })
            assertEquals(client.sessions.stream(session.id).toList(), events)
        }
        assertEquals(listOf("none", "hunter2-1"), provider.rejected.toList())
    }

    @Test
    fun `what the provider throws is the cause of the failure, and not in its message`(): Unit = runBlocking {
        for (thrown in listOf(SignedOut(), AssertionError("hunter2"))) {
            AodClient(server.url, { throw thrown }).use { client ->
                val failures = mutableListOf<AodException>()
                failures += assertThrows<AodException.Auth> { client.agents.list() }
                failures += assertThrows<AodException.Auth> { client.start() }
                val id = UUID.randomUUID()
                failures += assertThrows<AodException.Auth> { client.sessions.stream(id).toList() }
                client.sessions.listen(id, object : EventListener {
                    override fun onEvents(events: List<StreamEvent>, cursor: Long?) = Unit

                    override fun onError(error: AodException) {
                        failures += error
                    }
                }).join()
                val future = assertThrows<CompletionException> { FutureClient(client).agents.list().join() }
                failures += assertInstanceOf(AodException.Auth::class.java, future.cause)
                assertEquals(5, failures.size)
                for (failure in failures) {
                    assertSame(thrown, generateSequence(failure.cause) { it.cause }.last())
                    assertNull(failure.status)
                    assertTrue(failure.isUnsent)
                    assertFalse("hunter2" in "$failure ${failure.message}", failure.toString())
                }
            }
        }
        assertEquals(0, server.stat("requests"))
    }

    @Test
    fun `a provider that failed is called again by the next call`(): Unit = runBlocking {
        val provider = Numbered { number -> if (number == 1) throw SignedOut() }
        server.setToken("hunter2-2")
        AodClient(server.url, provider).use { client ->
            assertThrows<AodException.Auth> { client.agents.list() }
            client.agents.list()
        }
        assertEquals(listOf("none", "none"), provider.rejected.toList())
    }

    @Test
    fun `a token that cannot be sent is an invalid configuration, which does not show it`(): Unit = runBlocking {
        for (token in listOf("", "hunter2\n", "hunter2 ü")) {
            AodClient(server.url, { token }).use { client ->
                val failure = assertThrows<AodException> { client.agents.list() }
                assertInstanceOf(AodException.Configuration::class.java, failure)
                assertFalse("hunter2" in failure.stackTraceToString(), failure.stackTraceToString())
            }
        }
        AodClient(server.url, { "hunter2\uD83D" }).use { client ->
            val failure = assertThrows<AodException.Auth> { client.agents.list() }
            val cause = generateSequence(failure.cause) { it.cause }.last()
            assertInstanceOf(AodException.InvalidRequest::class.java, cause)
            assertFalse("hunter2" in failure.stackTraceToString(), failure.stackTraceToString())
        }
        assertEquals(0, server.stat("requests"))
    }

    @Test
    fun `providers that block do not delay others`(): Unit = runBlocking {
        // More than the threads of `Dispatchers.Default`, but not more than those of providers.
        val count = minOf(java.lang.Runtime.getRuntime().availableProcessors() + 2, 64)
        val arrived = CountDownLatch(count)
        server.setToken("hunter2-1")
        val clients = List(count) {
            AodClient(
                server.url,
                {
                    arrived.countDown()
                    check(arrived.await(1, TimeUnit.MINUTES))
                    "hunter2-1"
                },
            )
        }
        clients.map { async { it.use { it.agents.list() } } }.awaitAll()
    }

    @Test
    fun `callers that block all threads of the IO dispatcher do not delay the provider`(): Unit = runBlocking {
        // By default, `Dispatchers.IO` has so many threads.
        val count = maxOf(java.lang.Runtime.getRuntime().availableProcessors(), 64)
        val arrived = CountDownLatch(count)
        val provider = Numbered()
        server.setToken("hunter2-1")
        AodClient(server.url, provider).use { client ->
            val agents = FutureClient(client).agents
            val calls = List(count) {
                async(Dispatchers.IO) {
                    arrived.countDown()
                    check(arrived.await(1, TimeUnit.MINUTES))
                    agents.list().get(1, TimeUnit.MINUTES)
                }
            }
            calls.awaitAll()
        }
        assertEquals(listOf("none"), provider.rejected.toList())
    }

    @Test
    fun `closing the client ends a call that waits for a token`(): Unit = runBlocking {
        val asked = CompletableDeferred<Unit>()
        val waiting = AodClient(
            server.url,
            {
                asked.complete(Unit)
                awaitCancellation()
            },
        )
        val failure = async(Dispatchers.Default) { runCatching { waiting.agents.list() }.exceptionOrNull() }
        asked.await()
        waiting.close()
        assertInstanceOf(AodException.Closed::class.java, failure.await())
    }
}
