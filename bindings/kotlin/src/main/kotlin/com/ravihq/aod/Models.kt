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

/** Whether a turn is queued or running. An unknown status is not active. */
public val SessionStatus.isActive: Boolean
    get() = this == SessionStatus.Pending || this == SessionStatus.Running
