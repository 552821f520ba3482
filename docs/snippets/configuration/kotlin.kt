package configuration

import com.ravihq.aod.AodClient
import com.ravihq.aod.RetryPolicy
import java.time.Duration
import kotlinx.coroutines.runBlocking

fun main(): Unit = runBlocking {
    val url = System.getenv("AOD_API_URL")
    val token = System.getenv("AOD_API_TOKEN")
    // region client
    val client = AodClient(url, token, timeout = Duration.ofSeconds(60), userAgentSuffix = "my-app/1.0")
    // endregion

    // region call
    val impatient = client.withOptions(timeout = Duration.ofSeconds(5), maxRetries = 0)
    println("${impatient.agents.list().size} agents")

    val patient = client.withOptions(retry = RetryPolicy(maxRetries = 5))
    println("${patient.sessions.list().size} sessions")
    // endregion
    client.close()

    // region token
    val signedIn = AodClient(url, { rejected ->
        token // here, a request to the service that issues tokens
    })
    // endregion
    signedIn.use { println("${it.environments.list().size} environments") }
}
