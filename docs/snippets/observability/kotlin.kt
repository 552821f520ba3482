package observability

import com.ravihq.aod.AodClient
import java.net.URI
import java.util.logging.ConsoleHandler
import java.util.logging.Level
import java.util.logging.Logger
import kotlinx.coroutines.runBlocking

fun main(): Unit = runBlocking {
    // region log
    val logger = Logger.getLogger("com.ravihq.aod")
    logger.level = Level.FINE
    logger.addHandler(ConsoleHandler().apply { level = Level.FINE })
    val client = AodClient.fromEnv()
    // endregion

    // region responses
    val observed = client.withOptions(onResponse = { response ->
        println("${response.method} ${URI(response.url).path} ${response.status}")
    })
    observed.agents.list()
    // endregion
    client.close()
}
