import AgentOnDemand
import DevServer
import Foundation

/// Makes a call by its name, and returns the result.
func perform(_ operation: String, _ with: JSONValue?, on client: AodClient) async throws -> any Encodable & Sendable {
    var with = try Fields(with)
    /// Returns the id, for a call that has no other parameter.
    func id() throws -> UUID {
        let id: UUID = try with.need("id")
        try with.end()
        return id
    }
    func nothing() throws { try with.end() }
    switch operation {
    case "health":
        try nothing()
        return try await client.health()
    case "agents.list":
        try nothing()
        return try await client.agents.list()
    case "agents.get": return try await client.agents.get(id())
    case "agents.archive": return try await client.agents.archive(id())
    case "agents.versions": return try await client.agents.versions(id())
    case "agents.ensure_archived": return try await client.agents.ensureArchived(id())
    case "agents.create", "agents.ensure":
        let (name, model): (String, String) = (try with.need("name"), try with.need("model"))
        let (runtime, provider): (Runtime?, Provider?) = (try with.take("runtime"), try with.take("provider"))
        let (description, system): (String?, String?) = (try with.take("description"), try with.take("system"))
        let environment: UUID? = try with.take("environment_id")
        let (skills, servers): ([Skill]?, [McpServer]?) = (try with.take("skills"), try with.take("mcp_servers"))
        let metadata: [String: JSONValue]? = try with.take("metadata")
        try with.end()
        if operation == "agents.ensure" {
            return try await client.agents.ensure(
                name: name, model: model, runtime: runtime, provider: provider, description: description,
                system: system, environmentId: environment, skills: skills ?? [], mcpServers: servers ?? [],
                metadata: metadata ?? [:])
        }
        return try await client.agents.create(
            name: name, model: model, runtime: runtime, provider: provider, description: description, system: system,
            environmentId: environment, skills: skills ?? [], mcpServers: servers ?? [], metadata: metadata ?? [:])
    case "agents.update", "agents.update_with":
        let id: UUID = try with.need("id")
        let version: Int64 = try operation == "agents.update" ? with.need("version") : 0
        let (name, model): (String?, String?) = (try with.take("name"), try with.take("model"))
        let (runtime, provider): (Runtime?, Provider?) = (try with.take("runtime"), try with.take("provider"))
        let (description, system) = (try with.text("description"), try with.text("system"))
        let environment = try with.reference("environment_id")
        let (skills, servers): ([Skill]?, [McpServer]?) = (try with.take("skills"), try with.take("mcp_servers"))
        let metadata: [String: JSONValue]? = try with.take("metadata")
        try with.end()
        if operation == "agents.update_with" {
            return try await client.agents.updateWith(id) { agent in
                agent.update(
                    name: name, model: model, runtime: runtime, provider: provider, description: description,
                    system: system, environmentId: environment, skills: skills, mcpServers: servers,
                    metadata: metadata ?? [:])
            }
        }
        return try await client.agents.update(
            id, version: version, name: name, model: model, runtime: runtime, provider: provider,
            description: description, system: system, environmentId: environment, skills: skills, mcpServers: servers,
            metadata: metadata ?? [:])
    case "environments.list":
        try nothing()
        return try await client.environments.list()
    case "environments.get": return try await client.environments.get(id())
    case "environments.archive": return try await client.environments.archive(id())
    case "environments.versions": return try await client.environments.versions(id())
    case "environments.delete":
        try await client.environments.delete(id())
        return JSONValue.null
    case "environments.ensure_archived": return try await client.environments.ensureArchived(id())
    case "environments.create", "environments.ensure":
        let name: String = try with.need("name")
        let packages: [String: [String]]? = try with.take("packages")
        let envVars = try with.secrets("env_vars")
        let (script, networking): (String?, Networking?) = (try with.take("setup_script"), try with.take("networking"))
        try with.end()
        if operation == "environments.ensure" {
            return try await client.environments.ensure(
                name: name, packages: managed(packages ?? [:]), envVars: envVars ?? [:], setupScript: script,
                networking: networking)
        }
        return try await client.environments.create(
            name: name, packages: managed(packages ?? [:]), envVars: envVars ?? [:], setupScript: script,
            networking: networking)
    case "environments.update", "environments.update_with":
        let id: UUID = try with.need("id")
        let version: Int64 = try operation == "environments.update" ? with.need("version") : 0
        let name: String? = try with.take("name")
        let packages: [String: [String]]? = try with.take("packages")
        let envVars = try with.secrets("env_vars")
        let script = try with.text("setup_script")
        let networking: Networking? = try with.take("networking")
        try with.end()
        if operation == "environments.update_with" {
            return try await client.environments.updateWith(id) { environment in
                environment.update(
                    name: name, packages: packages.map(managed), envVars: envVars, setupScript: script,
                    networking: networking)
            }
        }
        return try await client.environments.update(
            id, version: version, name: name, packages: packages.map(managed), envVars: envVars, setupScript: script,
            networking: networking)
    case "sessions.list":
        try nothing()
        return try await client.sessions.list()
    case "sessions.get": return try await client.sessions.get(id())
    case "sessions.turns": return try await client.sessions.turns(id())
    case "sessions.terminate": return try await client.sessions.terminate(id())
    case "sessions.ensure_terminated": return try await client.sessions.ensureTerminated(id())
    case "sessions.interrupt": return try await client.sessions.interrupt(id())
    case "sessions.wait": return try await client.sessions.waitForCompletion(id())
    case "sessions.delete":
        try await client.sessions.delete(id())
        return JSONValue.null
    case "sessions.prompt":
        let (id, prompt): (UUID, String) = (try with.need("id"), try with.need("prompt"))
        let timeout = try with.seconds("timeout")
        try with.end()
        return try await client.sessions.prompt(id, prompt, timeout: timeout)
    case "sessions.ask":
        let (id, prompt): (UUID, String) = (try with.need("id"), try with.need("prompt"))
        let (timeout, wait): (TimeInterval?, Bool?) = (try with.seconds("timeout"), try with.take("wait"))
        try with.end()
        return try await client.sessions.ask(id, prompt, timeout: timeout, wait: wait ?? false)
    case "sessions.create", "sessions.run":
        let request = try newSession(with)
        if operation == "sessions.run" {
            return try await client.sessions.run(
                agentId: request.agentId, prompt: request.prompt, environmentId: request.environmentId,
                timeout: request.timeout, resources: request.resources, secretEnvVars: request.secretEnvVars)
        }
        return try await client.sessions.create(
            agentId: request.agentId, prompt: request.prompt, environmentId: request.environmentId,
            timeout: request.timeout, resources: request.resources, secretEnvVars: request.secretEnvVars)
    case "sessions.run_all":
        let requests = try (with.any("requests")?.array ?? []).map { try newSession(Fields($0)) }
        let maxConcurrent: Int = try with.need("max_concurrent")
        try with.end()
        return try await client.sessions.runAll(requests, maxConcurrent: maxConcurrent).map(ResultOrKind.init)
    case "sessions.watch":
        let ids: [UUID] = try with.need("ids")
        try with.end()
        var events: [UUID: [ResultOrKind<StreamEvent>]] = [:]
        for try await item in client.sessions.watch(ids) {
            events[item.sessionId, default: []].append(ResultOrKind(item.event))
        }
        return ids.map { events[$0] ?? [] }
    default: throw TestError("unknown operation \(operation)")
    }
}

/// One of several results, or the kind of its error.
private struct ResultOrKind<Value: Encodable & Sendable>: Encodable, Sendable {
    let result: Result<Value, AodError>

    init(_ result: Result<Value, AodError>) {
        self.result = result
    }

    func encode(to encoder: any Encoder) throws {
        switch result {
        case .success(let value): try value.encode(to: encoder)
        case .failure(let error): try ["kind": error.kind.rawValue].encode(to: encoder)
        }
    }
}

private func newSession(_ fields: Fields) throws -> CreateSession {
    var with = fields
    let request = CreateSession(
        agentId: try with.need("agent_id"), prompt: try with.need("prompt"),
        environmentId: try with.take("environment_id"), timeout: try with.seconds("timeout"),
        resources: try (with.any("resources")?.array ?? []).map(repository),
        secretEnvVars: try with.secrets("secret_env_vars") ?? [:])
    try with.end()
    return request
}

private func managed(_ packages: [String: [String]]) -> [PackageManager: [String]] {
    Dictionary(uniqueKeysWithValues: packages.map { (PackageManager(rawValue: $0), $1) })
}

private func repository(_ json: JSONValue) throws -> GithubRepository {
    var fields = try Fields(json)
    guard try fields.need("type", as: String.self) == "github_repository" else { throw TestError("unknown type") }
    let repository = GithubRepository(
        url: try fields.need("url"), mountPath: try fields.take("mount_path"),
        authorizationToken: try fields.take("authorization_token"))
    try fields.end()
    return repository
}
