package agents

import com.ravihq.aod.AodClient
import com.ravihq.aod.Networking
import com.ravihq.aod.PackageManager
import com.ravihq.aod.Runtime
import com.ravihq.aod.limited
import com.ravihq.aod.update
import com.ravihq.aod.value
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

fun main(): Unit = runBlocking {
    AodClient.fromEnv().use { client ->
        // region ensure
        val environment = client.environments.ensure(
            "python-tests",
            packages = mapOf(PackageManager.Pip to listOf("pytest")),
            networking = Networking.limited("pypi.org"),
        )
        val reviewer = client.agents.ensure(
            "reviewer",
            "claude-sonnet-4-6",
            runtime = Runtime.Claude,
            environmentId = environment.id,
            system = "Be brief.",
        )
        // endregion

        // region update
        val agent = client.agents.updateWith(reviewer.id) { agent ->
            agent.update(metadata = JsonObject(mapOf("owner" to JsonPrimitive("ops"))))
        }
        println("version ${agent.version} of ${agent.name}")
        // endregion

        // region turns
        val session = client.sessions.run(agent.id, "Run the tests").session
        client.sessions.ask(session.id, "Fix the failing one")
        for (turn in client.sessions.turns(session.id)) {
            println("turn ${turn.turnNumber}: ${turn.status.value}")
        }
        // endregion
    }
}
