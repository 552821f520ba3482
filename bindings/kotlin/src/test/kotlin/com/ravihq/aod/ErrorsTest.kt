package com.ravihq.aod

import java.net.ServerSocket
import java.time.Duration
import java.util.UUID
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Each sort of failure, with its facts. */
class ErrorsTest {
    private val server = DevServer("s1")
    private val client = server.client()

    @AfterEach
    fun stop() {
        client.close()
        server.close()
    }

    private inline fun <reified T : AodException> failure(crossinline call: suspend () -> Any?): T =
        assertThrows<T> { runBlocking { call() } }

    @Test
    fun `a client that is set up wrongly is not made`() {
        val failure = assertThrows<AodException.Configuration> { AodClient("ftp://hunter2", "x") }
        assertFalse("hunter2" in failure.toString())
        assertThrows<AodException.Configuration> { AodClient(server.url, "") }
        assertThrows<AodException.Configuration> { AodClient(server.url, "x", httpsOnly = true) }
        assertThrows<AodException.Configuration> { AodClient(server.url, "x", headers = mapOf("a b" to "hunter2")) }
        assertThrows<AodException.Configuration> { AodClient(server.url, "x", caCertificates = listOf("no PEM")) }
    }

    @Test
    fun `a request that would be refused is not sent`() {
        val strict = AodClient(server.url, server.token)
        val failure = failure<AodException.InvalidRequest> { strict.agents.create("x".repeat(201), MODEL, Runtime.Claude) }
        assertEquals(0, failure.attempts)
        assertEquals("name", failure.fields.single().path)
        assertEquals(emptyList<Any>(), server.requests())
    }

    @Test
    fun `an unknown token is an error of authentication`() {
        AodClient(server.url, "hunter2").use { other ->
            val failure = failure<AodException.Auth> { other.agents.list() }
            assertEquals(401, failure.status)
            assertEquals("GET", failure.method)
            assertEquals("${server.url}/agents", failure.url)
            assertEquals(1, failure.attempts)
            assertFalse("hunter2" in failure.stackTraceToString())
        }
    }

    @Test
    fun `what is not there is not found`() {
        val failure = failure<AodException.NotFound> { client.agents.get(UUID.randomUUID()) }
        assertEquals(404, failure.status)
        assertEquals(ErrorDetail.Text("Agent not found"), failure.detail)
        assertFalse(failure.isRetryable)
    }

    @Test
    fun `a version mismatch has both numbers`() {
        val failure = failure<AodException.Conflict> {
            val agent = client.agents.create("a", MODEL, runtime = Runtime.Claude)
            client.agents.update(agent.id, 7, name = "b")
        }
        assertEquals(ConflictReason.VersionMismatch(expected = 1, got = 7), failure.reason)
    }

    @Test
    fun `refused fields are listed, and what they held is a secret`() {
        val failure = failure<AodException.Validation> {
            client.environments.create(CreateEnvironment("x".repeat(300), envVars = secretsOf("KEY" to "hunter2")))
        }
        assertEquals(422, failure.status)
        val field = failure.fields.first()
        assertEquals("string_too_long", field.kind)
        assertTrue(field.path.endsWith("name"), field.path)
        assertNotNull(field.input?.expose())
        for (shown in listOf(failure.toString(), failure.detail.toString(), failure.stackTraceToString())) {
            assertFalse("hunter2" in shown, shown)
            assertFalse("xxx" in shown, shown)
        }
    }

    @Test
    fun `a 429 has its numbers`() {
        server.control("POST", "quota", """{"limit": 1}""")
        server.script("""{"hold": "never"}""")
        val failure = failure<AodException.RateLimit> {
            client.start(model = MODEL)
            client.start(model = MODEL)
        }
        assertEquals(Quota(limit = 1, active = 1), failure.quota)
        assertTrue(failure.isRetryable)
    }

    @Test
    fun `an answer has the kind of its status`() {
        fun answered(status: Int, headers: String = "{}", body: String = ""): suspend () -> Health = {
            server.fault("GET", "/health", """{"status": {"status": $status, "headers": $headers, "body": "$body"}}""", 3)
            client.withOptions(maxRetries = 0).health().also { server.control("DELETE", "fault") }
        }
        val server503 = failure<AodException.Server>(answered(503, """{"retry-after": "7", "x-request-id": "r1"}"""))
        assertEquals(Duration.ofSeconds(7), server503.retryAfter)
        assertEquals("r1", server503.requestId)
        assertTrue(server503.isRetryable)
        server.control("DELETE", "fault")
        assertEquals(418, failure<AodException.Status>(answered(418)).status)
        server.control("DELETE", "fault")
        assertEquals(400, failure<AodException.BadRequest>(answered(400)).status)
        server.control("DELETE", "fault")
        failure<AodException.Decode>(answered(200, body = "no JSON"))
        server.control("DELETE", "fault")
        server.fault("GET", "/health", """{"redirect": {"location": "http://example.invalid/"}}""")
        failure<AodException.Protocol> { client.health() }
    }

    @Test
    fun `nobody at home is an error of the connection, and nothing was sent`() {
        val port = ServerSocket(0).use { it.localPort }
        AodClient("http://127.0.0.1:$port", "x").withOptions(maxRetries = 1).use { nobody ->
            val failure = failure<AodException.Connection> { nobody.health() }
            assertTrue(failure.isUnsent)
            assertTrue(failure.isRetryable)
            assertEquals(2, failure.attempts)
            assertNull(failure.status)
        }
    }

    @Test
    fun `silence is a timeout`() {
        server.fault("GET", "/health", """{"stall": {}}""")
        failure<AodException.Timeout> { client.withOptions(timeout = Duration.ofMillis(200)).health() }
    }

    @Test
    fun `a stream that cannot be opened fails its collector`() {
        failure<AodException.NotFound> { client.sessions.events(UUID.randomUUID()).toList() }
    }

    @Test
    fun `a closed client refuses every call`() {
        val other = client.withOptions()
        client.close()
        client.close()
        failure<AodException.Closed> { client.health() }
        failure<AodException.Closed> { client.sessions.events(UUID.randomUUID()).toList() }
        assertThrows<AodException.Closed> { client.withOptions() }
        failure<AodException.Closed> { other.health() }
    }

    private companion object {
        const val MODEL = "anthropic/claude-sonnet-4-6"
    }
}
