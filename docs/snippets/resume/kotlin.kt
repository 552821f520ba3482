package resume

import com.ravihq.aod.AodClient
import com.ravihq.aod.Runtime
import com.ravihq.aod.StreamOptions
import com.ravihq.aod.stdout
import java.io.File
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption.ATOMIC_MOVE
import java.nio.file.StandardCopyOption.REPLACE_EXISTING
import java.util.UUID
import kotlinx.coroutines.runBlocking

// region save
data class State(val session: UUID, val cursor: Long, val output: String)

/** Stores the session, the position and the output as one value: the old file or the new one, never a part. */
fun save(state: State) {
    File("state.new").writeText("${state.session}\n${state.cursor}\n${state.output}")
    Files.move(Path.of("state.new"), Path.of("state"), ATOMIC_MOVE, REPLACE_EXISTING)
}

fun load(): State? {
    if (!File("state").exists()) return null
    val (session, cursor, output) = File("state").readText().split("\n", limit = 3)
    return State(UUID.fromString(session), cursor.toLong(), output)
}
// endregion

fun main(): Unit = runBlocking {
    AodClient.fromEnv().use { client ->
        // region resume
        var state = load() ?: run {
            val agent = client.agents.ensure("reviewer", "claude-sonnet-4-6", runtime = Runtime.Claude)
            State(client.sessions.create(agent.id, "Fix the failing test").id, 0, "").also(::save)
        }

        val events = client.sessions.stream(state.session, StreamOptions(since = state.cursor))
        events.collect { event ->
            val output = state.output + event.stdout.orEmpty()
            state = State(state.session, events.cursor ?: state.cursor, output)
            save(state)
            println("saved at ${state.cursor}")
        }
        // endregion
    }
}
