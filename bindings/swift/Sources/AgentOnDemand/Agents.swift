import AodNative
import Foundation

/// The calls under `/agents`: see ``AodClient/agents``.
///
/// An agent is a model, the program that runs it, and the skills and MCP servers that it can use. Each update that
/// changes something creates a new version.
///
/// See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#agents-and-environments).
public struct Agents: Sendable {
    let calls: CallRunner

    /// Lists all agents that are not archived, newest first (`GET /agents`).
    ///
    /// The list is not paginated. A record that cannot be decoded is logged and left out; if no record can be decoded,
    /// the call fails.
    ///
    /// - Returns: The agents.
    /// - Throws: An ``AodError`` if the request fails, or a `CancellationError` if the task is cancelled.
    public func list() async throws -> [Agent] {
        try await calls.run { try await $0.listAgents(cancellation: $1) }
    }

    /// Creates an agent (`POST /agents`).
    ///
    /// ```swift
    /// let agent = try await client.agents.create(
    ///     name: "reviewer", model: "claude-sonnet-4-6", runtime: .claude, system: "Be brief.")
    /// ```
    ///
    /// - Parameters:
    ///   - name: The name, at most 200 characters. It need not be unique.
    ///   - model: A model that the server supports, at most 100 characters; on servers of 2026-04-30 with its provider,
    ///     such as `anthropic/claude-sonnet-4-6`.
    ///   - runtime: The program that runs the agent. Servers before 2026-06-25 require it.
    ///   - provider: The provider of the model. Servers since 2026-06-25 require it instead of `runtime`.
    ///   - description: What the agent is for.
    ///   - system: The text that the server prepends to the first prompt of a session.
    ///   - environmentId: The environment of sessions that do not specify one.
    ///   - skills: The skills that it can use, at most 20.
    ///   - mcpServers: The MCP servers that it can use, at most 20, with different names.
    ///   - metadata: Your own data, arbitrary JSON.
    /// - Returns: The agent, at version 1.
    /// - Throws: An ``AodError``: of kind `invalidRequest` or `validation` for a value that is not allowed,
    ///   `badRequest` for an unknown runtime, `notFound` if the environment does not exist, `conflict` if the
    ///   environment is archived (servers since 2026-04-30), or any other kind. A `CancellationError` if the task is
    ///   cancelled.
    public func create(
        name: String,
        model: String,
        runtime: Runtime? = nil,
        provider: Provider? = nil,
        description: String? = nil,
        system: String? = nil,
        environmentId: UUID? = nil,
        skills: [Skill] = [],
        mcpServers: [McpServer] = [],
        metadata: [String: JSONValue] = [:]
    ) async throws -> Agent {
        let request = CreateAgent(
            name: name, model: model, runtime: runtime, provider: provider, description: description, system: system,
            environmentId: environmentId, skills: skills, mcpServers: mcpServers, metadata: metadata)
        return try await calls.run { try await $0.createAgent(request: request, cancellation: $1) }
    }

    /// Retrieves an agent, archived or not (`GET /agents/{id}`).
    ///
    /// - Parameter id: The agent's id.
    /// - Returns: The agent.
    /// - Throws: An ``AodError``, of kind `notFound` if the agent does not exist; a `CancellationError` if the task is
    ///   cancelled.
    public func get(_ id: UUID) async throws -> Agent {
        try await calls.run { try await $0.getAgent(id: id, cancellation: $1) }
    }

    /// Updates an agent (`PUT /agents/{id}`). Values that are not passed stay unchanged.
    ///
    /// An update that changes nothing keeps the version.
    ///
    /// ```swift
    /// let agent = try await client.agents.get(id)
    /// try await client.agents.update(id, version: agent.version, description: "Reviews code", system: .clear)
    /// ```
    ///
    /// - Parameters:
    ///   - id: The agent's id.
    ///   - version: The version last read. If it is not the current one, the server responds with 409, and
    ///     ``AodError/conflict`` is `versionMismatch` with both versions.
    ///   - name: The new name.
    ///   - model: The new model.
    ///   - runtime: The new runtime (servers before 2026-06-25).
    ///   - provider: The new provider (servers since 2026-06-25).
    ///   - description: What the agent is for.
    ///   - system: The text that the server prepends to the first prompt of a session.
    ///   - environmentId: The environment of sessions that do not specify one. `.clear` detaches it on servers since
    ///     2026-04-30; older servers ignore it.
    ///   - skills: The skills that replace all current ones. An empty array removes all.
    ///   - mcpServers: The MCP servers that replace all current ones. An empty array removes all.
    ///   - metadata: The entries to merge into the metadata by key. The value `""` removes an entry.
    /// - Returns: The agent after the update.
    /// - Throws: An ``AodError``: of kind `conflict` if `version` is not the current one, the agent is archived or, on
    ///   servers since 2026-04-30, the new environment is archived, `badRequest` for an unknown runtime, `notFound` if
    ///   the agent or the environment does not exist, `invalidRequest` or `validation` for a value that is not allowed,
    ///   or any other kind. A `CancellationError` if the task is cancelled.
    @discardableResult
    public func update(
        _ id: UUID,
        version: Int64,
        name: String? = nil,
        model: String? = nil,
        runtime: Runtime? = nil,
        provider: Provider? = nil,
        description: TextPatch = .keep,
        system: TextPatch = .keep,
        environmentId: IdPatch = .keep,
        skills: [Skill]? = nil,
        mcpServers: [McpServer]? = nil,
        metadata: [String: JSONValue] = [:]
    ) async throws -> Agent {
        let request = UpdateAgent(
            version: version, name: name, model: model, runtime: runtime, provider: provider, description: description,
            system: system, environmentId: environmentId, skills: skills, mcpServers: mcpServers, metadata: metadata)
        return try await calls.run { try await $0.updateAgent(id: id, request: request, cancellation: $1) }
    }

    /// Retrieves an agent, and updates it with the request that a function returns (`GET /agents/{id}`,
    /// `PUT /agents/{id}`).
    ///
    /// If another caller updates the agent in between, both requests are repeated, and the function is called again
    /// with the current agent. There are at most ten attempts.
    ///
    /// ```swift
    /// try await client.agents.updateWith(id) { agent in
    ///     agent.update(system: .set(text: (agent.system ?? "") + "\nAnswer in English."))
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - id: The agent's id.
    ///   - change: Receives the agent, and returns the fields to change, for example with `update` of ``Agent``. The
    ///     version of the update is replaced by that of the agent.
    /// - Returns: The agent after the update.
    /// - Throws: An ``AodError`` for the reasons of ``get(_:)`` and `update`, but a version mismatch only after ten
    ///   attempts. The error that `change` throws, if any, which ends the call. A `CancellationError` if the task is
    ///   cancelled.
    @discardableResult
    public func updateWith(
        _ id: UUID, _ change: @Sendable (Agent) throws -> UpdateAgent
    ) async throws -> Agent {
        try await repeatedAfterMismatch {
            let agent = try await get(id)
            return try change(agent).of(version: agent.version)
        } send: { request in
            try await calls.run { try await $0.updateAgent(id: id, request: request, cancellation: $1) }
        }
    }

    /// Returns the agent with the given name, and creates or updates it if necessary (`GET /agents`, then
    /// `POST /agents` or `PUT /agents/{id}`).
    ///
    /// Fields whose argument is nil or an empty array, and metadata entries that are not passed, stay unchanged. An
    /// empty `description` or `system` removes the current one. An agent that already has all passed values is returned
    /// unchanged. If several agents have the name, the oldest one is used; archived agents are ignored. If several
    /// callers create the agent at the same time, each of them archives the agent that it created if the server lists
    /// an older one, and uses the older one.
    ///
    /// ```swift
    /// let agent = try await client.agents.ensure(
    ///     name: "reviewer", model: "claude-sonnet-4-6", runtime: .claude, system: "Be brief.")
    /// ```
    ///
    /// - Parameters:
    ///   - name: The name, at most 200 characters.
    ///   - model: A model that the server supports, at most 100 characters; on servers of 2026-04-30 with its provider,
    ///     such as `anthropic/claude-sonnet-4-6`.
    ///   - runtime: The program that runs the agent. Servers before 2026-06-25 require it.
    ///   - provider: The provider of the model. Servers since 2026-06-25 require it instead of `runtime`.
    ///   - description: What the agent is for.
    ///   - system: The text that the server prepends to the first prompt of a session.
    ///   - environmentId: The environment of sessions that do not specify one.
    ///   - skills: The skills that replace all current ones, at most 20.
    ///   - mcpServers: The MCP servers that replace all current ones, at most 20, with different names.
    ///   - metadata: The entries to merge into the metadata by key. The value `""` removes an entry.
    /// - Returns: The agent, which has the passed values.
    /// - Throws: An ``AodError`` for the reasons of ``list()``, `create`, `update` and ``ensureArchived(_:)``, but a
    ///   version mismatch only after ten attempts. A `CancellationError` if the task is cancelled.
    @discardableResult
    public func ensure(
        name: String,
        model: String,
        runtime: Runtime? = nil,
        provider: Provider? = nil,
        description: String? = nil,
        system: String? = nil,
        environmentId: UUID? = nil,
        skills: [Skill] = [],
        mcpServers: [McpServer] = [],
        metadata: [String: JSONValue] = [:]
    ) async throws -> Agent {
        let request = CreateAgent(
            name: name, model: model, runtime: runtime, provider: provider, description: description, system: system,
            environmentId: environmentId, skills: skills, mcpServers: mcpServers, metadata: metadata)
        return try await calls.run { try await $0.ensureAgent(request: request, cancellation: $1) }
    }

    /// Archives an agent permanently (`POST /agents/{id}/archive`).
    ///
    /// An archived agent is not listed, and cannot be updated or used by new sessions. Existing sessions are not
    /// affected.
    ///
    /// - Parameter id: The agent's id.
    /// - Returns: The archived agent.
    /// - Throws: An ``AodError``, whose ``AodError/conflict`` is `alreadyArchived` if the agent is archived already; of
    ///   kind `notFound` if the agent does not exist. A `CancellationError` if the task is cancelled.
    @discardableResult
    public func archive(_ id: UUID) async throws -> Agent {
        try await calls.run { try await $0.archiveAgent(id: id, cancellation: $1) }
    }

    /// Archives an agent permanently, and returns it (`POST /agents/{id}/archive`). An agent that is already archived
    /// is not an error: it is retrieved (`GET /agents/{id}`).
    ///
    /// - Parameter id: The agent's id.
    /// - Returns: The archived agent.
    /// - Throws: An ``AodError``, of kind `notFound` if the agent does not exist; a `CancellationError` if the task is
    ///   cancelled.
    @discardableResult
    public func ensureArchived(_ id: UUID) async throws -> Agent {
        try await calls.run { try await $0.ensureAgentArchived(id: id, cancellation: $1) }
    }

    /// Lists all versions of an agent, highest first (`GET /agents/{id}/versions`).
    ///
    /// - Parameter id: The agent's id; it may be archived.
    /// - Returns: The versions.
    /// - Throws: An ``AodError``, of kind `notFound` if the agent does not exist; a `CancellationError` if the task is
    ///   cancelled.
    public func versions(_ id: UUID) async throws -> [AgentVersion] {
        try await calls.run { try await $0.listAgentVersions(id: id, cancellation: $1) }
    }
}
