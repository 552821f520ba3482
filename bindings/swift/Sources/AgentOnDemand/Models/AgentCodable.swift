import AodNative
import Foundation

// Agents and what they use, as JSON of the wire.

extension Agent: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            id: fields.required("id"),
            objectType: fields.optional("type") ?? "agent",
            name: fields.required("name"),
            description: fields.optional("description"),
            system: fields.optional("system"),
            model: fields.required("model"),
            runtime: fields.optional("runtime"),
            provider: fields.optional("provider"),
            environmentId: fields.optional("environment_id"),
            skills: fields.optional("skills") ?? [],
            mcpServers: fields.optional("mcp_servers") ?? [],
            metadata: fields.optional("metadata") ?? [:],
            version: fields.required("version"),
            createdAt: fields.time("created_at"),
            updatedAt: fields.time("updated_at"),
            archivedAt: fields.optionalTime("archived_at"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.write("id", id)
        try fields.write("type", objectType)
        try fields.write("name", name)
        try fields.write("description", description)
        try fields.write("system", system)
        try fields.write("model", model)
        try fields.writeIfPresent("runtime", runtime)
        try fields.writeIfPresent("provider", provider)
        try fields.write("environment_id", environmentId)
        try fields.write("skills", skills)
        try fields.write("mcp_servers", mcpServers)
        try fields.write("metadata", metadata)
        try fields.write("version", version)
        try fields.write("created_at", createdAt)
        try fields.write("updated_at", updatedAt)
        try fields.write("archived_at", archivedAt)
        try fields.rest(extra)
    }
}

extension AgentVersion: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            id: fields.required("id"),
            objectType: fields.optional("type") ?? "agent",
            name: fields.required("name"),
            description: fields.optional("description"),
            system: fields.optional("system"),
            model: fields.required("model"),
            runtime: fields.optional("runtime"),
            provider: fields.optional("provider"),
            environmentId: fields.optional("environment_id"),
            skills: fields.optional("skills") ?? [],
            mcpServers: fields.optional("mcp_servers") ?? [],
            metadata: fields.optional("metadata") ?? [:],
            version: fields.required("version"),
            createdAt: fields.time("created_at"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.write("id", id)
        try fields.write("type", objectType)
        try fields.write("name", name)
        try fields.write("description", description)
        try fields.write("system", system)
        try fields.write("model", model)
        try fields.writeIfPresent("runtime", runtime)
        try fields.writeIfPresent("provider", provider)
        try fields.write("environment_id", environmentId)
        try fields.write("skills", skills)
        try fields.write("mcp_servers", mcpServers)
        try fields.write("metadata", metadata)
        try fields.write("version", version)
        try fields.write("created_at", createdAt)
        try fields.rest(extra)
    }
}

extension UrlMcpServer: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            name: fields.required("name"),
            url: fields.required("url"),
            headers: fields.optional("headers") ?? [:],
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.write("name", name)
        try fields.write("url", url)
        try fields.writeIfPresent("headers", headers.isEmpty ? nil : headers)
        try fields.rest(extra)
    }
}

extension StdioMcpServer: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            name: fields.required("name"),
            command: fields.required("command"),
            args: fields.optional("args") ?? [],
            env: fields.optional("env") ?? [:],
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.write("name", name)
        try fields.write("command", command)
        try fields.writeIfPresent("args", args.isEmpty ? nil : args)
        try fields.writeIfPresent("env", env.isEmpty ? nil : env)
        try fields.rest(extra)
    }
}

extension InlineSkill: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            name: fields.required("name"),
            description: fields.required("description"),
            content: fields.required("content"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.write("name", name)
        try fields.write("description", description)
        try fields.write("content", content)
        try fields.rest(extra)
    }
}

extension GithubSkill: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            source: fields.required("source"),
            description: fields.required("description"),
            name: fields.optional("name"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.write("source", source)
        try fields.write("description", description)
        try fields.writeIfPresent("name", name)
        try fields.rest(extra)
    }
}

extension McpServer: Codable {
    public init(from decoder: any Decoder) throws {
        let json = try JSONValue(from: decoder)
        let form = json.removing("type")
        let known: McpServer? =
            switch json["type"] {
            case nil, .string("url"): (try? UrlMcpServer(json: form)).map(McpServer.url)
            case .string("stdio"): (try? StdioMcpServer(json: form)).map(McpServer.stdio)
            default: nil
            }
        self = known ?? .unknown(json)
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .url(let server): try server.encode(to: encoder, type: "url")
        case .stdio(let server): try server.encode(to: encoder, type: "stdio")
        case .unknown(let json): try json.encode(to: encoder)
        }
    }
}

extension Skill: Codable {
    public init(from decoder: any Decoder) throws {
        let json = try JSONValue(from: decoder)
        let known: Skill? =
            switch json["type"] {
            case nil: (try? InlineSkill(json: json)).map(Skill.inline)
            case .string("github"): (try? GithubSkill(json: json.removing("type"))).map(Skill.github)
            default: nil
            }
        self = known ?? .unknown(json)
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .inline(let skill): try skill.encode(to: encoder)
        case .github(let skill): try skill.encode(to: encoder, type: "github")
        case .unknown(let json): try json.encode(to: encoder)
        }
    }
}
