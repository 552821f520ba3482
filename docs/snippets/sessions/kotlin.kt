package sessions

import com.ravihq.aod.AodClient
import com.ravihq.aod.CreateSession
import com.ravihq.aod.Runtime
import com.ravihq.aod.SessionEvent
import kotlinx.coroutines.runBlocking

fun main(): Unit = runBlocking {
    AodClient.fromEnv().use { client ->
        val agent = client.agents.ensure("reviewer", "claude-sonnet-4-6", runtime = Runtime.Claude)
        // region run-all
        val prompts = listOf("Run the tests", "Remove dead code", "Document the API")
        val results = client.sessions.runAll(prompts.map { CreateSession(agent.id, it) }, maxConcurrent = 2)
        prompts.zip(results).forEach { (prompt, result) ->
            result.onSuccess { println("$prompt: ${it.text}") }
                .onFailure { println("$prompt: ${it.message}") }
        }
        // endregion

        // region watch
        client.sessions.watch(client.sessions.list().map { it.id }).collect { item ->
            when (item) {
                is SessionEvent.Received -> println("${item.sessionId}: ${item.event}")
                is SessionEvent.Failed -> println("${item.sessionId}: ${item.error.message}")
            }
        }
        // endregion
    }
}
