package com.ravihq.aod

import java.time.Duration
import java.util.UUID

/** The calls under `/sessions`. */
public class Sessions internal constructor(private val connection: Connection) {
    /** All sessions, ended ones too, newest first (`GET /sessions`). */
    public suspend fun list(): List<Session> = connection.call { listSessions() }

    /**
     * Accepts a session with its first prompt (`POST /sessions`); it is set up and run after this returns.
     *
     * @param agentId the agent that works
     * @param prompt what it is asked first
     * @param environmentId the environment; the agent's own when left out
     * @param timeout how long the first turn may take: whole seconds, 10 s to 1 h; the server's default is 10 minutes
     * @param resources what to clone into the sandbox; at most 10
     * @param secretEnvVars environment variables of this session, over the environment's own (S2 servers); they are sent,
     * and never shown or returned
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

    /** Accepts a session with its first prompt (`POST /sessions`). */
    public suspend fun create(request: CreateSession): SessionAck = connection.call { createSession(request) }

    /** One session (`GET /sessions/{id}`). */
    public suspend fun get(id: UUID): Session = connection.call { getSession(id) }

    /**
     * Gives a session its next prompt (`POST /sessions/{id}/prompt`); the acknowledgement names the turn.
     *
     * @param timeout how long the turn may take: whole seconds, 10 s to 1 h
     */
    public suspend fun prompt(id: UUID, prompt: String, timeout: Duration? = null): SessionAck =
        connection.call { promptSession(id, Prompt(prompt, timeout)) }

    /** All turns of a session, in order (`GET /sessions/{id}/turns`). */
    public suspend fun turns(id: UUID): List<SessionTurn> = connection.call { listSessionTurns(id) }

    /** Ends a session for good and destroys its sandbox (`POST /sessions/{id}/terminate`). */
    public suspend fun terminate(id: UUID): SessionAck = connection.call { terminateSession(id) }

    /**
     * Stops the running turn and keeps the sandbox (`POST /sessions/{id}/interrupt`, S2 servers; others answer 404). The
     * acknowledgement has the previous status.
     */
    public suspend fun interrupt(id: UUID): SessionAck = connection.call { interruptSession(id) }

    /** Deletes a session with its turns and its log (`DELETE /sessions/{id}/delete`). Refused while it runs. */
    public suspend fun delete(id: UUID): Unit = connection.call { deleteSession(id) }

    /**
     * Starts a session and stays with it: `POST /sessions`, its stream to the end of the first turn, then the session as
     * it ended, with all that the agent printed on stdout. A turn that failed is no failure of this.
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

    /** Starts a session and stays with it to the end of its first turn. */
    public suspend fun run(request: CreateSession): RunResult = connection.call { runSession(request) }

    /**
     * Waits until no turn of a session is queued or running, and gives the session as it is then.
     *
     * It waits as long as the session takes: put `withTimeout` around it.
     */
    public suspend fun waitForCompletion(id: UUID): Session = connection.call { waitForSession(id) }

    /**
     * The events of a session, from its first to the terminal one (`GET /sessions/{id}/stream`), with the state of the
     * connection and a cursor. The stream is opened by who collects it.
     *
     * ```kotlin
     * client.sessions.stream(id).collect { event -> event.stdout?.let(::print) }
     * client.sessions.stream(id).pretty().collect(::println)
     * ```
     */
    public fun stream(id: UUID, options: StreamOptions = StreamOptions()): EventStream =
        EventStream(options.since) { connection.callBlocking { stream(id, options.toNative()) } }

    /**
     * Opens the stream of a session and tells a listener of it. What the server answers to the request, such as 404, is
     * told to [EventListener.onError].
     */
    @JvmOverloads
    public fun listen(id: UUID, listener: EventListener, options: StreamOptions = StreamOptions()): Subscription =
        connection.callBlocking {
            val forwarder = NativeForwarder(listener)
            Subscription(listen(id, options.toNative(), forwarder), forwarder.finished)
        }
}
