package examples

import com.ravihq.aod.AodClient
import com.ravihq.aod.Runtime
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.sync.Semaphore
import kotlinx.coroutines.sync.withPermit

/** Runs one agent on several tasks at once, at most three at a time: servers limit the number of active sessions. */
fun main(): Unit = runBlocking {
    AodClient.fromEnv().use { client ->
        val agent = client.agents.create("concurrent", "claude-sonnet-4-6", runtime = Runtime.Claude)
        val permits = Semaphore(3)
        val tasks = listOf("Fix the failing test", "Update the changelog", "Remove dead code", "Document the API")

        val results = tasks.map { task ->
            async { permits.withPermit { client.sessions.run(agent.id, task) } }
        }.awaitAll()

        tasks.zip(results).forEach { (task, result) ->
            println("$task: exit code ${result.session.exitCode}, ${result.stdout.length} characters of output")
        }
    }
}
