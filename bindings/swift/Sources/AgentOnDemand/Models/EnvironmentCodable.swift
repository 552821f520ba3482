import AodNative
import Foundation

// Environments and health, as JSON of the wire.

extension AgentEnvironment: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            id: fields.required("id"),
            objectType: fields.optional("type") ?? "environment",
            name: fields.required("name"),
            packages: Dictionary(words: fields.optional("packages") ?? [:]),
            setupScript: fields.optional("setup_script"),
            networking: fields.required("networking"),
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
        try fields.write("packages", packages.words)
        try fields.write("setup_script", setupScript)
        try fields.write("networking", networking)
        try fields.write("version", version)
        try fields.write("created_at", createdAt)
        try fields.write("updated_at", updatedAt)
        try fields.write("archived_at", archivedAt)
        try fields.rest(extra)
    }
}

extension AgentEnvironmentVersion: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            id: fields.required("id"),
            objectType: fields.optional("type") ?? "environment",
            name: fields.required("name"),
            packages: Dictionary(words: fields.optional("packages") ?? [:]),
            setupScript: fields.optional("setup_script"),
            networking: fields.required("networking"),
            version: fields.required("version"),
            createdAt: fields.time("created_at"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.write("id", id)
        try fields.write("type", objectType)
        try fields.write("name", name)
        try fields.write("packages", packages.words)
        try fields.write("setup_script", setupScript)
        try fields.write("networking", networking)
        try fields.write("version", version)
        try fields.write("created_at", createdAt)
        try fields.rest(extra)
    }
}

extension Networking: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            networkingType: fields.optional("type") ?? .unrestricted,
            allowedHosts: fields.optional("allowed_hosts"),
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.write("type", networkingType)
        try fields.writeIfPresent("allowed_hosts", allowedHosts)
        try fields.rest(extra)
    }
}

extension Health: Codable {
    public init(from decoder: any Decoder) throws {
        var fields = try WireReader(decoder)
        try self.init(
            status: fields.required("status"),
            checks: fields.optional("checks") ?? [:],
            extra: fields.rest())
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = WireWriter(encoder)
        try fields.write("status", status)
        try fields.write("checks", checks)
        try fields.rest(extra)
    }
}

extension [PackageManager: [String]] {
    /// Packages by the words for their managers, which is how an object of JSON has them.
    fileprivate init(words: [String: [String]]) {
        self.init(uniqueKeysWithValues: words.map { (PackageManager(word: $0), $1) })
    }

    /// The same with one key for each word: `.unknown("pip")` is `.pip`, whose packages come first.
    var merged: [PackageManager: [String]] {
        [PackageManager: [String]](words: words)
    }

    fileprivate var words: [String: [String]] {
        var words: [String: [String]] = [:]
        for (manager, names) in self {
            let isKnown = PackageManager(word: manager.word) == manager
            let others = words[manager.word] ?? []
            words[manager.word] = isKnown ? names + others : others + names
        }
        return words
    }
}
