@file:JvmName("Words")

package com.ravihq.aod

import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.contentOrNull

// The words of the wire behind the enums that a server may extend.

/** The word on the wire. */
public val Runtime.word: String
    get() = when (this) {
        Runtime.Claude -> "claude"
        Runtime.Codex -> "codex"
        Runtime.Gemini -> "gemini"
        Runtime.Opencode -> "opencode"
        Runtime.ClaudeOauth -> "claude-oauth"
        is Runtime.Unknown -> word
    }

/** The word on the wire. */
public val Provider.word: String
    get() = when (this) {
        Provider.Anthropic -> "anthropic"
        Provider.OpenAi -> "openai"
        is Provider.Unknown -> word
    }

/** The word on the wire. */
public val PackageManager.word: String
    get() = when (this) {
        PackageManager.Apt -> "apt"
        PackageManager.Cargo -> "cargo"
        PackageManager.Gem -> "gem"
        PackageManager.Go -> "go"
        PackageManager.Npm -> "npm"
        PackageManager.Pip -> "pip"
        is PackageManager.Unknown -> word
    }

/** The word on the wire. */
public val NetworkingType.word: String
    get() = when (this) {
        NetworkingType.Unrestricted -> "unrestricted"
        NetworkingType.Limited -> "limited"
        is NetworkingType.Unknown -> word
    }

/** The word on the wire. */
public val SessionStatus.word: String
    get() = when (this) {
        SessionStatus.Pending -> "pending"
        SessionStatus.Running -> "running"
        SessionStatus.Completed -> "completed"
        SessionStatus.Failed -> "failed"
        SessionStatus.Terminated -> "terminated"
        is SessionStatus.Unknown -> word
    }

/** The word on the wire. */
public val TurnStatus.word: String
    get() = when (this) {
        TurnStatus.Pending -> "pending"
        TurnStatus.Running -> "running"
        TurnStatus.Completed -> "completed"
        TurnStatus.Failed -> "failed"
        TurnStatus.Interrupted -> "interrupted"
        is TurnStatus.Unknown -> word
    }

/** The word on the wire. */
public val ResourceType.word: String
    get() = when (this) {
        ResourceType.GithubRepository -> "github_repository"
        is ResourceType.Unknown -> word
    }

/** The word on the wire. */
public val OutputChannel.word: String
    get() = when (this) {
        OutputChannel.Stdout -> "stdout"
        OutputChannel.Stderr -> "stderr"
        is OutputChannel.Unknown -> word
    }

/** The word on the wire. */
public val StageState.word: String
    get() = when (this) {
        StageState.Started -> "started"
        StageState.Done -> "done"
        StageState.Failed -> "failed"
        is StageState.Unknown -> word
    }

/** Whether a turn is queued or running. An unknown status counts as not active. */
public val SessionStatus.isActive: Boolean
    get() = this == SessionStatus.Pending || this == SessionStatus.Running

/** The name, where there is one. */
public val McpServer.name: String?
    get() = when (this) {
        is McpServer.Url -> server.name
        is McpServer.Stdio -> server.name
        is McpServer.Unknown -> ((json as? JsonObject)?.get("name") as? JsonPrimitive)?.contentOrNull
    }

/** The value of a word; one that this version does not know is kept. */
public fun Runtime.Companion.of(word: String): Runtime = when (word) {
    "claude" -> Runtime.Claude
    "codex" -> Runtime.Codex
    "gemini" -> Runtime.Gemini
    "opencode" -> Runtime.Opencode
    "claude-oauth" -> Runtime.ClaudeOauth
    else -> Runtime.Unknown(word)
}

/** The value of a word; one that this version does not know is kept. */
public fun Provider.Companion.of(word: String): Provider = when (word) {
    "anthropic" -> Provider.Anthropic
    "openai" -> Provider.OpenAi
    else -> Provider.Unknown(word)
}

/** The value of a word; one that this version does not know is kept. */
public fun PackageManager.Companion.of(word: String): PackageManager = when (word) {
    "apt" -> PackageManager.Apt
    "cargo" -> PackageManager.Cargo
    "gem" -> PackageManager.Gem
    "go" -> PackageManager.Go
    "npm" -> PackageManager.Npm
    "pip" -> PackageManager.Pip
    else -> PackageManager.Unknown(word)
}

/** The value of a word; one that this version does not know is kept. */
public fun NetworkingType.Companion.of(word: String): NetworkingType = when (word) {
    "unrestricted" -> NetworkingType.Unrestricted
    "limited" -> NetworkingType.Limited
    else -> NetworkingType.Unknown(word)
}
