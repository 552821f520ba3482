package com.ravihq.aod

import java.time.Duration
import java.util.UUID
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.sync.Semaphore

/**
 * Calls under `/sessions`.
 *
 * A session runs an agent in a sandbox. Each prompt is one turn, and the output of all turns is one event stream.
 *
 * ```kotlin
 * val session = client.sessions.create(agent.id, "Fix the failing test")
 * client.sessions.stream(session.id).pretty().collect(::println)
 * ```
 *
 * See [Sessions and turns](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#sessions-and-turns).
 */
public class Sessions internal constructor(private val connection: Connection) {
    /**
     * Lists all sessions, including those that have ended (`GET /sessions`). A record that cannot be decoded is logged
     * and left out; if no record can be decoded, the call fails.
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
     * @param resources at most 10 repositories to clone into the sandbox, each with a different path; none by default
     * @param secretEnvVars environment variables of this session, which take precedence over those of the environment;
     * none by default. The server never returns them. Servers before 2026-06-25 ignore them.
     * @return an acknowledgement with the id of the session
     * @throws AodException.BadRequest if a credential of the model provider is missing (servers before 2026-06-25)
     * @throws AodException.Conflict with [ConflictReason.Archived] if the agent or environment is archived
     * @throws AodException.InvalidRequest if a field has a value that every server rejects; nothing is sent
     * @throws AodException.NotFound if there is no such agent or environment
     * @throws AodException.RateLimit if too many sessions are active; see [AodException.RateLimit.quota]
     * @throws AodException.Validation if the server rejects a field
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
     * @throws AodException.BadRequest if a credential of the model provider is missing (servers before 2026-06-25)
     * @throws AodException.Conflict with [ConflictReason.Archived] if the agent or environment is archived
     * @throws AodException.InvalidRequest if a field has a value that every server rejects; nothing is sent
     * @throws AodException.NotFound if there is no such agent or environment
     * @throws AodException.RateLimit if too many sessions are active; see [AodException.RateLimit.quota]
     * @throws AodException.Validation if the server rejects a field
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
     * @throws AodException.Conflict with [ConflictReason.Running] while a turn is running, with
     * [ConflictReason.Pending] while one is queued (servers since 2026-04-30; earlier ones accept the prompt), with
     * [ConflictReason.Failed] or [ConflictReason.Terminated] if the session accepts no more prompts, or with
     * [ConflictReason.BackendGone] if its sandbox no longer exists
     * @throws AodException.InvalidRequest if the timeout is out of its range; nothing is sent
     * @throws AodException.NotFound if there is no such session, or its sandbox does not exist (servers before
     * 2026-04-30)
     * @throws AodException.Validation if the server rejects a field
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
     * Terminates a session like [terminate], and retrieves it (`POST /sessions/{id}/terminate`, `GET /sessions/{id}`).
     * A session that is already terminated is not an error.
     *
     * @param id the id of the session
     * @return the terminated session
     * @throws AodException.NotFound if there is no such session
     * @throws AodException if the call fails in another way
     */
    public suspend fun ensureTerminated(id: UUID): Session = connection.call { ensureSessionTerminated(id) }

    /**
     * Interrupts the queued or running turn and keeps the sandbox (`POST /sessions/{id}/interrupt`). The turn ends with
     * the status [TurnStatus.Interrupted], and the session accepts further prompts. Servers before 2026-06-25 do not
     * have this endpoint.
     *
     * @param id the id of the session
     * @return an acknowledgement with the status before the interruption
     * @throws AodException.Conflict with [ConflictReason.NoActiveTurn], [ConflictReason.Failed] or
     * [ConflictReason.Terminated] if no turn is queued or running
     * @throws AodException.NotFound if there is no such session
     * @throws AodException.Unsupported if the server does not have this endpoint
     * @throws AodException if the call fails in another way
     */
    public suspend fun interrupt(id: UUID): SessionAck = connection.call { interruptSession(id) }

    /**
     * Deletes a session with its turns and its log (`DELETE /sessions/{id}/delete`).
     *
     * @param id the id of the session
     * @throws AodException.Conflict with [ConflictReason.Running] while a turn is running or, on servers since
     * 2026-04-30, queued
     * @throws AodException.NotFound if there is no such session
     * @throws AodException if the call fails in another way
     */
    public suspend fun delete(id: UUID): Unit = connection.call { deleteSession(id) }

    /**
     * Creates a session, follows its first turn to the end, and collects the output (`POST /sessions`,
     * `GET /sessions/{id}/stream`, `GET /sessions/{id}`).
     *
     * A turn that fails is not an error of this call: see the outcome of [RunResult.turn]. The call takes as long as
     * the turn; put `withTimeout` around it to limit the wait. If it is cancelled, the session continues unless
     * [onAbandon] is [OnAbandon.INTERRUPT] or [OnAbandon.TERMINATE]. The stream reconnects after `stale`, which the
     * server sends after ten minutes without output.
     *
     * ```kotlin
     * val result = client.sessions.run(agent.id, "Fix the failing test")
     * println("${result.text} (${result.turn.outcome})")
     * ```
     *
     * Print what the agent does while it works:
     *
     * ```kotlin
     * val result = client.sessions.run(agent.id, "Fix the failing test", onChange = { change ->
     *     if (change is TranscriptChange.ItemAdded) println(change.item.kind)
     * })
     * ```
     *
     * @param agentId the id of the agent to run
     * @param prompt the prompt of the first turn
     * @param environmentId the environment of the sandbox; by default that of the agent
     * @param timeout the time limit of the first turn: whole seconds from 10 s to 1 h; 10 minutes by default
     * @param resources at most 10 repositories to clone into the sandbox, each with a different path; none by default
     * @param secretEnvVars environment variables of this session, which take precedence over those of the environment;
     * none by default. The server never returns them. Servers before 2026-06-25 ignore them.
     * @param waitForQuota whether to wait while too many sessions are active: the request that creates the session is
     * repeated after 0.5 s, and then after delays of up to 5 s, without a time limit. By default, the call fails with
     * [AodException.RateLimit]
     * @param onAbandon what happens to the session if this call fails or is cancelled before the turn has ended. The
     * request that stops the session is sent in the background; if it fails, a warning is logged. If the call is
     * cancelled while the session is being created, that request completes in the background, and the session is then
     * stopped. By default the session continues
     * @param onCreated receives the acknowledgement of the new session, before its first event is read, on a thread of
     * the library. If it throws, the call fails with [AodException.Listener], which contains the name of the class of
     * the `Throwable` and nothing else of it
     * @param onChange receives each change of the transcript of the turn, in order, on a thread of the library: after
     * [onEvent] has received the event that made the change. It may block, which delays the events that follow. If it
     * throws, the call fails with [AodException.Listener], as for [onCreated]; by default, nothing receives the changes
     * @param onEvent receives each event of the turn, `start`, the `stage` events of the sandbox and the terminal
     * event, if there is one, in order, in the same way as [onChange]; by default, nothing receives the events
     * @return the session after the turn, the answer, the turn as data, and everything that the agent printed on
     * stdout: raw, one JSON object per line, which a [Formatter] turns into readable lines
     * @throws AodException.Closed if the client is closed; only [onCreated] receives the id of the session then
     * @throws AodException for the reasons of [create], or if the stream fails; [AodException.sessionId] is then the id
     * of the session
     */
    public suspend fun run(
        agentId: UUID,
        prompt: String,
        environmentId: UUID? = null,
        timeout: Duration? = null,
        resources: List<GithubRepository> = emptyList(),
        secretEnvVars: Map<String, String> = emptyMap(),
        waitForQuota: Boolean = false,
        onAbandon: OnAbandon = OnAbandon.CONTINUE,
        onCreated: (SessionAck) -> Unit = {},
        onChange: ((TranscriptChange) -> Unit)? = null,
        onEvent: ((StreamEvent) -> Unit)? = null,
    ): RunResult {
        val secrets = secretsOf(secretEnvVars)
        val request = CreateSession(agentId, prompt, environmentId, timeout, resources, secrets)
        return run(request, waitForQuota, onAbandon, onCreated, onChange, onEvent)
    }

    /**
     * Creates a session from a request object, follows its first turn to the end, and collects the output
     * (`POST /sessions`, `GET /sessions/{id}/stream`, `GET /sessions/{id}`).
     *
     * @param request the fields of the session
     * @param waitForQuota whether to wait while too many sessions are active: the request that creates the session is
     * repeated after 0.5 s, and then after delays of up to 5 s, without a time limit. By default, the call fails with
     * [AodException.RateLimit]
     * @param onAbandon what happens to the session if this call fails or is cancelled before the turn has ended. The
     * request that stops the session is sent in the background; if it fails, a warning is logged. If the call is
     * cancelled while the session is being created, that request completes in the background, and the session is then
     * stopped. By default the session continues
     * @param onCreated receives the acknowledgement of the new session, before its first event is read, on a thread of
     * the library. If it throws, the call fails with [AodException.Listener], which contains the name of the class of
     * the `Throwable` and nothing else of it
     * @param onChange receives each change of the transcript of the turn, in order, on a thread of the library: after
     * [onEvent] has received the event that made the change. It may block, which delays the events that follow. If it
     * throws, the call fails with [AodException.Listener], as for [onCreated]; by default, nothing receives the changes
     * @param onEvent receives each event of the turn, `start`, the `stage` events of the sandbox and the terminal
     * event, if there is one, in order, in the same way as [onChange]; by default, nothing receives the events
     * @return the session after the turn, the answer, the turn as data, and everything that the agent printed on
     * stdout: raw, one JSON object per line, which a [Formatter] turns into readable lines
     * @throws AodException.Closed if the client is closed; only [onCreated] receives the id of the session then
     * @throws AodException for the reasons of [create], or if the stream fails; [AodException.sessionId] is then the id
     * of the session
     */
    public suspend fun run(
        request: CreateSession,
        waitForQuota: Boolean = false,
        onAbandon: OnAbandon = OnAbandon.CONTINUE,
        onCreated: (SessionAck) -> Unit = {},
        onChange: ((TranscriptChange) -> Unit)? = null,
        onEvent: ((StreamEvent) -> Unit)? = null,
    ): RunResult = connection.call {
        val observer = turnObserver(onChange, onEvent)
        runSession(request, waitForQuota, onAbandon, CreatedForwarder(onCreated), observer)
    }

    /**
     * Runs many prompts, each like [run] in a session of its own, and returns all results (`POST /sessions`,
     * `GET /sessions/{id}/stream`, `GET /sessions/{id}` for each).
     *
     * While the quota of the server is exceeded, a prompt waits, as with `waitForQuota` of [run]. A prompt that fails
     * does not affect the others. There is no time limit. Cancelling the call cancels all runs, and starts no further
     * session.
     *
     * ```kotlin
     * val prompts = listOf("Fix the typos in README.md", "List the public functions", "Run the tests")
     * val results = client.sessions.runAll(prompts.map { CreateSession(agent.id, it) }, maxConcurrent = 2)
     * prompts.zip(results).forEach { (prompt, result) ->
     *     println("$prompt: ${result.fold({ it.text }, { it.message })}")
     * }
     * ```
     *
     * @param requests the fields of each session
     * @param maxConcurrent how many of the sessions run at the same time, at least 1; 4 by default. If the server's
     * quota is lower, the quota is the limit
     * @param onAbandon what happens to a session if following it fails, or this call is cancelled, before its turn has
     * ended, as for [run]; by default the session continues
     * @return the results in the order of the requests: each succeeds with the result of [run], or fails with its
     * [AodException], such as [AodException.Closed] if the client is closed
     * @throws IllegalArgumentException if [maxConcurrent] is less than 1
     */
    public suspend fun runAll(
        requests: Iterable<CreateSession>,
        maxConcurrent: Int = 4,
        onAbandon: OnAbandon = OnAbandon.CONTINUE,
    ): List<Result<RunResult>> {
        val permits = permitsOf(maxConcurrent)
        return coroutineScope {
            val runs = requests.map { request ->
                permits.acquire()
                async {
                    try {
                        Result.success(run(request, waitForQuota = true, onAbandon))
                    } catch (failure: AodException) {
                        Result.failure(failure)
                    } finally {
                        permits.release()
                    }
                }
            }
            runs.awaitAll()
        }
    }

    /**
     * Sends a prompt to a session, follows its turn to the end, and returns the answer (`POST /sessions/{id}/prompt`,
     * `GET /sessions/{id}/stream`, `GET /sessions/{id}`).
     *
     * A turn that fails is not an error of this call: see the outcome of [RunResult.turn].
     *
     * ```kotlin
     * val answer = client.sessions.ask(id, "Which test failed?", wait = true)
     * println(answer.text)
     * println(answer.turn.usage)
     * ```
     *
     * @param id the id of the session
     * @param prompt the prompt of the turn
     * @param timeout the time limit of the turn: whole seconds from 10 s to 1 h; 10 minutes by default
     * @param wait whether to wait while a turn is queued or running, without a time limit, and then send the prompt; by
     * default, such a turn is a conflict
     * @param onAbandon what happens to the session if this call fails or is cancelled after the prompt was accepted and
     * before its turn has ended, as for [run]. If the call is cancelled while the prompt is being sent, that request
     * completes in the background, and the session is then stopped if the prompt was accepted. By default the session
     * continues
     * @param onChange receives each change of the transcript of the turn, as for [run]; by default, nothing receives the
     * changes
     * @param onEvent receives each event of the turn, `start` and the terminal event, if there is one, as for [run]; by
     * default, nothing receives the events
     * @return the session after the turn, the answer, the turn as data, and everything that the agent printed on stdout
     * in this turn
     * @throws AodException.Conflict with [ConflictReason.Running] or [ConflictReason.Pending] if a turn has not ended
     * yet and [wait] is false, or with another reason as for [prompt]
     * @throws AodException.Listener if [onChange] or [onEvent] throws
     * @throws AodException if the prompt cannot be sent or its turn cannot be followed; once the prompt was accepted,
     * [AodException.sessionId] is the id of the session
     */
    public suspend fun ask(
        id: UUID,
        prompt: String,
        timeout: Duration? = null,
        wait: Boolean = false,
        onAbandon: OnAbandon = OnAbandon.CONTINUE,
        onChange: ((TranscriptChange) -> Unit)? = null,
        onEvent: ((StreamEvent) -> Unit)? = null,
    ): RunResult = connection.call {
        askSession(id, Prompt(prompt, timeout), wait, onAbandon, turnObserver(onChange, onEvent))
    }

    /**
     * Follows a turn to its end, and collects the output (`GET /sessions/{id}/stream`, `GET /sessions/{id}`).
     *
     * A turn that fails is not an error of this call: see the outcome of [RunResult.turn].
     *
     * ```kotlin
     * val ack = client.sessions.prompt(id, "Now update the docs")
     * println(client.sessions.follow(ack).stdout)
     * ```
     *
     * @param ack the acknowledgement of [create] or [prompt]
     * @param onAbandon what happens to the session if this call fails or is cancelled before the turn has ended, as for
     * [run]; by default the session continues
     * @param onChange receives each change of the transcript of the turn, as for [run]; by default, nothing receives the
     * changes
     * @param onEvent receives each event of the turn, `start` and the terminal event, if there is one, as for [run]; by
     * default, nothing receives the events
     * @return the session after the turn, the answer, the turn as data, and everything that the agent printed on stdout
     * in this turn: raw, one JSON object per line, which a [Formatter] turns into readable lines
     * @throws AodException.Listener if [onChange] or [onEvent] throws
     * @throws AodException if the stream fails; [AodException.sessionId] is then the id of the session
     */
    public suspend fun follow(
        ack: SessionAck,
        onAbandon: OnAbandon = OnAbandon.CONTINUE,
        onChange: ((TranscriptChange) -> Unit)? = null,
        onEvent: ((StreamEvent) -> Unit)? = null,
    ): RunResult = connection.callEvenIfCancelled {
        // A call that is cancelled before it begins stops the session too, if asked to.
        followSession(ack, onAbandon, turnObserver(onChange, onEvent))
    }

    /**
     * Waits until no turn of a session is queued or running (`GET /sessions/{id}`, `GET /sessions/{id}/stream`).
     *
     * There is no time limit, and a session stays active if the server process that runs it dies: put `withTimeout`
     * around the call, and terminate the session when the time limit expires. Cancelling the call does not stop the
     * session.
     *
     * @param id the id of the session
     * @return the session, which is no longer active
     * @throws AodException.NotFound if there is no such session, or it is deleted during the wait
     * @throws AodException if the call fails in another way
     */
    public suspend fun waitForCompletion(id: UUID): Session = connection.call { waitForSession(id) }

    /**
     * Returns the event stream of a session (`GET /sessions/{id}/stream`): each event once and in order, up to the
     * terminal event unless [StreamOptions.turn] is set.
     *
     * This call sends nothing: each collector of the [EventStream] opens its own connection. By default the stream
     * survives dropped connections; see [StreamOptions].
     *
     * ```kotlin
     * client.sessions.stream(id).collect { event -> event.stdout?.let(::print) }
     * client.sessions.stream(id).pretty().collect(::println)
     * ```
     *
     * @param id the id of the session
     * @param options where the stream starts and how it reconnects
     * @return a cold flow; see [EventStream.collect] for the exceptions of collecting it
     */
    public fun stream(id: UUID, options: StreamOptions = StreamOptions()): EventStream =
        EventStream(options.since) { connection.callBlocking { stream(id, options.toNative()) } }

    /**
     * Returns the events of several sessions in one flow, in the order in which they arrive
     * (`GET /sessions/{id}/stream` for each).
     *
     * This call sends nothing: each collector opens a connection for each session. The stream of each session is an
     * [EventStream]: it delivers each event once and in order, reconnects, and resumes after `stale`. A session whose
     * stream fails, for example because it does not exist, has one [SessionEvent.Failed] as its last item, and does not
     * affect the others. The flow ends when the streams of all sessions have ended. A slow collector applies
     * backpressure: at most a few hundred events of each session are read ahead. All connections close as soon as the
     * collector returns, throws or is cancelled.
     *
     * ```kotlin
     * val active = client.sessions.list().filter { it.status.isActive }
     * client.sessions.watch(active.map { it.id }).collect { item ->
     *     when (item) {
     *         is SessionEvent.Received -> println("${item.sessionId}: ${item.event}")
     *         is SessionEvent.Failed -> println("${item.sessionId}: ${item.error.message}")
     *     }
     * }
     * ```
     *
     * @param ids the ids of the sessions; an id that is repeated is watched once
     * @param since for each session to resume, the position to start after, usually the [StreamEvent.cursor] of the
     * last event that was processed; sessions that are not in [ids] are ignored. By default no event is left out
     * @return a cold flow. If the client is closed, each session has a [SessionEvent.Failed] with
     * [AodException.Closed], and the flow ends without an exception
     */
    public fun watch(ids: Iterable<UUID>, since: Map<UUID, Long> = emptyMap()): Flow<SessionEvent> =
        ids.distinct().map { id -> watch(id, since[id]) }.merge()

    private fun watch(id: UUID, since: Long?): Flow<SessionEvent> =
        stream(id, StreamOptions(since = since, resumeStale = true))
            .map<StreamEvent, SessionEvent> { SessionEvent.Received(id, it) }
            .catch { failure ->
                if (failure !is AodException) throw failure
                if (failure !is AodException.Closed) failure.sessionId = id
                emit(SessionEvent.Failed(id, failure))
            }

    /**
     * Returns the event stream of a session as the changes of a [Transcript]: the messages of the agent, its tool calls
     * and plans as data (`GET /sessions/{id}/stream`).
     *
     * This call sends nothing: collecting the [TranscriptStream] opens the connection.
     *
     * ```kotlin
     * val changes = client.sessions.transcript(id)
     * changes.collect { change -> if (change is TranscriptChange.TextAppended) print(change.text) }
     * println(changes.transcript.finalText)
     * ```
     *
     * @param id the id of the session
     * @param options how the stream reconnects, and where it starts if the transcript has no cursor
     * @param transcript the transcript to continue, such as one that [Transcript.restore] returned: the stream starts
     * after its [Transcript.cursor]. By default a new one, which [TranscriptStream.transcript] returns
     * @return a cold flow; see [TranscriptStream.collect] for the exceptions of collecting it
     */
    public fun transcript(
        id: UUID,
        options: StreamOptions = StreamOptions(),
        transcript: Transcript = Transcript(),
    ): TranscriptStream {
        val events = EventStream(options.since) {
            val continued = options.copy(since = transcript.cursor ?: options.since)
            connection.callBlocking { stream(id, continued.toNative()) }
        }
        return TranscriptStream(events, transcript)
    }

    /**
     * Opens the event stream of a session and passes its events to a listener (`GET /sessions/{id}/stream`). It returns
     * at once.
     *
     * If the server responds with an error, for example 404, the listener receives it in [EventListener.onError].
     *
     * ```kotlin
     * val subscription = client.sessions.listen(id, object : EventListener {
     *     override fun onEvents(events: List<StreamEvent>, cursor: Long?) = events.forEach(::println)
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

/** Returns permits for [Sessions.runAll] and [FutureSessions.runAll]. */
internal fun permitsOf(maxConcurrent: Int): Semaphore {
    require(maxConcurrent > 0) { "maxConcurrent is less than 1" }
    return Semaphore(maxConcurrent)
}
