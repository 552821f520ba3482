package stream

import com.ravihq.aod.AodClient
import com.ravihq.aod.Runtime
import com.ravihq.aod.StreamEvent
import com.ravihq.aod.StreamOptions
import com.ravihq.aod.label
import com.ravihq.aod.value
import java.time.Duration
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

fun main(): Unit = runBlocking(Dispatchers.Default) {
    AodClient.fromEnv().use { client ->
        val agent = client.agents.ensure("reviewer", "claude-sonnet-4-6", runtime = Runtime.Claude)
        val session = client.sessions.create(agent.id, "Fix the failing test")

        // region events
        client.sessions.stream(session.id).collect { event ->
            when (event) {
                is StreamEvent.Stage -> println("${event.stage.label}: ${event.state.value}")
                is StreamEvent.TurnStart -> println("turn ${event.turn}")
                is StreamEvent.Output -> print(event.data)
                is StreamEvent.Exit -> println("exit code ${event.code}")
                else -> println(event)
            }
        }
        // endregion

        // region options
        val events = client.sessions.stream(session.id, StreamOptions(deadline = Duration.ofHours(1), resumeStale = true))
        val states = launch { events.state.collect { System.err.println("connection: $it") } }
        // endregion
        events.collect {}
        states.cancel()
    }
}
