package com.ravihq.aod

import java.util.concurrent.CompletionStage
import java.util.function.Function
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.future.await
import kotlinx.coroutines.launch

/**
 * Provides the API tokens of a client, for tokens that expire.
 *
 * It is called before the first request, and again when the server rejects a token with 401: the request is then sent
 * again, with the new token, at most once per attempt; if the server rejects the new token too, the call fails.
 * Requests that need a token at the same time wait for the same one. An open stream continues where it was. The time
 * that the provider takes counts towards the time limits of the call. The provider must not make calls with the same
 * client: they would wait for the token that it has not returned yet. The provider is not cancelled with the call or
 * the client.
 *
 * An exception of the provider ends a call, and a stream that is being opened, with an [AodException.Auth] whose cause
 * is that exception. An open stream reconnects later. A token that is empty, or contains whitespace, a control
 * character or a non-ASCII character, is an [AodException.Configuration], which also ends an open stream.
 *
 * ```kotlin
 * val client = AodClient("https://aod.example.com", { rejected -> signIn(replacing = rejected) })
 * ```
 *
 * See [Tokens that expire](https://ravi-hq.github.io/agent-on-demand/latest/guide/configuration/#tokens-that-expire).
 */
public fun interface TokenProvider {
    /**
     * Returns a token. It may block: up to 64 providers run at the same time, on threads in addition to those of
     * `Dispatchers.IO`.
     *
     * @param rejected the token that the server rejected; null before the first request
     * @return the token to use from now on
     * @throws Throwable if the provider cannot return a token; see [TokenProvider]
     */
    public suspend fun token(rejected: Secret?): String

    /** Creates providers. */
    public companion object {
        /**
         * Returns a provider for Java, from a function that returns a future.
         *
         * @param token receives the token that the server rejected, null before the first request
         * @return a provider that asks the function
         */
        @JvmStatic
        public fun of(token: Function<Secret?, out CompletionStage<String>>): TokenProvider =
            TokenProvider { rejected -> token.apply(rejected).await() }
    }
}

/** Passes the tokens of a provider to the library. */
internal class TokenForwarder(private val provider: TokenProvider) : TokenSource {
    override fun request(rejected: Secret?, reply: TokenReply) {
        scope.launch {
            reply.use {
                try {
                    val token = Secret(provider.token(rejected))
                    mapErrors { it.token(token) }
                } catch (thrown: Throwable) {
                    // Only its class: its message may contain anything.
                    it.failure(TokenFailures.add(thrown), thrown.javaClass.name)
                }
            }
        }
    }

    private companion object {
        /**
         * A provider that throws does not affect the others. All threads of `Dispatchers.IO` itself may wait for calls
         * that need a token; this view of it has further ones.
         */
        private val scope = CoroutineScope(SupervisorJob() + Dispatchers.IO.limitedParallelism(64))
    }
}

/** What token providers threw most recently, by number: the library returns only the number. */
internal object TokenFailures {
    private const val CAPACITY = 16
    private var next = 0uL
    private val recent = LinkedHashMap<ULong, Throwable>()

    @Synchronized
    fun add(thrown: Throwable): ULong {
        if (recent.size == CAPACITY) recent.remove(recent.keys.first())
        return next++.also { recent[it] = thrown }
    }

    @Synchronized
    fun find(number: ULong): Throwable? = recent[number]
}
