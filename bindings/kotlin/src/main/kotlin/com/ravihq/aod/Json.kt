package com.ravihq.aod

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

private val EMPTY_OBJECT = JsonObject(emptyMap())

internal fun parseJson(text: String): JsonElement = Json.parseToJsonElement(text)

/** An empty object is passed as an empty string. */
internal fun parseFields(text: String): JsonObject =
    if (text.isEmpty()) EMPTY_OBJECT else Json.parseToJsonElement(text) as JsonObject

internal fun writeFields(fields: JsonObject): String = if (fields.isEmpty()) "" else fields.toString()
