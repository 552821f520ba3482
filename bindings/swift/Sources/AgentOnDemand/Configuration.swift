import AodNative
import Foundation

extension AodClient {
    /// The settings of a client. Settings that are nil have their defaults. All times are in seconds: negative values
    /// count as 0, and values over a century as a century. A time limit of 0 is an error of kind `configuration`.
    ///
    /// ```swift
    /// var configuration = AodClient.Configuration()
    /// configuration.timeout = 10
    /// configuration.retry = RetryPolicy(maxRetries: 5)
    /// let client = try AodClient.fromEnv(configuration: configuration)
    /// ```
    public struct Configuration: Sendable, Hashable {
        /// The time limit of a call, including all attempts and the delays between them, in seconds. It does not limit
        /// streams. Default: 30.
        public var timeout: TimeInterval?
        /// The time limit of one attempt, in seconds. Default: what is left of ``timeout``.
        public var attemptTimeout: TimeInterval?
        /// The time limit of connecting, including TLS, in seconds. Default: 5.
        public var connectTimeout: TimeInterval?
        /// The time without any data, or until the head of a response, after which a stream reconnects, in seconds.
        /// Default: 45; the server sends a heartbeat every 15 seconds.
        public var streamIdleTimeout: TimeInterval?
        /// How failed requests are retried. Default: `RetryPolicy()`.
        public var retry: RetryPolicy?
        /// Headers of every request. The client's own `Authorization`, `Accept`, `Accept-Encoding` and `Content-Type`
        /// take precedence.
        public var headers: [String: Secret] = [:]
        /// The text to append to the `User-Agent` of the SDK.
        public var userAgentSuffix: String?
        /// The URL of a proxy for all requests. It may contain a user name and a password. Default: the proxy of the
        /// environment variables `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, or else of the settings of
        /// macOS.
        public var proxy: Secret?
        /// Whether to use no proxy, and ignore these variables and settings. Default: false.
        public var noProxy = false
        /// Certificates to trust in addition to those of the platform, in PEM format.
        public var caCertificates: [String] = []
        /// The client certificate with its chain and private key for mutual TLS, in one PEM text.
        public var clientCertificate: Secret?
        /// The maximum number of idle connections to keep per host. Default: no limit.
        public var poolMaxIdle: Int?
        /// The time after which an idle connection is closed, in seconds. Default: 90.
        public var poolIdleTimeout: TimeInterval?
        /// Whether calls use HTTP/1.1 even if the server supports HTTP/2. Streams always do. Default: false.
        public var http1Only = false
        /// Whether to reject a base URL that is not `https`. Default: false; a base URL that is plain `http` to another
        /// machine is then logged as a warning.
        public var httpsOnly = false
        /// Whether to check requests before they are sent, and throw an error of kind `invalidRequest` for a value that
        /// every server rejects. Default: true.
        public var validateRequests = true
        /// The maximum size of a response body, in bytes; a larger one is an error of kind `protocol`. It does not
        /// limit streams. Default: 64 MiB.
        public var maxResponseBytes: Int?

        /// Creates a configuration with the default settings.
        public init() {}

        func native(baseURL: URL?, token: Secret?, tokenProvider: TokenProvider? = nil) -> ClientConfig {
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
                maxResponseBytes: maxResponseBytes.map(UInt64.init(clamping:)),
                tokenSource: tokenProvider.map(TokenForwarder.init))
        }
    }
}

/// Settings for some calls: see ``AodClient/withOptions(_:)``. Settings that are nil keep the client's values. All
/// times are in seconds: negative values count as 0, and values over a century as a century. With a time limit of 0,
/// each call and stream fails with an error of kind `configuration`.
///
/// See [Options](https://ravi-hq.github.io/agent-on-demand/latest/options/#some-calls).
public struct CallOptions: Sendable {
    /// The time limit of a call, including all attempts and the delays between them, in seconds.
    public var timeout: TimeInterval?
    /// The time limit of one attempt, in seconds.
    public var attemptTimeout: TimeInterval?
    /// The time without any data, or until the head of a response, after which a stream reconnects, in seconds.
    public var streamIdleTimeout: TimeInterval?
    /// How failed requests are retried.
    public var retry: RetryPolicy?
    /// The number of retries after the first attempt, which replaces that of the policy.
    public var maxRetries: Int?
    /// Headers to send in addition. They replace the client's headers with the same name.
    public var headers: [String: Secret]
    /// Receives the status and headers of each response to a call, on a thread of the library and before the call
    /// returns.
    ///
    /// Responses that are retried or become an error are included; redirects that are followed or refused, and the
    /// responses that open event streams, are not. A stream may send `GET /sessions/{id}` to find out whether the
    /// session has ended; the response is included.
    public var onResponse: (@Sendable (ResponseInfo) -> Void)?

    /// Creates options for some calls.
    ///
    /// - Parameters:
    ///   - timeout: The time limit of a call, including all attempts and the delays between them, in seconds.
    ///   - attemptTimeout: The time limit of one attempt, in seconds.
    ///   - streamIdleTimeout: The time without any data after which a stream reconnects, in seconds.
    ///   - retry: How failed requests are retried.
    ///   - maxRetries: The number of retries after the first attempt, which replaces that of the policy.
    ///   - headers: Headers to send in addition. They replace the client's headers with the same name.
    ///   - onResponse: Receives the status and headers of each response to a call.
    public init(
        timeout: TimeInterval? = nil,
        attemptTimeout: TimeInterval? = nil,
        streamIdleTimeout: TimeInterval? = nil,
        retry: RetryPolicy? = nil,
        maxRetries: Int? = nil,
        headers: [String: Secret] = [:],
        onResponse: (@Sendable (ResponseInfo) -> Void)? = nil
    ) {
        self.timeout = timeout
        self.attemptTimeout = attemptTimeout
        self.streamIdleTimeout = streamIdleTimeout
        self.retry = retry
        self.maxRetries = maxRetries
        self.headers = headers
        self.onResponse = onResponse
    }

    var native: NativeCallOptions {
        NativeCallOptions(
            timeout: timeout?.clamped,
            attemptTimeout: attemptTimeout?.clamped,
            streamIdleTimeout: streamIdleTimeout?.clamped,
            retry: retry?.native,
            maxRetries: maxRetries.map(UInt32.init(clamping:)),
            headers: headers,
            onResponse: onResponse.map(ResponseForwarder.init))
    }
}

extension TimeInterval {
    /// The time limited to what the library supports: from 0 to a century, which also replaces NaN.
    var clamped: TimeInterval {
        let century: TimeInterval = 3_153_600_000
        return isNaN ? century : Swift.min(Swift.max(self, 0), century)
    }
}
