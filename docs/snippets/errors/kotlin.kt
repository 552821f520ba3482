package errors

import com.ravihq.aod.AodClient
import com.ravihq.aod.AodException
import com.ravihq.aod.ConflictReason
import com.ravihq.aod.Runtime
import java.util.UUID
import kotlinx.coroutines.runBlocking

fun main(): Unit = runBlocking {
    AodClient.fromEnv().use { client ->
        // region missing
        try {
            println(client.agents.get(UUID(0, 0)).name)
        } catch (error: AodException.NotFound) {
            println("no such agent: ${error.message}")
        }
        // endregion

        val agent = client.agents.ensure("reviewer", "claude-sonnet-4-6", runtime = Runtime.Claude)
        client.agents.archive(agent.id)
        // region conflict
        try {
            client.agents.archive(agent.id)
        } catch (error: AodException.Conflict) {
            if (error.reason != ConflictReason.AlreadyArchived) throw error
            println("nothing to do")
        }
        // endregion

        // region retry
        try {
            client.sessions.run(agent.id, "Fix the failing test")
        } catch (error: AodException) {
            println("${error.kind}, retryable: ${error.isRetryable}")
            println("session ${error.sessionId}, after ${error.attempts} attempts")
        }
        // endregion
    }
}
