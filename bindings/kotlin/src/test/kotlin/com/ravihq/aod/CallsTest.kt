package com.ravihq.aod

import java.time.Duration
import java.util.UUID
import java.util.concurrent.LinkedBlockingQueue
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.put
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Tests each endpoint and the fields of its response. */
class CallsTest {
    private fun against(
        generation: String = Generation.V2026_04_21,
        test: suspend (AodClient, DevServer) -> Unit,
    ): Unit = runBlocking {
        DevServer(generation).use { server -> server.client().use { test(it, server) } }
    }

    @Test
    fun `agents are created, retrieved, updated, listed and archived`() = against(Generation.V2026_04_30) { client, _ ->
        val environment = client.environments.create("ci")
        val agent = client.agents.create(
            name = "reviewer",
            model = "anthropic/claude-sonnet-4-6",
            runtime = Runtime.Claude,
            description = "reviews",
            system = "Be kind.",
            environmentId = environment.id,
            skills = listOf(Skill.inline("tone", "How to word it", "Be exact."), Skill.github("acme/skills", "All")),
            mcpServers = listOf(
                McpServer.url("issues", "https://mcp.example.com", headers = mapOf("Authorization" to "Bearer x")),
                McpServer.stdio("files", "mcp-files", listOf("--root", "/"), env = mapOf("LEVEL" to "debug")),
            ),
            metadata = buildJsonObject { put("team", "core") },
        )
        assertEquals(1, agent.version)
        assertEquals(Runtime.Claude, agent.runtime)
        assertEquals(listOf("issues", "files"), agent.mcpServers.map { it.name })
        assertEquals("Bearer x", (agent.mcpServers[0] as McpServer.Url).server.headers["Authorization"]?.expose())
        assertEquals(JsonPrimitive("core"), agent.metadata["team"])
        assertEquals(agent, client.agents.get(agent.id))
        assertEquals(listOf(agent), client.agents.list())

        val changed = client.agents.update(
            agent.id,
            agent.version,
            name = "second",
            description = TextPatch.Clear,
            system = TextPatch.Set("Be brief."),
            environmentId = IdPatch.Clear,
            skills = emptyList(),
            metadata = buildJsonObject { put("team", "") },
        )
        assertEquals(2, changed.version)
        assertEquals("second", changed.name)
        assertTrue(changed.description.isNullOrEmpty())
        assertEquals("Be brief.", changed.system)
        assertNull(changed.environmentId)
        assertEquals(emptyList<Skill>(), changed.skills)
        assertEquals(agent.mcpServers, changed.mcpServers)
        assertTrue(changed.metadata.isEmpty())
        assertEquals(listOf(2L, 1L), client.agents.versions(agent.id).map { it.version })

        assertNotNull(client.agents.archive(agent.id).archivedAt)
        assertEquals(emptyList<Agent>(), client.agents.list())
    }

    @Test
    fun `environments are created, retrieved, updated, listed, archived and deleted`() = against { client, server ->
        val environment = client.environments.create(
            name = "ci",
            packages = mapOf(PackageManager.Pip to listOf("pytest"), PackageManager.Apt to listOf("jq", "git")),
            envVars = mapOf("NPM_TOKEN" to "hunter2"),
            setupScript = "true",
            networking = Networking.limited("github.com"),
        )
        assertEquals(listOf("jq", "git"), environment.packages[PackageManager.Apt])
        assertEquals(listOf(PackageManager.Apt, PackageManager.Pip), environment.packages.keys.toList())
        assertEquals(NetworkingType.Limited, environment.networking.networkingType)
        assertEquals(listOf("github.com"), environment.networking.allowedHosts)
        assertEquals(environment, client.environments.get(environment.id))
        assertEquals(listOf(environment), client.environments.list())

        val changed = client.environments.update(
            environment.id,
            environment.version,
            packages = emptyMap(),
            setupScript = TextPatch.Clear,
            networking = Networking.unrestricted(),
        )
        assertEquals(2, changed.version)
        assertTrue(changed.packages.values.all { it.isEmpty() })
        assertEquals(listOf(2L, 1L), client.environments.versions(environment.id).map { it.version })

        client.environments.archive(environment.id)
        client.environments.delete(environment.id)
        assertEquals(listOf("POST", "GET", "GET", "PUT", "GET", "POST", "DELETE"), server.requests().map {
            it.getValue("method").jsonPrimitive.content
        })
    }

    @Test
    fun `sessions are created, prompted, retrieved, terminated and deleted`() = against { client, _ ->
        val session = client.start("first")
        assertEquals(SessionStatus.Pending, session.status)
        val ended = client.sessions.waitForCompletion(session.id)
        assertEquals(SessionStatus.Completed, ended.status)
        assertEquals(0, ended.exitCode)
        assertEquals(false, ended.status.isActive)
        assertEquals(listOf(ended), client.sessions.list())

        assertEquals(2, client.sessions.prompt(session.id, "second", Duration.ofSeconds(60)).currentTurn)
        client.sessions.waitForCompletion(session.id)
        val turns = client.sessions.turns(session.id)
        assertEquals(listOf("first", "second"), turns.map { it.prompt })
        assertEquals(listOf(TurnStatus.Completed, TurnStatus.Completed), turns.map { it.status })
        assertTrue(turns.all { it.startedAt!! <= it.endedAt!! })

        assertEquals(SessionStatus.Terminated, client.sessions.terminate(session.id).status)
        client.sessions.delete(session.id)
        assertEquals(emptyList<Session>(), client.sessions.list())
    }

    @Test
    fun `interrupt ends the turn on servers since 2026-06-25`() = against(Generation.V2026_06_25) { client, server ->
        server.script("""{"stdout": "one\n"}""", """{"hold": "never"}""")
        val agent = client.agents.create("a", "claude-sonnet-4-6", provider = Provider.Anthropic)
        val session = client.sessions.create(agent.id, "hi", secretEnvVars = mapOf("KEY" to "hunter2"))
        server.control("POST", "reached", """{"name": "never"}""")
        assertEquals(session.id, client.sessions.interrupt(session.id).id)
        client.sessions.waitForCompletion(session.id)
        assertEquals(TurnStatus.Interrupted, client.sessions.turns(session.id).single().status)
    }

    @Test
    fun `run returns the session after the turn and its stdout`() = against { client, server ->
        server.script("""{"stdout": "one\n"}""", """{"stderr": "two\n"}""", """{"exit": 4}""")
        val agent = client.agents.create("a", "claude-sonnet-4-6", runtime = Runtime.Claude)
        val run = client.sessions.run(
            agent.id,
            "hi",
            timeout = Duration.ofMinutes(1),
            resources = listOf(GithubRepository("https://github.com/acme/app", authorizationToken = Secret("ghp_x"))),
        )
        assertEquals("one\n", run.stdout)
        assertEquals(4, run.session.exitCode)
        assertEquals(ResourceType.GithubRepository, run.session.resources.single().resourceType)
    }

    @Test
    fun `the failure of a run names its session`() = against { client, server ->
        val agent = client.agents.create("a", "claude-sonnet-4-6", runtime = Runtime.Claude)
        server.fault("GET", "/sessions/*/stream", """{"status": {"status": 403}}""")
        val created = mutableListOf<SessionAck>()
        val failure = assertThrows<AodException.Auth> {
            client.sessions.run(agent.id, "hi", onCreated = created::add)
        }
        assertEquals(created.single().id, failure.sessionId)
        assertNull(assertThrows<AodException> { client.sessions.get(UUID.randomUUID()) }.sessionId)
    }

    @Test
    fun `a cancelled run terminates its session if asked to`() = against { client, server ->
        server.script("""{"stdout": "one\n"}""", """{"hold": "never"}""")
        val agent = client.agents.create("a", "claude-sonnet-4-6", runtime = Runtime.Claude)
        val created = CompletableDeferred<SessionAck>()
        coroutineScope {
            val run = launch {
                client.sessions.run(agent.id, "hi", onAbandon = OnAbandon.TERMINATE, onCreated = created::complete)
            }
            val id = created.await().id
            server.awaitStreams(1)
            run.cancelAndJoin()
            assertEquals(SessionStatus.Terminated, client.sessions.waitForCompletion(id).status)
        }
    }

    @Test
    fun `an exception of onCreated ends the run and stops its session if asked to`() = against { client, server ->
        server.script("""{"stdout": "one\n"}""", """{"hold": "never"}""")
        val agent = client.agents.create("a", "claude-sonnet-4-6", runtime = Runtime.Claude)
        val failure = assertThrows<AodException.Listener> {
            client.sessions.run(agent.id, "hi", onAbandon = OnAbandon.TERMINATE, onCreated = { error("planted") })
        }
        assertTrue("IllegalStateException" in "$failure" && "planted" !in "$failure")
        val session = client.sessions.list().single()
        assertEquals(SessionStatus.Terminated, client.sessions.waitForCompletion(session.id).status)
    }

    @Test
    fun `the heads of responses are observed`() = against { client, server ->
        server.fault("GET", "/health", """{"status": {"status": 503, "headers": {"X-Request-Id": "r-7"}}}""")
        val observed = LinkedBlockingQueue<ResponseInfo>()
        client.withOptions(onResponse = observed::put).use { it.health() }
        client.health()
        assertEquals(listOf(503, 200), observed.map { it.status })
        val response = observed.first()
        assertEquals("GET", response.method)
        assertEquals("r-7", response.requestId)
        assertEquals("r-7", response.headers["x-request-id"]?.expose())
        assertFalse("r-7" in "${response.headers}")
    }

    @Test
    fun `follow returns the output of one turn`() = against { client, server ->
        server.script("""{"stdout": "one\n"}""")
        val agent = client.agents.create("a", "claude-sonnet-4-6", runtime = Runtime.Claude)
        val id = client.sessions.run(agent.id, "hi").session.id
        server.script("""{"stdout": "two\n"}""")
        assertEquals("two\n", client.sessions.follow(client.sessions.prompt(id, "again")).stdout)
    }

    @Test
    fun `health returns the status and the checks`() = against(Generation.V2026_04_30) { client, _ ->
        val health = client.health()
        assertEquals("ok", health.status)
        assertTrue(health.checks.isNotEmpty())
    }

    @Test
    fun `withOptions affects only the derived client`() = against { client, server ->
        val traced = client.withOptions(headers = mapOf("X-Trace" to "7f3a"), timeout = Duration.ofSeconds(5))
        traced.health()
        traced.close()
        client.health()
        val traces = server.requests().map { request ->
            request.getValue("headers").jsonArray.map { it.jsonArray }
                .filter { it[0].jsonPrimitive.content == "x-trace" }
        }
        assertEquals(listOf(1, 0), traces.map { it.size })
        val agent = server.requests().first().getValue("headers").jsonArray.map { it.jsonArray }
            .single { it[0].jsonPrimitive.content == "user-agent" }[1].jsonPrimitive.content
        assertTrue(agent.endsWith(" aod-sdk-kotlin"), agent)
    }

    @Test
    fun `an unknown enum value is preserved`() = against { client, server ->
        val agent = client.agents.create("a", "claude-sonnet-4-6", runtime = Runtime.Claude)
        server.control("POST", "agent", """{"agent": "${agent.id}", "change": {"runtime": "novel"}}""")
        val read = client.agents.get(agent.id)
        assertEquals(Runtime.Unknown("novel"), read.runtime)
        assertEquals("novel", read.runtime?.value)
    }
}
