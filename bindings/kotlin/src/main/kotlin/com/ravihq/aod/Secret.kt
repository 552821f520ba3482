@file:JvmName("Secrets")

package com.ravihq.aod

/**
 * A text that is sent and never shown: a token, the value of an environment variable, a header of an MCP server.
 *
 * [toString] hides it, here and in everything that holds one; [expose] gives it.
 */
public class Secret(private val text: String) {
    /** The text itself. */
    public fun expose(): String = text

    override fun equals(other: Any?): Boolean = other is Secret && other.text == text

    override fun hashCode(): Int = text.hashCode()

    /** Shows nothing of the text. */
    override fun toString(): String = "[REDACTED]"
}

/** Secrets by name, for environment variables and headers: `secretsOf("NPM_TOKEN" to token)`. */
public fun secretsOf(vararg pairs: Pair<String, String>): Map<String, Secret> = secretsOf(mapOf(*pairs))

/** Secrets by name, for environment variables and headers; `Secrets.of(map)` in Java. */
@JvmName("of")
public fun secretsOf(texts: Map<String, String>): Map<String, Secret> = texts.mapValues { Secret(it.value) }
