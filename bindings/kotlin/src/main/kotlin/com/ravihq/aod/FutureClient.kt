package com.ravihq.aod

import java.time.Duration
import java.util.UUID
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ForkJoinPool
import java.util.concurrent.ForkJoinWorkerThread
import java.util.function.Consumer
import java.util.function.Function
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.future.future
import kotlinx.coroutines.sync.withPermit

/**
 * The calls of a client as [CompletableFuture]s, for Java. `join()` makes them blocking.
 *
 * ```java
 * try (var client = AodClient.fromEnv()) {
 *     var agents = new FutureClient(client).getAgents().list().join();
 * }
 * ```
 *
 * A call that fails completes its future with an [AodException]; `join()` and `get()` wrap it in a
 * `CompletionException` or `ExecutionException`. Cancelling a future cancels its request.
 *
 * A dependent stage without an executor runs on a `ForkJoinPool` that all `FutureClient`s share. If the future is
 * already complete, the stage runs on the thread that adds it, and if the program cancels or completes the future, on
 * the thread that does so. A stage may wait for other futures with `join()` or `get()`. Other blocking work, such as
 * file I/O, occupies one of the 64 threads of the pool: use an executor for it.
 *
 * Event streams are not futures: use [Sessions.listen].
 *
 * See [Configuration](https://ravi-hq.github.io/agent-on-demand/latest/guide/configuration/).
 *
 * @param client the client that makes the calls; closing it fails the futures with [AodException.Closed]
 */
public class FutureClient(private val client: AodClient) {
    /** Calls under `/agents`. */
    public val agents: FutureAgents = FutureAgents(client.agents)

    /** Calls under `/environments`. */
    public val environments: FutureEnvironments = FutureEnvironments(client.environments)

    /** Calls under `/sessions`. */
    public val sessions: FutureSessions = FutureSessions(client.sessions)

    /**
     * Checks the health of the server (`GET /health`). The server does not check the token for this call.
     *
     * @return a future of the status; it fails with [AodException.Server] if the server is degraded and responds with
     * 503
     * @see AodClient.health
     */
    public fun health(): CompletableFuture<Health> = futureOf { client.health() }
}

/**
 * Runs the calls, and functions and dependent stages of the program, which may block. While one waits for a future, the
 * pool replaces its thread, so that the future can complete.
 */
private val pool = ForkJoinPool(64, ::FutureThread, null, true)

private class FutureThread(pool: ForkJoinPool) : ForkJoinWorkerThread(pool) {
    init {
        // Otherwise that of the thread that starts this one, which may be a thread of the native library.
        contextClassLoader = FutureClient::class.java.classLoader
    }
}

/** A failing call does not cancel the others. */
private val scope = CoroutineScope(SupervisorJob() + pool.asCoroutineDispatcher())

private fun <T> futureOf(
    start: CoroutineStart = CoroutineStart.DEFAULT,
    call: suspend () -> T,
): CompletableFuture<T> = scope.future(start = start) { call() }

/** Calls under `/agents` as futures, which fail for the reasons given in [Agents]. */
public class FutureAgents internal constructor(private val agents: Agents) {
    /**
     * Lists all agents that are not archived (`GET /agents`).
     *
     * @return a future of the agents, newest first
     * @see Agents.list
     */
    public fun list(): CompletableFuture<List<Agent>> = futureOf { agents.list() }

    /**
     * Creates an agent, at version 1 (`POST /agents`).
     *
     * @param request the fields of the agent
     * @return a future of the new agent
     * @see Agents.create
     */
    public fun create(request: CreateAgent): CompletableFuture<Agent> = futureOf { agents.create(request) }

    /**
     * Retrieves an agent, archived or not (`GET /agents/{id}`).
     *
     * @param id the id of the agent
     * @return a future of the agent; it fails with [AodException.NotFound] if there is no such agent
     * @see Agents.get
     */
    public fun get(id: UUID): CompletableFuture<Agent> = futureOf { agents.get(id) }

    /**
     * Updates an agent (`PUT /agents/{id}`).
     *
     * @param id the id of the agent
     * @param request the version last read, and the fields to change
     * @return a future of the agent after the update; it fails with [AodException.Conflict] if the version is not the
     * current one
     * @see Agents.update
     */
    public fun update(id: UUID, request: UpdateAgent): CompletableFuture<Agent> =
        futureOf { agents.update(id, request) }

    /**
     * Retrieves an agent, and updates it with the request that a function returns (`GET /agents/{id}`,
     * `PUT /agents/{id}`). If another caller updates the agent in between, both requests are repeated, and [change] is
     * called again; there are at most ten attempts.
     *
     * @param id the id of the agent
     * @param change receives the agent, on a thread that it may block, and returns the fields to change; the version of
     * the request is replaced by that of the agent. If it throws, the future fails with its exception
     * @return a future of the agent after the update
     * @see Agents.updateWith
     */
    public fun updateWith(id: UUID, change: Function<in Agent, out UpdateAgent>): CompletableFuture<Agent> =
        futureOf { agents.updateWith(id) { change.apply(it) } }

    /**
     * Returns the agent with the name of a request, and creates or updates it if necessary (`GET /agents`, then
     * `POST /agents` or `PUT /agents/{id}`). Fields that the request does not set keep the stored values.
     *
     * @param request the fields of the agent
     * @return a future of the agent
     * @see Agents.ensure
     */
    public fun ensure(request: CreateAgent): CompletableFuture<Agent> = futureOf { agents.ensure(request) }

    /**
     * Archives an agent permanently (`POST /agents/{id}/archive`).
     *
     * @param id the id of the agent
     * @return a future of the archived agent; it fails with [AodException.Conflict] if it is archived already
     * @see Agents.archive
     */
    public fun archive(id: UUID): CompletableFuture<Agent> = futureOf { agents.archive(id) }

    /**
     * Archives an agent permanently if it is not archived yet (`POST /agents/{id}/archive`, `GET /agents/{id}`).
     *
     * @param id the id of the agent
     * @return a future of the archived agent; it fails with [AodException.NotFound] if there is no such agent
     * @see Agents.ensureArchived
     */
    public fun ensureArchived(id: UUID): CompletableFuture<Agent> = futureOf { agents.ensureArchived(id) }

    /**
     * Lists all versions of an agent (`GET /agents/{id}/versions`).
     *
     * @param id the id of the agent
     * @return a future of the versions, highest first
     * @see Agents.versions
     */
    public fun versions(id: UUID): CompletableFuture<List<AgentVersion>> = futureOf { agents.versions(id) }
}

/** Calls under `/environments` as futures, which fail for the reasons given in [Environments]. */
public class FutureEnvironments internal constructor(private val environments: Environments) {
    /**
     * Lists all environments that are not archived (`GET /environments`).
     *
     * @return a future of the environments, newest first
     * @see Environments.list
     */
    public fun list(): CompletableFuture<List<Environment>> = futureOf { environments.list() }

    /**
     * Creates an environment, at version 1 (`POST /environments`).
     *
     * @param request the fields of the environment
     * @return a future of the new environment; it fails with [AodException.Conflict] if the name is in use
     * @see Environments.create
     */
    public fun create(request: CreateEnvironment): CompletableFuture<Environment> =
        futureOf { environments.create(request) }

    /**
     * Retrieves an environment, archived or not (`GET /environments/{id}`).
     *
     * @param id the id of the environment
     * @return a future of the environment; it fails with [AodException.NotFound] if there is no such environment
     * @see Environments.get
     */
    public fun get(id: UUID): CompletableFuture<Environment> = futureOf { environments.get(id) }

    /**
     * Updates an environment (`PUT /environments/{id}`).
     *
     * @param id the id of the environment
     * @param request the version last read, and the fields to change
     * @return a future of the environment after the update; it fails with [AodException.Conflict] if the version is not
     * the current one
     * @see Environments.update
     */
    public fun update(id: UUID, request: UpdateEnvironment): CompletableFuture<Environment> =
        futureOf { environments.update(id, request) }

    /**
     * Retrieves an environment, and updates it with the request that a function returns (`GET /environments/{id}`,
     * `PUT /environments/{id}`). If another caller updates the environment in between, both requests are repeated, and
     * [change] is called again; there are at most ten attempts.
     *
     * @param id the id of the environment
     * @param change receives the environment, on a thread that it may block, and returns the fields to change; the
     * version of the request is replaced by that of the environment. If it throws, the future fails with its exception
     * @return a future of the environment after the update
     * @see Environments.updateWith
     */
    public fun updateWith(
        id: UUID,
        change: Function<in Environment, out UpdateEnvironment>,
    ): CompletableFuture<Environment> = futureOf { environments.updateWith(id) { change.apply(it) } }

    /**
     * Returns the environment with the name of a request, and creates or updates it if necessary
     * (`GET /environments`, then `POST /environments` or `PUT /environments/{id}`). Fields that the request does not
     * set keep the stored values. Environment variables are sent only if the environment is created or another field
     * differs.
     *
     * @param request the fields of the environment
     * @return a future of the environment
     * @see Environments.ensure
     */
    public fun ensure(request: CreateEnvironment): CompletableFuture<Environment> =
        futureOf { environments.ensure(request) }

    /**
     * Archives an environment permanently (`POST /environments/{id}/archive`).
     *
     * @param id the id of the environment
     * @return a future of the archived environment; it fails with [AodException.Conflict] if it is archived already
     * @see Environments.archive
     */
    public fun archive(id: UUID): CompletableFuture<Environment> = futureOf { environments.archive(id) }

    /**
     * Archives an environment permanently if it is not archived yet (`POST /environments/{id}/archive`,
     * `GET /environments/{id}`).
     *
     * @param id the id of the environment
     * @return a future of the archived environment; it fails with [AodException.NotFound] if there is no such
     * environment
     * @see Environments.ensureArchived
     */
    public fun ensureArchived(id: UUID): CompletableFuture<Environment> = futureOf { environments.ensureArchived(id) }

    /**
     * Deletes an environment with its versions (`DELETE /environments/{id}/delete`).
     *
     * @param id the id of the environment
     * @return a future of null; it fails with [AodException.Conflict] while the environment has sessions, active or not
     * @see Environments.delete
     */
    public fun delete(id: UUID): CompletableFuture<Void?> = futureOf {
        environments.delete(id)
        null
    }

    /**
     * Lists all versions of an environment (`GET /environments/{id}/versions`).
     *
     * @param id the id of the environment
     * @return a future of the versions, highest first
     * @see Environments.versions
     */
    public fun versions(id: UUID): CompletableFuture<List<EnvironmentVersion>> = futureOf { environments.versions(id) }
}

/** Calls under `/sessions` as futures, which fail for the reasons given in [Sessions]. */
public class FutureSessions internal constructor(private val sessions: Sessions) {
    /**
     * Lists all sessions, including those that have ended (`GET /sessions`).
     *
     * @return a future of the sessions, newest first
     * @see Sessions.list
     */
    public fun list(): CompletableFuture<List<Session>> = futureOf { sessions.list() }

    /**
     * Creates a session with its first prompt (`POST /sessions`).
     *
     * @param request the fields of the session
     * @return a future of an acknowledgement with the id of the session; it fails with [AodException.RateLimit] if too
     * many sessions are active
     * @see Sessions.create
     */
    public fun create(request: CreateSession): CompletableFuture<SessionAck> = futureOf { sessions.create(request) }

    /**
     * Retrieves a session (`GET /sessions/{id}`).
     *
     * @param id the id of the session
     * @return a future of the session; it fails with [AodException.NotFound] if there is no such session
     * @see Sessions.get
     */
    public fun get(id: UUID): CompletableFuture<Session> = futureOf { sessions.get(id) }

    /**
     * Sends the next prompt of a session, which starts a turn (`POST /sessions/{id}/prompt`).
     *
     * @param id the id of the session
     * @param prompt the prompt of the turn
     * @param timeout the time limit of the turn: whole seconds from 10 s to 1 h; 10 minutes by default
     * @return a future of an acknowledgement with the number of the turn; it fails with [AodException.Conflict] if the
     * session does not accept a prompt in its current status
     * @see Sessions.prompt
     */
    @JvmOverloads
    public fun prompt(id: UUID, prompt: String, timeout: Duration? = null): CompletableFuture<SessionAck> =
        futureOf { sessions.prompt(id, prompt, timeout) }

    /**
     * Lists all turns of a session (`GET /sessions/{id}/turns`).
     *
     * @param id the id of the session
     * @return a future of the turns, in ascending order
     * @see Sessions.turns
     */
    public fun turns(id: UUID): CompletableFuture<List<SessionTurn>> = futureOf { sessions.turns(id) }

    /**
     * Terminates a session permanently and destroys its sandbox (`POST /sessions/{id}/terminate`).
     *
     * @param id the id of the session
     * @return a future of an acknowledgement with the new status; it fails with [AodException.Conflict] if the session
     * is terminated already
     * @see Sessions.terminate
     */
    public fun terminate(id: UUID): CompletableFuture<SessionAck> = futureOf { sessions.terminate(id) }

    /**
     * Terminates a session permanently if it is not terminated yet, and retrieves it (`POST /sessions/{id}/terminate`,
     * `GET /sessions/{id}`).
     *
     * @param id the id of the session
     * @return a future of the terminated session; it fails with [AodException.NotFound] if there is no such session
     * @see Sessions.ensureTerminated
     */
    public fun ensureTerminated(id: UUID): CompletableFuture<Session> = futureOf { sessions.ensureTerminated(id) }

    /**
     * Interrupts the queued or running turn and keeps the sandbox (`POST /sessions/{id}/interrupt`); for servers since
     * 2026-06-25.
     *
     * @param id the id of the session
     * @return a future of an acknowledgement with the status before the interruption; it fails with
     * [AodException.Conflict] if no turn is queued or running, and with [AodException.Unsupported] on older servers
     * @see Sessions.interrupt
     */
    public fun interrupt(id: UUID): CompletableFuture<SessionAck> = futureOf { sessions.interrupt(id) }

    /**
     * Deletes a session with its turns and its log (`DELETE /sessions/{id}/delete`).
     *
     * @param id the id of the session
     * @return a future of null; it fails with [AodException.Conflict] while a turn is running or, on servers since
     * 2026-04-30, queued
     * @see Sessions.delete
     */
    public fun delete(id: UUID): CompletableFuture<Void?> = futureOf {
        sessions.delete(id)
        null
    }

    /**
     * Creates a session, follows its first turn to the end, and collects the output (`POST /sessions`,
     * `GET /sessions/{id}/stream`, `GET /sessions/{id}`).
     *
     * @param request the fields of the session
     * @param waitForQuota whether to wait while too many sessions are active, without a time limit; by default, the
     * future fails with [AodException.RateLimit]
     * @param onAbandon what happens to the session if the future fails or is cancelled before the turn has ended. If it
     * is cancelled while the session is being created, that request completes in the background, and the session is
     * then stopped. By default the session continues
     * @param onCreated receives the acknowledgement of the new session, before its first event is read, on a thread of
     * the library. If it throws, the future fails with [AodException.Listener]
     * @param onChange receives each change of the transcript of the turn, in order, on a thread of the library: after
     * [onEvent] has received the event that made the change. If it throws, the future fails with
     * [AodException.Listener]; by default, nothing receives the changes
     * @param onEvent receives each event of the turn, `start`, the `stage` events of the sandbox and the terminal
     * event, if there is one, in order, in the same way as [onChange]; by default, nothing receives the events
     * @return a future of the session after the turn, the answer, the turn as data, and everything that the agent
     * printed on stdout; use `orTimeout` to limit the wait
     * @see Sessions.run
     */
    @JvmOverloads
    public fun run(
        request: CreateSession,
        waitForQuota: Boolean = false,
        onAbandon: OnAbandon = OnAbandon.CONTINUE,
        onCreated: Consumer<SessionAck> = Consumer {},
        onChange: Consumer<TranscriptChange>? = null,
        onEvent: Consumer<StreamEvent>? = null,
    ): CompletableFuture<RunResult> {
        val created = onCreated.toFunction()
        return futureOf {
            sessions.run(request, waitForQuota, onAbandon, created, onChange?.toFunction(), onEvent?.toFunction())
        }
    }

    /**
     * Runs many prompts, each like [run] in a session of its own (`POST /sessions`, `GET /sessions/{id}/stream`,
     * `GET /sessions/{id}` for each). This method returns immediately. While the quota of the server is exceeded, a
     * prompt waits, as with `waitForQuota` of [run].
     *
     * ```java
     * for (var run : calls.getSessions().runAll(requests)) {
     *     System.out.println(run.join().getText());
     * }
     * ```
     *
     * @param requests the fields of each session
     * @param maxConcurrent how many of the sessions run at the same time, at least 1; 4 by default. If the server's
     * quota is lower, the quota is the limit
     * @param onAbandon what happens to a session if following it fails, or its future is cancelled, before its turn has
     * ended; by default the session continues
     * @return a future for each request, in the same order. A future that fails or is cancelled does not affect the
     * others
     * @throws IllegalArgumentException if [maxConcurrent] is less than 1
     * @see Sessions.runAll
     */
    @JvmOverloads
    public fun runAll(
        requests: Iterable<CreateSession>,
        maxConcurrent: Int = 4,
        onAbandon: OnAbandon = OnAbandon.CONTINUE,
    ): List<CompletableFuture<RunResult>> {
        val permits = permitsOf(maxConcurrent)
        return requests.map { request ->
            // Undispatched, so that the sessions are created in the order of the requests.
            futureOf(CoroutineStart.UNDISPATCHED) {
                permits.withPermit { sessions.run(request, waitForQuota = true, onAbandon) }
            }
        }
    }

    /**
     * Sends a prompt to a session, follows its turn to the end, and returns the answer (`POST /sessions/{id}/prompt`,
     * `GET /sessions/{id}/stream`, `GET /sessions/{id}`).
     *
     * @param id the id of the session
     * @param prompt the prompt of the turn
     * @param timeout the time limit of the turn: whole seconds from 10 s to 1 h; 10 minutes by default
     * @param wait whether to wait while a turn is queued or running, without a time limit, and then send the prompt; by
     * default, such a turn is a conflict
     * @param onAbandon what happens to the session if the future fails or is cancelled after the prompt was accepted
     * and before its turn has ended. If it is cancelled while the prompt is being sent, that request completes in the
     * background, and the session is then stopped if the prompt was accepted. By default the session continues
     * @param onChange receives each change of the transcript of the turn, as for [run]; by default, nothing receives the
     * changes
     * @param onEvent receives each event of the turn, `start` and the terminal event, if there is one, as for [run]; by
     * default, nothing receives the events
     * @return a future of the session after the turn, the answer, the turn as data, and everything that the agent
     * printed on stdout in this turn
     * @see Sessions.ask
     */
    @JvmOverloads
    public fun ask(
        id: UUID,
        prompt: String,
        timeout: Duration? = null,
        wait: Boolean = false,
        onAbandon: OnAbandon = OnAbandon.CONTINUE,
        onChange: Consumer<TranscriptChange>? = null,
        onEvent: Consumer<StreamEvent>? = null,
    ): CompletableFuture<RunResult> = futureOf {
        sessions.ask(id, prompt, timeout, wait, onAbandon, onChange?.toFunction(), onEvent?.toFunction())
    }

    /**
     * Follows a turn to its end, and collects the output (`GET /sessions/{id}/stream`, `GET /sessions/{id}`).
     *
     * @param ack the acknowledgement of [create] or [prompt]
     * @param onAbandon what happens to the session if the future fails or is cancelled before the turn has ended; by
     * default the session continues
     * @param onChange receives each change of the transcript of the turn, as for [run]; by default, nothing receives the
     * changes
     * @param onEvent receives each event of the turn, `start` and the terminal event, if there is one, as for [run]; by
     * default, nothing receives the events
     * @return a future of the session after the turn, the answer, the turn as data, and everything that the agent
     * printed on stdout in this turn
     * @see Sessions.follow
     */
    @JvmOverloads
    public fun follow(
        ack: SessionAck,
        onAbandon: OnAbandon = OnAbandon.CONTINUE,
        onChange: Consumer<TranscriptChange>? = null,
        onEvent: Consumer<StreamEvent>? = null,
    ): CompletableFuture<RunResult> {
        // Undispatched, so that a future that is cancelled immediately stops the session too, if asked to.
        return futureOf(CoroutineStart.UNDISPATCHED) {
            sessions.follow(ack, onAbandon, onChange?.toFunction(), onEvent?.toFunction())
        }
    }

    /**
     * Waits until no turn of a session is queued or running (`GET /sessions/{id}`, `GET /sessions/{id}/stream`).
     *
     * @param id the id of the session
     * @return a future of the session, which is no longer active; use `orTimeout` to limit the wait
     * @see Sessions.waitForCompletion
     */
    public fun waitForCompletion(id: UUID): CompletableFuture<Session> = futureOf { sessions.waitForCompletion(id) }
}
