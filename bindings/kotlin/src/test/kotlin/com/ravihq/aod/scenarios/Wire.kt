package com.ravihq.aod.scenarios

import com.ravihq.aod.AodException
import com.ravihq.aod.ConflictReason
import com.ravihq.aod.ErrorDetail
import com.ravihq.aod.ErrorKind
import com.ravihq.aod.LocationPart
import com.ravihq.aod.McpServer
import com.ravihq.aod.NetworkingType
import com.ravihq.aod.OutputChannel
import com.ravihq.aod.PackageManager
import com.ravihq.aod.Provider
import com.ravihq.aod.ResourceType
import com.ravihq.aod.Runtime
import com.ravihq.aod.Secret
import com.ravihq.aod.SessionStatus
import com.ravihq.aod.Skill
import com.ravihq.aod.StageState
import com.ravihq.aod.StreamEvent
import com.ravihq.aod.TurnStatus
import com.ravihq.aod.word
import java.lang.reflect.Modifier
import java.time.Instant
import java.util.UUID
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

/** A model or an event as the object that it is on the wire. */
fun wire(value: Any?): JsonElement = when (value) {
    null, is Unit -> JsonNull
    is JsonElement -> value
    is String -> JsonPrimitive(value)
    is Number -> JsonPrimitive(value)
    is Boolean -> JsonPrimitive(value)
    is UUID -> JsonPrimitive(value.toString())
    is Instant -> JsonPrimitive(value.toString())
    is Secret -> JsonPrimitive(value.expose())
    is List<*> -> JsonArray(value.map(::wire))
    is Map<*, *> -> JsonObject(value.entries.associate { (key, member) -> key(key) to wire(member) })
    is Skill.Inline -> wire(value.skill)
    is Skill.Github -> tagged("github", value.skill)
    is Skill.Unknown -> value.json
    is McpServer.Url -> tagged("url", value.server)
    is McpServer.Stdio -> tagged("stdio", value.server)
    is McpServer.Unknown -> value.json
    is StreamEvent.Unknown -> runCatching { Json.parseToJsonElement(value.raw) as JsonObject }.getOrElse {
        JsonObject(mapOf("type" to JsonPrimitive(""), "raw" to JsonPrimitive(value.raw)))
    }
    is StreamEvent -> tagged(typeOf(value), value)
    else -> word(value)?.let(::JsonPrimitive) ?: record(value)
}

/** The type of an event on the wire. */
fun typeOf(event: StreamEvent): String = when (event) {
    is StreamEvent.Start -> "start"
    is StreamEvent.Stage -> "stage"
    is StreamEvent.TurnStart -> "turn_start"
    is StreamEvent.Output -> "output"
    is StreamEvent.Exit -> "exit"
    is StreamEvent.Error -> "error"
    is StreamEvent.Terminated -> "terminated"
    is StreamEvent.Stale -> "stale"
    is StreamEvent.Unknown -> event.type
}

private fun key(key: Any?): String = if (key is PackageManager) key.word else key as String

private fun tagged(type: String, value: Any): JsonElement =
    JsonObject(mapOf("type" to JsonPrimitive(type)) + record(value))

private fun word(value: Any): String? = when (value) {
    is Runtime -> value.word
    is Provider -> value.word
    is SessionStatus -> value.word
    is TurnStatus -> value.word
    is ResourceType -> value.word
    is NetworkingType -> value.word
    is OutputChannel -> value.word
    is StageState -> value.word
    else -> null
}

/** A data class by its fields, with those that the model does not know beside them. */
private fun record(value: Any): JsonObject = JsonObject(
    value.javaClass.declaredFields.filterNot { Modifier.isStatic(it.modifiers) }.flatMap { field ->
        field.isAccessible = true
        val member = wire(field.get(value))
        when (field.name) {
            "extra" -> (member as JsonObject).toList()
            "objectType", "networkingType", "resourceType" -> listOf("type" to member)
            else -> listOf(field.name.replace(Regex("[A-Z]")) { "_" + it.value.lowercase() } to member)
        }
    }.toMap(),
)

/** An error as a transcript tells it. */
fun wire(failure: AodException): JsonElement = buildJsonObject {
    put("kind", kind(failure.kind))
    put("retryable", failure.isRetryable)
    if (kind(failure.kind) == "decode") return@buildJsonObject
    put("status", failure.status)
    put("detail", failure.detail?.let(::detail) ?: JsonNull)
    put("conflict", (failure as? AodException.Conflict)?.let { conflict(it.reason) } ?: JsonNull)
    put("quota", wire((failure as? AodException.RateLimit)?.quota))
    put("attempts", failure.attempts)
    put("retry_after", failure.retryAfter?.let { it.toMillis() / 1000.0 })
    put("request_id", failure.requestId)
    if (failure.status != null) put("request", "${failure.method} ${failure.url}")
}

private fun kind(kind: ErrorKind): String = when (kind) {
    ErrorKind.DECODE, ErrorKind.PROTOCOL -> "decode"
    else -> kind.name.lowercase()
}

private fun conflict(reason: ConflictReason): JsonElement = buildJsonObject {
    put("reason", reason.javaClass.simpleName.replace(Regex("(?<!^)[A-Z]")) { "_" + it.value }.lowercase())
    if (reason is ConflictReason.VersionMismatch) {
        put("expected", reason.expected)
        put("got", reason.got)
    }
}

/** Without what the server repeats of the request. */
private fun detail(detail: ErrorDetail): JsonElement = when (detail) {
    is ErrorDetail.Text -> JsonPrimitive(detail.text)
    is ErrorDetail.Json -> Json.parseToJsonElement(detail.json.expose())
    is ErrorDetail.Body -> JsonPrimitive(detail.body.expose())
    is ErrorDetail.Fields -> JsonArray(
        detail.fields.map { field ->
            buildJsonObject {
                put("type", field.kind)
                put("loc", JsonArray(field.location.map(::part)))
                put("msg", field.description)
            }
        },
    )
}

private fun part(part: LocationPart): JsonElement = when (part) {
    is LocationPart.Index -> JsonPrimitive(part.index)
    is LocationPart.Key -> JsonPrimitive(part.key)
}
