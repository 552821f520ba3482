package com.ravihq.aod

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

private val NONE = JsonObject(emptyMap())

internal fun parseJson(text: String): JsonElement = Json.parseToJsonElement(text)

/** An empty object crosses as an empty text. */
internal fun parseFields(text: String): JsonObject =
    if (text.isEmpty()) NONE else Json.parseToJsonElement(text) as JsonObject

internal fun writeFields(fields: JsonObject): String = if (fields.isEmpty()) "" else fields.toString()
