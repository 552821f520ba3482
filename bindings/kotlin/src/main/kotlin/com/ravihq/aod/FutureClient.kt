package com.ravihq.aod

import java.time.Duration
import java.util.UUID
import java.util.concurrent.CompletableFuture
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.future.future

/**
 * The calls of a client as futures, for Java. A failure is the [AodException] that completes the future; cancelling the
 * future gives the call up.
 *
 * ```java
 * try (var client = AodClient.fromEnv()) {
 *     var agents = new FutureClient(client).getAgents().list().join();
 * }
 * ```
 */
public class FutureClient(private val client: AodClient) {
    /** The calls under `/agents`. */
    public val agents: FutureAgents = FutureAgents(client.agents)

    /** The calls under `/environments`. */
    public val environments: FutureEnvironments = FutureEnvironments(client.environments)

    /** The calls under `/sessions`. */
    public val sessions: FutureSessions = FutureSessions(client.sessions)

    /** How the server is (`GET /health`). */
    public fun health(): CompletableFuture<Health> = started { client.health() }
}

/** A call that fails is no concern of the others. */
private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)

private fun <T> started(call: suspend () -> T): CompletableFuture<T> = scope.future { call() }

/** The calls under `/agents` as futures. */
public class FutureAgents internal constructor(private val agents: Agents) {
    /** All agents that are not archived, newest first (`GET /agents`). */
    public fun list(): CompletableFuture<List<Agent>> = started { agents.list() }

    /** Makes an agent, at version 1 (`POST /agents`). */
    public fun create(request: CreateAgent): CompletableFuture<Agent> = started { agents.create(request) }

    /** One agent, archived or not (`GET /agents/{id}`). */
    public fun get(id: UUID): CompletableFuture<Agent> = started { agents.get(id) }

    /** Changes an agent (`PUT /agents/{id}`). */
    public fun update(id: UUID, request: UpdateAgent): CompletableFuture<Agent> = started { agents.update(id, request) }

    /** Archives an agent for good (`POST /agents/{id}/archive`). */
    public fun archive(id: UUID): CompletableFuture<Agent> = started { agents.archive(id) }

    /** All versions of an agent, highest first (`GET /agents/{id}/versions`). */
    public fun versions(id: UUID): CompletableFuture<List<AgentVersion>> = started { agents.versions(id) }
}

/** The calls under `/environments` as futures. */
public class FutureEnvironments internal constructor(private val environments: Environments) {
    /** All environments that are not archived, newest first (`GET /environments`). */
    public fun list(): CompletableFuture<List<Environment>> = started { environments.list() }

    /** Makes an environment, at version 1 (`POST /environments`). */
    public fun create(request: CreateEnvironment): CompletableFuture<Environment> =
        started { environments.create(request) }

    /** One environment, archived or not (`GET /environments/{id}`). */
    public fun get(id: UUID): CompletableFuture<Environment> = started { environments.get(id) }

    /** Changes an environment (`PUT /environments/{id}`). */
    public fun update(id: UUID, request: UpdateEnvironment): CompletableFuture<Environment> =
        started { environments.update(id, request) }

    /** Archives an environment for good (`POST /environments/{id}/archive`). */
    public fun archive(id: UUID): CompletableFuture<Environment> = started { environments.archive(id) }

    /** Deletes an environment and its versions (`DELETE /environments/{id}/delete`). */
    public fun delete(id: UUID): CompletableFuture<Void?> = started {
        environments.delete(id)
        null
    }

    /** All versions of an environment, highest first (`GET /environments/{id}/versions`). */
    public fun versions(id: UUID): CompletableFuture<List<EnvironmentVersion>> = started { environments.versions(id) }
}

/** The calls under `/sessions` as futures. */
public class FutureSessions internal constructor(private val sessions: Sessions) {
    /** All sessions, ended ones too, newest first (`GET /sessions`). */
    public fun list(): CompletableFuture<List<Session>> = started { sessions.list() }

    /** Accepts a session with its first prompt (`POST /sessions`). */
    public fun create(request: CreateSession): CompletableFuture<SessionAck> = started { sessions.create(request) }

    /** One session (`GET /sessions/{id}`). */
    public fun get(id: UUID): CompletableFuture<Session> = started { sessions.get(id) }

    /** Gives a session its next prompt (`POST /sessions/{id}/prompt`). */
    @JvmOverloads
    public fun prompt(id: UUID, prompt: String, timeout: Duration? = null): CompletableFuture<SessionAck> =
        started { sessions.prompt(id, prompt, timeout) }

    /** All turns of a session, in order (`GET /sessions/{id}/turns`). */
    public fun turns(id: UUID): CompletableFuture<List<SessionTurn>> = started { sessions.turns(id) }

    /** Ends a session for good and destroys its sandbox (`POST /sessions/{id}/terminate`). */
    public fun terminate(id: UUID): CompletableFuture<SessionAck> = started { sessions.terminate(id) }

    /** Stops the running turn and keeps the sandbox (`POST /sessions/{id}/interrupt`). */
    public fun interrupt(id: UUID): CompletableFuture<SessionAck> = started { sessions.interrupt(id) }

    /** Deletes a session with its turns and its log (`DELETE /sessions/{id}/delete`). */
    public fun delete(id: UUID): CompletableFuture<Void?> = started {
        sessions.delete(id)
        null
    }

    /** Starts a session and stays with it to the end of its first turn. */
    public fun run(request: CreateSession): CompletableFuture<RunResult> = started { sessions.run(request) }

    /** Waits until no turn of a session is queued or running. */
    public fun waitForCompletion(id: UUID): CompletableFuture<Session> = started { sessions.waitForCompletion(id) }
}
