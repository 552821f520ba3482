package com.ravihq.aod

import java.util.UUID
import kotlinx.serialization.json.JsonObject

/** The calls under `/agents`. There is no delete: an agent is archived. */
public class Agents internal constructor(private val connection: Connection) {
    /** All agents that are not archived, newest first (`GET /agents`). */
    public suspend fun list(): List<Agent> = connection.call { listAgents() }

    /**
     * Makes an agent, at version 1 (`POST /agents`).
     *
     * @param name at most 200 characters; need not be unique
     * @param model a model that the server knows
     * @param runtime the program that runs the agent; S0 and S1 servers require it
     * @param provider whose model it is; S2 servers require it
     * @param description what the agent is for
     * @param system text put before the first prompt of a session
     * @param environmentId the environment of sessions that name none
     * @param skills at most 20
     * @param mcpServers at most 20
     * @param metadata the caller's own data
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

    /** Makes an agent, at version 1 (`POST /agents`). */
    public suspend fun create(request: CreateAgent): Agent = connection.call { createAgent(request) }

    /** One agent, archived or not (`GET /agents/{id}`). */
    public suspend fun get(id: UUID): Agent = connection.call { getAgent(id) }

    /**
     * Changes an agent (`PUT /agents/{id}`), starting from the [version] last read; any other than the current one is an
     * [AodException.Conflict] with [ConflictReason.VersionMismatch]. What is left out stays as it is.
     *
     * @param environmentId the environment of sessions that name none; [IdPatch.Clear] detaches it from S1 on
     * @param skills all skills anew; an empty list removes them
     * @param mcpServers all MCP servers anew; an empty list removes them
     * @param metadata entries to merge; an empty text removes an entry
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

    /** Changes an agent (`PUT /agents/{id}`). */
    public suspend fun update(id: UUID, request: UpdateAgent): Agent = connection.call { updateAgent(id, request) }

    /** Archives an agent for good (`POST /agents/{id}/archive`): it leaves the list and takes no new sessions. */
    public suspend fun archive(id: UUID): Agent = connection.call { archiveAgent(id) }

    /** All versions of an agent, highest first (`GET /agents/{id}/versions`). */
    public suspend fun versions(id: UUID): List<AgentVersion> = connection.call { listAgentVersions(id) }
}
