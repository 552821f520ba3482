package com.ravihq.aod

import java.time.Duration
import java.util.concurrent.atomic.AtomicBoolean

/**
 * A client of one AoD server, with one token. Safe to share between threads and coroutines; it keeps connections, so make
 * one and use it for as long as it is needed.
 *
 * ```kotlin
 * AodClient.fromEnv().use { client ->
 *     val agent = client.agents.create("reviewer", "claude-sonnet-4-6", runtime = Runtime.Claude)
 *     val session = client.sessions.create(agent.id, "Fix the failing test")
 *     client.sessions.stream(session.id).pretty().collect(::println)
 * }
 * ```
 *
 * Every call fails with an [AodException]. Cancelling a coroutine gives its call up at once. [close] ends what is under
 * way with [AodException.Closed].
 */
public class AodClient private constructor(private val connection: Connection) : AutoCloseable {
    /** The calls under `/agents`. */
    public val agents: Agents = Agents(connection)

    /** The calls under `/environments`. */
    public val environments: Environments = Environments(connection)

    /** The calls under `/sessions`. */
    public val sessions: Sessions = Sessions(connection)

    /** Where the server is, without a trailing slash. */
    public val baseUrl: String = connection.native.baseUrl()

    /**
     * A client of the server at [baseUrl] with that [token]. What is malformed is an [AodException.Configuration], and so is
     * a platform without a native library; a negative duration is an [AodException.InvalidRequest].
     *
     * @param timeout the time for a whole call, all attempts and the waits between them included; 30 s
     * @param attemptTimeout the time for one attempt; whatever is left of the whole call
     * @param connectTimeout the time to connect, TLS included; 5 s
     * @param streamIdleTimeout how long a stream may be silent before it connects again; 45 s, three heartbeats
     * @param retry when and how often a failed request is tried again: reads twice, writes only when nothing of them left
     * @param headers to send with every request; the client's own win over them
     * @param userAgentSuffix put after the SDK's own `User-Agent`, for example `my-app/1.4`
     * @param proxy for all requests, instead of the environment's `HTTP_PROXY` and its like; may hold user
     * information
     * @param noProxy no proxy, whatever the environment says
     * @param caCertificates PEM texts of certificates to trust besides the platform's
     * @param clientCertificate the client's certificate chain and private key, in one PEM text
     * @param httpsOnly refuses a base URL that is not `https`
     * @param validateRequests whether requests are checked before they are sent, for what the server would refuse
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
    ) : this(
        Connection.of {
            NativeClient(
                ClientConfig(
                    baseUrl = baseUrl,
                    token = Secret(token),
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
                ),
            )
        },
    )

    /** How the server is (`GET /health`). A degraded server answers 503, which is an [AodException.Server]. */
    public suspend fun health(): Health = connection.call { health() }

    /**
     * A client over the same connections with other timeouts, retries or headers; what is left out stays as it was.
     * Closing the client that it was made from closes it too. Closing it ends its own calls, streams and listeners, and
     * leaves that one's alone. A negative [maxRetries] is an [IllegalArgumentException].
     */
    @JvmOverloads
    public fun withOptions(
        timeout: Duration? = null,
        attemptTimeout: Duration? = null,
        streamIdleTimeout: Duration? = null,
        maxRetries: Int? = null,
        headers: Map<String, String> = emptyMap(),
    ): AodClient {
        val options = NativeCallOptions(
            timeout = timeout,
            attemptTimeout = attemptTimeout,
            streamIdleTimeout = streamIdleTimeout,
            maxRetries = maxRetries?.also { require(it >= 0) { "maxRetries is negative" } }?.toUInt(),
            headers = secretsOf(headers),
        )
        return AodClient(Connection.of { connection.callBlocking { withOptions(options) } })
    }

    /**
     * Closes the client: its calls, streams and listeners under way, and those of clients made from it by [withOptions],
     * end with [AodException.Closed], and so does every later call. Closing it again does nothing.
     */
    override fun close(): Unit = connection.close()

    /** Shows where the server is, and nothing of the token. */
    override fun toString(): String = "AodClient($baseUrl)"

    public companion object {
        private const val USER_AGENT = "aod-sdk-kotlin"

        /**
         * A client for the server at `AOD_API_URL` (`http://localhost:8777` when unset) with the token in `AOD_API_TOKEN`,
         * which is required.
         */
        @JvmStatic
        public fun fromEnv(): AodClient =
            AodClient(Connection.of { NativeClient.fromEnv(ClientConfig(userAgentSuffix = USER_AGENT)) })
    }
}

/** The library's client, and whether it still may be used. */
internal class Connection private constructor(val native: NativeClient) {
    private val isClosed = AtomicBoolean()

    /** Makes a call. */
    suspend fun <T> call(block: suspend NativeClient.() -> T): T = guarded { native.block() }

    /** Makes a call that returns at once. */
    fun <T> callBlocking(block: NativeClient.() -> T): T = guarded { native.block() }

    fun close() {
        if (isClosed.compareAndSet(false, true)) {
            native.shutDown()
            native.close()
        }
    }

    private inline fun <T> guarded(block: () -> T): T = try {
        if (isClosed.get()) throw localFailure(ErrorKind.CLOSED, "the client was closed")
        mapErrors(block)
    } catch (failure: IllegalStateException) {
        // The object behind it may go between the question and the call.
        if (isClosed.get() && failure !is kotlinx.coroutines.CancellationException) {
            throw localFailure(ErrorKind.CLOSED, "the client was closed")
        }
        throw failure
    }

    companion object {
        fun of(make: () -> NativeClient): Connection {
            NativeThreads.prepare()
            return Connection(mapErrors(make))
        }
    }
}
