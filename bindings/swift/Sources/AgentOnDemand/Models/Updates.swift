import AodNative
import Foundation

// The requests of `updateWith`.

extension Agent {
    /// Returns an update of this version of the agent, for ``Agents/updateWith(_:_:)``. Values that are not passed stay
    /// unchanged.
    ///
    /// ```swift
    /// try await client.agents.updateWith(id) { agent in agent.update(name: agent.name + " 2") }
    /// ```
    ///
    /// - Parameters:
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
    /// - Returns: The request.
    public func update(
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
    ) -> UpdateAgent {
        UpdateAgent(
            version: version, name: name, model: model, runtime: runtime, provider: provider, description: description,
            system: system, environmentId: environmentId, skills: skills, mcpServers: mcpServers, metadata: metadata)
    }
}

extension AgentEnvironment {
    /// Returns an update of this version of the environment, for ``Environments/updateWith(_:_:)``. Values that are not
    /// passed stay unchanged.
    ///
    /// ```swift
    /// try await client.environments.updateWith(id) { environment in environment.update(setupScript: "make") }
    /// ```
    ///
    /// - Parameters:
    ///   - name: The new name.
    ///   - packages: The packages that replace all current ones. An empty dictionary removes all.
    ///   - envVars: The environment variables that replace all current ones. An empty dictionary removes all.
    ///   - setupScript: A shell script that runs once per sandbox, after the packages are installed.
    ///   - networking: The hosts that the sandbox can reach.
    /// - Returns: The request.
    public func update(
        name: String? = nil,
        packages: [PackageManager: [String]]? = nil,
        envVars: [String: Secret]? = nil,
        setupScript: TextPatch = .keep,
        networking: Networking? = nil
    ) -> UpdateEnvironment {
        UpdateEnvironment(
            version: version, name: name, packages: packages, envVars: envVars, setupScript: setupScript,
            networking: networking)
    }
}

extension UpdateAgent {
    /// The same update of another version.
    func of(version: Int64) -> UpdateAgent {
        UpdateAgent(
            version: version, name: name, model: model, runtime: runtime, provider: provider, description: description,
            system: system, environmentId: environmentId, skills: skills, mcpServers: mcpServers, metadata: metadata)
    }
}

extension UpdateEnvironment {
    /// The same update of another version.
    func of(version: Int64) -> UpdateEnvironment {
        UpdateEnvironment(
            version: version, name: name, packages: packages, envVars: envVars, setupScript: setupScript,
            networking: networking)
    }
}

/// Prepares a request from the current record and sends it, up to ten times while another caller is faster.
func repeatedAfterMismatch<Request, Record>(
    prepare: () async throws -> Request, send: (Request) async throws -> Record
) async throws -> Record {
    for _ in 1..<10 {
        let request = try await prepare()
        do {
            return try await send(request)
        } catch let error as AodError {
            guard case .versionMismatch = error.conflict else { throw error }
        }
    }
    return try await send(prepare())
}
