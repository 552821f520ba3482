import AodNative
import Foundation

/// `/agents`.
public struct Agents: Sendable {
    let calls: CallRunner

    /// All agents that are not archived, newest first (`GET /agents`).
    public func list() async throws -> [Agent] {
        try await calls.run { try await $0.listAgents(cancellation: $1) }
    }

    /// Makes an agent, at version 1 (`POST /agents`).
    ///
    /// - Parameters:
    ///   - name: at most 200 characters; need not be unique.
    ///   - model: a model the server knows, at most 100 characters.
    ///   - runtime: the program that runs the agent; S0 and S1 servers require it.
    ///   - provider: whose model it is; S2 servers require it.
    ///   - description: what the agent is for.
    ///   - system: text put before the first prompt of a session.
    ///   - environmentId: the environment of sessions that name none.
    ///   - skills: at most 20.
    ///   - mcpServers: at most 20.
    ///   - metadata: the caller's own data.
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

    /// One agent, archived or not (`GET /agents/{id}`).
    public func get(_ id: UUID) async throws -> Agent {
        try await calls.run { try await $0.getAgent(id: id, cancellation: $1) }
    }

    /// Changes an agent (`PUT /agents/{id}`). What is left out stays as it is.
    ///
    /// - Parameters:
    ///   - id: the agent.
    ///   - version: the version this update starts from; any other than the current one is a 409, whose
    ///     ``AodError/conflict`` has both numbers.
    ///   - name: a new name.
    ///   - model: another model.
    ///   - runtime: another program (S0 and S1 servers).
    ///   - provider: another provider (S2 servers).
    ///   - description: what the agent is for.
    ///   - system: text put before the first prompt of a session.
    ///   - environmentId: the environment of sessions that name none; `.clear` detaches it from S1 on, S0 takes that
    ///     as `.keep`.
    ///   - skills: all skills anew; an empty list removes them.
    ///   - mcpServers: all MCP servers anew; an empty list removes them.
    ///   - metadata: entries to merge into the metadata; `""` removes an entry.
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

    /// Archives an agent for good (`POST /agents/{id}/archive`).
    @discardableResult
    public func archive(_ id: UUID) async throws -> Agent {
        try await calls.run { try await $0.archiveAgent(id: id, cancellation: $1) }
    }

    /// All versions of an agent, highest first (`GET /agents/{id}/versions`).
    public func versions(_ id: UUID) async throws -> [AgentVersion] {
        try await calls.run { try await $0.listAgentVersions(id: id, cancellation: $1) }
    }
}
