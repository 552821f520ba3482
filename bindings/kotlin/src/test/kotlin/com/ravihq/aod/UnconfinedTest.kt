package com.ravihq.aod

import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executor
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread
import kotlin.coroutines.Continuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.startCoroutine
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.last
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.suspendCancellableCoroutine
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotSame
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Tests coroutines that continue on the thread that resumes them. */
class UnconfinedTest : ServerTest() {
    /** Starts a coroutine, by default without a dispatcher, like `suspend fun main`. */
    private fun <T> start(
        context: CoroutineContext = EmptyCoroutineContext,
        block: suspend () -> T,
    ): CompletableFuture<T> = CompletableFuture<T>().also { future ->
        block.startCoroutine(
            Continuation(context) { it.fold(future::complete, future::completeExceptionally) },
        )
    }

    private fun <T> CompletableFuture<T>.await(): T = get(1, TimeUnit.MINUTES)

    @Test
    fun `a coroutine without a dispatcher may block after a call`() {
        for (context in listOf(EmptyCoroutineContext, Dispatchers.Unconfined)) {
            // The coroutine is suspended before the response arrives.
            server.control("POST", "clock", """{"frozen": true}""")
            server.fault("GET", "/health", """{"delay": {"ms": 1000}}""")
            val requests = server.stat("requests")
            val second = start(context) {
                client.health()
                runBlocking { client.health() }
            }
            server.awaitRequests(requests + 1)
            server.control("POST", "clock", """{"advance_ms": 1000}""")
            assertEquals("ok", second.await().status)
        }
    }

    @Test
    fun `collectors that block do not stop the library`() {
        server.script("""{"hold": "one"}""", """{"stdout": "one"}""", """{"hold": "end"}""")
        val session = start { client.start() }.await()
        val arrived = CountDownLatch(COLLECTORS)
        val gate = CountDownLatch(1)
        val collect = {
            start(Dispatchers.Unconfined) {
                client.sessions.stream(session.id).onEach {
                    if (it.stdout == "one") {
                        arrived.countDown()
                        gate.await()
                    }
                }.last()
            }
        }
        // On threads of their own, because a collector that does not have to wait for its event blocks its caller.
        val threads = Executor { thread(isDaemon = true, block = it::run) }
        val collected = List(COLLECTORS) { CompletableFuture.supplyAsync(collect, threads).thenCompose { it } }
        server.awaitStreams(COLLECTORS)
        server.release("one")
        try {
            assertTrue(arrived.await(1, TimeUnit.MINUTES), "${arrived.count} collectors have not received the event")
            assertEquals("ok", start(Dispatchers.Unconfined) { client.health() }.await().status)
        } finally {
            gate.countDown()
        }
        server.release("end")
        for (last in collected) assertTrue(last.await().isTerminal)
    }

    @Test
    fun `a coroutine that is resumed while it polls continues on its thread`() {
        val thread = start {
            suspendCancellableCoroutine { PolledContinuation(it).resume(UNIFFI_RUST_FUTURE_POLL_READY) }
            Thread.currentThread()
        }
        assertSame(Thread.currentThread(), thread.await())
    }

    @Test
    fun `a coroutine that is resumed by another native call of its thread continues on another one`() {
        lateinit var polled: PolledContinuation
        val thread = start {
            suspendCancellableCoroutine { polled = PolledContinuation(it).apply { pollReturned() } }
            Thread.currentThread()
        }
        polled.resume(UNIFFI_RUST_FUTURE_POLL_READY)
        assertNotSame(Thread.currentThread(), thread.await())
    }

    private companion object {
        /** More than the library has threads for its connections. */
        const val COLLECTORS = 8
    }
}
