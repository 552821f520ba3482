package com.ravihq.aod

import java.util.UUID
import kotlinx.serialization.json.JsonObject

/**
 * Calls under `/agents`.
 *
 * An agent is a reusable, versioned configuration: a model, the program that runs it, a system text, skills and MCP
 * servers. Agents cannot be deleted, only archived.
 *
 * ```kotlin
 * val agent = client.agents.create("reviewer", "claude-sonnet-4-6", runtime = Runtime.Claude)
 * client.agents.update(agent.id, agent.version, system = TextPatch.Set("Be brief."))
 * ```
 *
 * See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#agents-and-environments).
 */
public class Agents internal constructor(private val connection: Connection) {
    /**
     * Lists all agents that are not archived (`GET /agents`). A record that cannot be decoded is logged and left out;
     * if no record can be decoded, the call fails.
     *
     * @return the agents, newest first
     * @throws AodException if the call fails
     */
    public suspend fun list(): List<Agent> = connection.call { listAgents() }

    /**
     * Creates an agent, at version 1 (`POST /agents`).
     *
     * Servers before 2026-06-25 require [runtime], later servers require [provider].
     *
     * @param name the display name: at most 200 characters, not necessarily unique
     * @param model a model that the server offers, such as `claude-sonnet-4-6`; on servers of 2026-04-30 with its
     * provider, such as `anthropic/claude-sonnet-4-6`
     * @param runtime the program that runs the agent; for servers before 2026-06-25
     * @param provider the provider of the model; for servers since 2026-06-25
     * @param description what the agent is for; none by default
     * @param system the text that the server prepends to the first prompt of each session; none by default
     * @param environmentId the environment of sessions that do not specify one; none by default
     * @param skills at most 20 skills; none by default
     * @param mcpServers at most 20 MCP servers with distinct names; none by default
     * @param metadata arbitrary data of the caller; empty by default
     * @return the new agent
     * @throws AodException.InvalidRequest if a field has a value that every server rejects; nothing is sent
     * @throws AodException.BadRequest if the runtime is unknown
     * @throws AodException.Conflict with [ConflictReason.Archived] if the environment is archived (servers since
     * 2026-04-30)
     * @throws AodException.Validation if the server rejects a field
     * @throws AodException.NotFound if the environment does not exist
     * @throws AodException if the call fails in another way
     */
    public suspend fun create(
        name: String,
        model: String,
        runtime: Runtime? = null,
        provider: Provider? = null,
        description: String? = null,
        system: String? = null,
        environmentId: UUID? = null,
        skills: List<Skill> = emptyList(),
        mcpServers: List<McpServer> = emptyList(),
        metadata: JsonObject = JsonObject(emptyMap()),
    ): Agent = create(
        CreateAgent(
            name,
            model,
            runtime,
            provider,
            description,
            system,
            environmentId,
            skills,
            mcpServers,
            metadata,
        ),
    )

    /**
     * Creates an agent from a request object, at version 1 (`POST /agents`).
     *
     * @param request the fields of the agent
     * @return the new agent
     * @throws AodException.InvalidRequest if a field has a value that every server rejects; nothing is sent
     * @throws AodException.BadRequest if the runtime is unknown
     * @throws AodException.Conflict with [ConflictReason.Archived] if the environment is archived (servers since
     * 2026-04-30)
     * @throws AodException.Validation if the server rejects a field
     * @throws AodException.NotFound if the environment does not exist
     * @throws AodException if the call fails in another way
     */
    public suspend fun create(request: CreateAgent): Agent = connection.call { createAgent(request) }

    /**
     * Retrieves an agent, archived or not (`GET /agents/{id}`).
     *
     * @param id the id of the agent
     * @return the agent in its current version
     * @throws AodException.NotFound if there is no such agent
     * @throws AodException if the call fails in another way
     */
    public suspend fun get(id: UUID): Agent = connection.call { getAgent(id) }

    /**
     * Updates an agent (`PUT /agents/{id}`). Arguments that are left out keep the stored values.
     *
     * Updates use optimistic concurrency: [version] must be the current version. An update that changes something
     * increases the version by 1; one that changes nothing keeps it.
     *
     * @param id the id of the agent
     * @param version the version last read, [Agent.version]
     * @param name the new display name
     * @param model the new model
     * @param runtime the new runtime; for servers before 2026-06-25
     * @param provider the new provider; for servers since 2026-06-25
     * @param description replaces or clears the description
     * @param system replaces or clears the system text
     * @param environmentId the environment of sessions that do not specify one; [IdPatch.Clear] detaches it on servers
     * since 2026-04-30, and is ignored by earlier ones
     * @param skills replaces all skills; an empty list removes them
     * @param mcpServers replaces all MCP servers; an empty list removes them
     * @param metadata entries to merge by top-level key; an empty string as the value removes an entry
     * @return the agent after the update
     * @throws AodException.Conflict with [ConflictReason.VersionMismatch] if [version] is not the current one, or with
     * [ConflictReason.Archived] if the agent is archived or, on servers since 2026-04-30, the new environment is
     * @throws AodException.BadRequest if the runtime is unknown
     * @throws AodException.NotFound if there is no such agent or environment
     * @throws AodException.InvalidRequest if a skill or an MCP server has a value that every server rejects; nothing is
     * sent
     * @throws AodException.Validation if the server rejects a field
     * @throws AodException if the call fails in another way
     */
    public suspend fun update(
        id: UUID,
        version: Long,
        name: String? = null,
        model: String? = null,
        runtime: Runtime? = null,
        provider: Provider? = null,
        description: TextPatch = TextPatch.Keep,
        system: TextPatch = TextPatch.Keep,
        environmentId: IdPatch = IdPatch.Keep,
        skills: List<Skill>? = null,
        mcpServers: List<McpServer>? = null,
        metadata: JsonObject = JsonObject(emptyMap()),
    ): Agent = update(
        id,
        UpdateAgent(
            version,
            name,
            model,
            runtime,
            provider,
            description,
            system,
            environmentId,
            skills,
            mcpServers,
            metadata,
        ),
    )

    /**
     * Updates an agent from a request object (`PUT /agents/{id}`).
     *
     * @param id the id of the agent
     * @param request the version last read, and the fields to change
     * @return the agent after the update
     * @throws AodException.BadRequest if the runtime is unknown
     * @throws AodException.Conflict if the version is not the current one, or the agent is archived or, on servers
     * since 2026-04-30, the new environment is
     * @throws AodException.NotFound if there is no such agent or environment
     * @throws AodException.InvalidRequest if a skill or an MCP server has a value that every server rejects; nothing is
     * sent
     * @throws AodException.Validation if the server rejects a field
     * @throws AodException if the call fails in another way
     */
    public suspend fun update(id: UUID, request: UpdateAgent): Agent = connection.call { updateAgent(id, request) }

    /**
     * Retrieves an agent, and updates it with the request that a function returns (`GET /agents/{id}`,
     * `PUT /agents/{id}`).
     *
     * If another caller updates the agent in between, both requests are repeated, and [change] is called again with the
     * current agent. There are at most ten attempts.
     *
     * ```kotlin
     * client.agents.updateWith(id) { agent ->
     *     agent.update(system = TextPatch.Set("${agent.system.orEmpty()}\nAnswer in English."))
     * }
     * ```
     *
     * @param id the id of the agent
     * @param change returns the fields to change, for example with [Agent.update]; the version of the request is
     * replaced by that of the agent. Its exceptions end the call
     * @return the agent after the update
     * @throws AodException.Conflict with [ConflictReason.VersionMismatch] if another caller updated the agent during
     * each of the ten attempts, or with [ConflictReason.Archived] if the agent is archived
     * @throws AodException for the reasons of [get] and [update]
     */
    public suspend fun updateWith(id: UUID, change: suspend (Agent) -> UpdateAgent): Agent = readAndUpdate(
        read = { get(id) },
        change = { agent -> change(agent).copy(version = agent.version) },
        update = { update(id, it) },
    )

    /**
     * Returns the agent with the given name, and creates or updates it if necessary (`GET /agents`, then `POST /agents`
     * or `PUT /agents/{id}`).
     *
     * Fields whose argument is null or an empty list, and metadata entries that are not passed, keep the stored values.
     * An empty [description] or [system] removes the stored one. An agent that already has all the given values is
     * returned unchanged. If several agents have the name, the oldest one is used; archived agents are ignored. If
     * several callers create the agent at the same time, each of them archives the agent that it created if the server
     * lists an older one, and uses the older one.
     *
     * ```kotlin
     * val agent = client.agents.ensure("reviewer", "claude-sonnet-4-6", runtime = Runtime.Claude)
     * ```
     *
     * @param name the display name: at most 200 characters
     * @param model a model that the server offers, such as `claude-sonnet-4-6`; on servers of 2026-04-30 with its
     * provider, such as `anthropic/claude-sonnet-4-6`
     * @param runtime the program that runs the agent; for servers before 2026-06-25
     * @param provider the provider of the model; for servers since 2026-06-25
     * @param description what the agent is for
     * @param system the text that the server prepends to the first prompt of each session
     * @param environmentId the environment of sessions that do not specify one
     * @param skills at most 20 skills, which replace the stored ones; an empty list keeps them
     * @param mcpServers at most 20 MCP servers with distinct names, which replace the stored ones; an empty list keeps
     * them
     * @param metadata entries to merge by top-level key; an empty string as the value removes an entry
     * @return the agent
     * @throws AodException.Conflict with [ConflictReason.VersionMismatch] after ten attempts, or with
     * [ConflictReason.Archived] if the agent is archived in the meantime
     * @throws AodException for the reasons of [list], [create], [update] and [ensureArchived]
     */
    public suspend fun ensure(
        name: String,
        model: String,
        runtime: Runtime? = null,
        provider: Provider? = null,
        description: String? = null,
        system: String? = null,
        environmentId: UUID? = null,
        skills: List<Skill> = emptyList(),
        mcpServers: List<McpServer> = emptyList(),
        metadata: JsonObject = JsonObject(emptyMap()),
    ): Agent = ensure(
        CreateAgent(
            name,
            model,
            runtime,
            provider,
            description,
            system,
            environmentId,
            skills,
            mcpServers,
            metadata,
        ),
    )

    /**
     * Returns the agent with the name of a request object, and creates or updates it if necessary (`GET /agents`, then
     * `POST /agents` or `PUT /agents/{id}`). Fields that the request does not set keep the stored values.
     *
     * @param request the fields of the agent
     * @return the agent
     * @throws AodException.Conflict with [ConflictReason.VersionMismatch] after ten attempts, or with
     * [ConflictReason.Archived] if the agent is archived in the meantime
     * @throws AodException for the reasons of [list], [create], [update] and [ensureArchived]
     */
    public suspend fun ensure(request: CreateAgent): Agent = connection.call { ensureAgent(request) }

    /**
     * Archives an agent permanently (`POST /agents/{id}/archive`): it is no longer listed, and cannot be updated or
     * used by new sessions. Existing sessions are not affected.
     *
     * @param id the id of the agent
     * @return the archived agent
     * @throws AodException.Conflict with [ConflictReason.AlreadyArchived] if it is archived already
     * @throws AodException.NotFound if there is no such agent
     * @throws AodException if the call fails in another way
     */
    public suspend fun archive(id: UUID): Agent = connection.call { archiveAgent(id) }

    /**
     * Archives an agent like [archive] (`POST /agents/{id}/archive`), and returns it. An agent that is already archived
     * is not an error: it is retrieved (`GET /agents/{id}`).
     *
     * @param id the id of the agent
     * @return the archived agent
     * @throws AodException.NotFound if there is no such agent
     * @throws AodException if the call fails in another way
     */
    public suspend fun ensureArchived(id: UUID): Agent = connection.call { ensureAgentArchived(id) }

    /**
     * Lists all versions of an agent (`GET /agents/{id}/versions`).
     *
     * @param id the id of the agent, archived or not
     * @return the versions, highest first
     * @throws AodException.NotFound if there is no such agent
     * @throws AodException if the call fails in another way
     */
    public suspend fun versions(id: UUID): List<AgentVersion> = connection.call { listAgentVersions(id) }
}
