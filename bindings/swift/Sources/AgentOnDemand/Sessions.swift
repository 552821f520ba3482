import AodNative
import Foundation

/// The calls under `/sessions`: see ``AodClient/sessions``.
///
/// A session is a sandbox in which an agent works on prompts. Each prompt is one turn.
///
/// See [Sessions and turns](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#sessions-and-turns).
public struct Sessions: Sendable {
    let calls: CallRunner

    /// Lists all sessions, including those that have ended, newest first (`GET /sessions`).
    ///
    /// The list is not paginated. A record that cannot be decoded is logged and left out; if no record can be decoded,
    /// the call fails.
    ///
    /// - Returns: The sessions.
    /// - Throws: An ``AodError`` if the request fails, or a `CancellationError` if the task is cancelled.
    public func list() async throws -> [Session] {
        try await calls.run { try await $0.listSessions(cancellation: $1) }
    }

    /// Creates a session with its first prompt (`POST /sessions`).
    ///
    /// Returns as soon as the server has accepted the session. The server then provisions the sandbox and runs the
    /// agent. Follow the session with ``stream(_:options:)``.
    ///
    /// - Parameters:
    ///   - agentId: The agent to run.
    ///   - prompt: The first prompt.
    ///   - environmentId: The environment. Default: that of the agent.
    ///   - timeout: The time limit of the first turn, in whole seconds from 10 to 3,600. The server's default is 600.
    ///   - resources: The repositories to clone into the sandbox, at most 10, each with a different mount path.
    ///   - secretEnvVars: Environment variables of this session, which override those of the environment (servers since
    ///     2026-06-25; older ones ignore them). The server never returns them.
    /// - Returns: An acknowledgement with the id of the session, its status, and the number of its first turn.
    /// - Throws: An ``AodError``: of kind `rateLimit` if too many of your sessions are active, `notFound` if the agent
    ///   or the environment does not exist, `conflict` if the agent or the environment is archived, `invalidRequest` or
    ///   `validation` for a value that is not allowed, `badRequest` if a credential of the model provider is missing
    ///   (servers before 2026-06-25), or any other kind. A `CancellationError` if the task is cancelled.
    public func create(
        agentId: UUID,
        prompt: String,
        environmentId: UUID? = nil,
        timeout: TimeInterval? = nil,
        resources: [GithubRepository] = [],
        secretEnvVars: [String: Secret] = [:]
    ) async throws -> SessionAck {
        let request = CreateSession(
            agentId: agentId, prompt: prompt, environmentId: environmentId, timeout: timeout?.clamped,
            resources: resources, secretEnvVars: secretEnvVars)
        return try await calls.run { try await $0.createSession(request: request, cancellation: $1) }
    }

    /// Retrieves a session (`GET /sessions/{id}`).
    ///
    /// - Parameter id: The session's id.
    /// - Returns: The session.
    /// - Throws: An ``AodError``, of kind `notFound` if the session does not exist; a `CancellationError` if the task
    ///   is cancelled.
    public func get(_ id: UUID) async throws -> Session {
        try await calls.run { try await $0.getSession(id: id, cancellation: $1) }
    }

    /// Sends the next prompt to a session (`POST /sessions/{id}/prompt`).
    ///
    /// To follow the new turn only, pass the acknowledgement's `currentTurn` as ``StreamOptions/turn``.
    ///
    /// - Parameters:
    ///   - id: The session's id.
    ///   - prompt: The prompt.
    ///   - timeout: The time limit of the turn, in whole seconds from 10 to 3,600. The server's default is 600.
    /// - Returns: An acknowledgement with the status of the session, and the number of the turn that was queued.
    /// - Throws: An ``AodError``, whose ``AodError/conflict`` is `running` while a turn is running, `pending` while one
    ///   is queued (servers since 2026-04-30; earlier ones accept the prompt), `failed` or `terminated` if the session
    ///   accepts no more prompts, and `backendGone` if its sandbox no longer exists; of kind `notFound` if the session
    ///   does not exist, or its sandbox does not exist (servers before 2026-04-30), `invalidRequest` or `validation`
    ///   for a value that is not allowed, or any other kind. A `CancellationError` if the task is cancelled.
    @discardableResult
    public func prompt(_ id: UUID, _ prompt: String, timeout: TimeInterval? = nil) async throws -> SessionAck {
        let request = Prompt(prompt: prompt, timeout: timeout?.clamped)
        return try await calls.run { try await $0.promptSession(id: id, request: request, cancellation: $1) }
    }

    /// Lists the turns of a session, oldest first (`GET /sessions/{id}/turns`).
    ///
    /// - Parameter id: The session's id.
    /// - Returns: The prompt, status and exit code of each turn.
    /// - Throws: An ``AodError``, of kind `notFound` if the session does not exist; a `CancellationError` if the task
    ///   is cancelled.
    public func turns(_ id: UUID) async throws -> [SessionTurn] {
        try await calls.run { try await $0.listSessionTurns(id: id, cancellation: $1) }
    }

    /// Terminates a session permanently and destroys its sandbox (`POST /sessions/{id}/terminate`).
    ///
    /// - Parameter id: The session's id. The session may be completed or failed.
    /// - Returns: An acknowledgement with the status of the session, `terminated`.
    /// - Throws: An ``AodError``, whose ``AodError/conflict`` is `alreadyTerminated` if the session is terminated
    ///   already; of kind `notFound` if the session does not exist. A `CancellationError` if the task is cancelled.
    @discardableResult
    public func terminate(_ id: UUID) async throws -> SessionAck {
        try await calls.run { try await $0.terminateSession(id: id, cancellation: $1) }
    }

    /// Terminates a session permanently, and retrieves it (`POST /sessions/{id}/terminate`, `GET /sessions/{id}`). A
    /// session that is already terminated is not an error.
    ///
    /// - Parameter id: The session's id. The session may be completed or failed.
    /// - Returns: The terminated session.
    /// - Throws: An ``AodError``, of kind `notFound` if the session does not exist; a `CancellationError` if the task
    ///   is cancelled.
    @discardableResult
    public func ensureTerminated(_ id: UUID) async throws -> Session {
        try await calls.run { try await $0.ensureSessionTerminated(id: id, cancellation: $1) }
    }

    /// Interrupts the queued or running turn and keeps the sandbox (`POST /sessions/{id}/interrupt`, servers since
    /// 2026-06-25).
    ///
    /// The turn ends with the status `interrupted`; the session accepts further prompts.
    ///
    /// - Parameter id: The session's id.
    /// - Returns: An acknowledgement with the status of the session before the interruption.
    /// - Throws: An ``AodError``, whose ``AodError/conflict`` is `noActiveTurn`, `failed` or `terminated` if no turn is
    ///   queued or running; of kind `notFound` if the session does not exist, or `unsupported` on older servers. A
    ///   `CancellationError` if the task is cancelled.
    @discardableResult
    public func interrupt(_ id: UUID) async throws -> SessionAck {
        try await calls.run { try await $0.interruptSession(id: id, cancellation: $1) }
    }

    /// Deletes a session with its turns and its log (`DELETE /sessions/{id}/delete`).
    ///
    /// - Parameter id: The session's id.
    /// - Throws: An ``AodError``, whose ``AodError/conflict`` is `running` if a turn is running or, on servers since
    ///   2026-04-30, queued; of kind `notFound` if the session does not exist. A `CancellationError` if the task is
    ///   cancelled.
    public func delete(_ id: UUID) async throws {
        try await calls.run { try await $0.deleteSession(id: id, cancellation: $1) }
    }

    /// Runs a prompt in a new session and waits for the result.
    ///
    /// Creates a session (`POST /sessions`), follows its stream to the end of the first turn
    /// (`GET /sessions/{id}/stream`), and retrieves the session (`GET /sessions/{id}`). A turn that fails is not an
    /// error: check the `outcome` of the turn.
    ///
    /// ```swift
    /// let result = try await client.sessions.run(agentId: agent.id, prompt: "Count the tests")
    /// print(result.text ?? "no answer")
    /// ```
    ///
    /// Print what the agent does while it works:
    ///
    /// ```swift
    /// let result = try await client.sessions.run(agentId: agent.id, prompt: "Count the tests", onChange: { change in
    ///     if case .itemAdded(_, let item) = change { print(item.kind) }
    /// })
    /// ```
    ///
    /// Cancelling the task ends the wait; the session continues unless `onAbandon` is `.interrupt` or `.terminate`. The
    /// stream reconnects after `stale`, which the server sends after ten minutes without output.
    ///
    /// - Parameters:
    ///   - agentId: The agent to run.
    ///   - prompt: The prompt.
    ///   - environmentId: The environment. Default: that of the agent.
    ///   - timeout: The time limit of the turn, in whole seconds from 10 to 3,600. The server's default is 600.
    ///   - resources: The repositories to clone into the sandbox, at most 10, each with a different mount path.
    ///   - secretEnvVars: Environment variables of this session, which override those of the environment (servers since
    ///     2026-06-25; older ones ignore them). The server never returns them.
    ///   - waitForQuota: Whether to wait while too many sessions are active: the request that creates the session is
    ///     repeated after 0.5 seconds, and then after delays of up to 5 seconds, without a time limit. Default: false,
    ///     so that the call fails with an error that has a ``AodError/quota``.
    ///   - onAbandon: What happens to the session if this call fails or is cancelled before the turn has ended. The
    ///     request that stops the session is sent in the background; if it fails, a warning is logged. If the call is
    ///     cancelled while the session is being created, that request completes in the background, and the session is
    ///     then stopped. Default: the session continues.
    ///   - onCreated: Receives the acknowledgement of the new session, before its first event is read, on a thread of
    ///     the library. If it throws, the call fails with an error of kind `listener`. Default: nothing.
    ///   - onEvent: Receives each event of the turn, `start`, the `stage` events of the sandbox and the terminal event,
    ///     if there is one, in order, on a thread of the library. It may block, which delays the events that follow. If
    ///     it throws, the call fails with an error of kind `listener`. Default: nothing.
    ///   - onChange: Receives each change of the transcript of the turn, in the same way as `onEvent`, and after it has
    ///     received the event that made the change. Default: nothing.
    /// - Returns: The session after the turn, the answer as `text`, the turn as data, and everything that the agent
    ///   printed on its standard output: raw, one JSON object per line, which a ``Formatter`` turns into readable
    ///   lines.
    /// - Throws: An ``AodError`` for the reasons of
    ///   ``create(agentId:prompt:environmentId:timeout:resources:secretEnvVars:)``, or if the stream fails;
    ///   ``AodError/sessionId`` is then the id of the session. A `CancellationError` if the task is cancelled.
    public func run(
        agentId: UUID,
        prompt: String,
        environmentId: UUID? = nil,
        timeout: TimeInterval? = nil,
        resources: [GithubRepository] = [],
        secretEnvVars: [String: Secret] = [:],
        waitForQuota: Bool = false,
        onAbandon: OnAbandon = .continue,
        onCreated: @escaping @Sendable (SessionAck) throws -> Void = { _ in },
        onEvent: (@Sendable (StreamEvent) throws -> Void)? = nil,
        onChange: (@Sendable (TranscriptChange) throws -> Void)? = nil
    ) async throws -> RunResult {
        let request = CreateSession(
            agentId: agentId, prompt: prompt, environmentId: environmentId, timeout: timeout?.clamped,
            resources: resources, secretEnvVars: secretEnvVars)
        let listener = CreatedForwarder(onCreated)
        let observer = TurnForwarder.observer(onEvent: onEvent, onChange: onChange)
        return try await calls.run {
            try await $0.runSession(
                request: request, waitForQuota: waitForQuota, onAbandon: onAbandon, listener: listener,
                observer: observer, cancellation: $1)
        }
    }

    /// Runs many prompts, each in a new session like `run`, and waits for all results.
    ///
    /// A prompt that fails does not affect the others: its result is the error. While the quota of the server is
    /// exceeded, a prompt waits; see `waitForQuota` of `run`. There is no time limit. Cancelling the task cancels all
    /// runs, and starts no further session.
    ///
    /// ```swift
    /// let prompts = ["Fix the typos in README.md", "List the public functions", "Run the tests"]
    /// let results = try await client.sessions.runAll(
    ///     prompts.map { CreateSession(agentId: agent.id, prompt: $0) }, maxConcurrent: 2)
    /// for (prompt, result) in zip(prompts, results) {
    ///     switch result {
    ///     case .success(let run): print(prompt, run.text ?? "no answer")
    ///     case .failure(let error): print(prompt, error)
    ///     }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - requests: The prompts, with the arguments of `run`.
    ///   - maxConcurrent: How many of the sessions run at the same time; a value below 1 counts as 1. If the server's
    ///     quota is lower, the quota is the limit. Default: 4.
    ///   - onAbandon: What happens to a session if its run fails or is cancelled before the turn has ended. Default:
    ///     the session continues.
    /// - Returns: The results in the order of the requests: what `run` returns, or the ``AodError`` that it throws.
    /// - Throws: A `CancellationError` if the task is cancelled, and no other error.
    public func runAll(
        _ requests: [CreateSession], maxConcurrent: Int = 4, onAbandon: OnAbandon = .continue
    ) async throws -> [Result<RunResult, AodError>] {
        try await withThrowingTaskGroup(of: (place: Int, result: Result<RunResult, AodError>).self) { runs in
            var waiting = requests.enumerated().makeIterator()
            func startNext() {
                guard let (place, request) = waiting.next() else { return }
                runs.addTask { (place, try await run(request, onAbandon: onAbandon)) }
            }
            for _ in 0..<max(1, min(maxConcurrent, requests.count)) { startNext() }
            var results: [Int: Result<RunResult, AodError>] = [:]
            while let (place, result) = try await runs.next() {
                results[place] = result
                startNext()
            }
            return requests.indices.compactMap { results[$0] }
        }
    }

    private func run(_ request: CreateSession, onAbandon: OnAbandon) async throws -> Result<RunResult, AodError> {
        do {
            return .success(
                try await run(
                    agentId: request.agentId, prompt: request.prompt, environmentId: request.environmentId,
                    timeout: request.timeout, resources: request.resources, secretEnvVars: request.secretEnvVars,
                    waitForQuota: true, onAbandon: onAbandon))
        } catch let error as AodError {
            return .failure(error)
        }
    }

    /// Sends a prompt to a session, follows its turn to the end, and returns the answer.
    ///
    /// Sends the prompt (`POST /sessions/{id}/prompt`), reads the stream (`GET /sessions/{id}/stream`), and retrieves
    /// the session (`GET /sessions/{id}`). A turn that fails is not an error: check the `outcome` of the turn.
    ///
    /// ```swift
    /// let answer = try await client.sessions.ask(id, "Which test failed?", wait: true)
    /// print(answer.text ?? "no answer")
    /// ```
    ///
    /// - Parameters:
    ///   - id: The session's id.
    ///   - prompt: The prompt.
    ///   - timeout: The time limit of the turn, in whole seconds from 10 to 3,600. The server's default is 600.
    ///   - wait: Whether to wait while a turn is queued or running, without a time limit, and then send the prompt.
    ///     By default, such a turn is a conflict.
    ///   - onAbandon: What happens to the session if this call fails or is cancelled after the prompt was accepted and
    ///     before its turn has ended, as for `run`. If the call is cancelled while the prompt is being sent, that
    ///     request completes in the background, and the session is then stopped if the prompt was accepted. Default:
    ///     the session continues.
    ///   - onEvent: Receives each event of the turn, `start` and the terminal event, if there is one, as for `run`.
    ///     Default: nothing.
    ///   - onChange: Receives each change of the transcript of the turn, as for `run`. Default: nothing.
    /// - Returns: The session after the turn, the answer as `text`, the turn as data, and everything that the agent
    ///   printed on its standard output in this turn.
    /// - Throws: An ``AodError``, whose ``AodError/conflict`` is `running` or `pending` if a turn has not ended yet and
    ///   `wait` is false, or another reason as for ``prompt(_:_:timeout:)``. Once the prompt was accepted,
    ///   ``AodError/sessionId`` is the id of the session. An error of kind `listener` if `onEvent` or `onChange` throws.
    ///   A `CancellationError` if the task is cancelled.
    public func ask(
        _ id: UUID, _ prompt: String, timeout: TimeInterval? = nil, wait: Bool = false,
        onAbandon: OnAbandon = .continue,
        onEvent: (@Sendable (StreamEvent) throws -> Void)? = nil,
        onChange: (@Sendable (TranscriptChange) throws -> Void)? = nil
    ) async throws -> RunResult {
        let request = Prompt(prompt: prompt, timeout: timeout?.clamped)
        let observer = TurnForwarder.observer(onEvent: onEvent, onChange: onChange)
        return try await calls.run {
            try await $0.askSession(
                id: id, prompt: request, wait: wait, onAbandon: onAbandon, observer: observer, cancellation: $1)
        }
    }

    /// Follows a turn to its end and returns the result.
    ///
    /// Reads the stream (`GET /sessions/{id}/stream`), and retrieves the session (`GET /sessions/{id}`). A turn that
    /// fails is not an error: check the `outcome` of the turn.
    ///
    /// ```swift
    /// let ack = try await client.sessions.prompt(id, "Now update the docs")
    /// print(try await client.sessions.follow(ack).stdout)
    /// ```
    ///
    /// - Parameters:
    ///   - ack: The acknowledgement of ``create(agentId:prompt:environmentId:timeout:resources:secretEnvVars:)`` or
    ///     ``prompt(_:_:timeout:)``.
    ///   - onAbandon: What happens to the session if this call fails or is cancelled before the turn has ended.
    ///     Default: the session continues.
    ///   - onEvent: Receives each event of the turn, `start` and the terminal event, if there is one, as for `run`.
    ///     Default: nothing.
    ///   - onChange: Receives each change of the transcript of the turn, as for `run`. Default: nothing.
    /// - Returns: The session after the turn, the answer as `text`, the turn as data, and everything that the agent
    ///   printed on its standard output in this turn: raw, one JSON object per line, which a ``Formatter`` turns into
    ///   readable lines.
    /// - Throws: An ``AodError`` if the stream fails; ``AodError/sessionId`` is then the id of the session. An error of
    ///   kind `listener` if `onEvent` or `onChange` throws. A `CancellationError` if the task is cancelled.
    public func follow(
        _ ack: SessionAck, onAbandon: OnAbandon = .continue,
        onEvent: (@Sendable (StreamEvent) throws -> Void)? = nil,
        onChange: (@Sendable (TranscriptChange) throws -> Void)? = nil
    ) async throws -> RunResult {
        let observer = TurnForwarder.observer(onEvent: onEvent, onChange: onChange)
        return try await calls.run {
            try await $0.followSession(ack: ack, onAbandon: onAbandon, observer: observer, cancellation: $1)
        }
    }

    /// Waits until no turn of a session is queued or running (`GET /sessions/{id}`, `GET /sessions/{id}/stream`).
    ///
    /// There is no time limit, and a session stays active if the server process that runs it dies: cancel the task
    /// after the longest time that you want to wait, and terminate the session. A turn that fails is not an error.
    ///
    /// - Parameter id: The session's id.
    /// - Returns: The session, which is no longer active.
    /// - Throws: An ``AodError``, of kind `notFound` if the session does not exist or is deleted during the wait; a
    ///   `CancellationError` if the task is cancelled.
    @discardableResult
    public func waitForCompletion(_ id: UUID) async throws -> Session {
        try await calls.run { try await $0.waitForSession(id: id, cancellation: $1) }
    }

    /// Returns the events of a session (`GET /sessions/{id}/stream`): each once and in order, up to the terminal event
    /// unless ``StreamOptions/turn`` is set.
    ///
    /// ```swift
    /// for try await event in client.sessions.stream(id) {
    ///     if case .output(let output) = event { print(output.data, terminator: "") }
    /// }
    /// ```
    ///
    /// The loop opens the stream, and throws an error if the server responds with an error, such as 404. If a
    /// connection drops, the stream reconnects without losing or repeating an event. ``EventStream/pretty(options:)``
    /// turns the events into human-readable lines.
    ///
    /// - Parameters:
    ///   - id: The session's id.
    ///   - options: Where to start, and how to reconnect.
    /// - Returns: A stream that has not been opened yet.
    public func stream(_ id: UUID, options: StreamOptions = StreamOptions()) -> EventStream {
        EventStream(client: calls.native, id: id, options: options) { options.since }
    }

    /// Returns the events of several sessions in one sequence, in the order in which they arrive
    /// (`GET /sessions/{id}/stream` for each).
    ///
    /// ```swift
    /// let active = try await client.sessions.list().filter(\.status.isActive)
    /// for try await item in client.sessions.watch(active.map(\.id)) {
    ///     if case .success(.exit(let exit)) = item.event { print(item.sessionId, "exit code", exit.code ?? -1) }
    /// }
    /// ```
    ///
    /// The first iteration opens a connection for each session. The error of a session, such as a 404 response, is an
    /// element, and does not end the loop.
    ///
    /// - Parameters:
    ///   - ids: The ids of the sessions. An id that is repeated is watched once.
    ///   - since: For each session to resume, the position to start after, such as the ``StreamEvent/cursor`` of the
    ///     last event that was processed. Sessions that are not in `ids` are ignored. Default: from the first event.
    /// - Returns: A sequence that has not been opened yet.
    public func watch(_ ids: some Sequence<UUID>, since: [UUID: Int64] = [:]) -> WatchStream {
        var seen: Set<UUID> = []
        let sessions = ids.filter { seen.insert($0).inserted }.map { id in
            (id, stream(id, options: StreamOptions(since: since[id], resumeStale: true)))
        }
        return WatchStream(sessions: sessions)
    }

    /// Returns the events of a session as the changes of a transcript: the agent's messages, tool calls and plans as
    /// data (`GET /sessions/{id}/stream`).
    ///
    /// ```swift
    /// let changes = client.sessions.transcript(id)
    /// for try await change in changes {
    ///     if case .textAppended(_, _, let text) = change { print(text, terminator: "") }
    /// }
    /// print(changes.transcript.finalText ?? "")
    /// ```
    ///
    /// The loop opens the stream, and throws an error if the server responds with an error, such as 404.
    ///
    /// - Parameters:
    ///   - id: The session's id.
    ///   - options: How to reconnect, and where to start if the transcript has no cursor.
    ///   - transcript: The transcript to continue, such as one of ``Transcript/init(restoring:)``: the stream starts
    ///     after the ``Transcript/cursor`` that it has when the loop opens the stream. Default: a new one, available as
    ///     ``TranscriptStream/transcript``.
    /// - Returns: A stream that has not been opened yet.
    public func transcript(
        _ id: UUID, options: StreamOptions = StreamOptions(), continuing transcript: Transcript = Transcript()
    ) -> TranscriptStream {
        let stream = EventStream(client: calls.native, id: id, options: options) {
            transcript.cursor ?? options.since
        }
        return TranscriptStream(stream: stream, transcript: transcript)
    }

    /// Delivers the events of a session to a listener, on a thread of the library (`GET /sessions/{id}/stream`).
    ///
    /// ```swift
    /// let subscription = try client.sessions.listen(id, to: listener)
    /// await subscription.join()
    /// ```
    ///
    /// - Parameters:
    ///   - id: The session's id.
    ///   - options: Where to start, and how to reconnect.
    ///   - listener: The listener. It is retained until its last call has returned.
    /// - Returns: A handle that cancels the stream. Releasing the handle does not.
    /// - Throws: An ``AodError`` if the library cannot start the stream. Errors of the server and of the connection are
    ///   passed to ``EventListener/onError(_:)``, and so is the error of kind `closed` if the client is shut down.
    public func listen(
        _ id: UUID,
        options: StreamOptions = StreamOptions(),
        to listener: any EventListener
    ) throws(AodError) -> Subscription {
        let relay = ListenerRelay(listener: listener)
        let handle = try mappingErrors {
            try calls.native.listen(id: id, options: options.native, listener: relay)
        }
        return Subscription(handle: handle)
    }
}
