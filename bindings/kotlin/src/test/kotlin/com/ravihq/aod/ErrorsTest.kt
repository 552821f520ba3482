package com.ravihq.aod

import java.io.ByteArrayOutputStream
import java.io.ObjectInputStream
import java.io.ObjectOutputStream
import java.net.ServerSocket
import java.nio.ByteBuffer
import java.time.Duration
import java.util.UUID
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.ExperimentalSerializationApi
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.JsonUnquotedLiteral
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Tests each kind of failure and its properties. */
class ErrorsTest : ServerTest(Generation.V2026_04_30) {
    private inline fun <reified T : AodException> failure(crossinline call: suspend () -> Any?): T =
        assertThrows<T> { runBlocking { call() } }

    @Test
    fun `an endpoint that the server does not have is unsupported`(): Unit = runBlocking {
        val failure = failure<AodException.Unsupported> { client.sessions.interrupt(UUID(0, 0)) }
        assertEquals(404, failure.status)
        assertTrue(failure.message!!.endsWith("the server does not have this endpoint; only newer servers have it"))
    }

    @Test
    fun `an invalid configuration is rejected`() {
        val failure = assertThrows<AodException.Configuration> { AodClient("ftp://hunter2", "x") }
        assertFalse("hunter2" in failure.toString())
        assertThrows<AodException.Configuration> { AodClient(server.url, "") }
        assertThrows<AodException.Configuration> { AodClient(server.url, "x", httpsOnly = true) }
        assertThrows<AodException.Configuration> { AodClient(server.url, "x", headers = mapOf("a b" to "hunter2")) }
        assertThrows<AodException.Configuration> { AodClient(server.url, "x", caCertificates = listOf("no PEM")) }
    }

    @Test
    fun `a duration that Java does not have is its longest one`() {
        val longest = ByteBuffer.allocate(12).putLong(-1).putInt(999_999_999).flip()
        assertEquals(Duration.ofSeconds(Long.MAX_VALUE), FfiConverterDuration.read(longest))
        assertEquals(0, longest.remaining())
    }

    @Test
    fun `an invalid request is not sent`() {
        val strict = AodClient(server.url, server.token)
        val name = "x".repeat(201)
        val failure = failure<AodException.InvalidRequest> { strict.agents.create(name, MODEL, Runtime.Claude) }
        assertEquals(0, failure.attempts)
        assertEquals("name", failure.fields.single().path)
        assertEquals(emptyList<Any>(), server.requests())
    }

    @Test
    fun `an argument that cannot be encoded is an invalid request`() {
        failure<AodException.InvalidRequest> { client.agents.create("\uD83D", MODEL) }
        val id = UUID.randomUUID()
        failure<AodException.InvalidRequest> { client.sessions.create(id, "hi", timeout = Duration.ofSeconds(-1)) }
        failure<AodException.InvalidRequest> { client.sessions.prompt(id, "\uDE00") }
        failure<AodException.InvalidRequest> {
            client.sessions.stream(id, StreamOptions(deadline = Duration.ofNanos(-1))).toList()
        }
        assertThrows<AodException.InvalidRequest> { client.withOptions(timeout = Duration.ofSeconds(-1)) }
        assertThrows<AodException.InvalidRequest> {
            AodClient(server.url, "x", connectTimeout = Duration.ofSeconds(-1))
        }
        assertThrows<AodException.InvalidRequest> {
            client.sessions.listen(id, Silent, StreamOptions(baseDelay = Duration.ofSeconds(-1)))
        }
        assertEquals(emptyList<Any>(), server.requests())
    }

    @Test
    @OptIn(ExperimentalSerializationApi::class)
    fun `invalid JSON is an invalid request`() {
        for (invalid in listOf(JsonPrimitive(Double.NaN), JsonUnquotedLiteral("1e400"), JsonUnquotedLiteral("{"))) {
            val metadata = JsonObject(mapOf("x" to invalid))
            failure<AodException.InvalidRequest> {
                client.agents.create("a", MODEL, Runtime.Claude, metadata = metadata)
            }
        }
        assertEquals(emptyList<Any>(), server.requests())
    }

    @Test
    fun `every exception can be serialized, without what may contain secrets`() {
        val field = FieldError("missing", listOf(LocationPart.Key("x")), "x", "Field required", Secret("hunter2"))
        val details = listOf(
            ErrorDetail.Text("hunter2"),
            ErrorDetail.Fields(listOf(field)),
            ErrorDetail.Json(Secret("hunter2")),
            ErrorDetail.Body(Secret("hunter2")),
        )
        val classes = mutableSetOf<Class<*>>()
        for (kind in ErrorKind.entries) {
            for (detail in details) {
                val failure = ErrorInfo(
                    kind = kind,
                    text = "GET /agents: failed",
                    status = 409u,
                    detail = detail,
                    conflict = ConflictReason.Running,
                    quota = Quota(limit = 1, active = 1),
                    isBodyTruncated = true,
                    sessionId = UUID.randomUUID(),
                    method = "GET",
                    url = "http://localhost/agents",
                    requestId = "r1",
                    retryAfter = Duration.ofSeconds(7),
                    attempts = 3u,
                    isRetryable = true,
                    isUnsent = true,
                    tokenFailure = null,
                ).toException()
                val output = ByteArrayOutputStream()
                ObjectOutputStream(output).use { it.writeObject(failure) }
                val bytes = output.toByteArray()
                assertFalse("hunter2" in bytes.toString(Charsets.ISO_8859_1), "$kind $detail")

                val copy = ObjectInputStream(bytes.inputStream()).readObject() as AodException
                assertSame(failure.javaClass, copy.javaClass)
                assertEquals(simpleProperties(failure), simpleProperties(copy))
                assertNull(copy.detail)
                when (copy) {
                    is AodException.InvalidRequest -> assertEquals(emptyList<FieldError>(), copy.fields)
                    is AodException.Validation -> assertEquals(emptyList<FieldError>(), copy.fields)
                    is AodException.Conflict -> assertEquals(ConflictReason.Other, copy.reason)
                    is AodException.RateLimit -> assertNull(copy.quota)
                    else -> Unit
                }
                classes += copy.javaClass
            }
        }
        assertEquals(AodException::class.java.declaredClasses.toSet(), classes)
    }

    private fun simpleProperties(failure: AodException): List<Any?> = listOf(
        failure.message,
        failure.kind,
        failure.status,
        failure.isBodyTruncated,
        failure.sessionId,
        failure.method,
        failure.url,
        failure.requestId,
        failure.retryAfter,
        failure.attempts,
        failure.isRetryable,
        failure.isUnsent,
    )

    @Test
    fun `an internal error has a one-line message without details`() {
        val failure = assertThrows<AodException.Other> {
            mapErrors { throw InternalException("panicked at core/src/lib.rs:7\n   0: backtrace of hunter2") }
        }
        assertEquals("internal error", failure.message)
        assertFalse("hunter2" in failure.stackTraceToString())
    }

    @Test
    fun `invalid options are rejected at construction`() {
        assertThrows<IllegalArgumentException> { RetryPolicy(maxRetries = -1) }
        assertThrows<IllegalArgumentException> { RetryPolicy(baseDelay = Duration.ofNanos(-1)) }
        assertThrows<IllegalArgumentException> { RetryPolicy(maxDelay = Duration.ofNanos(-1)) }
        assertThrows<IllegalArgumentException> { RetryPolicy(maxRetryAfter = Duration.ofNanos(-1)) }
        assertThrows<IllegalArgumentException> { StreamOptions(maxAttempts = -1) }
    }

    @Test
    fun `a retry policy sets the number of attempts`() {
        server.fault("GET", "/health", """{"status": {"status": 503}}""", 5)
        AodClient(server.url, server.token, retry = RetryPolicy(4, Duration.ofNanos(1), Duration.ofNanos(1))).use {
            assertEquals(5, failure<AodException.Server> { it.health() }.attempts)
        }
    }

    @Test
    fun `a missing native library is a configuration error that names the platform and the file`() {
        val child = ProcessBuilder(
            "${System.getProperty("java.home")}/bin/java",
            "-D${LibraryFile.PROPERTY}=/none/libaod_ffi.so",
            "-classpath",
            System.getProperty("java.class.path"),
            WithoutLibrary::class.java.name,
        ).redirectErrorStream(true).start()
        val output = child.inputReader().readLines()
        assertEquals(0, child.waitFor(), output.toString())
        val platform = "${System.getProperty("os.name")} on ${System.getProperty("os.arch")}"
        assertEquals(3, output.size, output.toString())
        assertTrue(output.all { it.startsWith("Configuration: ") && platform in it }, output.toString())
        assertTrue(output.all { "com.ravihq.aod.library names /none/libaod_ffi.so" in it }, output.toString())
    }

    /** A program whose native library cannot be loaded. */
    object WithoutLibrary {
        @JvmStatic
        fun main(arguments: Array<String>) {
            val uses = listOf({ AodClient("http://localhost:1", "x") }, AodClient::fromEnv, { GenericFormatter() })
            for (use in uses) {
                try {
                    use()
                } catch (failure: AodException) {
                    println("${failure.javaClass.simpleName}: ${failure.message}")
                }
            }
        }
    }

    private object Silent : EventListener {
        override fun onEvents(events: List<StreamEvent>, cursor: Long?) {}

        override fun onError(error: AodException) {}
    }

    @Test
    fun `an unknown token is an authentication error`() {
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
    fun `a missing record is not found`() {
        val failure = failure<AodException.NotFound> { client.agents.get(UUID.randomUUID()) }
        assertEquals(404, failure.status)
        assertEquals(ErrorDetail.Text("Agent not found"), failure.detail)
        assertFalse(failure.isRetryable)
    }

    @Test
    fun `a version mismatch has both versions`() {
        val failure = failure<AodException.Conflict> {
            val agent = client.agents.create("a", MODEL, runtime = Runtime.Claude)
            client.agents.update(agent.id, 7, name = "b")
        }
        assertEquals(ConflictReason.VersionMismatch(expected = 1, got = 7), failure.reason)
    }

    @Test
    fun `refused fields are listed, with their input as a secret`() {
        val failure = failure<AodException.Validation> {
            client.environments.create(CreateEnvironment("x".repeat(300), envVars = secretsOf("KEY" to "hunter2")))
        }
        assertEquals(422, failure.status)
        val field = failure.fields.first()
        assertEquals("string_too_long", field.kind)
        assertTrue(field.path.endsWith("name"), field.path)
        assertNotNull(field.input?.expose())
        for (text in listOf(failure.toString(), failure.detail.toString(), failure.stackTraceToString())) {
            assertFalse("hunter2" in text, text)
            assertFalse("xxx" in text, text)
        }
    }

    @Test
    fun `a rate limit has its quota`() {
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
    fun `the status selects the exception`() {
        fun responding(status: Int, headers: String = "{}", body: String = ""): suspend () -> Health = {
            val effect = """{"status": {"status": $status, "headers": $headers, "body": "$body"}}"""
            server.fault("GET", "/health", effect, 3)
            client.withOptions(maxRetries = 0).health().also { server.control("DELETE", "fault") }
        }
        val server503 = failure<AodException.Server>(responding(503, """{"retry-after": "7", "x-request-id": "r1"}"""))
        assertEquals(Duration.ofSeconds(7), server503.retryAfter)
        assertEquals("r1", server503.requestId)
        assertTrue(server503.isRetryable)
        server.control("DELETE", "fault")
        assertEquals(418, failure<AodException.Status>(responding(418)).status)
        server.control("DELETE", "fault")
        assertEquals(400, failure<AodException.BadRequest>(responding(400)).status)
        server.control("DELETE", "fault")
        failure<AodException.Decode>(responding(200, body = "no JSON"))
        server.control("DELETE", "fault")
        server.fault("GET", "/health", """{"redirect": {"location": "http://example.invalid/"}}""")
        failure<AodException.Protocol> { client.health() }
    }

    @Test
    fun `a refused connection is an unsent connection error`() {
        val port = ServerSocket(0).use { it.localPort }
        AodClient("http://127.0.0.1:$port", "x").withOptions(maxRetries = 1).use { unreachable ->
            val failure = failure<AodException.Connection> { unreachable.health() }
            assertTrue(failure.isUnsent)
            assertTrue(failure.isRetryable)
            assertEquals(2, failure.attempts)
            assertNull(failure.status)
        }
    }

    @Test
    fun `a stalled response is a timeout`() {
        server.fault("GET", "/health", """{"stall": {}}""")
        failure<AodException.Timeout> { client.withOptions(timeout = Duration.ofMillis(200)).health() }
    }

    @Test
    fun `collecting a stream that cannot be opened fails`() {
        failure<AodException.NotFound> { client.sessions.stream(UUID.randomUUID()).toList() }
    }

    @Test
    fun `every call of a closed client fails`() {
        val other = client.withOptions()
        client.close()
        client.close()
        failure<AodException.Closed> { client.health() }
        failure<AodException.Closed> { client.sessions.stream(UUID.randomUUID()).toList() }
        assertThrows<AodException.Closed> { client.withOptions() }
        failure<AodException.Closed> { other.health() }
    }

    private companion object {
        const val MODEL = "anthropic/claude-sonnet-4-6"
    }
}
