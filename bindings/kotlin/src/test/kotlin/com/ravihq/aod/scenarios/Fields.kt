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

/** The members of an object, taken one by one; one that is left over is unknown. */
class Fields(json: JsonObject) {
    private val left = json.toMutableMap()

    operator fun contains(name: String): Boolean = name in left

    fun json(name: String): JsonElement? = left.remove(name)

    fun text(name: String): String? = json(name)?.takeIf { it !is JsonNull }?.jsonPrimitive?.content

    fun need(name: String): String = checkNotNull(text(name)) { "$name is missing" }

    fun number(name: String): Long? = json(name)?.takeIf { it !is JsonNull }?.jsonPrimitive?.long

    fun boolean(name: String): Boolean? = json(name)?.jsonPrimitive?.boolean

    fun uuid(name: String): UUID? = text(name)?.let(UUID::fromString)

    fun id(): UUID = UUID.fromString(need("id"))

    fun list(name: String): List<JsonElement>? = json(name)?.jsonArray

    fun fields(name: String): JsonObject? = json(name)?.jsonObject

    fun texts(name: String): List<String>? = list(name)?.map { it.jsonPrimitive.content }

    fun textMap(name: String): Map<String, String>? = fields(name)?.mapValues { it.value.jsonPrimitive.content }

    /** What nobody took. */
    fun rest(): JsonObject = JsonObject(left.toMap()).also { left.clear() }

    /** What was built, if nothing is left over. */
    fun <T> end(built: T): T {
        check(left.isEmpty()) { "unknown: ${left.keys}" }
        return built
    }
}

/** What earlier steps saved, by name. */
class Saved {
    private val values = mutableMapOf<String, JsonElement>()

    fun keep(name: String?, value: JsonElement) {
        if (name != null) values[name] = value
    }

    /** Puts what was saved in the place of every `$name.key.0`. */
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
        } ?: error("nothing is saved at $reference")
    }
}
