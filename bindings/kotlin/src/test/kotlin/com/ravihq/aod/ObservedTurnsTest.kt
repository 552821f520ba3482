package com.ravihq.aod

import java.lang.reflect.Proxy
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import java.util.function.Consumer
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Tests `onEvent` and `onChange` of [Sessions.run], [Sessions.ask] and [Sessions.follow]. */
class ObservedTurnsTest {
    private val server = DevServer()
    private val client = server.client()
    private val log = CopyOnWriteArrayList<String>()

    @AfterEach
    fun close() {
        client.close()
        server.close()
    }

    private suspend fun agent(): UUID = client.agents.create("a", "claude-sonnet-4-6", runtime = Runtime.Claude).id

    private fun onEvent(event: StreamEvent) {
        log += when (event) {
            is StreamEvent.Output -> "output ${event.data.trim()}"
            else -> event.javaClass.simpleName
        }
    }

    private fun onChange(change: TranscriptChange) {
        log += when (change) {
            is TranscriptChange.AgentUpdated -> "> agent"
            is TranscriptChange.TurnStarted -> "> turn ${change.turn} started"
            is TranscriptChange.ItemAdded -> "> turn ${change.turn}: ${(change.item.kind as ItemKind.Text).text}"
            is TranscriptChange.TurnEnded -> "> turn ${change.turn} ended"
            else -> "> $change"
        }
    }

    /** What the callbacks receive for a turn that prints one line. */
    private fun printed(line: String, turn: Int) = listOf(
        "Start", "> agent", "TurnStart", "> turn $turn started", "output $line", "> turn $turn: $line", "Exit",
        "> turn $turn ended",
    )

    @Test
    fun `a run reports its session, then each event and the changes that it makes`(): Unit = runBlocking {
        server.script("""{"stdout": "one\n"}""", """{"exit": 0}""")
        client.sessions.run(
            agent(),
            "hi",
            onCreated = { log += "created" },
            onChange = ::onChange,
            onEvent = ::onEvent,
        )
        assertEquals(listOf("created", "Start", "> agent", "Stage"), log.take(4))
        assertEquals(listOf("created") + printed("one", turn = 1), log.filterNot { it == "Stage" })
    }

    @Test
    fun `ask and follow report their turn only`(): Unit = runBlocking {
        server.script("""{"stdout": "one\n"}""", """{"exit": 0}""")
        val id = client.sessions.run(agent(), "hi").session.id
        server.script("""{"stdout": "two\n"}""", """{"exit": 0}""")
        client.sessions.ask(id, "again", onChange = ::onChange, onEvent = ::onEvent)
        assertEquals(printed("two", turn = 2), log.toList())
        log.clear()
        val ack = client.sessions.prompt(id, "again")
        client.sessions.follow(ack, onChange = ::onChange, onEvent = ::onEvent)
        assertEquals(printed("two", turn = 3), log.toList())
    }

    @Test
    fun `one of the callbacks is enough`(): Unit = runBlocking {
        server.script("""{"stdout": "one\n"}""", """{"exit": 0}""")
        val id = client.sessions.run(agent(), "hi", onChange = ::onChange).session.id
        assertEquals(printed("one", turn = 1).filter { it.startsWith(">") }, log.toList())
        log.clear()
        client.sessions.ask(id, "again") { onEvent(it) }
        assertEquals(printed("one", turn = 2).filterNot { it.startsWith(">") }, log.toList())
    }

    @Test
    fun `changes without an event are reported`(): Unit = runBlocking {
        val ack = client.start()
        client.sessions.waitForCompletion(ack.id)
        // The stream ends after an incomplete line, without a terminal event.
        val events = """data: {\"type\":\"output\",\"id\":9,\"stream\":\"stdout\",\"data\":\"half\"}\n\n"""
        val headers = """{"content-type": "text/event-stream"}"""
        fault("""{"status": {"status": 200, "headers": $headers, "body": "$events"}}""", skipped = 0)
        fault("""{"status": {"status": 204}}""", skipped = 1)
        client.sessions.follow(ack, onChange = ::onChange, onEvent = ::onEvent)
        assertEquals(listOf("output half", "> turn 1 started", "> turn 1: half", "> turn 1 ended"), log.toList())
    }

    private fun fault(effect: String, skipped: Int) {
        val request = """"method": "GET", "path": "/sessions/*/stream", "skip": $skipped, "times": 1"""
        server.control("POST", "fault", """{$request, "effect": $effect}""")
    }

    @Test
    fun `an exception of a callback ends the call and stops the session if asked to`(): Unit = runBlocking {
        server.script("""{"stdout": "one\n"}""", """{"hold": "never"}""")
        val agent = agent()
        val ofEvent = assertThrows<AodException.Listener> {
            client.sessions.run(agent, "hi", onAbandon = OnAbandon.TERMINATE) { event ->
                if (event.stdout != null) error("planted")
            }
        }
        val ofChange = assertThrows<AodException.Listener> {
            client.sessions.run(agent, "hi", onAbandon = OnAbandon.TERMINATE, onChange = { change ->
                if (change is TranscriptChange.ItemAdded) throw AssertionError("planted")
            })
        }
        assertTrue("IllegalStateException" in "$ofEvent" && "planted" !in "$ofEvent")
        assertTrue("AssertionError" in "$ofChange" && "planted" !in "$ofChange")
        val sessions = client.sessions.list()
        assertEquals(2, sessions.size)
        for (session in sessions) {
            assertEquals(SessionStatus.Terminated, client.sessions.waitForCompletion(session.id).status)
        }
    }

    @Test
    fun `nothing is reported after an exception`(): Unit = runBlocking {
        server.script("""{"stdout": "one\n"}""", """{"exit": 0}""")
        assertThrows<AodException.Listener> {
            client.sessions.run(agent(), "hi", onChange = ::onChange, onEvent = { event ->
                onEvent(event)
                if (event is StreamEvent.TurnStart) error("planted")
            })
        }
        assertEquals(listOf("Start", "> agent", "TurnStart"), log.filterNot { it == "Stage" })
    }

    @Test
    fun `the context class loader is that of the callback`(): Unit = runBlocking {
        // Classes of another class loader, as in a container.
        val foreign = object : ClassLoader(StreamEvent::class.java.classLoader) {}
        val seen = ConcurrentHashMap<String, ClassLoader>()
        fun <Callback> proxy(type: Class<Callback>, name: String): Callback =
            type.cast(
                Proxy.newProxyInstance(foreign, arrayOf(type)) { _, _, _ ->
                    seen.put(name, Thread.currentThread().contextClassLoader)
                },
            )
        val agent = agent()
        val expected = listOf("created", "change", "event").associateWith { foreign as ClassLoader }

        @Suppress("UNCHECKED_CAST")
        client.sessions.run(
            CreateSession(agent, "hi"),
            onCreated = proxy(Function1::class.java, "created") as (SessionAck) -> Unit,
            onChange = proxy(Function1::class.java, "change") as (TranscriptChange) -> Unit,
            onEvent = proxy(Function1::class.java, "event") as (StreamEvent) -> Unit,
        )
        assertEquals(expected, seen.toMap())

        seen.clear()
        @Suppress("UNCHECKED_CAST")
        FutureClient(client).sessions.run(
            CreateSession(agent, "hi"),
            onCreated = proxy(Consumer::class.java, "created") as Consumer<SessionAck>,
            onChange = proxy(Consumer::class.java, "change") as Consumer<TranscriptChange>,
            onEvent = proxy(Consumer::class.java, "event") as Consumer<StreamEvent>,
        ).join()
        assertEquals(expected, seen.toMap())
    }
}
