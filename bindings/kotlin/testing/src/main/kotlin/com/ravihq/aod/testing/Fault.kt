package com.ravihq.aod.testing

import java.time.Duration
import kotlinx.serialization.json.JsonObject

/**
 * A fault that the server injects: the requests that it applies to, and its effect on them.
 *
 * A fault is immutable: each method returns a new one. By default it applies to the next request that matches.
 *
 * See [Faults](https://ravi-hq.github.io/agent-on-demand/latest/testing/#faults).
 */
public class Fault private constructor(
    private val effect: Map<String, Any?>,
    private val method: String?,
    private val path: String,
    private val skip: Int,
    private val times: Int?,
) {
    internal val json: JsonObject
        get() = jsonOf(
            mapOf("effect" to effect, "method" to method, "path" to path, "skip" to skip, "times" to times),
        ) as JsonObject

    /**
     * Limits the fault to some requests. By default, [cut] and [stall] match the requests that open event streams, and
     * other faults match any request.
     *
     * @param method The HTTP method.
     * @param path The path without the query, in which `*` matches any text, including slashes.
     */
    public fun matching(method: String, path: String): Fault = Fault(effect, method, path, skip, times)

    /** Skips this many matching requests first. */
    public fun skip(requests: Int): Fault = Fault(effect, method, path, requests, times)

    /** Applies to this many requests, instead of one. */
    public fun times(requests: Int): Fault = Fault(effect, method, path, skip, requests)

    /** Applies to every matching request. */
    public fun always(): Fault = Fault(effect, method, path, skip, null)

    /** Creates faults. */
    public companion object {
        /** Cuts the connection of an event stream after this many events, including `start`. */
        @JvmStatic
        public fun cut(afterEvents: Int): Fault = ofStreams("cut_after_events", mapOf("events" to afterEvents))

        /**
         * Stalls an event stream: after this many bytes of the body, nothing is sent, and the connection stays open.
         *
         * @param afterBytes The number of bytes; null, the default, for no response at all.
         */
        @JvmStatic
        @JvmOverloads
        public fun stall(afterBytes: Int? = null): Fault = ofStreams("stall", mapOf("after_bytes" to afterBytes))

        /** Delays the response by a time on the server's clock. */
        @JvmStatic
        public fun slow(delay: Duration): Fault = effect(mapOf("delay" to mapOf("ms" to delay.toMillis())))

        /**
         * Responds with a status, such as 503. The request is not processed.
         *
         * @param status The HTTP status code.
         * @param headers Further headers of the response; none by default.
         */
        @JvmStatic
        @JvmOverloads
        public fun status(status: Int, headers: Map<String, String> = emptyMap()): Fault = effect(
            mapOf(
                "status" to mapOf(
                    "status" to status,
                    "headers" to mapOf("content-type" to "application/json") + headers,
                    "body" to """{"detail": "A fault of the development server"}""",
                ),
            ),
        )

        /**
         * Responds with a 429.
         *
         * @param retryAfter The value of the `Retry-After` header, in whole seconds; by default there is no such
         * header.
         */
        @JvmStatic
        @JvmOverloads
        public fun tooManyRequests(retryAfter: Duration? = null): Fault {
            val seconds = retryAfter?.seconds?.toString()
            return status(429, if (seconds == null) emptyMap() else mapOf("retry-after" to seconds))
        }

        /**
         * Creates a fault with any effect that the server supports. The documentation of the Rust crate `aod-devserver`
         * lists them.
         *
         * @param effect The effect as it is in JSON, such as `mapOf("redirect" to mapOf("location" to "/health"))`.
         */
        @JvmStatic
        public fun effect(effect: Map<String, Any?>): Fault = Fault(effect, null, "*", 0, 1)

        private fun ofStreams(kind: String, fields: Map<String, Any?>): Fault =
            effect(mapOf(kind to fields)).matching("GET", "/sessions/*/stream")
    }
}
