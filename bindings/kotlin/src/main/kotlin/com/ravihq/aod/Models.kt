@file:JvmName("Models")

package com.ravihq.aod

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull

/** The name of the server; null only if it has an unknown type and no name. */
public val McpServer.name: String?
    get() = when (this) {
        is McpServer.Url -> server.name
        is McpServer.Stdio -> server.name
        is McpServer.Unknown -> ((json as? JsonObject)?.get("name") as? JsonPrimitive)?.contentOrNull
    }

/**
 * The label of the stage for a progress display, in English, such as `Creating the sandbox`. For a stage that this
 * version does not know, the label is the name with spaces instead of underscores.
 */
public val StageName.label: String get() = stageNameLabel(this)

/** Whether a turn is queued or running. An unknown status is not active. */
public val SessionStatus.isActive: Boolean
    get() = this == SessionStatus.Pending || this == SessionStatus.Running
