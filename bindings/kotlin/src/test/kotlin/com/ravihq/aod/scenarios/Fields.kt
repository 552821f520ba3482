package com.ravihq.aod.scenarios

import java.util.UUID
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.boolean
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.long

/** The members of a JSON object. Reading a member removes it; a remaining one is unknown. */
class Fields(json: JsonObject) {
    private val remaining = json.toMutableMap()

    operator fun contains(name: String): Boolean = name in remaining

    fun json(name: String): JsonElement? = remaining.remove(name)

    fun text(name: String): String? = json(name)?.takeIf { it !is JsonNull }?.jsonPrimitive?.content

    fun require(name: String): String = checkNotNull(text(name)) { "$name is missing" }

    fun number(name: String): Long? = json(name)?.takeIf { it !is JsonNull }?.jsonPrimitive?.long

    fun boolean(name: String): Boolean? = json(name)?.jsonPrimitive?.boolean

    fun uuid(name: String): UUID? = text(name)?.let(UUID::fromString)

    fun id(): UUID = UUID.fromString(require("id"))

    fun list(name: String): List<JsonElement>? = json(name)?.jsonArray

    fun fields(name: String): JsonObject? = json(name)?.jsonObject

    fun textList(name: String): List<String>? = list(name)?.map { it.jsonPrimitive.content }

    fun textMap(name: String): Map<String, String>? = fields(name)?.mapValues { it.value.jsonPrimitive.content }

    /** Removes and returns the remaining members. */
    fun rest(): JsonObject = JsonObject(remaining.toMap()).also { remaining.clear() }

    /** Returns the value; fails if members remain. */
    fun <T> finish(value: T): T {
        check(remaining.isEmpty()) { "unknown: ${remaining.keys}" }
        return value
    }
}

/** The values that earlier steps saved, by name. */
class Saved {
    private val values = mutableMapOf<String, JsonElement>()

    fun save(name: String?, value: JsonElement) {
        if (name != null) values[name] = value
    }

    /** Replaces each `$name.key.0` by the saved value. */
    fun resolve(value: JsonElement): JsonElement = when (value) {
        is JsonObject -> JsonObject(value.mapValues { resolve(it.value) })
        is JsonArray -> JsonArray(value.map(::resolve))
        is JsonPrimitive -> if (value.isString && value.content.startsWith("$")) find(value.content) else value
    }

    private fun find(reference: String): JsonElement {
        val keys = reference.removePrefix("$").split('.')
        return keys.drop(1).fold(values[keys.first()]) { value, key ->
            when (value) {
                is JsonArray -> value.getOrNull(key.toInt())
                is JsonObject -> value[key]
                else -> null
            }
        } ?: error("no value is saved at $reference")
    }
}
