package examples

import com.ravihq.aod.AodClient
import com.ravihq.aod.Runtime
import com.ravihq.aod.StreamEvent
import com.ravihq.aod.StreamOptions
import com.ravihq.aod.text
import java.util.UUID
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking

/** Stops reading a stream in the middle, and continues from its cursor with another client. */
fun main(): Unit = runBlocking {
    val (id, cursor) = AodClient.fromEnv().use { readFirstOutput(it) }
    println("\n-- resumed after event $cursor")
    AodClient.fromEnv().use { client ->
        // Some events that are not output arrive again, such as `Start`. This collector ignores them.
        client.sessions.stream(id, StreamOptions(since = cursor)).collect { event -> event.text?.let(::print) }
    }
}

/** Returns the session and the cursor: the two values to store, for example in a database. */
private suspend fun readFirstOutput(client: AodClient): Pair<UUID, Long?> {
    val agent = client.agents.create("resume", "claude-sonnet-4-6", runtime = Runtime.Claude)
    val session = client.sessions.create(agent.id, "Fix the failing test")
    val stream = client.sessions.stream(session.id)
    // Leaving the collector closes the connection.
    val output = stream.first { it is StreamEvent.Output }
    print(output.text)
    return session.id to stream.cursor
}
