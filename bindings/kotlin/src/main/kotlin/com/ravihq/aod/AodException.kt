package com.ravihq.aod

import java.time.Duration
import java.util.UUID

/**
 * The base class of all failures of this package.
 *
 * There is a subclass for each [kind]; catch the ones that you can handle:
 *
 * ```kotlin
 * try {
 *     client.sessions.prompt(id, "Now add a test")
 * } catch (error: AodException.Conflict) {
 *     if (error.reason == ConflictReason.Running) client.sessions.waitForCompletion(id) else throw error
 * }
 * ```
 *
 * The [message] is one line: the request's method and URL, the status, and the server's text, which may quote a value
 * of the request, such as the name of an unknown model; secrets of the request are redacted in it. Neither the message
 * nor [toString] contains any other part of the request. If the response repeats parts of the request, they are in
 * [detail], as [Secret] values.
 *
 * In Java it is an unchecked exception. A future of [FutureClient] fails with a `CompletionException` whose cause is
 * the `AodException`.
 *
 * Java can serialize an exception whose [cause] it can serialize, without the parsed content of the response: in the
 * copy, [detail] and [RateLimit.quota] are null, the fields of an [InvalidRequest] or [Validation] are empty, and the
 * reason of a [Conflict] is [ConflictReason.Other]. The [message] stays.
 *
 * See [Errors and retries](https://ravi-hq.github.io/agent-on-demand/latest/guide/errors/).
 */
public sealed class AodException(info: ErrorInfo) : RuntimeException(info.text) {
    /** The kind of failure; each kind has its own subclass. */
    public val kind: ErrorKind = info.kind

    /** The HTTP status code; null if there was no response. */
    public val status: Int? = info.status?.toInt()

    /**
     * The content of the error response, or the invalid fields of an [InvalidRequest]; null if there is neither.
     */
    @Transient
    public val detail: ErrorDetail? = info.detail

    /**
     * Whether the body of the error response is incomplete: it was longer than 1 MiB of JSON or 64 KiB of any other
     * content, it did not arrive within 5 s, no data arrived for 2 s, or the connection broke.
     */
    public val isBodyTruncated: Boolean = info.isBodyTruncated

    /**
     * If [Sessions.run] fails after the session was created, [Sessions.ask] after its prompt was accepted, or
     * [Sessions.follow] at any time, or if the stream of a session fails in [Sessions.watch], the id of the session,
     * which may still be active; null for other failures. It is also null if the client is closed or a callback throws,
     * and a cancelled call throws a `CancellationException`, which has no session id; `onCreated` of [Sessions.run]
     * receives the id in all these cases.
     */
    public var sessionId: UUID? = info.sessionId
        internal set

    /** The HTTP method of the request; null if the failure is not about a request. */
    public val method: String? = info.method

    /** The URL of the request, without credentials; null if the failure is not about a request. */
    public val url: String? = info.url

    /** The `X-Request-Id` header of the response; null if neither the server nor a proxy set one. */
    public val requestId: String? = info.requestId

    /** The `Retry-After` header of the response, as the time to wait; null if the response has no such header. */
    public val retryAfter: Duration? = info.retryAfter

    /**
     * How many attempts were made; 0 if the call failed before the first. For an open stream, the number of consecutive
     * attempts to reconnect.
     */
    public val attempts: Int = info.attempts.toInt()

    /**
     * Whether the same call may succeed if it is repeated later: after a broken connection, a response that is not
     * valid HTTP, a timeout, 408, 429 or 5xx, but not after a failed TLS handshake. It does not say whether a write
     * took effect; see [isUnsent].
     */
    public val isRetryable: Boolean = info.isRetryable

    /** Whether it is certain that no byte of the request reached the server, so that a write had no effect. */
    public val isUnsent: Boolean = info.isUnsent

    init {
        info.tokenFailure?.let(TokenFailures::find)?.let(::initCause)
    }

    /**
     * The configuration of the client is invalid: no token, a malformed URL, an unreadable certificate. Or the native
     * library cannot be loaded.
     */
    public class Configuration internal constructor(info: ErrorInfo) : AodException(info)

    /**
     * The request was rejected before it was sent: every server would reject it, or an argument cannot be encoded, such
     * as an unpaired surrogate, a number that JSON cannot represent, or a negative duration.
     */
    public class InvalidRequest internal constructor(info: ErrorInfo) : AodException(info) {
        /** The invalid fields; empty if the failure is not about fields. */
        public val fields: List<FieldError>
            get() = detail.fields()
    }

    /** 400: the request is malformed, names an unknown runtime, or needs a credential that is missing. */
    public class BadRequest internal constructor(info: ErrorInfo) : AodException(info)

    /**
     * 401 or 403: the token is missing, unknown, inactive or expired. Or the [TokenProvider] threw: the [cause] is its
     * exception, or null if providers threw 16 other exceptions in the meantime.
     */
    public class Auth internal constructor(info: ErrorInfo) : AodException(info)

    /** 404: there is no such agent, environment or session, or it belongs to another user. */
    public class NotFound internal constructor(info: ErrorInfo) : AodException(info)

    /** 404 for an endpoint that only newer servers have: the server does not have it. */
    public class Unsupported internal constructor(info: ErrorInfo) : AodException(info)

    /** 409: the request conflicts with the current state of the agent, environment or session. */
    public class Conflict internal constructor(info: ErrorInfo) : AodException(info) {
        @Transient
        private val knownReason: ConflictReason? = info.conflict

        /** The reason for the conflict. */
        public val reason: ConflictReason
            get() = knownReason ?: ConflictReason.Other
    }

    /** 422: the server rejected fields or their combination. */
    public class Validation internal constructor(info: ErrorInfo) : AodException(info) {
        /** The rejected fields; empty if the server responded with a text only. */
        public val fields: List<FieldError>
            get() = detail.fields()
    }

    /** 429: the limit of concurrent sessions is reached. */
    public class RateLimit internal constructor(info: ErrorInfo) : AodException(info) {
        /** The limit and the number of active sessions; null if the response does not contain them. */
        @Transient
        public val quota: Quota? = info.quota
    }

    /** 500 and above: the server, or a proxy in front of it, failed. */
    public class Server internal constructor(info: ErrorInfo) : AodException(info)

    /** Any other status outside 2xx. */
    public class Status internal constructor(info: ErrorInfo) : AodException(info)

    /** The connection could not be established, or it broke. */
    public class Connection internal constructor(info: ErrorInfo) : AodException(info)

    /** A time limit expired: of the call, an attempt or connecting, or [StreamOptions.deadline]. */
    public class Timeout internal constructor(info: ErrorInfo) : AodException(info)

    /** A successful response has a body that does not match the API. */
    public class Decode internal constructor(info: ErrorInfo) : AodException(info)

    /**
     * The response violates the protocol: it is not valid HTTP, redirects to another origin, has a wrong content type
     * or an unsupported content encoding, exceeds a size limit, or is the stream of another session.
     */
    public class Protocol internal constructor(info: ErrorInfo) : AodException(info)

    /** The client was closed before the call, or during it. */
    public class Closed internal constructor(info: ErrorInfo) : AodException(info)

    /**
     * [EventListener.onEvents], or a callback of [Sessions.run], [Sessions.ask] or [Sessions.follow], threw; the
     * message names the class of the exception.
     */
    public class Listener internal constructor(info: ErrorInfo) : AodException(info)

    /** An internal error, too many open files or threads, or a failure of a kind that this version does not know. */
    public class Other internal constructor(info: ErrorInfo) : AodException(info)
}

private fun ErrorDetail?.fields(): List<FieldError> = (this as? ErrorDetail.Fields)?.fields.orEmpty()

/** Returns the exception of this kind. */
internal fun ErrorInfo.toException(): AodException = when (kind) {
    ErrorKind.CONFIGURATION -> AodException.Configuration(this)
    ErrorKind.INVALID_REQUEST -> AodException.InvalidRequest(this)
    ErrorKind.BAD_REQUEST -> AodException.BadRequest(this)
    ErrorKind.AUTH -> AodException.Auth(this)
    ErrorKind.NOT_FOUND -> AodException.NotFound(this)
    ErrorKind.UNSUPPORTED -> AodException.Unsupported(this)
    ErrorKind.CONFLICT -> AodException.Conflict(this)
    ErrorKind.VALIDATION -> AodException.Validation(this)
    ErrorKind.RATE_LIMIT -> AodException.RateLimit(this)
    ErrorKind.SERVER -> AodException.Server(this)
    ErrorKind.STATUS -> AodException.Status(this)
    ErrorKind.CONNECTION -> AodException.Connection(this)
    ErrorKind.TIMEOUT -> AodException.Timeout(this)
    ErrorKind.DECODE -> AodException.Decode(this)
    ErrorKind.PROTOCOL -> AodException.Protocol(this)
    ErrorKind.CLOSED -> AodException.Closed(this)
    ErrorKind.LISTENER -> AodException.Listener(this)
    ErrorKind.CANCELLED, ErrorKind.OTHER -> AodException.Other(this)
}

/** Returns an exception for a failure outside the native library. */
internal fun localFailure(kind: ErrorKind, text: String): AodException = ErrorInfo(
    kind = kind,
    text = text,
    status = null,
    detail = null,
    conflict = null,
    quota = null,
    isBodyTruncated = false,
    sessionId = null,
    method = null,
    url = null,
    requestId = null,
    retryAfter = null,
    attempts = 0u,
    isRetryable = false,
    isUnsent = false,
    tokenFailure = null,
).toException()

/** Calls the native library, and throws its errors as an [AodException]. */
internal inline fun <T> mapErrors(block: () -> T): T = try {
    block()
} catch (failure: CallException.Failed) {
    throw failure.info.toException()
} catch (failure: ArgumentEncodingException) {
    throw localFailure(ErrorKind.INVALID_REQUEST, failure.message)
} catch (_: InternalException) {
    // Its message may have several lines, and paths of the build machine.
    throw localFailure(ErrorKind.OTHER, "internal error")
}
