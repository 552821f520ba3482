package examples

import com.ravihq.aod.AodClient
import com.ravihq.aod.CreateSession
import com.ravihq.aod.Runtime
import kotlinx.coroutines.runBlocking

/** Runs one agent on several tasks at once, at most three at a time: servers limit the number of active sessions. */
fun main(): Unit = runBlocking {
    AodClient.fromEnv().use { client ->
        val agent = client.agents.ensure("concurrent", "claude-sonnet-4-6", runtime = Runtime.Claude)
        val tasks = listOf("Fix the failing test", "Update the changelog", "Remove dead code", "Document the API")

        val results = client.sessions.runAll(tasks.map { CreateSession(agent.id, it) }, maxConcurrent = 3)

        tasks.zip(results).forEach { (task, result) ->
            result.onSuccess { println("$task: exit code ${it.session.exitCode}, ${it.text}") }
                .onFailure { println("$task: ${it.message}") }
        }
    }
}
