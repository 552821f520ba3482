package com.ravihq.aod

import java.util.UUID

/** The calls under `/environments`. */
public class Environments internal constructor(private val connection: Connection) {
    /** All environments that are not archived, newest first (`GET /environments`). */
    public suspend fun list(): List<Environment> = connection.call { listEnvironments() }

    /**
     * Makes an environment, at version 1 (`POST /environments`).
     *
     * @param name at most 200 characters, unique among the user's active environments
     * @param packages what to install, by package manager
     * @param envVars environment variables of the sandbox; they are sent, and never shown or returned
     * @param setupScript a shell script run once, after the packages
     * @param networking what a sandbox may reach; unrestricted when left out
     */
    public suspend fun create(
        name: String,
        packages: Map<PackageManager, List<String>> = emptyMap(),
        envVars: Map<String, String> = emptyMap(),
        setupScript: String? = null,
        networking: Networking? = null,
    ): Environment = create(CreateEnvironment(name, packages, secretsOf(envVars), setupScript, networking))

    /** Makes an environment, at version 1 (`POST /environments`). */
    public suspend fun create(request: CreateEnvironment): Environment =
        connection.call { createEnvironment(request) }

    /** One environment, archived or not (`GET /environments/{id}`). */
    public suspend fun get(id: UUID): Environment = connection.call { getEnvironment(id) }

    /**
     * Changes an environment (`PUT /environments/{id}`), starting from the [version] last read; any other than the current
     * one is an [AodException.Conflict] with [ConflictReason.VersionMismatch]. What is left out stays as it is.
     *
     * [packages], [envVars] and [networking] replace what was there as a whole: the server drops every environment
     * variable that an update does not repeat.
     */
    public suspend fun update(
        id: UUID,
        version: Long,
        name: String? = null,
        packages: Map<PackageManager, List<String>>? = null,
        envVars: Map<String, String>? = null,
        setupScript: TextPatch = TextPatch.Keep,
        networking: Networking? = null,
    ): Environment = update(
        id,
        UpdateEnvironment(version, name, packages, envVars?.let(::secretsOf), setupScript, networking),
    )

    /** Changes an environment (`PUT /environments/{id}`). */
    public suspend fun update(id: UUID, request: UpdateEnvironment): Environment =
        connection.call { updateEnvironment(id, request) }

    /**
     * Archives an environment for good (`POST /environments/{id}/archive`): it leaves the list, takes no new sessions,
     * and frees its name.
     */
    public suspend fun archive(id: UUID): Environment = connection.call { archiveEnvironment(id) }

    /**
     * Deletes an environment and its versions (`DELETE /environments/{id}/delete`). Refused while sessions point at it
     * ([ConflictReason.InUse]); agents that did so lose their environment.
     */
    public suspend fun delete(id: UUID): Unit = connection.call { deleteEnvironment(id) }

    /** All versions of an environment, highest first (`GET /environments/{id}/versions`). */
    public suspend fun versions(id: UUID): List<EnvironmentVersion> =
        connection.call { listEnvironmentVersions(id) }
}
