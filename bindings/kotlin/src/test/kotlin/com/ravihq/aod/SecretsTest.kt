package com.ravihq.aod

import java.io.PrintWriter
import java.io.StringWriter
import java.util.UUID
import java.util.concurrent.CompletionException
import java.util.concurrent.atomic.AtomicInteger
import java.util.logging.Handler
import java.util.logging.Level
import java.util.logging.LogRecord
import java.util.logging.Logger
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** At both ends of each secret, with characters between them that are escaped in some form. */
private const val MARK = "hunter2"

/** The user and the password of the proxy, in Base64. */
private const val PROXY_CREDENTIALS = "aHVudGVyMnVzZXI6aHVudGVyMkBwYXNz"

private val FORMS =
    listOf("detail", "object", "fields", "string", "nested", "truncated", "text", "encoded", "html", "start")

private fun secret(name: String) = "$MARK-$name\"<&>'ü\\u\n/%41+$MARK"

private val MCP_SERVERS = listOf(
    McpServer.url(
        "issues",
        "https://ann:${MARK}pw@mcp.example.com/$MARK-0123456789/?key=$MARK%26key",
        mapOf("Authorization" to "Bearer ${secret("mcp-header")}"),
    ),
    McpServer.stdio("files", "mcp", listOf("--key=${secret("mcp-arg")}"), mapOf("KEY" to secret("mcp-env"))),
)
private val AGENT = CreateAgent("a", "m", runtime = Runtime.Claude, mcpServers = MCP_SERVERS)
private val AGENT_UPDATE = UpdateAgent(1, mcpServers = MCP_SERVERS)
private val ENVIRONMENT = CreateEnvironment("e", envVars = secretsOf("KEY" to secret("env")))
private val ENVIRONMENT_UPDATE = UpdateEnvironment(1, envVars = secretsOf("KEY" to secret("env")))
private val SESSION = CreateSession(
    UUID(0, 0),
    "p",
    resources = listOf(
        GithubRepository("https://x:${MARK}pw@github.com/acme/app", authorizationToken = Secret(secret("repository"))),
    ),
    secretEnvVars = secretsOf("KEY" to secret("secret-env")),
)

/** Records all lines, of all loggers. */
private class Lines : Handler() {
    val text = StringBuffer()

    override fun publish(record: LogRecord) {
        text.append("${record.loggerName} ${record.message} ${record.parameters?.toList()} ${record.thrown}\n")
    }

    override fun flush() = Unit

    override fun close() = Unit
}

class SecretsTest {
    private fun assertNoSecret(text: String, what: String) {
        for (secret in listOf(MARK, PROXY_CREDENTIALS)) {
            assertFalse(secret in text) { "$what: ${text.lines().first { secret in it }}" }
        }
    }

    /** Returns all that a program or a crash reporter shows of an exception. */
    private fun shown(failure: Throwable): String {
        val trace = StringWriter().also { failure.printStackTrace(PrintWriter(it)) }
        val own = failure as? AodException
        return "$failure ${failure.message} ${failure.localizedMessage} $trace ${own?.requestId} ${own?.url} " +
            "${own?.detail} ${failure.suppressed.toList()} ${failure.cause}"
    }

    /** Returns the failures of calls, streams, listeners and futures. */
    private suspend fun failures(client: AodClient): List<Throwable> {
        val calls = listOf<suspend () -> Unit>(
            { client.agents.list() },
            { client.agents.create(AGENT) },
            { client.agents.update(UUID(0, 0), AGENT_UPDATE) },
            { client.environments.create(ENVIRONMENT) },
            { client.environments.update(UUID(0, 0), ENVIRONMENT_UPDATE) },
            { client.sessions.create(SESSION) },
            { client.sessions.run(SESSION) },
            { client.sessions.stream(UUID(0, 0), StreamOptions(reconnect = false)).toList() },
            { FutureClient(client).environments.create(ENVIRONMENT).join() },
        )
        val failures = mutableListOf<Throwable>()
        for (call in calls) {
            try {
                call()
            } catch (failure: AodException) {
                failures.add(failure)
            } catch (failure: CompletionException) {
                failures.add(failure)
                failures.add(failure.cause!!)
            }
        }
        val listener = object : EventListener {
            override fun onEvents(events: List<StreamEvent>, cursor: Long?) = Unit

            override fun onError(error: AodException) {
                failures.add(error)
            }

            override fun onState(state: ConnectionState) = assertNoSecret("$state", "state")
        }
        client.sessions.listen(UUID(0, 0), listener, StreamOptions(reconnect = false)).join()
        return failures
    }

    @Test
    fun `no echo of a request shows its secrets`(): Unit = runBlocking {
        val lines = Lines().apply { level = Level.ALL }
        val root = Logger.getLogger("")
        val level = root.level
        root.addHandler(lines)
        root.level = Level.ALL
        DevServer().use { server ->
            AodClient(
                "http://aod.example.com/api",
                "aod_$MARK<&>\"'\\/%41+$MARK",
                headers = mapOf("X-Client" to "$MARK-client\"<&>'\\u/%41+$MARK", "Cookie" to "a=${MARK}x; b=${MARK}y"),
                proxy = "http://${MARK}user:$MARK%40pass@${server.url.removePrefix("http://")}",
                validateRequests = false,
            ).withOptions(maxRetries = 0, headers = mapOf("X-Call" to "$MARK-call")).use { client ->
                assertNoSecret("$client", "client")
                for (status in listOf(401, 404, 407, 409, 422, 429, 500, 200)) {
                    for (form in FORMS) {
                        server.control("DELETE", "fault")
                        val effect = """{"echo": {"status": $status, "form": "$form"}}"""
                        server.control("POST", "fault", """{"path": "*/api/*", "times": null, "effect": $effect}""")
                        val failures = failures(client)
                        assertTrue(failures.size >= 8, "$status $form: $failures")
                        for (failure in failures) {
                            if (status != 200 && failure is AodException) assertEquals(status, failure.status)
                            assertNoSecret(shown(failure), "$status $form")
                        }
                    }
                }
            }
        }
        root.removeHandler(lines)
        root.level = level
        assertTrue("clear text" in lines.text, "$lines")
        assertNoSecret("${lines.text}", "log")
    }

    @Test
    fun `no echo of a request shows the tokens of a provider`(): Unit = runBlocking {
        val asked = AtomicInteger()
        DevServer().use { server ->
            val provider = TokenProvider { "aod_$MARK-${asked.incrementAndGet()}<&>\"'\\/%41+$MARK" }
            val retrying = AodClient("${server.url}/api", provider, validateRequests = false)
            retrying.withOptions(maxRetries = 0).use { client ->
                assertNoSecret("$client $provider", "client")
                for (status in listOf(401, 403, 500, 200)) {
                    for (form in FORMS) {
                        server.control("DELETE", "fault")
                        val effect = """{"echo": {"status": $status, "form": "$form"}}"""
                        server.control("POST", "fault", """{"path": "*/api/*", "times": null, "effect": $effect}""")
                        val failures = failures(client)
                        assertTrue(failures.size >= 8, "$status $form: $failures")
                        for (failure in failures) {
                            if (status != 200 && failure is AodException) assertEquals(status, failure.status)
                            assertNoSecret(shown(failure), "$status $form")
                        }
                    }
                }
            }
        }
        assertTrue(asked.get() > FORMS.size, "each 401 asks for another token: ${asked.get()}")
    }

    @Test
    fun `the exception for a malformed setting does not repeat it`() {
        for (create in listOf<() -> AodClient>(
            { AodClient("http://ann:$MARK@h", "t") },
            { AodClient("$MARK://h", "t") },
            { AodClient("http://h/?$MARK", "t") },
            { AodClient("http://h", "$MARK\n") },
            { AodClient("http://h", "t", proxy = "::$MARK") },
            { AodClient("http://h", "t", proxy = "ftp://u:$MARK@h") },
            { AodClient("http://h", "t", headers = mapOf("x" to "$MARK\n")) },
            { AodClient("http://h", "t", headers = mapOf("$MARK x" to "y")) },
            { AodClient("https://h", "t", caCertificates = listOf(MARK)) },
            { AodClient("https://h", "t", clientCertificate = MARK) },
        )) {
            assertNoSecret(shown(assertThrows(AodException::class.java) { create() }), "setting")
        }
    }

    @Test
    fun `secrets are redacted in everything that contains them`() {
        val secrets = secretsOf("KEY" to MARK)
        val values = listOf(
            Secret(MARK),
            secrets,
            MCP_SERVERS,
            AGENT,
            AGENT_UPDATE,
            ENVIRONMENT,
            ENVIRONMENT_UPDATE,
            SESSION,
            ClientConfig(token = Secret(MARK), proxy = Secret("http://u:$MARK@h"), headers = secrets),
            NativeCallOptions(headers = secrets),
            ErrorDetail.Json(Secret(MARK)),
            ErrorDetail.Body(Secret(MARK)),
        )
        for (value in values) {
            assertNoSecret("$value", value.javaClass.name)
        }
        assertTrue("url=https://github.com/acme/app" in "$SESSION", "$SESSION")
        AodClient("http://localhost:1", MARK).use { assertEquals("AodClient(http://localhost:1)", it.toString()) }
    }

    @Test
    fun `secrets with the same text are equal`() {
        assertEquals(Secret("a"), Secret("a"))
        assertEquals(Secret("a").hashCode(), Secret("a").hashCode())
        assertFalse(Secret("a") == Secret("b"))
        assertEquals("a", Secret("a").expose())
    }
}
