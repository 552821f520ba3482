import AodNative
import Foundation

// Sessions, turns and resources, as JSON of the wire.

extension Session: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            id: fields.required("id"),
            agentId: fields.optional("agent_id"),
            environmentId: fields.optional("environment_id"),
            runtime: fields.optional("runtime"),
            provider: fields.optional("provider"),
            status: fields.required("status"),
            exitCode: fields.optional("exit_code"),
            createdAt: fields.time("created_at"),
            updatedAt: fields.time("updated_at"),
            resources: fields.optional("resources") ?? [],
            turnCount: fields.optional("turn_count") ?? 0,
            currentTurn: fields.optional("current_turn"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.write("id", id)
        try fields.write("agent_id", agentId)
        try fields.write("environment_id", environmentId)
        try fields.writeIfPresent("runtime", runtime)
        try fields.writeIfPresent("provider", provider)
        try fields.write("status", status)
        try fields.write("exit_code", exitCode)
        try fields.write("created_at", createdAt)
        try fields.write("updated_at", updatedAt)
        try fields.write("resources", resources)
        try fields.write("turn_count", turnCount)
        try fields.write("current_turn", currentTurn)
        try fields.rest(extra)
    }
}

extension SessionResource: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            resourceType: fields.required("type"),
            url: fields.required("url"),
            mountPath: fields.optional("mount_path"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.write("type", resourceType)
        try fields.write("url", url)
        try fields.write("mount_path", mountPath)
        try fields.rest(extra)
    }
}

extension SessionTurn: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            turnNumber: fields.required("turn_number"),
            prompt: fields.required("prompt"),
            status: fields.required("status"),
            exitCode: fields.optional("exit_code"),
            createdAt: fields.time("created_at"),
            startedAt: fields.optionalTime("started_at"),
            endedAt: fields.optionalTime("ended_at"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.write("turn_number", turnNumber)
        try fields.write("prompt", prompt)
        try fields.write("status", status)
        try fields.write("exit_code", exitCode)
        try fields.write("created_at", createdAt)
        try fields.write("started_at", startedAt)
        try fields.write("ended_at", endedAt)
        try fields.rest(extra)
    }
}

extension SessionAck: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            id: fields.required("id"),
            status: fields.required("status"),
            streamUrl: fields.optional("stream_url"),
            environmentId: fields.optional("environment_id"),
            resources: fields.optional("resources") ?? [],
            currentTurn: fields.optional("current_turn"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.write("id", id)
        try fields.write("status", status)
        try fields.writeIfPresent("stream_url", streamUrl)
        try fields.writeIfPresent("environment_id", environmentId)
        try fields.writeIfPresent("resources", resources.isEmpty ? nil : resources)
        try fields.writeIfPresent("current_turn", currentTurn)
        try fields.rest(extra)
    }
}

extension GithubRepository: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            url: fields.required("url"),
            mountPath: fields.optional("mount_path"),
            authorizationToken: fields.optional("authorization_token"))
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.write("url", url)
        try fields.writeIfPresent("mount_path", mountPath)
        try fields.writeIfPresent("authorization_token", authorizationToken)
    }
}

extension RunResult: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            session: fields.required("session"),
            stdout: fields.required("stdout"))
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.write("session", session)
        try fields.write("stdout", stdout)
    }
}
