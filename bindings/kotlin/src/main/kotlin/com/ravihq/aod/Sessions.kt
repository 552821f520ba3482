package com.ravihq.aod

import java.time.Duration
import java.util.UUID

/**
 * Calls under `/sessions`.
 *
 * A session runs an agent in a sandbox. Each prompt is one turn, and the output of all turns is one event stream.
 *
 * ```kotlin
 * val session = client.sessions.create(agent.id, "Fix the failing test")
 * client.sessions.stream(session.id).pretty().collect(::println)
 * ```
 */
public class Sessions internal constructor(private val connection: Connection) {
    /**
     * Lists all sessions, including those that have ended (`GET /sessions`).
     *
     * @return the sessions, newest first
     * @throws AodException if the call fails
     */
    public suspend fun list(): List<Session> = connection.call { listSessions() }

    /**
     * Creates a session with its first prompt (`POST /sessions`). It returns as soon as the server has accepted the
     * session; the sandbox is provisioned and the turn runs afterwards.
     *
     * @param agentId the id of the agent to run
     * @param prompt the prompt of the first turn
     * @param environmentId the environment of the sandbox; by default that of the agent
     * @param timeout the time limit of the first turn: whole seconds from 10 s to 1 h; 10 minutes by default
     * @param resources at most 10 repositories to clone into the sandbox; none by default
     * @param secretEnvVars environment variables of this session, which take precedence over those of the environment;
     * write-only; for servers since 2026-06-25
     * @return an acknowledgement with the id of the session
     * @throws AodException.Conflict with [ConflictReason.Archived] if the agent or environment is archived
     * @throws AodException.InvalidRequest if a field breaks a rule that the client checks before sending
     * @throws AodException.NotFound if there is no such agent or environment
     * @throws AodException.RateLimit if too many sessions are active
     * @throws AodException.Validation if the server refuses a field
     * @throws AodException if the call fails in another way
     */
    public suspend fun create(
        agentId: UUID,
        prompt: String,
        environmentId: UUID? = null,
        timeout: Duration? = null,
        resources: List<GithubRepository> = emptyList(),
        secretEnvVars: Map<String, String> = emptyMap(),
    ): SessionAck =
        create(CreateSession(agentId, prompt, environmentId, timeout, resources, secretsOf(secretEnvVars)))

    /**
     * Creates a session with its first prompt from a request object (`POST /sessions`).
     *
     * @param request the fields of the session
     * @return an acknowledgement with the id of the session
     * @throws AodException.Conflict with [ConflictReason.Archived] if the agent or environment is archived
     * @throws AodException.InvalidRequest if a field breaks a rule that the client checks before sending
     * @throws AodException.NotFound if there is no such agent or environment
     * @throws AodException.RateLimit if too many sessions are active
     * @throws AodException.Validation if the server refuses a field
     * @throws AodException if the call fails in another way
     */
    public suspend fun create(request: CreateSession): SessionAck = connection.call { createSession(request) }

    /**
     * Retrieves a session (`GET /sessions/{id}`).
     *
     * @param id the id of the session
     * @return the session with its current status
     * @throws AodException.NotFound if there is no such session
     * @throws AodException if the call fails in another way
     */
    public suspend fun get(id: UUID): Session = connection.call { getSession(id) }

    /**
     * Sends the next prompt of a session, which starts a turn (`POST /sessions/{id}/prompt`).
     *
     * To follow only that turn, pass the acknowledgement's `currentTurn` as [StreamOptions.turn].
     *
     * @param id the id of the session
     * @param prompt the prompt of the turn
     * @param timeout the time limit of the turn: whole seconds from 10 s to 1 h; 10 minutes by default
     * @return an acknowledgement with the number of the turn
     * @throws AodException.Conflict with [ConflictReason.Running], [ConflictReason.Failed] or
     * [ConflictReason.Terminated] if the session does not accept a prompt in its current status
     * @throws AodException.NotFound if there is no such session, or its sandbox no longer exists
     * @throws AodException.Validation if the server refuses a field
     * @throws AodException if the call fails in another way
     */
    public suspend fun prompt(id: UUID, prompt: String, timeout: Duration? = null): SessionAck =
        connection.call { promptSession(id, Prompt(prompt, timeout)) }

    /**
     * Lists all turns of a session (`GET /sessions/{id}/turns`).
     *
     * @param id the id of the session
     * @return the turns in ascending order
     * @throws AodException.NotFound if there is no such session
     * @throws AodException if the call fails in another way
     */
    public suspend fun turns(id: UUID): List<SessionTurn> = connection.call { listSessionTurns(id) }

    /**
     * Terminates a session permanently and destroys its sandbox (`POST /sessions/{id}/terminate`).
     *
     * @param id the id of the session
     * @return an acknowledgement with the new status
     * @throws AodException.Conflict with [ConflictReason.AlreadyTerminated] if it is terminated already
     * @throws AodException.NotFound if there is no such session
     * @throws AodException if the call fails in another way
     */
    public suspend fun terminate(id: UUID): SessionAck = connection.call { terminateSession(id) }

    /**
     * Interrupts the active turn and keeps the sandbox (`POST /sessions/{id}/interrupt`). Servers before 2026-06-25 do
     * not have this endpoint.
     *
     * @param id the id of the session
     * @return an acknowledgement, which has the previous status
     * @throws AodException.Conflict with [ConflictReason.NoActiveTurn] if no turn is active
     * @throws AodException.NotFound if there is no such session, or the server does not have this endpoint
     * @throws AodException if the call fails in another way
     */
    public suspend fun interrupt(id: UUID): SessionAck = connection.call { interruptSession(id) }

    /**
     * Deletes a session with its turns and its log (`DELETE /sessions/{id}/delete`).
     *
     * @param id the id of the session
     * @throws AodException.Conflict with [ConflictReason.Running] while a turn runs
     * @throws AodException.NotFound if there is no such session
     * @throws AodException if the call fails in another way
     */
    public suspend fun delete(id: UUID): Unit = connection.call { deleteSession(id) }

    /**
     * Creates a session, follows its first turn to the end, and collects the output (`POST /sessions`,
     * `GET /sessions/{id}/stream`, `GET /sessions/{id}`).
     *
     * A turn that fails is not an error of this call: see the status and the exit code of the session. The call takes
     * as long as the turn; put `withTimeout` around it to limit the wait.
     *
     * ```kotlin
     * val result = client.sessions.run(agent.id, "Fix the failing test")
     * println("${result.stdout} (exit code ${result.session.exitCode})")
     * ```
     *
     * @param agentId the id of the agent to run
     * @param prompt the prompt of the first turn
     * @param environmentId the environment of the sandbox; by default that of the agent
     * @param timeout the time limit of the first turn: whole seconds from 10 s to 1 h; 10 minutes by default
     * @param resources at most 10 repositories to clone into the sandbox; none by default
     * @param secretEnvVars environment variables of this session, which take precedence over those of the environment;
     * write-only; for servers since 2026-06-25
     * @return the session after the turn, and what the agent printed on stdout
     * @throws AodException for the reasons of [create] and [stream]
     */
    public suspend fun run(
        agentId: UUID,
        prompt: String,
        environmentId: UUID? = null,
        timeout: Duration? = null,
        resources: List<GithubRepository> = emptyList(),
        secretEnvVars: Map<String, String> = emptyMap(),
    ): RunResult =
        run(CreateSession(agentId, prompt, environmentId, timeout, resources, secretsOf(secretEnvVars)))

    /**
     * Creates a session from a request object, follows its first turn to the end, and collects the output
     * (`POST /sessions`, `GET /sessions/{id}/stream`, `GET /sessions/{id}`).
     *
     * @param request the fields of the session
     * @return the session after the turn, and what the agent printed on stdout
     * @throws AodException for the reasons of [create] and [stream]
     */
    public suspend fun run(request: CreateSession): RunResult = connection.call { runSession(request) }

    /**
     * Waits until no turn of a session is queued or running, by polling (`GET /sessions/{id}`).
     *
     * It waits as long as the session takes; put `withTimeout` around it to limit the wait.
     *
     * @param id the id of the session
     * @return the session, which is no longer active
     * @throws AodException.NotFound if there is no such session
     * @throws AodException if the call fails in another way
     */
    public suspend fun waitForCompletion(id: UUID): Session = connection.call { waitForSession(id) }

    /**
     * Returns the event stream of a session, from its first event to the terminal one (`GET /sessions/{id}/stream`).
     *
     * This call sends nothing: each collector of the [EventStream] opens its own connection. By default the stream
     * survives dropped connections.
     *
     * ```kotlin
     * client.sessions.stream(id).collect { event -> event.stdout?.let(::print) }
     * client.sessions.stream(id).pretty().collect(::println)
     * ```
     *
     * @param id the id of the session
     * @param options where the stream starts and how it reconnects
     * @return a cold flow; collecting it throws [AodException.NotFound] if there is no such session, and
     * [AodException.Closed] if the client is closed
     */
    public fun stream(id: UUID, options: StreamOptions = StreamOptions()): EventStream =
        EventStream(options.since) { connection.callBlocking { stream(id, options.toNative()) } }

    /**
     * Opens the event stream of a session and passes its events to a listener (`GET /sessions/{id}/stream`). It returns
     * at once.
     *
     * If the server refuses the request, for example with 404, the listener receives [EventListener.onError].
     *
     * ```kotlin
     * val subscription = client.sessions.listen(id, object : EventListener {
     *     override fun onEvents(events: List<StreamEvent>) = events.forEach(::println)
     *     override fun onError(error: AodException) = println(error.message)
     * })
     * subscription.join()
     * ```
     *
     * @param id the id of the session
     * @param listener receives the events, on a thread of the library
     * @param options where the stream starts and how it reconnects
     * @return a handle to cancel the stream or wait for its end
     * @throws AodException.Closed if the client is closed
     * @throws AodException.InvalidRequest if an option is invalid, such as a negative duration
     */
    @JvmOverloads
    public fun listen(id: UUID, listener: EventListener, options: StreamOptions = StreamOptions()): Subscription =
        connection.callBlocking {
            val forwarder = NativeForwarder(listener)
            Subscription(listen(id, options.toNative(), forwarder), forwarder.finished)
        }
}
