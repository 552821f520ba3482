package com.ravihq.aod

import java.time.Duration
import java.util.concurrent.CopyOnWriteArraySet
import java.util.concurrent.atomic.AtomicBoolean
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive

/**
 * A client of an Agent on Demand (AoD) server.
 *
 * A client is safe to share between threads and coroutines. It owns a connection pool: create one, reuse it, and
 * [close] it at the end.
 *
 * ```kotlin
 * AodClient.fromEnv().use { client ->
 *     val agent = client.agents.create("reviewer", "claude-sonnet-4-6", runtime = Runtime.Claude)
 *     val session = client.sessions.create(agent.id, "Fix the failing test")
 *     client.sessions.stream(session.id).pretty().collect(::println)
 * }
 * ```
 *
 * A call that fails throws an [AodException]. Cancelling the coroutine of a call cancels its request.
 *
 * The API has no version numbers, so this documentation names each generation of the server by its date: "servers since
 * 2026-06-25" have what the API gained on that date.
 *
 * See [Configuration](https://ravi-hq.github.io/agent-on-demand/latest/guide/configuration/).
 *
 * @see FutureClient
 */
public class AodClient private constructor(private val connection: Connection) : AutoCloseable {
    /** Calls under `/agents`. */
    public val agents: Agents = Agents(connection)

    /** Calls under `/environments`. */
    public val environments: Environments = Environments(connection)

    /** Calls under `/sessions`. */
    public val sessions: Sessions = Sessions(connection)

    /** The object that passes reports about the network to the streams of this client. */
    public val network: Network = Network(connection)

    /** The base URL of the server, without a trailing slash. */
    public val baseUrl: String = connection.native.baseUrl()

    /**
     * Creates a client of the server at [baseUrl]. Nothing is sent before the first call.
     *
     * @param baseUrl the `http` or `https` URL of the server
     * @param token the API token, sent as `Authorization: Bearer`
     * @param timeout the time limit of a whole call, including all attempts and the delays between them; 30 s by
     * default. It does not limit streams.
     * @param attemptTimeout the time limit of one attempt; by default what is left of [timeout]
     * @param connectTimeout the time limit to connect, including TLS; 5 s by default
     * @param streamIdleTimeout how long a stream may receive nothing, or wait for the head of a response, before it
     * reconnects; 45 s by default: the server sends a heartbeat every 15 s
     * @param retry when and how often a failed request is retried; by default the defaults of [RetryPolicy]
     * @param headers headers to send with every request; the client's own `Authorization`, `Accept`, `Accept-Encoding`
     * and `Content-Type` take precedence
     * @param userAgentSuffix text to append to the SDK's own `User-Agent`, for example `my-app/1.4`
     * @param proxy the URL of a proxy for all requests, which may contain credentials; by default the proxy of the
     * environment variables `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, or else of the settings of macOS
     * or Windows. The system properties of the JVM are not used.
     * @param noProxy uses no proxy, and ignores these variables and settings; off by default
     * @param caCertificates PEM certificates to trust in addition to those of the platform
     * @param clientCertificate the client's certificate chain and private key for mutual TLS, in one PEM text
     * @param httpsOnly rejects a base URL that is not `https`; off by default. If off, a base URL that is plain `http`
     * to another machine is logged as a warning, by the logger `com.ravihq.aod` of `java.util.logging`.
     * @param validateRequests whether requests are checked before they are sent, for values that every server rejects;
     * on by default
     * @param poolMaxIdle the maximum number of idle connections per host; no limit by default
     * @param poolIdleTimeout how long an idle connection is kept; 90 s by default
     * @param http1Only uses HTTP/1.1 for calls even if the server supports HTTP/2, as streams do; off by default
     * @param maxResponseBytes the maximum size of a response body, in bytes; a larger one is an
     * [AodException.Protocol]. It does not limit streams. 64 MiB by default
     * @throws IllegalArgumentException if [poolMaxIdle] or [maxResponseBytes] is negative
     * @throws AodException.Configuration if an argument is malformed, a time limit is zero, or there is no native
     * library for this platform
     * @throws AodException.InvalidRequest if a duration is negative
     */
    @JvmOverloads
    public constructor(
        baseUrl: String,
        token: String,
        timeout: Duration? = null,
        attemptTimeout: Duration? = null,
        connectTimeout: Duration? = null,
        streamIdleTimeout: Duration? = null,
        retry: RetryPolicy? = null,
        headers: Map<String, String> = emptyMap(),
        userAgentSuffix: String? = null,
        proxy: String? = null,
        noProxy: Boolean = false,
        caCertificates: List<String> = emptyList(),
        clientCertificate: String? = null,
        httpsOnly: Boolean = false,
        validateRequests: Boolean = true,
        poolMaxIdle: Int? = null,
        poolIdleTimeout: Duration? = null,
        http1Only: Boolean = false,
        maxResponseBytes: Long? = null,
    ) : this(
        configOf(
            baseUrl = baseUrl,
            token = Secret(token),
            tokenSource = null,
            timeout = timeout,
            attemptTimeout = attemptTimeout,
            connectTimeout = connectTimeout,
            streamIdleTimeout = streamIdleTimeout,
            retry = retry,
            headers = headers,
            userAgentSuffix = userAgentSuffix,
            proxy = proxy,
            noProxy = noProxy,
            caCertificates = caCertificates,
            clientCertificate = clientCertificate,
            httpsOnly = httpsOnly,
            validateRequests = validateRequests,
            poolMaxIdle = poolMaxIdle,
            poolIdleTimeout = poolIdleTimeout,
            http1Only = http1Only,
            maxResponseBytes = maxResponseBytes,
        ),
    )

    /**
     * Creates a client of the server at [baseUrl], whose tokens expire. Nothing is sent before the first call.
     *
     * @param baseUrl the `http` or `https` URL of the server
     * @param tokenProvider returns the API token, before the first request and when the server has rejected one
     * @param timeout the time limit of a whole call, including all attempts and the delays between them; 30 s by
     * default. It does not limit streams.
     * @param attemptTimeout the time limit of one attempt; by default what is left of [timeout]
     * @param connectTimeout the time limit to connect, including TLS; 5 s by default
     * @param streamIdleTimeout how long a stream may receive nothing, or wait for the head of a response, before it
     * reconnects; 45 s by default: the server sends a heartbeat every 15 s
     * @param retry when and how often a failed request is retried; by default the defaults of [RetryPolicy]
     * @param headers headers to send with every request; the client's own `Authorization`, `Accept`, `Accept-Encoding`
     * and `Content-Type` take precedence
     * @param userAgentSuffix text to append to the SDK's own `User-Agent`, for example `my-app/1.4`
     * @param proxy the URL of a proxy for all requests, which may contain credentials; by default the proxy of the
     * environment variables `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, or else of the settings of macOS
     * or Windows. The system properties of the JVM are not used.
     * @param noProxy uses no proxy, and ignores these variables and settings; off by default
     * @param caCertificates PEM certificates to trust in addition to those of the platform
     * @param clientCertificate the client's certificate chain and private key for mutual TLS, in one PEM text
     * @param httpsOnly rejects a base URL that is not `https`; off by default. If off, a base URL that is plain `http`
     * to another machine is logged as a warning, by the logger `com.ravihq.aod` of `java.util.logging`.
     * @param validateRequests whether requests are checked before they are sent, for values that every server rejects;
     * on by default
     * @param poolMaxIdle the maximum number of idle connections per host; no limit by default
     * @param poolIdleTimeout how long an idle connection is kept; 90 s by default
     * @param http1Only uses HTTP/1.1 for calls even if the server supports HTTP/2, as streams do; off by default
     * @param maxResponseBytes the maximum size of a response body, in bytes; a larger one is an
     * [AodException.Protocol]. It does not limit streams. 64 MiB by default
     * @throws IllegalArgumentException if [poolMaxIdle] or [maxResponseBytes] is negative
     * @throws AodException.Configuration if an argument is malformed, a time limit is zero, or there is no native
     * library for this platform
     * @throws AodException.InvalidRequest if a duration is negative
     */
    @JvmOverloads
    public constructor(
        baseUrl: String,
        tokenProvider: TokenProvider,
        timeout: Duration? = null,
        attemptTimeout: Duration? = null,
        connectTimeout: Duration? = null,
        streamIdleTimeout: Duration? = null,
        retry: RetryPolicy? = null,
        headers: Map<String, String> = emptyMap(),
        userAgentSuffix: String? = null,
        proxy: String? = null,
        noProxy: Boolean = false,
        caCertificates: List<String> = emptyList(),
        clientCertificate: String? = null,
        httpsOnly: Boolean = false,
        validateRequests: Boolean = true,
        poolMaxIdle: Int? = null,
        poolIdleTimeout: Duration? = null,
        http1Only: Boolean = false,
        maxResponseBytes: Long? = null,
    ) : this(
        configOf(
            baseUrl = baseUrl,
            token = null,
            tokenSource = TokenForwarder(tokenProvider),
            timeout = timeout,
            attemptTimeout = attemptTimeout,
            connectTimeout = connectTimeout,
            streamIdleTimeout = streamIdleTimeout,
            retry = retry,
            headers = headers,
            userAgentSuffix = userAgentSuffix,
            proxy = proxy,
            noProxy = noProxy,
            caCertificates = caCertificates,
            clientCertificate = clientCertificate,
            httpsOnly = httpsOnly,
            validateRequests = validateRequests,
            poolMaxIdle = poolMaxIdle,
            poolIdleTimeout = poolIdleTimeout,
            http1Only = http1Only,
            maxResponseBytes = maxResponseBytes,
        ),
    )

    private constructor(config: ClientConfig) : this(Connection.of { NativeClient(config) })

    /**
     * Closes the connections of all streams for which reconnection is enabled, and the idle connections of the pool.
     *
     * An app calls this when it goes to the background, where connections die unnoticed and cost battery. The streams
     * keep their cursors and stay disconnected until [resume], in the state [ConnectionState.WaitingForNetwork]; their
     * deadlines still apply. Calls still work, over new connections. Streams without reconnection stay connected. On a
     * closed client, this method has no effect.
     */
    public fun suspend() {
        connection.report { suspend() }
    }

    /**
     * Lets the streams reconnect after [suspend]: within 250 ms, at random times, unless the [network] is reported as
     * offline.
     */
    public fun resume() {
        connection.report { resume() }
    }

    /**
     * Checks the health of the server (`GET /health`). The server does not check the token for this call.
     *
     * @return the status, `ok`, and on servers since 2026-04-30 the result of each check
     * @throws AodException.Server if the server is degraded and responds with 503 (servers since 2026-04-30)
     * @throws AodException if the call fails in another way
     */
    public suspend fun health(): Health = connection.call { health() }

    /**
     * Returns a client with other options for some calls, over the same connection pool. Arguments that are left out
     * keep the options of this client. With a time limit of zero, each call and stream fails with
     * [AodException.Configuration].
     *
     * Closing the returned client ends only the calls, streams and listeners that were started with it. Closing this
     * client closes both.
     *
     * ```kotlin
     * client.withOptions(timeout = Duration.ofMinutes(2), maxRetries = 5).use { it.agents.list() }
     * ```
     *
     * @param timeout the time limit of a whole call, including all attempts and the delays between them
     * @param attemptTimeout the time limit of one attempt
     * @param streamIdleTimeout how long a stream may receive nothing, or wait for the head of a response, before it
     * reconnects
     * @param maxRetries how many times a failed request is retried after the first attempt
     * @param headers headers to send in addition; they replace headers of this client with the same name
     * @param retry when and how often a failed request is retried; [maxRetries] takes precedence
     * @param onResponse receives the status and headers of each response to a call, on a thread of the library and
     * before the call returns. Responses that are retried or become an exception are included; redirects that are
     * followed or refused, and the responses that open event streams, are not. A stream may send `GET /sessions/{id}`
     * to find out whether the session has ended; the response is included. Exceptions of the function go to the
     * uncaught exception handler of the thread
     * @return a client that shares the connections of this one
     * @throws IllegalArgumentException if [maxRetries] is negative
     * @throws AodException.Closed if this client is closed
     * @throws AodException.Configuration if a header is malformed
     * @throws AodException.InvalidRequest if a duration is negative
     */
    @JvmOverloads
    public fun withOptions(
        timeout: Duration? = null,
        attemptTimeout: Duration? = null,
        streamIdleTimeout: Duration? = null,
        maxRetries: Int? = null,
        headers: Map<String, String> = emptyMap(),
        retry: RetryPolicy? = null,
        onResponse: ((ResponseInfo) -> Unit)? = null,
    ): AodClient {
        val options = NativeCallOptions(
            timeout = timeout,
            attemptTimeout = attemptTimeout,
            streamIdleTimeout = streamIdleTimeout,
            maxRetries = maxRetries?.also { require(it >= 0) { "maxRetries is negative" } }?.toUInt(),
            headers = secretsOf(headers),
            retry = retry?.toNative(),
            onResponse = onResponse?.let(::ResponseForwarder),
        )
        return AodClient(Connection.of { connection.callBlocking { withOptions(options) } })
    }

    /**
     * Closes the client. Its active calls, streams and listeners, and those of clients derived from it by
     * [withOptions], fail with [AodException.Closed], and so does every later call. Closing it again has no effect.
     */
    override fun close(): Unit = connection.close()

    /** Closes an object together with this client, such as the adapter of Android, which is compiled separately. */
    internal fun attach(dependent: AutoCloseable): Unit = connection.attach(dependent)

    /** Ends [attach]. */
    internal fun detach(dependent: AutoCloseable): Unit = connection.detach(dependent)

    /** Returns the base URL of the server, without the token. */
    override fun toString(): String = "AodClient($baseUrl)"

    /** Creates clients from the environment. */
    public companion object {
        private const val USER_AGENT = "aod-sdk-kotlin"

        private fun configOf(
            baseUrl: String,
            token: Secret?,
            tokenSource: TokenSource?,
            timeout: Duration?,
            attemptTimeout: Duration?,
            connectTimeout: Duration?,
            streamIdleTimeout: Duration?,
            retry: RetryPolicy?,
            headers: Map<String, String>,
            userAgentSuffix: String?,
            proxy: String?,
            noProxy: Boolean,
            caCertificates: List<String>,
            clientCertificate: String?,
            httpsOnly: Boolean,
            validateRequests: Boolean,
            poolMaxIdle: Int?,
            poolIdleTimeout: Duration?,
            http1Only: Boolean,
            maxResponseBytes: Long?,
        ): ClientConfig = mapErrors {
            ClientConfig(
                baseUrl = baseUrl,
                token = token,
                tokenSource = tokenSource,
                timeout = timeout,
                attemptTimeout = attemptTimeout,
                connectTimeout = connectTimeout,
                streamIdleTimeout = streamIdleTimeout,
                retry = retry?.toNative(),
                headers = secretsOf(headers),
                userAgentSuffix = listOfNotNull(USER_AGENT, userAgentSuffix).joinToString(" "),
                proxy = proxy?.let(::Secret),
                noProxy = noProxy,
                caCertificates = caCertificates,
                clientCertificate = clientCertificate?.let(::Secret),
                httpsOnly = httpsOnly,
                validateRequests = validateRequests,
                poolMaxIdle = poolMaxIdle?.also { require(it >= 0) { "poolMaxIdle is negative" } }?.toUInt(),
                poolIdleTimeout = poolIdleTimeout,
                http1Only = http1Only,
                maxResponseBytes = maxResponseBytes
                    ?.also { require(it >= 0) { "maxResponseBytes is negative" } }?.toULong(),
            )
        }

        /**
         * Creates a client from the environment variables `AOD_API_URL` and `AOD_API_TOKEN`, with the default settings.
         * An empty variable counts as not set. A URL that is plain `http` to another machine is logged as a warning, by
         * the logger `com.ravihq.aod` of `java.util.logging`.
         *
         * @return a client of the server at `AOD_API_URL`, by default `http://localhost:8777`
         * @throws AodException.Configuration if `AOD_API_TOKEN` is not set, `AOD_API_URL` is malformed, or there is no
         * native library for this platform
         */
        @JvmStatic
        public fun fromEnv(): AodClient =
            AodClient(Connection.of { NativeClient.fromEnv(ClientConfig(userAgentSuffix = USER_AGENT)) })
    }
}

/** The native client, and whether it has been closed. */
internal class Connection private constructor(val native: NativeClient) {
    private val isClosed = AtomicBoolean()
    private val dependents = CopyOnWriteArraySet<AutoCloseable>()

    /**
     * Makes a suspending call. In a coroutine that is cancelled already it does nothing: the native library would start
     * the request before it learns of the cancellation.
     */
    suspend fun <T> call(block: suspend NativeClient.() -> T): T {
        currentCoroutineContext().ensureActive()
        return callEvenIfCancelled(block)
    }

    /** Makes a suspending call even if the coroutine is cancelled already, for a call that has an effect then. */
    suspend fun <T> callEvenIfCancelled(block: suspend NativeClient.() -> T): T = guarded { native.block() }

    /** Makes a call that returns at once. */
    fun <T> callBlocking(block: NativeClient.() -> T): T = guarded { native.block() }

    /** Reports something to a client that is not closed; null if it is. */
    fun <T> report(block: NativeClient.() -> T): T? = try {
        if (isClosed.get()) null else native.block()
    } catch (failure: IllegalStateException) {
        // The native object may have been closed between the check and the call.
        if (isClosed.get()) null else throw failure
    }

    fun close() {
        if (isClosed.compareAndSet(false, true)) {
            native.shutDown()
            native.close()
            dependents.forEach(AutoCloseable::close)
        }
    }

    fun attach(dependent: AutoCloseable) {
        dependents.add(dependent)
        if (isClosed.get()) dependent.close()
    }

    fun detach(dependent: AutoCloseable) {
        dependents.remove(dependent)
    }

    private inline fun <T> guarded(block: () -> T): T = try {
        if (isClosed.get()) throw localFailure(ErrorKind.CLOSED, "the client was closed")
        mapErrors(block)
    } catch (failure: IllegalStateException) {
        // The native object may have been closed between the check and the call.
        if (isClosed.get() && failure !is kotlinx.coroutines.CancellationException) {
            throw localFailure(ErrorKind.CLOSED, "the client was closed")
        }
        throw failure
    }

    companion object {
        fun of(create: () -> NativeClient): Connection {
            NativeThreads.prepare()
            return Connection(mapErrors(create))
        }
    }
}
