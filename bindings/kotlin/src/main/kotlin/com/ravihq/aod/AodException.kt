package com.ravihq.aod

import java.time.Duration

/**
 * What every call of this package fails with.
 *
 * The [message] is one line: the request, the status and the server's own words, which may name a value. Neither it
 * nor [toString] repeats anything else that was sent; what the server echoed is behind [detail], as secrets.
 *
 * The subclass tells the sort of failure, and so does [kind]; the other properties are its facts.
 *
 * It is unchecked, as everything in Kotlin is, so that Java can catch it wherever it comes from.
 */
public sealed class AodException(info: ErrorInfo) : RuntimeException(info.text) {
    /** What sort of failure this is. */
    public val kind: ErrorKind = info.kind

    /** The HTTP status, when the server answered. */
    public val status: Int? = info.status?.toInt()

    /** What the body of the error response says, when it says anything. */
    public val detail: ErrorDetail? = info.detail

    /** The HTTP method of the request, when there was one. */
    public val method: String? = info.method

    /** The URL of the request, without user information. */
    public val url: String? = info.url

    /** The response's `X-Request-Id`, when a server or proxy sets one. */
    public val requestId: String? = info.requestId

    /** How long the server asks to wait (`Retry-After`). */
    public val retryAfter: Duration? = info.retryAfter

    /** How many times the request was tried; 0 when it never got as far. */
    public val attempts: Int = info.attempts.toInt()

    /**
     * Whether the same call may succeed later without any change. It says nothing of whether a write took effect; see
     * [isUnsent].
     */
    public val isRetryable: Boolean = info.isRetryable

    /** Whether it is certain that no byte of the request reached the server, so that a write cannot have taken effect. */
    public val isUnsent: Boolean = info.isUnsent

    /** The client was set up wrongly: no token, a malformed URL, an unreadable certificate. */
    public class Configuration internal constructor(info: ErrorInfo) : AodException(info)

    /**
     * The request was refused before it was sent: because the server would certainly refuse it, or because something in it
     * cannot be sent, such as half of a surrogate pair, invalid JSON, or a negative duration.
     */
    public class InvalidRequest internal constructor(info: ErrorInfo) : AodException(info) {
        /** The fields that would be refused, when it is about fields. */
        public val fields: List<FieldError> = info.fields()
    }

    /** 400. */
    public class BadRequest internal constructor(info: ErrorInfo) : AodException(info)

    /** 401 or 403: the token is missing, unknown, inactive or expired. */
    public class Auth internal constructor(info: ErrorInfo) : AodException(info)

    /** 404: no such record, or it belongs to somebody else. */
    public class NotFound internal constructor(info: ErrorInfo) : AodException(info)

    /** 409. */
    public class Conflict internal constructor(info: ErrorInfo) : AodException(info) {
        /** Why the server refused. */
        public val reason: ConflictReason = info.conflict ?: ConflictReason.Other
    }

    /** 422: the server refused fields or their combination. */
    public class Validation internal constructor(info: ErrorInfo) : AodException(info) {
        /** The fields that were refused; empty when the server answered with a text alone. */
        public val fields: List<FieldError> = info.fields()
    }

    /** 429: the limit of concurrent sessions is reached. */
    public class RateLimit internal constructor(info: ErrorInfo) : AodException(info) {
        /** The limit and the number of active sessions, when the server gave them. */
        public val quota: Quota? = info.quota
    }

    /** 500 and above. */
    public class Server internal constructor(info: ErrorInfo) : AodException(info)

    /** Any other status that is not a success. */
    public class Status internal constructor(info: ErrorInfo) : AodException(info)

    /** No connection, or it broke. */
    public class Connection internal constructor(info: ErrorInfo) : AodException(info)

    /** A deadline passed. */
    public class Timeout internal constructor(info: ErrorInfo) : AodException(info)

    /** A success whose body is not what the API promises. */
    public class Decode internal constructor(info: ErrorInfo) : AodException(info)

    /** The peer broke HTTP's or the API's rules: a redirect to another origin, a wrong content type, a body over its cap. */
    public class Protocol internal constructor(info: ErrorInfo) : AodException(info)

    /** The client was closed while this was under way, or before. */
    public class Closed internal constructor(info: ErrorInfo) : AodException(info)

    /** An [EventListener] threw on what it was given. */
    public class Listener internal constructor(info: ErrorInfo) : AodException(info)

    /** An internal error, or a failure that this version has no name for. */
    public class Other internal constructor(info: ErrorInfo) : AodException(info)
}

private fun ErrorInfo.fields(): List<FieldError> = (detail as? ErrorDetail.Fields)?.fields.orEmpty()

/** The exception of its kind. */
internal fun ErrorInfo.toException(): AodException = when (kind) {
    ErrorKind.CONFIGURATION -> AodException.Configuration(this)
    ErrorKind.INVALID_REQUEST -> AodException.InvalidRequest(this)
    ErrorKind.BAD_REQUEST -> AodException.BadRequest(this)
    ErrorKind.AUTH -> AodException.Auth(this)
    ErrorKind.NOT_FOUND -> AodException.NotFound(this)
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

/** A failure on this side of the library. */
internal fun localFailure(kind: ErrorKind, text: String): AodException = ErrorInfo(
    kind = kind,
    text = text,
    status = null,
    detail = null,
    conflict = null,
    quota = null,
    method = null,
    url = null,
    requestId = null,
    retryAfter = null,
    attempts = 0u,
    isRetryable = false,
    isUnsent = false,
).toException()

/** Calls the library, and throws [AodException]s for its errors. */
internal inline fun <T> mapErrors(block: () -> T): T = try {
    block()
} catch (failure: CallException.Failed) {
    throw failure.info.toException()
} catch (failure: ArgumentEncodingException) {
    throw localFailure(ErrorKind.INVALID_REQUEST, failure.message)
} catch (_: InternalException) {
    // What it says may have many lines, and paths of where it was built.
    throw localFailure(ErrorKind.OTHER, "internal error")
}
