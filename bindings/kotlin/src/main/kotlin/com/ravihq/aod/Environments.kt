package com.ravihq.aod

import java.util.UUID

/**
 * Calls under `/environments`.
 *
 * An environment describes the sandbox of a session: packages, environment variables, a setup script and network
 * access.
 *
 * ```kotlin
 * val environment = client.environments.create(
 *     name = "ci",
 *     packages = mapOf(PackageManager.Pip to listOf("pytest")),
 *     networking = Networking.limited("pypi.org", "files.pythonhosted.org"),
 * )
 * ```
 *
 * See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#agents-and-environments).
 */
public class Environments internal constructor(private val connection: Connection) {
    /**
     * Lists all environments that are not archived (`GET /environments`). A record that cannot be decoded is logged and
     * left out; if no record can be decoded, the call fails.
     *
     * @return the environments, newest first
     * @throws AodException if the call fails
     */
    public suspend fun list(): List<Environment> = connection.call { listEnvironments() }

    /**
     * Creates an environment, at version 1 (`POST /environments`).
     *
     * @param name at most 200 characters, unique among the environments that are not archived
     * @param packages the packages to install, by package manager; none by default
     * @param envVars environment variables of the sandbox; none by default. They are write-only: the server never
     * returns them.
     * @param setupScript a shell script that runs once per sandbox, after the packages are installed; none by default
     * @param networking which hosts a sandbox can reach; unrestricted by default
     * @return the new environment
     * @throws AodException.Conflict with [ConflictReason.NameTaken] if the name is in use; servers before 2026-04-30
     * respond with 500 instead
     * @throws AodException.InvalidRequest if a field has a value that every server rejects; nothing is sent
     * @throws AodException.Validation if the server rejects a field
     * @throws AodException if the call fails in another way
     */
    public suspend fun create(
        name: String,
        packages: Map<PackageManager, List<String>> = emptyMap(),
        envVars: Map<String, String> = emptyMap(),
        setupScript: String? = null,
        networking: Networking? = null,
    ): Environment = create(CreateEnvironment(name, packages, secretsOf(envVars), setupScript, networking))

    /**
     * Creates an environment from a request object, at version 1 (`POST /environments`).
     *
     * @param request the fields of the environment
     * @return the new environment
     * @throws AodException.Conflict with [ConflictReason.NameTaken] if the name is in use; servers before 2026-04-30
     * respond with 500 instead
     * @throws AodException.InvalidRequest if a field has a value that every server rejects; nothing is sent
     * @throws AodException.Validation if the server rejects a field
     * @throws AodException if the call fails in another way
     */
    public suspend fun create(request: CreateEnvironment): Environment =
        connection.call { createEnvironment(request) }

    /**
     * Retrieves an environment, archived or not (`GET /environments/{id}`).
     *
     * @param id the id of the environment
     * @return the environment in its current version
     * @throws AodException.NotFound if there is no such environment
     * @throws AodException if the call fails in another way
     */
    public suspend fun get(id: UUID): Environment = connection.call { getEnvironment(id) }

    /**
     * Updates an environment (`PUT /environments/{id}`). Arguments that are left out keep the stored values.
     *
     * Updates use optimistic concurrency: [version] must be the current version. [packages], [envVars] and [networking]
     * replace the stored values as a whole: the server removes every environment variable that [envVars] does not
     * contain. An update that changes something increases the version by 1; one that changes nothing keeps it. Existing
     * sessions are not affected.
     *
     * @param id the id of the environment
     * @param version the version last read, [Environment.version]
     * @param name the new name
     * @param packages replaces all packages; an empty map removes them
     * @param envVars replaces all environment variables; an empty map removes them
     * @param setupScript replaces or clears the setup script
     * @param networking replaces the network access
     * @return the environment after the update
     * @throws AodException.Conflict with [ConflictReason.VersionMismatch] if [version] is not the current one, or with
     * [ConflictReason.Archived] if the environment is archived, or with [ConflictReason.NameTaken] if the name is in
     * use
     * @throws AodException.NotFound if there is no such environment
     * @throws AodException.InvalidRequest if a field has a value that every server rejects; nothing is sent
     * @throws AodException.Validation if the server rejects a field
     * @throws AodException if the call fails in another way
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

    /**
     * Updates an environment from a request object (`PUT /environments/{id}`).
     *
     * @param id the id of the environment
     * @param request the version last read, and the fields to change
     * @return the environment after the update
     * @throws AodException.Conflict if the version is not the current one, the environment is archived, or the name is
     * in use
     * @throws AodException.NotFound if there is no such environment
     * @throws AodException.InvalidRequest if a field has a value that every server rejects; nothing is sent
     * @throws AodException.Validation if the server rejects a field
     * @throws AodException if the call fails in another way
     */
    public suspend fun update(id: UUID, request: UpdateEnvironment): Environment =
        connection.call { updateEnvironment(id, request) }

    /**
     * Retrieves an environment, and updates it with the request that a function returns (`GET /environments/{id}`,
     * `PUT /environments/{id}`).
     *
     * If another caller updates the environment in between, both requests are repeated, and [change] is called again
     * with the current environment. There are at most ten attempts.
     *
     * ```kotlin
     * client.environments.updateWith(id) { environment ->
     *     val packages = environment.packages[PackageManager.Pip].orEmpty() + "ruff"
     *     environment.update(packages = environment.packages + (PackageManager.Pip to packages))
     * }
     * ```
     *
     * @param id the id of the environment
     * @param change returns the fields to change, for example with [Environment.update]; the version of the request is
     * replaced by that of the environment. Its exceptions end the call
     * @return the environment after the update
     * @throws AodException.Conflict with [ConflictReason.VersionMismatch] if another caller updated the environment
     * during each of the ten attempts, with [ConflictReason.Archived] if the environment is archived, or with
     * [ConflictReason.NameTaken] if the name is in use
     * @throws AodException for the reasons of [get] and [update]
     */
    public suspend fun updateWith(id: UUID, change: suspend (Environment) -> UpdateEnvironment): Environment =
        readAndUpdate(
            read = { get(id) },
            change = { environment -> change(environment).copy(version = environment.version) },
            update = { update(id, it) },
        )

    /**
     * Returns the environment with the given name, and creates or updates it if necessary (`GET /environments`, then
     * `POST /environments` or `PUT /environments/{id}`).
     *
     * Fields whose argument is null or empty keep the stored values, except that an empty [setupScript] removes the
     * stored one. An environment that already has all the given values is returned unchanged; archived environments are
     * ignored. The server does not return environment variables, so they cannot be compared: [envVars] are sent only if
     * the environment is created or another argument differs. Use [update] to replace them. If several callers create
     * the environment at the same time, one of them succeeds, and all get that environment.
     *
     * ```kotlin
     * val environment = client.environments.ensure("ci", packages = mapOf(PackageManager.Pip to listOf("pytest")))
     * ```
     *
     * @param name at most 200 characters
     * @param packages the packages to install, by package manager, which replace the stored ones; an empty map keeps
     * them
     * @param envVars environment variables of the sandbox
     * @param setupScript a shell script that runs once per sandbox, after the packages are installed
     * @param networking which hosts a sandbox can reach
     * @return the environment
     * @throws AodException.Conflict with [ConflictReason.VersionMismatch] after ten attempts, or with
     * [ConflictReason.Archived] if the environment is archived in the meantime
     * @throws AodException for the reasons of [list], [create] and [update]
     */
    public suspend fun ensure(
        name: String,
        packages: Map<PackageManager, List<String>> = emptyMap(),
        envVars: Map<String, String> = emptyMap(),
        setupScript: String? = null,
        networking: Networking? = null,
    ): Environment = ensure(CreateEnvironment(name, packages, secretsOf(envVars), setupScript, networking))

    /**
     * Returns the environment with the name of a request object, and creates or updates it if necessary
     * (`GET /environments`, then `POST /environments` or `PUT /environments/{id}`). Fields that the request does not
     * set keep the stored values. Environment variables are sent only if the environment is created or another field
     * differs.
     *
     * @param request the fields of the environment
     * @return the environment
     * @throws AodException.Conflict with [ConflictReason.VersionMismatch] after ten attempts, or with
     * [ConflictReason.Archived] if the environment is archived in the meantime
     * @throws AodException for the reasons of [list], [create] and [update]
     */
    public suspend fun ensure(request: CreateEnvironment): Environment = connection.call { ensureEnvironment(request) }

    /**
     * Archives an environment permanently (`POST /environments/{id}/archive`): it is no longer listed, and cannot be
     * updated or used by new sessions. Its name becomes available again. Existing sessions are not affected.
     *
     * @param id the id of the environment
     * @return the archived environment
     * @throws AodException.Conflict with [ConflictReason.AlreadyArchived] if it is archived already
     * @throws AodException.NotFound if there is no such environment
     * @throws AodException if the call fails in another way
     */
    public suspend fun archive(id: UUID): Environment = connection.call { archiveEnvironment(id) }

    /**
     * Archives an environment like [archive] (`POST /environments/{id}/archive`), and returns it. An environment that
     * is already archived is not an error: it is retrieved (`GET /environments/{id}`).
     *
     * @param id the id of the environment
     * @return the archived environment
     * @throws AodException.NotFound if there is no such environment
     * @throws AodException if the call fails in another way
     */
    public suspend fun ensureArchived(id: UUID): Environment = connection.call { ensureEnvironmentArchived(id) }

    /**
     * Deletes an environment with its versions (`DELETE /environments/{id}/delete`). Agents that reference the
     * environment lose the reference.
     *
     * @param id the id of the environment, archived or not
     * @throws AodException.Conflict with [ConflictReason.InUse] while it has sessions, active or not
     * @throws AodException.NotFound if there is no such environment
     * @throws AodException if the call fails in another way
     */
    public suspend fun delete(id: UUID): Unit = connection.call { deleteEnvironment(id) }

    /**
     * Lists all versions of an environment (`GET /environments/{id}/versions`).
     *
     * @param id the id of the environment, archived or not
     * @return the versions, highest first
     * @throws AodException.NotFound if there is no such environment
     * @throws AodException if the call fails in another way
     */
    public suspend fun versions(id: UUID): List<EnvironmentVersion> =
        connection.call { listEnvironmentVersions(id) }
}
