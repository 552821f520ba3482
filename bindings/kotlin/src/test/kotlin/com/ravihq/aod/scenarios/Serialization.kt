package com.ravihq.aod.scenarios

import com.ravihq.aod.Agent
import com.ravihq.aod.AgentInfo
import com.ravihq.aod.AgentVersion
import com.ravihq.aod.AodException
import com.ravihq.aod.ConflictReason
import com.ravihq.aod.Environment
import com.ravihq.aod.EnvironmentVersion
import com.ravihq.aod.ErrorDetail
import com.ravihq.aod.ErrorKind
import com.ravihq.aod.Health
import com.ravihq.aod.LocationPart
import com.ravihq.aod.Quota
import com.ravihq.aod.RunResult
import com.ravihq.aod.Session
import com.ravihq.aod.SessionAck
import com.ravihq.aod.SessionTurn
import com.ravihq.aod.StreamEvent
import com.ravihq.aod.TokenUsage
import com.ravihq.aod.TranscriptTurn
import com.ravihq.aod.agentInfoToJson
import com.ravihq.aod.agentToJson
import com.ravihq.aod.agentVersionToJson
import com.ravihq.aod.environmentToJson
import com.ravihq.aod.environmentVersionToJson
import com.ravihq.aod.eventToJson
import com.ravihq.aod.healthToJson
import com.ravihq.aod.runResultToJson
import com.ravihq.aod.sessionAckToJson
import com.ravihq.aod.sessionToJson
import com.ravihq.aod.sessionTurnToJson
import com.ravihq.aod.toNative
import com.ravihq.aod.tokenUsageToJson
import com.ravihq.aod.transcriptTurnToJson
import com.ravihq.aod.value
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.put

/** Serializes the result of a call, or an event. */
fun toJson(value: Any?): JsonElement = when (value) {
    null, is Unit -> JsonNull
    is String -> JsonPrimitive(value)
    is JsonElement -> value
    is List<*> -> JsonArray(value.map(::toJson))
    is Agent -> Json.parseToJsonElement(agentToJson(value))
    is AgentVersion -> Json.parseToJsonElement(agentVersionToJson(value))
    is Environment -> Json.parseToJsonElement(environmentToJson(value))
    is EnvironmentVersion -> Json.parseToJsonElement(environmentVersionToJson(value))
    is Health -> Json.parseToJsonElement(healthToJson(value))
    is AgentInfo -> Json.parseToJsonElement(agentInfoToJson(value))
    is TokenUsage -> Json.parseToJsonElement(tokenUsageToJson(value))
    is TranscriptTurn -> Json.parseToJsonElement(transcriptTurnToJson(value))
    is RunResult -> Json.parseToJsonElement(runResultToJson(value))
    is Session -> Json.parseToJsonElement(sessionToJson(value))
    is SessionAck -> Json.parseToJsonElement(sessionAckToJson(value))
    is SessionTurn -> Json.parseToJsonElement(sessionTurnToJson(value))
    is StreamEvent -> when (val json = Json.parseToJsonElement(eventToJson(value.toNative()))) {
        is JsonObject -> json
        else -> JsonObject(mapOf("type" to JsonPrimitive(""), "raw" to json))
    }
    else -> error("cannot serialize ${value.javaClass}")
}

/** Returns the API value of the type of an event. */
fun typeOf(event: StreamEvent): String = (toJson(event) as JsonObject)["type"]?.jsonPrimitive?.content.orEmpty()

/** Serializes an error for a transcript. */
fun toJson(failure: AodException): JsonElement = buildJsonObject {
    put("kind", kind(failure.kind))
    put("retryable", failure.isRetryable)
    if (kind(failure.kind) == "decode") return@buildJsonObject
    put("status", failure.status)
    put("detail", failure.detail?.let(::detail) ?: JsonNull)
    put("conflict", (failure as? AodException.Conflict)?.let { conflict(it.reason) } ?: JsonNull)
    put("quota", (failure as? AodException.RateLimit)?.quota?.let(::quota) ?: JsonNull)
    put("attempts", failure.attempts)
    put("retry_after", failure.retryAfter?.let { it.toMillis() / 1000.0 })
    put("request_id", failure.requestId)
    if (failure.status != null) put("request", "${failure.method} ${failure.url}")
}

/** Serializes the failure of one of many sessions. */
fun kindToJson(failure: AodException): JsonElement = buildJsonObject { put("kind", kind(failure.kind)) }

private fun kind(kind: ErrorKind): String = if (kind == ErrorKind.PROTOCOL) ErrorKind.DECODE.value else kind.value

private fun conflict(reason: ConflictReason): JsonElement = buildJsonObject {
    put("reason", reason.javaClass.simpleName.replace(Regex("(?<!^)[A-Z]")) { "_" + it.value }.lowercase())
    if (reason is ConflictReason.VersionMismatch) {
        put("expected", reason.expected)
        put("got", reason.got)
    }
}

private fun quota(quota: Quota): JsonElement = buildJsonObject {
    put("limit", quota.limit)
    put("active", quota.active)
}

/** Serializes the detail without the input that the server echoes. */
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
