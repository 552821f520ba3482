import AodNative
import Testing

@testable import AgentOnDemand

/// Open enums and error kinds.
@Suite(.timeLimit(.minutes(10))) struct OpenEnumTests {
    /// The enums by their Rust names.
    static let enums: [String: any OpenEnum.Type] = [
        "NetworkingType": NetworkingType.self, "OutputStream": OutputChannel.self,
        "PackageManager": PackageManager.self, "Provider": Provider.self, "ResourceType": ResourceType.self,
        "Runtime": Runtime.self, "SessionStatus": SessionStatus.self, "StageName": StageName.self,
        "StageState": StageState.self,
        "TurnStatus": TurnStatus.self,
    ]

    @Test func everyKnownValueHasACase() throws {
        var known = knownValues()
        let kinds = known.removeValue(forKey: "ErrorKind")
        #expect(Set(known.keys) == Set(Self.enums.keys))
        for (name, values) in known {
            for value in values {
                let known = try #require(Self.enums[name]).init(rawValue: value)
                #expect(known.rawValue == value)
                #expect(!"\(known)".contains("unknown"), "\(name) \(value)")
            }
        }
        let codes = Self.kinds.map { AodError(kind: $0, text: "").errorCode }
        // A later kind comes last, as the codes do not change.
        #expect(Set(kinds ?? []) == Set(Self.kinds.map(\.rawValue)))
        #expect(codes == Array(1...codes.count))
    }

    static let kinds: [ErrorKind] = [
        .configuration, .invalidRequest, .badRequest, .auth, .notFound, .conflict, .validation, .rateLimit, .server,
        .status, .connection, .timeout, .decode, .protocol, .closed, .cancelled, .listener, .other,
        .unsupported,
    ]
}
