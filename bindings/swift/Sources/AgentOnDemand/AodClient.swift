import AodNative
import Foundation

/// A client of the Agent on Demand (AoD) API: of one server, with one token.
///
/// ```swift
/// let client = try AodClient.fromEnvironment()
/// let agents = try await client.agents.list()
/// ```
///
/// Any number of tasks may share it; make one and keep it. Every call throws an ``AodError`` if it fails, and a
/// `CancellationError` if its task was cancelled, which ends the request at once.
public final class AodClient: Sendable {
    let calls: Calls

    /// A client of a server, with a token. Throws an ``AodError`` of kind `configuration` if something is malformed.
    ///
    /// - Parameters:
    ///   - baseURL: where the server is.
    ///   - token: the API token.
    ///   - configuration: everything else.
    public init(
        baseURL: URL = AodClient.defaultBaseURL,
        token: Secret,
        configuration: Configuration = Configuration()
    ) throws {
        let config = configuration.native(baseURL: baseURL, token: token)
        calls = Calls(native: try caught { try NativeClient(config: config) })
    }

    private init(calls: Calls) {
        self.calls = calls
    }

    /// A client with the base URL and token of the environment variables `AOD_API_URL` and `AOD_API_TOKEN`; without
    /// the first, of ``defaultBaseURL``. Throws an ``AodError`` of kind `configuration` if there is no token or
    /// something is malformed.
    public static func fromEnvironment(configuration: Configuration = Configuration()) throws -> AodClient {
        let config = configuration.native(baseURL: nil, token: nil)
        return AodClient(calls: Calls(native: try caught { try NativeClient.fromEnv(config: config) }))
    }

    /// Where a server runs in development: `http://localhost:8777`.
    public static let defaultBaseURL = URL(string: "http://localhost:8777")!

    /// A client over the same connections, with other settings for some calls:
    /// `try client.with(CallOptions(timeout: 5)).agents.list()`.
    public func with(_ options: CallOptions) throws -> AodClient {
        AodClient(calls: Calls(native: try caught { try calls.native.withOptions(options: options.native) }))
    }

    /// Where the server is, without a trailing slash.
    public var baseURL: String { calls.native.baseUrl() }

    /// Agents: models, the programs that run them, and what they may use.
    public var agents: Agents { Agents(calls: calls) }

    /// Environments: what sandboxes are set up with.
    public var environments: Environments { Environments(calls: calls) }

    /// Sessions: sandboxes in which agents work.
    public var sessions: Sessions { Sessions(calls: calls) }

    /// How the server is (`GET /health`).
    public func health() async throws -> Health {
        try await calls.make { try await $0.health(cancellation: $1) }
    }

    /// Ends all calls and streams of this client, and of those made from it by ``with(_:)``, with an ``AodError`` of
    /// kind `closed`; later ones fail so at once.
    public func shutDown() {
        calls.native.shutDown()
    }
}
