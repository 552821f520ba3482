import AodNative
import Foundation

/// A client of the Agent on Demand (AoD) API: of one server, with one token.
///
/// ```swift
/// let client = try AodClient.fromEnv()
/// let agents = try await client.agents.list()
/// ```
///
/// Any number of tasks may share it; make one and keep it. Every call throws an ``AodError`` if it fails, and a
/// `CancellationError` if its task was cancelled, which ends the request at once.
public final class AodClient: Sendable {
    /// Where the server is, without a trailing slash.
    public let baseURL: URL

    let calls: CallRunner

    /// A client of a server, with a token. Throws an ``AodError`` of kind `configuration` if something is malformed.
    ///
    /// - Parameters:
    ///   - baseURL: where the server is.
    ///   - token: the API token.
    ///   - configuration: everything else.
    public convenience init(
        baseURL: URL = AodClient.defaultBaseURL,
        token: Secret,
        configuration: Configuration = Configuration()
    ) throws(AodError) {
        let config = configuration.native(baseURL: baseURL, token: token)
        try self.init(native: mappingErrors { try NativeClient(config: config) })
    }

    private init(native: NativeClient) throws(AodError) {
        guard let url = URL(string: native.baseUrl()) else {
            throw AodError(kind: .configuration, text: "the base URL is not a valid URL")
        }
        baseURL = url
        calls = CallRunner(native: native)
    }

    /// A client with the base URL and token of the environment variables `AOD_API_URL` and `AOD_API_TOKEN`; without
    /// the first, of ``defaultBaseURL``. Throws an ``AodError`` of kind `configuration` if there is no token or
    /// something is malformed.
    public static func fromEnv(configuration: Configuration = Configuration()) throws(AodError) -> AodClient {
        let config = configuration.native(baseURL: nil, token: nil)
        return try AodClient(native: mappingErrors { try NativeClient.fromEnv(config: config) })
    }

    /// Where a server runs in development: `http://localhost:8777`.
    public static let defaultBaseURL = URL(string: "http://localhost:8777")!

    /// A client over the same connections, with other settings for some calls:
    /// `try client.withOptions(CallOptions(timeout: 5)).agents.list()`. Shutting it down leaves this one as it is; shutting this
    /// one down shuts it down too.
    public func withOptions(_ options: CallOptions) throws(AodError) -> AodClient {
        try AodClient(native: mappingErrors { try calls.native.withOptions(options: options.native) })
    }

    /// Agents: models, the programs that run them, and what they may use.
    public var agents: Agents { Agents(calls: calls) }

    /// Environments: what sandboxes are set up with.
    public var environments: Environments { Environments(calls: calls) }

    /// Sessions: sandboxes in which agents work.
    public var sessions: Sessions { Sessions(calls: calls) }

    /// How the server is (`GET /health`).
    public func health() async throws -> Health {
        try await calls.run { try await $0.health(cancellation: $1) }
    }

    /// Ends all calls and streams of this client, and of those made from it by ``withOptions(_:)``, with an ``AodError`` of
    /// kind `closed`; later ones fail so at once.
    public func shutDown() {
        calls.native.shutDown()
    }
}
