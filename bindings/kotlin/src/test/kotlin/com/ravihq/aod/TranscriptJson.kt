package com.ravihq.aod

import java.time.Duration
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** Returns the JSON of a transcript from its typed values, field by field, as the core writes it. */
fun Transcript.typedJson(): JsonElement = obj(
    "agent" to (agent?.let(::json) ?: JsonNull),
    "turns" to list(turns, ::json),
    "usage" to (usage?.let(::json) ?: JsonNull),
    "cursor" to (cursor?.let { JsonPrimitive(it) } ?: JsonNull),
).normalized()

/** Returns the JSON of the core. */
fun Transcript.coreJson(): JsonElement = Json.parseToJsonElement(toJson()).normalized()

/** Returns the JSON with the same text for equal numbers. */
private fun JsonElement.normalized(): JsonElement = when (this) {
    is JsonObject -> JsonObject(mapValues { it.value.normalized() })
    is JsonArray -> JsonArray(map { it.normalized() })
    is JsonPrimitive -> content.toBigDecimalOrNull()?.takeIf { !isString }
        ?.let { JsonPrimitive("number ${it.stripTrailingZeros().toPlainString()}") } ?: this
}

/** Leaves out the fields that are null. */
private fun obj(vararg fields: Pair<String, JsonElement?>) =
    JsonObject(fields.mapNotNull { (name, value) -> value?.let { name to it } }.toMap())

private fun <T> list(values: List<T>, json: (T) -> JsonElement) = JsonArray(values.map(json))

private fun text(value: String?) = value?.let { JsonPrimitive(it) }

private fun number(value: Number?) = value?.let { JsonPrimitive(it) }

private fun flag(value: Boolean) = JsonPrimitive(true).takeIf { value }

private fun millis(duration: Duration?) = number(duration?.toMillis())

private fun name(value: Enum<*>) = JsonPrimitive(value.name.lowercase())

private fun json(agent: AgentInfo) = obj(
    "runtime" to text(agent.runtime),
    "model" to text(agent.model),
    "session_id" to text(agent.sessionId),
    "version" to text(agent.version),
    "cwd" to text(agent.cwd),
    "tools" to list(agent.tools) { JsonPrimitive(it) }.takeIf { it.isNotEmpty() },
)

private fun json(usage: TokenUsage) = obj(
    "input_tokens" to number(usage.inputTokens),
    "cached_input_tokens" to number(usage.cachedInputTokens),
    "cache_write_tokens" to number(usage.cacheWriteTokens),
    "output_tokens" to number(usage.outputTokens),
    "reasoning_tokens" to number(usage.reasoningTokens),
    "cost_usd" to number(usage.costUsd),
    "source" to name(usage.source),
)

private fun json(turn: TranscriptTurn) = obj(
    "number" to number(turn.number),
    "items" to list(turn.items, ::json),
    "dropped_items" to number(turn.droppedItems),
    "outcome" to turn.outcome?.let(::json),
    "usage" to turn.usage?.let(::json),
    "duration_ms" to millis(turn.duration),
)

private fun json(outcome: Outcome) = when (outcome) {
    is Outcome.Success -> obj("type" to text("success"))
    is Outcome.Failed -> obj("type" to text("failed"), "reason" to text(outcome.reason))
    is Outcome.MaxTurns -> obj("type" to text("max_turns"))
    is Outcome.Interrupted -> obj("type" to text("interrupted"))
    is Outcome.Unknown -> obj("type" to text("unknown"))
}

private fun json(item: TranscriptItem): JsonObject {
    val fields = obj(
        "id" to text(item.id),
        "runtime_id" to text(item.runtimeId),
        "parent" to text(item.parent),
        "status" to name(item.status),
        "events" to item.events?.let { obj("first" to number(it.first), "last" to number(it.last)) },
        "is_truncated" to flag(item.isTruncated),
        "raw" to text(item.raw.ifEmpty { null }),
        "raw_cut" to number(item.rawCut.takeIf { it > 0 }),
    )
    return JsonObject(fields + json(item.kind))
}

private fun json(kind: ItemKind) = when (kind) {
    is ItemKind.Message -> obj("kind" to text("message"), "role" to name(kind.role), "text" to text(kind.text))
    is ItemKind.Thinking -> obj("kind" to text("thinking"), "text" to text(kind.text))
    is ItemKind.ToolCall -> JsonObject(json(kind.call) + ("kind" to JsonPrimitive("tool_call")))
    is ItemKind.Plan -> obj(
        "kind" to text("plan"),
        "steps" to list(kind.steps) { obj("text" to text(it.text), "status" to name(it.status)) },
    )
    is ItemKind.Notice -> obj("kind" to text("notice"), "level" to name(kind.level), "text" to text(kind.text))
    is ItemKind.Text -> obj("kind" to text("text"), "stream" to name(kind.stream), "text" to text(kind.text))
    is ItemKind.Event -> obj("kind" to text("event"), "type" to text(kind.eventType))
}

private fun json(call: ToolCall) = obj(
    "name" to text(call.name),
    "tool" to json(call.tool),
    "input" to call.input,
    "result" to call.result?.let {
        obj(
            "text" to text(it.text),
            "is_error" to JsonPrimitive(it.isError),
            "exit_code" to number(it.exitCode),
            "is_truncated" to flag(it.isTruncated),
            "duration_ms" to millis(it.duration),
        )
    },
)

private fun json(tool: Tool) = when (tool) {
    is Tool.Shell -> obj("type" to text("shell"), "command" to text(tool.command))
    is Tool.Read -> obj("type" to text("read"), "path" to text(tool.path))
    is Tool.Write -> obj("type" to text("write"), "path" to text(tool.path))
    is Tool.Edit -> obj(
        "type" to text("edit"),
        "files" to list(tool.files) { obj("path" to text(it.path), "change" to name(it.change)) },
    )
    is Tool.Search -> obj("type" to text("search"), "pattern" to text(tool.pattern), "path" to text(tool.path))
    is Tool.Glob -> obj("type" to text("glob"), "pattern" to text(tool.pattern))
    is Tool.WebFetch -> obj("type" to text("web_fetch"), "url" to text(tool.url))
    is Tool.WebSearch -> obj("type" to text("web_search"), "query" to text(tool.query))
    is Tool.Agent -> obj("type" to text("agent"), "prompt" to text(tool.prompt))
    is Tool.Mcp -> obj("type" to text("mcp"), "server" to text(tool.server), "tool" to text(tool.tool))
    is Tool.Other -> obj("type" to text("other"))
}
