package com.ravihq.aod

import java.util.UUID
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Test

class SecretsTest {
    @Test
    fun `secrets are redacted in everything that contains them`() {
        val id = UUID.randomUUID()
        val secrets = secretsOf("KEY" to "hunter2")
        val values = listOf(
            Secret("hunter2"),
            secrets,
            CreateEnvironment("ci", envVars = secrets),
            UpdateEnvironment(1, envVars = secrets),
            CreateSession(id, "hi", secretEnvVars = secrets),
            GithubRepository("https://github.com/acme/app", authorizationToken = Secret("hunter2")),
            McpServer.url("a", "https://example.com", mapOf("Authorization" to "hunter2")),
            McpServer.stdio("a", "b", env = mapOf("KEY" to "hunter2")),
            ClientConfig(token = Secret("hunter2"), proxy = Secret("http://u:hunter2@h"), headers = secrets),
            NativeCallOptions(headers = secrets),
            ErrorDetail.Json(Secret("hunter2")),
            ErrorDetail.Body(Secret("hunter2")),
        )
        for (value in values) {
            assertFalse("hunter2" in value.toString(), value.toString())
        }
        AodClient("http://localhost:1", "hunter2").use { assertEquals("AodClient(http://localhost:1)", it.toString()) }
    }

    @Test
    fun `secrets with the same text are equal`() {
        assertEquals(Secret("a"), Secret("a"))
        assertEquals(Secret("a").hashCode(), Secret("a").hashCode())
        assertFalse(Secret("a") == Secret("b"))
        assertEquals("a", Secret("a").expose())
    }
}
