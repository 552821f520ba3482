package com.ravihq.aod

import java.io.ByteArrayOutputStream
import java.io.PrintStream
import java.lang.reflect.Proxy
import java.util.UUID
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

class ListenersTest : ServerTest() {
    /** Records its calls. */
    private open class Recorder : EventListener {
        val received = LinkedBlockingQueue<Any>()
        val states = LinkedBlockingQueue<ConnectionState>()

        override fun onEvents(events: List<StreamEvent>, cursor: Long?) {
            received.addAll(events)
        }

        override fun onClosed() {
            received.add("closed")
        }

        override fun onError(error: AodException) {
            received.add(error)
        }

        override fun onState(state: ConnectionState) {
            states.add(state)
        }
    }

    private suspend fun startUnfinished(): SessionAck {
        server.script("""{"stdout": "one"}""", """{"hold": "never"}""")
        return client.start()
    }

    @Test
    fun `a listener receives each event and then the end`(): Unit = runBlocking {
        val session = client.start()
        val recorder = Recorder()
        val subscription = client.sessions.listen(session.id, recorder)
        subscription.join()
        assertTrue(subscription.isFinished)
        assertEquals(client.sessions.stream(session.id).toList() + "closed", recorder.received.toList())
    }

    /** The events that the server keeps in the session's log; each stream repeats some of the others. */
    private fun rows(events: List<Any>) = events.filter { it is StreamEvent.Stage || it is StreamEvent.Output }

    @Test
    fun `a stream from the cursor of a listener continues exactly there`(): Unit = runBlocking {
        // The next part is printed when the listener has received the previous one, so that there are several calls.
        val names = List(5) { "$it" }
        server.script(*names.map { """{"stdout": "$it\n"}, {"hold": "$it"}""" }.toTypedArray())
        val session = client.start()
        val received = mutableListOf<StreamEvent>()
        val positions = mutableListOf<Pair<Int, Long?>>()
        client.sessions.listen(session.id, object : Recorder() {
            override fun onEvents(events: List<StreamEvent>, cursor: Long?) {
                received.addAll(events)
                positions.add(received.size to cursor)
                events.mapNotNull { it.stdout }.forEach { server.release(it.trim()) }
            }
        }).join()
        assertEquals(names.map { "$it\n" }, received.mapNotNull { it.stdout })
        assertTrue(positions.mapNotNull { it.second }.distinct().size >= names.size, "$positions")
        for ((count, cursor) in positions) {
            val rest = Recorder()
            client.sessions.listen(session.id, rest, StreamOptions(since = cursor)).join()
            assertEquals("closed", rest.received.last())
            val events = rest.received.toList().dropLast(1)
            assertEquals(rows(received.drop(count)), rows(events), "after $cursor")
        }
    }

    @Test
    fun `a listener receives state changes`(): Unit = runBlocking {
        val session = client.start()
        server.fault("GET", "/sessions/*/stream", """{"cut_after_events": {"events": 2, "how": "reset"}}""")
        val recorder = Recorder()
        client.sessions.listen(session.id, recorder).join()
        val states = recorder.states.toList()
        val resuming = assertInstanceOf(ConnectionState.Resuming::class.java, states[2])
        assertEquals(1, resuming.attempt)
        assertInstanceOf(AodException.Connection::class.java, resuming.cause)
        val live = ConnectionState.Live
        assertEquals(listOf(ConnectionState.Connecting, live, resuming, live, ConnectionState.Closed), states)
    }

    @Test
    fun `a stream that cannot be opened calls onError once`(): Unit = runBlocking {
        val recorder = Recorder()
        client.sessions.listen(UUID.randomUUID(), recorder).join()
        assertInstanceOf(AodException.NotFound::class.java, recorder.received.single())
    }

    @Test
    fun `a cancelled listener receives onClosed`(): Unit = runBlocking {
        val session = startUnfinished()
        val recorder = Recorder()
        val subscription = client.sessions.listen(session.id, recorder)
        server.awaitStreams(1)
        subscription.cancel()
        subscription.join()
        assertEquals("closed", recorder.received.last())
        server.awaitStreams(0)
    }

    @Test
    fun `an exception from onEvents ends the stream with onError`(): Unit = runBlocking {
        val session = startUnfinished()
        val recorder = object : Recorder() {
            override fun onEvents(events: List<StreamEvent>, cursor: Long?): Unit = throw IllegalStateException("hunter2")
        }
        client.sessions.listen(session.id, recorder).join()
        val failure = assertInstanceOf(AodException.Listener::class.java, recorder.received.single())
        assertTrue("hunter2" !in failure.toString(), failure.toString())
        server.awaitStreams(0)
    }

    @Test
    fun `an Error from onEvents ends the stream with onError and is not printed`(): Unit = runBlocking {
        val session = startUnfinished()
        val recorder = object : Recorder() {
            override fun onEvents(events: List<StreamEvent>, cursor: Long?): Unit = throw AssertionError("hunter2")
        }
        val printed = ByteArrayOutputStream()
        val (out, err) = System.out to System.err
        PrintStream(printed, true).let {
            System.setOut(it)
            System.setErr(it)
        }
        try {
            client.sessions.listen(session.id, recorder).join()
        } finally {
            System.setOut(out)
            System.setErr(err)
        }
        val failure = assertInstanceOf(AodException.Listener::class.java, recorder.received.single())
        assertTrue("java.lang.AssertionError" in failure.toString(), failure.toString())
        assertTrue("hunter2" !in failure.stackTraceToString(), failure.stackTraceToString())
        assertEquals("", printed.toString())
        server.awaitStreams(0)
    }

    @Test
    fun `exceptions from onClosed, onError and onState go to the uncaught exception handler`(): Unit =
        runBlocking {
            val session = client.start()
            val uncaught = LinkedBlockingQueue<Throwable>()
            val before = Thread.getDefaultUncaughtExceptionHandler()
            Thread.setDefaultUncaughtExceptionHandler { _, thrown -> uncaught.add(thrown) }
            try {
                val closing = object : Recorder() {
                    override fun onClosed(): Unit = throw AssertionError("at the end")
                }
                client.sessions.listen(session.id, closing).join()
                assertEquals("at the end", uncaught.remove().message)
                val failing = object : Recorder() {
                    override fun onError(error: AodException): Unit = throw IllegalStateException("at the failure")
                }
                client.sessions.listen(UUID.randomUUID(), failing).join()
                assertEquals("at the failure", uncaught.remove().message)
                val observing = object : Recorder() {
                    override fun onState(state: ConnectionState): Unit = error("$state")
                }
                client.sessions.listen(session.id, observing).join()
                assertEquals("closed", observing.received.last())
                assertEquals(listOf("Connecting", "Live", "Closed"), uncaught.map { it.message })
            } finally {
                Thread.setDefaultUncaughtExceptionHandler(before)
            }
        }

    @Test
    fun `a last call that the library repeats is ignored`() {
        val recorder = Recorder()
        val forwarder = NativeForwarder(recorder)
        repeat(2) { forwarder.onClosed() }
        assertEquals(listOf<Any>("closed"), recorder.received.toList())
        assertTrue(forwarder.finished.isCompleted)
    }

    @Test
    fun `the context class loader is that of the listener class`(): Unit = runBlocking {
        val session = client.start()
        val loaders = LinkedBlockingQueue<ClassLoader>()
        // A class of another class loader, as in a container.
        val foreign = object : ClassLoader(EventListener::class.java.classLoader) {}
        val listener = Proxy.newProxyInstance(foreign, arrayOf(EventListener::class.java)) { _, _, _ ->
            loaders.add(Thread.currentThread().contextClassLoader)
            null
        } as EventListener
        client.sessions.listen(session.id, listener).join()
        assertTrue(loaders.size >= 3, "events, the end and the states: ${loaders.size} calls")
        assertEquals(setOf<ClassLoader>(foreign), loaders.toSet())
    }

    @Test
    fun `the context class loader is that of the observer of responses`(): Unit = runBlocking {
        val loaders = LinkedBlockingQueue<ClassLoader>()
        val foreign = object : ClassLoader(EventListener::class.java.classLoader) {}
        val observer = Proxy.newProxyInstance(foreign, arrayOf(Function1::class.java)) { _, _, _ ->
            loaders.add(Thread.currentThread().contextClassLoader)
        }

        @Suppress("UNCHECKED_CAST")
        client.withOptions(onResponse = observer as (ResponseInfo) -> Unit).use { it.health() }
        assertEquals(listOf<ClassLoader>(foreign), loaders.toList())
    }

    @Test
    fun `a finished subscription releases its native handle and stays usable`(): Unit = runBlocking {
        val session = client.start()
        val subscription = client.sessions.listen(session.id, Recorder())
        subscription.whenFinished().get()
        assertTrue(subscription.isFinished)
        subscription.cancel()
        subscription.join()
        assertThrows<IllegalStateException> { subscription.handle.isFinished() }
    }

    @Test
    fun `closing the client ends its listeners with onError`(): Unit = runBlocking {
        val session = startUnfinished()
        val recorder = Recorder()
        val subscription = client.sessions.listen(session.id, recorder)
        server.awaitStreams(1)
        client.close()
        subscription.join()
        assertInstanceOf(AodException.Closed::class.java, recorder.received.last())
    }

    @Test
    fun `blocked listeners do not delay other streams`(): Unit = runBlocking {
        val session = client.start()
        client.sessions.waitForCompletion(session.id)
        val gate = CountDownLatch(1)
        val arrived = CountDownLatch(8)
        val blocked = List(8) {
            client.sessions.listen(session.id, object : Recorder() {
                override fun onEvents(events: List<StreamEvent>, cursor: Long?) {
                    arrived.countDown()
                    gate.await()
                }
            })
        }
        arrived.await()
        assertTrue(client.sessions.stream(session.id).toList().last().isTerminal)
        val recorder = Recorder()
        client.sessions.listen(session.id, recorder).join()
        assertEquals("closed", recorder.received.last())
        gate.countDown()
        blocked.forEach { it.join() }
    }
}
