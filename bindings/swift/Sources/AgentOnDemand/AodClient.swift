import AodNative
import Foundation

/// A client of the Agent on Demand (AoD) API.
///
/// See [Configuration](https://ravi-hq.github.io/agent-on-demand/latest/guide/configuration/).
///
/// ```swift
/// let client = try AodClient.fromEnv()
/// let agents = try await client.agents.list()
/// ```
///
/// A client has one server, one token and one connection pool. Create one and share it: any number of tasks may use it
/// at the same time. Every call throws an ``AodError`` if it fails, and a `CancellationError` if its task is cancelled,
/// which ends the request immediately.
public final class AodClient: Sendable {
    /// The base URL of the server, without a trailing slash.
    public let baseURL: URL

    let calls: CallRunner

    #if canImport(Network)
        /// Reports changes of the network, and moves of the app to the background and the foreground, to this client.
        public let systemReports: SystemReports
    #endif

    /// Creates a client. Nothing is sent before the first call.
    ///
    /// ```swift
    /// var configuration = AodClient.Configuration()
    /// configuration.timeout = 10
    /// let client = try AodClient(
    ///     baseURL: URL(string: "https://aod.example.com")!, token: Secret(token), configuration: configuration)
    /// ```
    ///
    /// - Parameters:
    ///   - baseURL: The base URL of the server. Default: ``defaultBaseURL``. If it is plain `http` to another machine,
    ///     a warning is logged: to the unified log with the subsystem `AgentOnDemand`, or on Linux to standard error.
    ///   - token: The API token.
    ///   - configuration: All other settings.
    /// - Throws: An ``AodError`` of kind `configuration` if the URL, the token or a setting is invalid.
    public convenience init(
        baseURL: URL = AodClient.defaultBaseURL,
        token: Secret,
        configuration: Configuration = Configuration()
    ) throws(AodError) {
        AodLog.forwarding
        let config = configuration.native(baseURL: baseURL, token: token)
        try self.init(native: mappingErrors { try NativeClient(config: config) })
    }

    /// Creates a client whose tokens expire. Nothing is sent before the first call.
    ///
    /// ```swift
    /// let client = try AodClient(baseURL: url, tokenProvider: { rejected in
    ///     try await account.token(replacing: rejected)
    /// })
    /// ```
    ///
    /// - Parameters:
    ///   - baseURL: The base URL of the server. Default: ``defaultBaseURL``.
    ///   - tokenProvider: Returns the API token, before the first request and when the server has rejected one.
    ///   - configuration: All other settings.
    /// - Throws: An ``AodError`` of kind `configuration` if the URL or a setting is invalid.
    public convenience init(
        baseURL: URL = AodClient.defaultBaseURL,
        tokenProvider: @escaping TokenProvider,
        configuration: Configuration = Configuration()
    ) throws(AodError) {
        AodLog.forwarding
        let config = configuration.native(baseURL: baseURL, token: nil, tokenProvider: tokenProvider)
        try self.init(native: mappingErrors { try NativeClient(config: config) })
    }

    private init(native: NativeClient, sharing client: AodClient? = nil) throws(AodError) {
        guard let url = URL(string: native.baseUrl()) else {
            throw AodError(kind: .configuration, text: "the base URL is not a valid URL")
        }
        baseURL = url
        let calls = CallRunner(native: native)
        self.calls = calls
        #if canImport(Network)
            systemReports = client?.systemReports ?? SystemReports(send: calls.send)
        #endif
    }

    /// Creates a client from the environment variables `AOD_API_URL` and `AOD_API_TOKEN`.
    ///
    /// An empty variable counts as not set. If the URL is plain `http` to another machine, a warning is logged: to the
    /// unified log with the subsystem `AgentOnDemand`, or on Linux to standard error.
    ///
    /// - Parameter configuration: All other settings.
    /// - Returns: A client of the server at `AOD_API_URL`, or at ``defaultBaseURL`` if the variable is not set.
    /// - Throws: An ``AodError`` of kind `configuration` if `AOD_API_TOKEN` is not set, or a value is invalid.
    public static func fromEnv(configuration: Configuration = Configuration()) throws(AodError) -> AodClient {
        AodLog.forwarding
        let config = configuration.native(baseURL: nil, token: nil)
        return try AodClient(native: mappingErrors { try NativeClient.fromEnv(config: config) })
    }

    /// The base URL of a server in development: `http://localhost:8777`.
    public static let defaultBaseURL = URL(string: "http://localhost:8777")!

    /// Returns a client with different settings for some calls, which shares the connections of this one.
    ///
    /// ```swift
    /// let agents = try await client.withOptions(CallOptions(timeout: 5, maxRetries: 0)).agents.list()
    /// ```
    ///
    /// Shutting down this client also shuts down the returned client. Shutting down the returned client does not affect
    /// this one.
    ///
    /// - Parameter options: The settings to change.
    /// - Returns: The client to make the calls with.
    /// - Throws: An ``AodError`` of kind `configuration` if a header is invalid.
    public func withOptions(_ options: CallOptions) throws(AodError) -> AodClient {
        try AodClient(native: mappingErrors { try calls.native.withOptions(options: options.native) }, sharing: self)
    }

    /// The calls under `/agents`: models, the programs that run them, and the tools that they can use.
    public var agents: Agents { Agents(calls: calls) }

    /// The calls under `/environments`: the setup of sandboxes.
    public var environments: Environments { Environments(calls: calls) }

    /// The calls under `/sessions`: sandboxes in which agents work on prompts.
    public var sessions: Sessions { Sessions(calls: calls) }

    /// Checks server health (`GET /health`). The server does not check the token.
    ///
    /// - Returns: The status of the server, `ok`, and on servers since 2026-04-30 the result of each check.
    /// - Throws: An ``AodError``, of kind `server` if the server is degraded and responds with 503 (servers since
    ///   2026-04-30); a `CancellationError` if the task is cancelled.
    public func health() async throws -> Health {
        try await calls.run { try await $0.health(cancellation: $1) }
    }

    /// Shuts down the client, and the clients that ``withOptions(_:)`` returned for it.
    ///
    /// Calls and streams that are in progress, and all later ones, fail with an ``AodError`` of kind `closed`.
    public func shutDown() {
        calls.native.shutDown()
    }
}
