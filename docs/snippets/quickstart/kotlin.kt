package quickstart

import com.ravihq.aod.AodClient
import com.ravihq.aod.Runtime
import kotlinx.coroutines.runBlocking

fun main(): Unit = runBlocking {
    // region run
    val client = AodClient.fromEnv()
    val agent = client.agents.ensure("reviewer", "claude-sonnet-4-6", runtime = Runtime.Claude)
    val session = client.sessions.create(agent.id, "Fix the failing test")
    client.sessions.stream(session.id).pretty().collect(::println)
    // endregion

    // region ask
    val result = client.sessions.ask(session.id, "Now add another test")
    println(result.text)
    println("exit code ${result.session.exitCode}")
    // endregion
    client.close()
}
