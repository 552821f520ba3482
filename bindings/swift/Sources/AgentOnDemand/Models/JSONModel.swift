import AodNative

/// A model of the API, which is read from and written as the API's JSON.
///
/// ```swift
/// let session = try Session(json: text)
/// print(try session.json())
/// ```
///
/// It is also `Codable`, with the same JSON: the key and date strategies of encoders and decoders do not apply. Fields
/// that this version does not know are kept in `extra`.
public protocol JSONModel: Codable, Hashable, Sendable {
    /// Reads a model from JSON text.
    ///
    /// - Parameter json: The JSON object.
    /// - Throws: An ``AodError`` of kind `decode` if the text is not the model's JSON. It names the position in the
    ///   JSON, but no value.
    init(json: String) throws(AodError)

    /// Writes the model as JSON text.
    ///
    /// - Returns: The JSON object.
    /// - Throws: An ``AodError`` of kind `invalidRequest` if a value of the model cannot be represented as JSON.
    func json() throws(AodError) -> String
}

extension JSONModel {
    public init(from decoder: any Decoder) throws {
        let json = try JSONValue(from: decoder).text
        do {
            try self.init(json: json)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        let text: String
        do {
            text = try json()
        } catch {
            throw EncodingError.invalidValue(
                self, .init(codingPath: encoder.codingPath, debugDescription: error.description))
        }
        try JSONValue(parsing: text).encode(to: encoder)
    }
}

extension Agent: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try agentFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try agentToJson(model: self) } }
}

extension AgentVersion: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try agentVersionFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try agentVersionToJson(model: self) } }
}

extension AgentEnvironment: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try environmentFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try environmentToJson(model: self) } }
}

extension AgentEnvironmentVersion: JSONModel {
    public init(json: String) throws(AodError) {
        self = try mappingErrors { try environmentVersionFromJson(json: json) }
    }
    public func json() throws(AodError) -> String { try mappingErrors { try environmentVersionToJson(model: self) } }
}

extension GithubRepository: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try githubRepositoryFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try githubRepositoryToJson(model: self) } }
}

extension GithubSkill: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try githubSkillFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try githubSkillToJson(model: self) } }
}

extension Health: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try healthFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try healthToJson(model: self) } }
}

extension InlineSkill: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try inlineSkillFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try inlineSkillToJson(model: self) } }
}

extension McpServer: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try mcpServerFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try mcpServerToJson(model: self) } }
}

extension Networking: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try networkingFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try networkingToJson(model: self) } }
}

extension RunResult: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try runResultFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try runResultToJson(model: self) } }
}

extension AgentInfo: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try agentInfoFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try agentInfoToJson(model: self) } }
}

extension TokenUsage: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try tokenUsageFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try tokenUsageToJson(model: self) } }
}

extension TranscriptTurn: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try transcriptTurnFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try transcriptTurnToJson(model: self) } }
}

extension Session: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try sessionFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try sessionToJson(model: self) } }
}

extension SessionAck: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try sessionAckFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try sessionAckToJson(model: self) } }
}

extension SessionResource: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try sessionResourceFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try sessionResourceToJson(model: self) } }
}

extension SessionTurn: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try sessionTurnFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try sessionTurnToJson(model: self) } }
}

extension Skill: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try skillFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try skillToJson(model: self) } }
}

extension StdioMcpServer: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try stdioMcpServerFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try stdioMcpServerToJson(model: self) } }
}

extension StreamEvent: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try eventFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try eventToJson(model: self) } }
}

extension UrlMcpServer: JSONModel {
    public init(json: String) throws(AodError) { self = try mappingErrors { try urlMcpServerFromJson(json: json) } }
    public func json() throws(AodError) -> String { try mappingErrors { try urlMcpServerToJson(model: self) } }
}
