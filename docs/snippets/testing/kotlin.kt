package com.example

import com.ravihq.aod.AodClient
import com.ravihq.aod.Runtime
import com.ravihq.aod.testing.DevServer
import com.ravihq.aod.testing.DevServerExtension
import com.ravihq.aod.testing.Fault
import com.ravihq.aod.testing.Turn
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith

@ExtendWith(DevServerExtension::class)
class AppTest {
    @Test
    fun `reports the failing test`(server: DevServer) = runBlocking {
        val turn = Turn().tool("Bash", mapOf("command" to "mvn test"), output = "1 failed", exitCode = 1)
        server.script(turn.message("One test fails."))
        server.faults(Fault.cut(afterEvents = 3))
        AodClient(server.url, server.token).use { client ->
            val agent = client.agents.create("reviewer", "anthropic/claude-sonnet-4-6", runtime = Runtime.Claude)
            val result = client.sessions.run(agent.id, "Run the tests")
            assertEquals("One test fails.", result.text)
        }
    }
}
