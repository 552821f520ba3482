package com.ravihq.aod

import java.util.UUID
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

/** Tests calls that read a record first, and calls that can be repeated. */
class EnsureTest : ServerTest() {
    private suspend fun createAgent() = client.agents.create("a", "claude-sonnet-4-6", runtime = Runtime.Claude)

    private fun methods() = server.requests().map { it.getValue("method").jsonPrimitive.content }

    @Test
    fun `updateWith starts again with the current agent after a version mismatch`(): Unit = runBlocking {
        val id = createAgent().id
        val versions = mutableListOf<Long>()
        val updated = client.agents.updateWith(id) { agent ->
            versions += agent.version
            // Another caller is faster once.
            if (agent.version == 1L) client.agents.update(id, agent.version, description = TextPatch.Set("theirs"))
            agent.update(name = "mine")
        }
        assertEquals(listOf(1L, 2L), versions)
        assertEquals("mine" to "theirs", updated.name to updated.description)
        assertEquals(3, updated.version)
    }

    @Test
    fun `updateWith starts again with the current environment after a version mismatch`(): Unit = runBlocking {
        val id = client.environments.create("ci", mapOf(PackageManager.Pip to listOf("pytest"))).id
        val updated = client.environments.updateWith(id) { environment ->
            if (environment.version == 1L) client.environments.update(id, 1, setupScript = TextPatch.Set("true"))
            val pip = environment.packages[PackageManager.Pip].orEmpty() + "ruff"
            environment.update(packages = environment.packages + (PackageManager.Pip to pip))
        }
        assertEquals(listOf("pytest", "ruff"), updated.packages[PackageManager.Pip])
        assertEquals("true", updated.setupScript)
        assertEquals(3, updated.version)
    }

    @Test
    fun `updateWith replaces the version of the request`(): Unit = runBlocking {
        val agent = client.agents.updateWith(createAgent().id) { UpdateAgent(version = 7, name = "b") }
        assertEquals("b", agent.name)
        val environment = client.environments.create("ci")
        val updated = client.environments.updateWith(environment.id) { UpdateEnvironment(version = 7, name = "d") }
        assertEquals("d", updated.name)
    }

    @Test
    fun `updateWith fails with the version mismatch after ten attempts`(): Unit = runBlocking {
        val id = createAgent().id
        var calls = 0
        val failure = assertThrows<AodException.Conflict> {
            client.agents.updateWith(id) { agent ->
                calls++
                client.agents.update(id, agent.version, name = "theirs $calls")
                agent.update(name = "mine")
            }
        }
        assertEquals(ConflictReason.VersionMismatch(expected = 11, got = 10), failure.reason)
        assertEquals(10, calls)
    }

    @Test
    fun `an exception of the function ends updateWith`(): Unit = runBlocking {
        val id = createAgent().id
        var calls = 0
        assertThrows<IllegalArgumentException> {
            client.agents.updateWith(id) {
                calls++
                throw IllegalArgumentException("planted")
            }
        }
        // A conflict of a call that the function makes is not retried.
        assertThrows<AodException.Conflict> {
            client.agents.updateWith(id) { agent ->
                calls++
                client.agents.update(id, version = 7).update()
            }
        }
        assertEquals(2, calls)
        assertEquals(1, client.agents.get(id).version)
    }

    @Test
    fun `ensure creates an agent, returns it, and updates what differs`(): Unit = runBlocking {
        suspend fun ensure(system: String?) =
            client.agents.ensure("a", "claude-sonnet-4-6", runtime = Runtime.Claude, system = system)
        val agent = ensure("Be kind.")
        assertEquals(agent, ensure("Be kind."))
        assertEquals(agent, ensure(null))
        val updated = ensure("Be brief.")
        assertEquals(agent.id to 2L, updated.id to updated.version)
        assertEquals(listOf("GET", "POST", "GET", "GET", "GET", "GET", "PUT"), methods())
    }

    @Test
    fun `ensure creates an environment, returns it, and updates what differs`(): Unit = runBlocking {
        suspend fun ensure(script: String) =
            client.environments.ensure("ci", envVars = mapOf("TOKEN" to script), setupScript = script)
        val environment = ensure("true")
        assertEquals(environment, client.environments.ensure("ci", envVars = mapOf("TOKEN" to "hunter2")))
        val updated = ensure("false")
        assertEquals(environment.id to 2L, updated.id to updated.version)
        assertEquals(listOf("GET", "POST", "GET", "GET", "PUT"), methods())
    }

    @Test
    fun `archiving and terminating again is no error`(): Unit = runBlocking {
        val agent = createAgent()
        val environment = client.environments.create("ci")
        val session = client.sessions.run(agent.id, "hi").session
        repeat(2) {
            assertEquals(SessionStatus.Terminated, client.sessions.ensureTerminated(session.id).status)
            assertNotNull(client.agents.ensureArchived(agent.id).archivedAt)
            assertNotNull(client.environments.ensureArchived(environment.id).archivedAt)
        }
        val unknown = UUID.randomUUID()
        assertThrows<AodException.NotFound> { client.sessions.ensureTerminated(unknown) }
        assertThrows<AodException.NotFound> { client.agents.ensureArchived(unknown) }
        assertThrows<AodException.NotFound> { client.environments.ensureArchived(unknown) }
        val failure = assertThrows<AodException.Conflict> { client.agents.updateWith(agent.id) { it.update() } }
        assertTrue(failure.reason is ConflictReason.Archived)
    }
}
