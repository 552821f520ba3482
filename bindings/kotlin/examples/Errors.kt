package examples

import com.ravihq.aod.AodClient
import com.ravihq.aod.AodException
import com.ravihq.aod.ConflictReason
import com.ravihq.aod.Runtime
import com.ravihq.aod.TextPatch
import java.util.UUID
import kotlinx.coroutines.runBlocking

/** Handles the failures of calls by their type. */
fun main(): Unit = runBlocking {
    AodClient.fromEnv().use { client ->
        try {
            client.sessions.get(UUID.randomUUID())
        } catch (error: AodException.NotFound) {
            println("${error.method} ${error.url}: status ${error.status}")
        }

        try {
            client.agents.create("a".repeat(201), "claude-sonnet-4-6", runtime = Runtime.Claude)
        } catch (error: AodException.InvalidRequest) {
            // Rejected before it was sent. If the server rejects a field, it is an AodException.Validation.
            println("invalid fields: ${error.fields.map { it.path }}")
        }

        val agent = client.agents.create("errors", "claude-sonnet-4-6", runtime = Runtime.Claude)
        client.agents.update(agent.id, agent.version, description = TextPatch.Set("first update"))
        try {
            client.agents.update(agent.id, agent.version, description = TextPatch.Set("second update"))
        } catch (error: AodException.Conflict) {
            when (val reason = error.reason) {
                is ConflictReason.VersionMismatch -> println("sent ${reason.got}, the version is ${reason.expected}")
                else -> throw error
            }
        }

        try {
            client.sessions.run(agent.id, "Fix the failing test")
        } catch (error: AodException.RateLimit) {
            println("too many active sessions: ${error.quota}")
        } catch (error: AodException) {
            if (!error.isRetryable) throw error
            println("try again later: ${error.message}")
        }
    }
}
