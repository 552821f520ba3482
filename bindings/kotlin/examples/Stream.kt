package examples

import com.ravihq.aod.AodClient
import com.ravihq.aod.OutputChannel
import com.ravihq.aod.Runtime
import com.ravihq.aod.StreamEvent
import com.ravihq.aod.StreamOptions
import com.ravihq.aod.value
import kotlinx.coroutines.runBlocking

/** Handles each kind of event of a session, then follows only the next turn. */
fun main(): Unit = runBlocking {
    AodClient.fromEnv().use { client ->
        val agent = client.agents.create("stream", "claude-sonnet-4-6", runtime = Runtime.Claude)
        val session = client.sessions.create(agent.id, "Fix the failing test")

        client.sessions.stream(session.id).collect { event ->
            when (event) {
                is StreamEvent.Start -> println("session ${event.sessionId}")
                is StreamEvent.Stage -> println("${event.stage}: ${event.state.value}")
                is StreamEvent.TurnStart -> println("turn ${event.turn}")
                is StreamEvent.Output -> printer(event.stream).print(event.data)
                is StreamEvent.Exit -> println("exit code ${event.code}")
                is StreamEvent.Error -> println("failed: ${event.message}")
                is StreamEvent.Terminated -> println("terminated")
                is StreamEvent.Stale -> println("no output for ten minutes")
                is StreamEvent.Unknown -> println("an event of a later version: ${event.type}")
            }
        }

        // A stream replays all turns, unless it is limited to one.
        val turn = client.sessions.prompt(session.id, "Now add a test").currentTurn
        client.sessions.stream(session.id, StreamOptions(turn = turn)).pretty().collect(::println)
    }
}

private fun printer(channel: OutputChannel) = if (channel == OutputChannel.Stderr) System.err else System.out
