package examples

import com.ravihq.aod.AodClient
import com.ravihq.aod.PackageManager
import com.ravihq.aod.Runtime
import kotlinx.coroutines.runBlocking

/** Runs an agent on a task and prints what it does. Running it again reuses the environment and the agent. */
fun main(): Unit = runBlocking {
    AodClient.fromEnv().use { client ->
        // The name of an environment is unique: creating it again fails with 409.
        val environment = client.environments.list().find { it.name == "quickstart" }
            ?: client.environments.create(
                name = "quickstart",
                packages = mapOf(PackageManager.Pip to listOf("pytest")),
            )
        // Servers of 2026-04-30 take the model `anthropic/claude-sonnet-4-6`. Servers since 2026-06-25 take
        // `provider = Provider.Anthropic` instead of the runtime.
        val agent = client.agents.list().find { it.name == "quickstart" && it.environmentId == environment.id }
            ?: client.agents.create(
                name = "quickstart",
                model = "claude-sonnet-4-6",
                runtime = Runtime.Claude,
                environmentId = environment.id,
            )

        val session = client.sessions.create(agent.id, "Fix the failing test")
        client.sessions.stream(session.id).pretty().collect(::println)
        println("exit code ${client.sessions.get(session.id).exitCode}")
    }
}
