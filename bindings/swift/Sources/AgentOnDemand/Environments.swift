import AodNative
import Foundation

/// The calls under `/environments`: see ``AodClient/environments``.
///
/// An environment describes a sandbox: packages, environment variables, a setup script, and network access. Each update
/// that changes something creates a new version.
///
/// See [Concepts](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#agents-and-environments).
public struct Environments: Sendable {
    let calls: CallRunner

    /// Lists all environments that are not archived, newest first (`GET /environments`).
    ///
    /// The list is not paginated. A record that cannot be decoded is logged and left out; if no record can be decoded,
    /// the call fails.
    ///
    /// - Returns: The environments.
    /// - Throws: An ``AodError`` if the request fails, or a `CancellationError` if the task is cancelled.
    public func list() async throws -> [AgentEnvironment] {
        try await calls.run { try await $0.listEnvironments(cancellation: $1) }
    }

    /// Creates an environment (`POST /environments`).
    ///
    /// ```swift
    /// let environment = try await client.environments.create(
    ///     name: "ci", packages: [.pip: ["pytest"]], envVars: ["STAGE": "test"],
    ///     networking: .limited(to: ["pypi.org", "files.pythonhosted.org", "github.com"]))
    /// ```
    ///
    /// - Parameters:
    ///   - name: The name, at most 200 characters. It is unique among your environments that are not archived.
    ///   - packages: The packages to install, by package manager.
    ///   - envVars: The environment variables of the sandbox. The server never returns them.
    ///   - setupScript: A shell script that runs once per sandbox, after the packages are installed.
    ///   - networking: The hosts that the sandbox can reach. Default: all.
    /// - Returns: The environment, at version 1.
    /// - Throws: An ``AodError``: of kind `invalidRequest` or `validation` for a value that is not allowed, or any
    ///   other kind. Its ``AodError/conflict`` is `nameTaken` if the name is in use; servers before 2026-04-30 respond
    ///   with 500 instead. A `CancellationError` if the task is cancelled.
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

    /// Retrieves an environment, archived or not (`GET /environments/{id}`).
    ///
    /// - Parameter id: The environment's id.
    /// - Returns: The environment, without its environment variables.
    /// - Throws: An ``AodError``, of kind `notFound` if the environment does not exist; a `CancellationError` if the
    ///   task is cancelled.
    public func get(_ id: UUID) async throws -> AgentEnvironment {
        try await calls.run { try await $0.getEnvironment(id: id, cancellation: $1) }
    }

    /// Updates an environment (`PUT /environments/{id}`). Values that are not passed stay unchanged.
    ///
    /// A value that is passed replaces the current one as a whole: the server removes every environment variable that
    /// `envVars` does not contain. An update that changes nothing keeps the version. Existing sessions are not
    /// affected.
    ///
    /// - Parameters:
    ///   - id: The environment's id.
    ///   - version: The version last read. If it is not the current one, the server responds with 409, and
    ///     ``AodError/conflict`` is `versionMismatch` with both versions.
    ///   - name: The new name.
    ///   - packages: The packages that replace all current ones. An empty dictionary removes all.
    ///   - envVars: The environment variables that replace all current ones. An empty dictionary removes all.
    ///   - setupScript: A shell script that runs once per sandbox, after the packages are installed.
    ///   - networking: The hosts that the sandbox can reach.
    /// - Returns: The environment after the update.
    /// - Throws: An ``AodError``: of kind `conflict` if `version` is not the current one, the environment is archived
    ///   or the name is in use, `notFound` if the environment does not exist, `invalidRequest` or `validation` for a
    ///   value that is not allowed, or any other kind. A `CancellationError` if the task is cancelled.
    @discardableResult
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

    /// Retrieves an environment, and updates it with the request that a function returns (`GET /environments/{id}`,
    /// `PUT /environments/{id}`).
    ///
    /// If another caller updates the environment in between, both requests are repeated, and the function is called
    /// again with the current environment. There are at most ten attempts.
    ///
    /// ```swift
    /// try await client.environments.updateWith(id) { environment in
    ///     environment.update(packages: environment.packages.merging([.pip: ["ruff"]]) { $0 + $1 })
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - id: The environment's id.
    ///   - change: Receives the environment, and returns the fields to change, for example with `update` of
    ///     ``AgentEnvironment``. The version of the update is replaced by that of the environment.
    /// - Returns: The environment after the update.
    /// - Throws: An ``AodError`` for the reasons of ``get(_:)`` and `update`, but a version mismatch only after ten
    ///   attempts. The error that `change` throws, if any, which ends the call. A `CancellationError` if the task is
    ///   cancelled.
    @discardableResult
    public func updateWith(
        _ id: UUID, _ change: @Sendable (AgentEnvironment) throws -> UpdateEnvironment
    ) async throws -> AgentEnvironment {
        try await repeatedAfterMismatch {
            let environment = try await get(id)
            return try change(environment).of(version: environment.version)
        } send: { request in
            try await calls.run { try await $0.updateEnvironment(id: id, request: request, cancellation: $1) }
        }
    }

    /// Returns the environment with the given name, and creates or updates it if necessary (`GET /environments`, then
    /// `POST /environments` or `PUT /environments/{id}`).
    ///
    /// Fields whose argument is nil or empty stay unchanged, except that an empty `setupScript` removes the current
    /// one. An environment that already has all passed values is returned unchanged; archived environments are ignored.
    /// The server does not return environment variables, so they cannot be compared: they are sent only if the
    /// environment is created or another value differs. Use `update` to replace them. If several callers create the
    /// environment at the same time, one of them succeeds, and all get that environment.
    ///
    /// ```swift
    /// let environment = try await client.environments.ensure(name: "ci", packages: [.pip: ["pytest"]])
    /// ```
    ///
    /// - Parameters:
    ///   - name: The name, at most 200 characters.
    ///   - packages: The packages that replace all current ones, by package manager.
    ///   - envVars: The environment variables of the sandbox, which replace all current ones if they are sent.
    ///   - setupScript: A shell script that runs once per sandbox, after the packages are installed.
    ///   - networking: The hosts that the sandbox can reach. Default: all, if the environment is created.
    /// - Returns: The environment, which has the passed values.
    /// - Throws: An ``AodError`` for the reasons of ``list()``, `create` and `update`, but a version mismatch only
    ///   after ten attempts. A `CancellationError` if the task is cancelled.
    @discardableResult
    public func ensure(
        name: String,
        packages: [PackageManager: [String]] = [:],
        envVars: [String: Secret] = [:],
        setupScript: String? = nil,
        networking: Networking? = nil
    ) async throws -> AgentEnvironment {
        let request = CreateEnvironment(
            name: name, packages: packages, envVars: envVars, setupScript: setupScript, networking: networking)
        return try await calls.run { try await $0.ensureEnvironment(request: request, cancellation: $1) }
    }

    /// Archives an environment permanently (`POST /environments/{id}/archive`).
    ///
    /// An archived environment is not listed, and cannot be updated or used by new sessions. Its name becomes available
    /// again. Existing sessions are not affected.
    ///
    /// - Parameter id: The environment's id.
    /// - Returns: The archived environment.
    /// - Throws: An ``AodError``, whose ``AodError/conflict`` is `alreadyArchived` if the environment is archived
    ///   already; of kind `notFound` if the environment does not exist. A `CancellationError` if the task is cancelled.
    @discardableResult
    public func archive(_ id: UUID) async throws -> AgentEnvironment {
        try await calls.run { try await $0.archiveEnvironment(id: id, cancellation: $1) }
    }

    /// Archives an environment permanently, and returns it (`POST /environments/{id}/archive`). An environment that is
    /// already archived is not an error: it is retrieved (`GET /environments/{id}`).
    ///
    /// - Parameter id: The environment's id.
    /// - Returns: The archived environment.
    /// - Throws: An ``AodError``, of kind `notFound` if the environment does not exist; a `CancellationError` if the
    ///   task is cancelled.
    @discardableResult
    public func ensureArchived(_ id: UUID) async throws -> AgentEnvironment {
        try await calls.run { try await $0.ensureEnvironmentArchived(id: id, cancellation: $1) }
    }

    /// Deletes an environment and its versions (`DELETE /environments/{id}/delete`).
    ///
    /// Agents that reference the environment lose the reference.
    ///
    /// - Parameter id: The environment's id; it may be archived.
    /// - Throws: An ``AodError``, whose ``AodError/conflict`` is `inUse` if the environment has sessions, active or
    ///   not; of kind `notFound` if the environment does not exist. A `CancellationError` if the task is cancelled.
    public func delete(_ id: UUID) async throws {
        try await calls.run { try await $0.deleteEnvironment(id: id, cancellation: $1) }
    }

    /// Lists all versions of an environment, highest first (`GET /environments/{id}/versions`).
    ///
    /// - Parameter id: The environment's id; it may be archived.
    /// - Returns: The versions, without environment variables.
    /// - Throws: An ``AodError``, of kind `notFound` if the environment does not exist; a `CancellationError` if the
    ///   task is cancelled.
    public func versions(_ id: UUID) async throws -> [AgentEnvironmentVersion] {
        try await calls.run { try await $0.listEnvironmentVersions(id: id, cancellation: $1) }
    }
}
