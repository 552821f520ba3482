package com.ravihq.aod.scenarios

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.longOrNull

/** The results of the steps, in the format that the README of the scenarios defines. */
class Transcript {
    private val lines = StringBuilder()

    fun write(vararg members: Pair<String, JsonElement?>) {
        val written = members.map { (key, value) -> key to pruned(value ?: JsonNull) }
            .filter { (key, value) -> key == "result" || !isEmpty(value) }
        lines.append(sorted(written.toMap())).append('\n')
    }

    /** Returns the text, with placeholders for the values that differ from run to run. */
    fun text(server: String): String {
        val numbers = mutableMapOf<String, Int>()
        return lines.toString().replace(server, "<server>")
            .replace(ID) { found -> "<id ${numbers.getOrPut(found.value) { numbers.size + 1 }}>" }
            .replace(TIME, "<time>")
    }

    private fun pruned(value: JsonElement): JsonElement = when (value) {
        is JsonObject -> sorted(value.mapValues { pruned(it.value) }.filterValues { !isEmpty(it) })
        is JsonArray -> JsonArray(value.map(::pruned))
        is JsonPrimitive -> whole(value)
    }

    private fun sorted(members: Map<String, JsonElement>) = JsonObject(members.toSortedMap())

    private fun isEmpty(value: JsonElement): Boolean = when (value) {
        is JsonNull -> true
        is JsonObject -> value.isEmpty()
        is JsonArray -> value.isEmpty()
        else -> false
    }

    /** Writes whole numbers without a fraction. */
    private fun whole(value: JsonPrimitive): JsonPrimitive {
        if (value.isString || value.longOrNull != null) return value
        val number = value.content.toDoubleOrNull()?.takeIf { it % 1.0 == 0.0 } ?: return value
        return JsonPrimitive(number.toLong())
    }

    private companion object {
        val ID = Regex("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
        val TIME = Regex(
            """[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})""",
        )
    }
}
