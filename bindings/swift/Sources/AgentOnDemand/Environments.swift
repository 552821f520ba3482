import AodNative
import Foundation

/// `/environments`.
public struct Environments: Sendable {
    let calls: CallRunner

    /// All environments that are not archived, newest first (`GET /environments`).
    public func list() async throws -> [AgentEnvironment] {
        try await calls.run { try await $0.listEnvironments(cancellation: $1) }
    }

    /// Makes an environment, at version 1 (`POST /environments`).
    ///
    /// - Parameters:
    ///   - name: at most 200 characters, unique among the user's active environments.
    ///   - packages: what to install.
    ///   - envVars: environment variables of the sandbox; they are sent, and never shown or returned.
    ///   - setupScript: a shell script run once, after the packages.
    ///   - networking: what a sandbox may reach; everything when left out.
    public func create(
        name: String,
        packages: [PackageManager: [String]] = [:],
        envVars: [String: Secret] = [:],
        setupScript: String? = nil,
        networking: Networking? = nil
    ) async throws -> AgentEnvironment {
        let request = CreateEnvironment(
            name: name, packages: packages, envVars: envVars, setupScript: setupScript, networking: networking)
        return try await calls.run { try await $0.createEnvironment(request: request, cancellation: $1) }
    }

    /// One environment, archived or not (`GET /environments/{id}`).
    public func get(_ id: UUID) async throws -> AgentEnvironment {
        try await calls.run { try await $0.getEnvironment(id: id, cancellation: $1) }
    }

    /// Changes an environment (`PUT /environments/{id}`). What is left out stays as it is; what is given replaces
    /// what was there as a whole: the server drops every environment variable that an update does not repeat.
    ///
    /// - Parameters:
    ///   - id: the environment.
    ///   - version: the version this update starts from; any other than the current one is a 409, whose
    ///     ``AodError/conflict`` has both numbers.
    ///   - name: a new name.
    ///   - packages: all packages anew; an empty dictionary removes them.
    ///   - envVars: all environment variables anew; an empty dictionary removes them.
    ///   - setupScript: the script run once, after the packages.
    ///   - networking: what a sandbox may reach.
    public func update(
        _ id: UUID,
        version: Int64,
        name: String? = nil,
        packages: [PackageManager: [String]]? = nil,
        envVars: [String: Secret]? = nil,
        setupScript: TextPatch = .keep,
        networking: Networking? = nil
    ) async throws -> AgentEnvironment {
        let request = UpdateEnvironment(
            version: version, name: name, packages: packages, envVars: envVars, setupScript: setupScript,
            networking: networking)
        return try await calls.run { try await $0.updateEnvironment(id: id, request: request, cancellation: $1) }
    }

    /// Archives an environment for good (`POST /environments/{id}/archive`).
    @discardableResult
    public func archive(_ id: UUID) async throws -> AgentEnvironment {
        try await calls.run { try await $0.archiveEnvironment(id: id, cancellation: $1) }
    }

    /// Deletes an environment and its versions (`DELETE /environments/{id}/delete`). One that a session points at is
    /// a 409.
    public func delete(_ id: UUID) async throws {
        try await calls.run { try await $0.deleteEnvironment(id: id, cancellation: $1) }
    }

    /// All versions of an environment, highest first (`GET /environments/{id}/versions`).
    public func versions(_ id: UUID) async throws -> [AgentEnvironmentVersion] {
        try await calls.run { try await $0.listEnvironmentVersions(id: id, cancellation: $1) }
    }
}
