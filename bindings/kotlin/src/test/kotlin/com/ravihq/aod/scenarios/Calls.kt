package com.ravihq.aod.scenarios

import com.ravihq.aod.AodClient
import com.ravihq.aod.AodException
import com.ravihq.aod.CreateAgent
import com.ravihq.aod.CreateEnvironment
import com.ravihq.aod.CreateSession
import com.ravihq.aod.IdPatch
import com.ravihq.aod.PackageManager
import com.ravihq.aod.Provider
import com.ravihq.aod.Runtime
import com.ravihq.aod.Secret
import com.ravihq.aod.SessionEvent
import com.ravihq.aod.TextPatch
import com.ravihq.aod.UpdateAgent
import com.ravihq.aod.UpdateEnvironment
import com.ravihq.aod.githubRepositoryFromJson
import com.ravihq.aod.mcpServerFromJson
import com.ravihq.aod.networkingFromJson
import com.ravihq.aod.of
import com.ravihq.aod.secretsOf
import com.ravihq.aod.skillFromJson
import java.time.Duration
import java.util.UUID
import kotlinx.coroutines.flow.toList
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive

/** Calls an operation with the fields of its request. */
suspend fun call(client: AodClient, operation: String, with: Fields): Any? {
    fun id() = with.finish(with.id())
    val (agents, environments, sessions) = Triple(client.agents, client.environments, client.sessions)
    return when (operation) {
        "health" -> with.finish(client).health()
        "agents.list" -> with.finish(agents).list()
        "agents.create" -> agents.create(createAgent(with))
        "agents.get" -> agents.get(id())
        "agents.update" -> agents.update(with.id(), updateAgent(with, with.version()))
        "agents.update_with" -> {
            val (id, update) = with.id() to updateAgent(with)
            agents.updateWith(id) { update }
        }
        "agents.ensure" -> agents.ensure(createAgent(with))
        "agents.ensure_archived" -> agents.ensureArchived(id())
        "agents.archive" -> agents.archive(id())
        "agents.versions" -> agents.versions(id())
        "environments.list" -> with.finish(environments).list()
        "environments.create" -> environments.create(createEnvironment(with))
        "environments.get" -> environments.get(id())
        "environments.update" -> environments.update(with.id(), updateEnvironment(with, with.version()))
        "environments.update_with" -> {
            val (id, update) = with.id() to updateEnvironment(with)
            environments.updateWith(id) { update }
        }
        "environments.ensure" -> environments.ensure(createEnvironment(with))
        "environments.ensure_archived" -> environments.ensureArchived(id())
        "environments.archive" -> environments.archive(id())
        "environments.delete" -> environments.delete(id())
        "environments.versions" -> environments.versions(id())
        "sessions.list" -> with.finish(sessions).list()
        "sessions.create" -> sessions.create(createSession(with))
        "sessions.get" -> sessions.get(id())
        "sessions.prompt" -> {
            val (id, prompt, timeout) = Triple(with.id(), with.require("prompt"), with.seconds("timeout"))
            with.finish(sessions).prompt(id, prompt, timeout)
        }
        "sessions.turns" -> sessions.turns(id())
        "sessions.terminate" -> sessions.terminate(id())
        "sessions.ensure_terminated" -> sessions.ensureTerminated(id())
        "sessions.interrupt" -> sessions.interrupt(id())
        "sessions.delete" -> sessions.delete(id())
        "sessions.wait" -> sessions.waitForCompletion(id())
        "sessions.run" -> sessions.run(createSession(with))
        "sessions.run_all" -> {
            val requests = checkNotNull(with.list("requests")).map { createSession(Fields(it.jsonObject)) }
            val maxConcurrent = checkNotNull(with.number("max_concurrent")).toInt()
            with.finish(sessions).runAll(requests, maxConcurrent).map { result ->
                result.getOrElse { kindToJson(it as AodException) }
            }
        }
        "sessions.watch" -> {
            val ids = checkNotNull(with.textList("ids")).map(UUID::fromString)
            val items = with.finish(sessions).watch(ids).toList().groupBy({ it.sessionId }) {
                when (it) {
                    is SessionEvent.Received -> it.event
                    is SessionEvent.Failed -> kindToJson(it.error)
                }
            }
            ids.map { items[it].orEmpty() }
        }
        "sessions.ask" -> {
            val (id, prompt, timeout) = Triple(with.id(), with.require("prompt"), with.seconds("timeout"))
            val wait = with.json("wait")?.jsonPrimitive?.boolean ?: false
            with.finish(sessions).ask(id, prompt, timeout, wait)
        }
        else -> error("unknown operation $operation")
    }
}

private fun Fields.version(): Long = checkNotNull(number("version")) { "version is missing" }

private fun Fields.seconds(name: String): Duration? = number(name)?.let(Duration::ofSeconds)

private fun Fields.secrets(name: String): Map<String, Secret> = secretsOf(textMap(name).orEmpty())

/** A missing member keeps the value, `null` clears it, another value replaces it. */
private fun Fields.textPatch(name: String): TextPatch = when {
    name !in this -> TextPatch.Keep
    else -> text(name)?.let { TextPatch.Set(it) } ?: TextPatch.Clear
}

private fun Fields.idPatch(name: String): IdPatch = when {
    name !in this -> IdPatch.Keep
    else -> uuid(name)?.let { IdPatch.Set(it) } ?: IdPatch.Clear
}

private fun createAgent(with: Fields) = with.finish(
    CreateAgent(
        name = with.require("name"),
        model = with.require("model"),
        runtime = with.text("runtime")?.let { Runtime.of(it) },
        provider = with.text("provider")?.let { Provider.of(it) },
        description = with.text("description"),
        system = with.text("system"),
        environmentId = with.uuid("environment_id"),
        skills = with.list("skills").orEmpty().map { skillFromJson(it.toString()) },
        mcpServers = with.list("mcp_servers").orEmpty().map { mcpServerFromJson(it.toString()) },
        metadata = with.fields("metadata") ?: JsonObject(emptyMap()),
    ),
)

/** Makes a request whose version is replaced before it is sent, unless it is given. */
private fun updateAgent(with: Fields, version: Long = 0) = with.finish(
    UpdateAgent(
        version = version,
        name = with.text("name"),
        model = with.text("model"),
        runtime = with.text("runtime")?.let { Runtime.of(it) },
        provider = with.text("provider")?.let { Provider.of(it) },
        description = with.textPatch("description"),
        system = with.textPatch("system"),
        environmentId = with.idPatch("environment_id"),
        skills = with.list("skills")?.map { skillFromJson(it.toString()) },
        mcpServers = with.list("mcp_servers")?.map { mcpServerFromJson(it.toString()) },
        metadata = with.fields("metadata") ?: JsonObject(emptyMap()),
    ),
)

private fun packages(json: JsonObject): Map<PackageManager, List<String>> =
    json.entries.associate { (name, list) ->
        PackageManager.of(name) to list.jsonArray.map { it.jsonPrimitive.content }
    }

private fun createEnvironment(with: Fields) = with.finish(
    CreateEnvironment(
        name = with.require("name"),
        packages = packages(with.fields("packages") ?: JsonObject(emptyMap())),
        envVars = with.secrets("env_vars"),
        setupScript = with.text("setup_script"),
        networking = with.fields("networking")?.let { networkingFromJson(it.toString()) },
    ),
)

private fun updateEnvironment(with: Fields, version: Long = 0) = with.finish(
    UpdateEnvironment(
        version = version,
        name = with.text("name"),
        packages = with.fields("packages")?.let(::packages),
        envVars = if ("env_vars" in with) with.secrets("env_vars") else null,
        setupScript = with.textPatch("setup_script"),
        networking = with.fields("networking")?.let { networkingFromJson(it.toString()) },
    ),
)

private fun createSession(with: Fields) = with.finish(
    CreateSession(
        agentId = UUID.fromString(with.require("agent_id")),
        prompt = with.require("prompt"),
        environmentId = with.uuid("environment_id"),
        timeout = with.seconds("timeout"),
        resources = with.list("resources").orEmpty().map { githubRepositoryFromJson(it.toString()) },
        secretEnvVars = with.secrets("secret_env_vars"),
    ),
)
