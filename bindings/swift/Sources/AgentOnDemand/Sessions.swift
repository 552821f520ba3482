import AodNative
import Foundation

/// `/sessions`.
public struct Sessions: Sendable {
    let calls: CallRunner

    /// All sessions, ended ones too, newest first (`GET /sessions`).
    public func list() async throws -> [Session] {
        try await calls.run { try await $0.listSessions(cancellation: $1) }
    }

    /// Accepts a session with its first prompt (`POST /sessions`); it is set up and run after this returns.
    ///
    /// - Parameters:
    ///   - agentId: the agent that works.
    ///   - prompt: what it is asked first.
    ///   - environmentId: the environment; the agent's own when left out.
    ///   - timeout: how long the first turn may take: whole seconds, 10 to 3,600; the server's default is 600.
    ///   - resources: what to clone into the sandbox; at most 10, each at a path of its own.
    ///   - secretEnvVars: environment variables of this session, over the environment's own (S2 servers; older ones
    ///     ignore them); they are sent, and never shown or returned.
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

    /// One session (`GET /sessions/{id}`).
    public func get(_ id: UUID) async throws -> Session {
        try await calls.run { try await $0.getSession(id: id, cancellation: $1) }
    }

    /// Gives a session its next prompt (`POST /sessions/{id}/prompt`).
    ///
    /// - Parameters:
    ///   - id: the session.
    ///   - prompt: what the agent is asked.
    ///   - timeout: how long the turn may take: whole seconds, 10 to 3,600; the server's default is 600.
    @discardableResult
    public func prompt(_ id: UUID, _ prompt: String, timeout: TimeInterval? = nil) async throws -> SessionAck {
        let request = Prompt(prompt: prompt, timeout: timeout?.clamped)
        return try await calls.run { try await $0.promptSession(id: id, request: request, cancellation: $1) }
    }

    /// The prompts of a session and what became of them, in order (`GET /sessions/{id}/turns`).
    public func turns(_ id: UUID) async throws -> [SessionTurn] {
        try await calls.run { try await $0.listSessionTurns(id: id, cancellation: $1) }
    }

    /// Stops a session for good and destroys its sandbox (`POST /sessions/{id}/terminate`).
    @discardableResult
    public func terminate(_ id: UUID) async throws -> SessionAck {
        try await calls.run { try await $0.terminateSession(id: id, cancellation: $1) }
    }

    /// Stops the turn that runs, and keeps the session (`POST /sessions/{id}/interrupt`, S2 servers).
    @discardableResult
    public func interrupt(_ id: UUID) async throws -> SessionAck {
        try await calls.run { try await $0.interruptSession(id: id, cancellation: $1) }
    }

    /// Deletes a session with its turns and its log (`DELETE /sessions/{id}/delete`).
    public func delete(_ id: UUID) async throws {
        try await calls.run { try await $0.deleteSession(id: id, cancellation: $1) }
    }

    /// Starts a session, stays with it to the end of its first turn, and gives the session as it ended, with all it
    /// printed on stdout. The parameters are those of
    /// ``create(agentId:prompt:environmentId:timeout:resources:secretEnvVars:)``.
    public func run(
        agentId: UUID,
        prompt: String,
        environmentId: UUID? = nil,
        timeout: TimeInterval? = nil,
        resources: [GithubRepository] = [],
        secretEnvVars: [String: Secret] = [:]
    ) async throws -> RunResult {
        let request = CreateSession(
            agentId: agentId, prompt: prompt, environmentId: environmentId, timeout: timeout?.clamped,
            resources: resources, secretEnvVars: secretEnvVars)
        return try await calls.run { try await $0.runSession(request: request, cancellation: $1) }
    }

    /// Waits until no turn of a session is queued or running, and gives the session as it is then.
    @discardableResult
    public func waitForCompletion(_ id: UUID) async throws -> Session {
        try await calls.run { try await $0.waitForSession(id: id, cancellation: $1) }
    }

    /// The events of a session (`GET /sessions/{id}/stream`), each once and in order, up to the terminal one.
    ///
    /// ```swift
    /// for try await event in client.sessions.stream(id) {
    ///     if case .output(let output) = event { print(output.data, terminator: "") }
    /// }
    /// ```
    ///
    /// What the agent prints, as human-readable lines, is ``EventStream/pretty(options:)`` of it. The stream is opened by
    /// the loop over it. What the server answers to that, such as 404, is thrown there.
    ///
    /// - Parameters:
    ///   - id: the session.
    ///   - options: where to begin, and what to do about broken connections.
    public func stream(_ id: UUID, options: StreamOptions = StreamOptions()) -> EventStream {
        EventStream(client: calls.native, id: id, options: options)
    }

    /// Tells a listener of the events of a session (`GET /sessions/{id}/stream`), on a thread of the library.
    ///
    /// - Parameters:
    ///   - id: the session.
    ///   - options: where to begin, and what to do about broken connections.
    ///   - listener: what is told; it is kept until its last call has returned.
    /// - Returns: the handle that ends it. Letting go of the handle leaves the stream running.
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
