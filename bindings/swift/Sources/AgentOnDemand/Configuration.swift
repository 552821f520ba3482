import AodNative
import Foundation

extension AodClient {
    /// How a client is set up. All times are in seconds; what is nil has its default.
    public struct Configuration: Sendable, Hashable {
        /// The time for a whole call, all attempts and the waits between them included. Default 30.
        public var timeout: TimeInterval?
        /// The time for one attempt. Default: whatever is left of the whole call.
        public var attemptTimeout: TimeInterval?
        /// The time to connect, TLS included. Default 5.
        public var connectTimeout: TimeInterval?
        /// How long a stream may be silent before it connects again. Default 45, three heartbeats of the server.
        public var streamIdleTimeout: TimeInterval?
        /// When and how often a failed request is tried again.
        public var retry: RetryPolicy?
        /// Headers to send with every request. The client's own win over them.
        public var headers: [String: Secret] = [:]
        /// Text put after the SDK's own `User-Agent`.
        public var userAgentSuffix: String?
        /// The URL of a proxy for all requests, in the place of the environment's. May hold user information.
        public var proxy: Secret?
        /// No proxy, whatever the environment says.
        public var noProxy = false
        /// PEM texts of certificates to trust besides the platform's.
        public var caCertificates: [String] = []
        /// The client's certificate chain and private key, in one PEM text.
        public var clientCertificate: Secret?
        /// How many idle connections are kept. Default: no limit.
        public var poolMaxIdle: Int?
        /// How long an idle connection is kept. Default 90.
        public var poolIdleTimeout: TimeInterval?
        /// Speaks HTTP/1.1 even where the server offers HTTP/2.
        public var http1Only = false
        /// Refuses a base URL that is not `https`.
        public var httpsOnly = false
        /// Whether requests are checked before they are sent, for what the server would certainly refuse.
        public var validateRequests = true
        /// The longest response body that is read, in bytes. Default 64 MiB.
        public var maxResponseBytes: Int?

        /// Every setting at its default.
        public init() {}

        func native(baseURL: URL?, token: Secret?) -> ClientConfig {
            ClientConfig(
                baseUrl: baseURL?.absoluteString,
                token: token,
                timeout: timeout?.clamped,
                attemptTimeout: attemptTimeout?.clamped,
                connectTimeout: connectTimeout?.clamped,
                streamIdleTimeout: streamIdleTimeout?.clamped,
                retry: retry?.native,
                headers: headers,
                userAgentSuffix: userAgentSuffix,
                proxy: proxy,
                noProxy: noProxy,
                caCertificates: caCertificates,
                clientCertificate: clientCertificate,
                poolMaxIdle: poolMaxIdle.map(UInt32.init(clamping:)),
                poolIdleTimeout: poolIdleTimeout?.clamped,
                http1Only: http1Only,
                httpsOnly: httpsOnly,
                validateRequests: validateRequests,
                maxResponseBytes: maxResponseBytes.map(UInt64.init(clamping:)))
        }
    }
}

/// What differs from a client's own settings for some calls: see ``AodClient/withOptions(_:)``. What is nil stays as it was.
public struct CallOptions: Sendable, Hashable {
    /// The time for a whole call, all attempts and waits included, in seconds.
    public var timeout: TimeInterval?
    /// The time for one attempt, in seconds.
    public var attemptTimeout: TimeInterval?
    /// How long a stream may be silent, in seconds.
    public var streamIdleTimeout: TimeInterval?
    /// When and how often a failed request is tried again.
    public var retry: RetryPolicy?
    /// How many times a failed request is tried again.
    public var maxRetries: Int?
    /// Headers to send, in the place of earlier ones of their names.
    public var headers: [String: Secret]

    /// Options for some calls.
    public init(
        timeout: TimeInterval? = nil,
        attemptTimeout: TimeInterval? = nil,
        streamIdleTimeout: TimeInterval? = nil,
        retry: RetryPolicy? = nil,
        maxRetries: Int? = nil,
        headers: [String: Secret] = [:]
    ) {
        self.timeout = timeout
        self.attemptTimeout = attemptTimeout
        self.streamIdleTimeout = streamIdleTimeout
        self.retry = retry
        self.maxRetries = maxRetries
        self.headers = headers
    }

    var native: NativeCallOptions {
        NativeCallOptions(
            timeout: timeout?.clamped,
            attemptTimeout: attemptTimeout?.clamped,
            streamIdleTimeout: streamIdleTimeout?.clamped,
            retry: retry?.native,
            maxRetries: maxRetries.map(UInt32.init(clamping:)),
            headers: headers)
    }
}

extension TimeInterval {
    /// What the library can count: none is negative, or longer than a century.
    var clamped: TimeInterval {
        let century: TimeInterval = 3_153_600_000
        return isNaN ? century : Swift.min(Swift.max(self, 0), century)
    }
}
