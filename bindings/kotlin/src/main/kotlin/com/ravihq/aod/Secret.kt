@file:JvmName("Secrets")

package com.ravihq.aod

/**
 * A string that is kept out of logs and messages: a token, the value of an environment variable, a header of an MCP
 * server.
 *
 * [toString] returns `[REDACTED]`, so the text of an object that contains a secret does not reveal it; [expose] returns
 * the text.
 *
 * See [Security](https://ravi-hq.github.io/agent-on-demand/latest/guide/security/).
 *
 * @param text the secret text
 */
public class Secret(private val text: String) {
    /**
     * Returns the secret text.
     *
     * @return the text, not redacted
     */
    public fun expose(): String = text

    /** Returns whether the other object is a secret with the same text. */
    override fun equals(other: Any?): Boolean = other is Secret && other.text == text

    /** Returns the same hash code for the same text. */
    override fun hashCode(): Int = text.hashCode()

    /** Returns `[REDACTED]`. */
    override fun toString(): String = "[REDACTED]"
}

/**
 * Creates secrets by name, for environment variables and headers: `secretsOf("NPM_TOKEN" to token)`.
 *
 * @param pairs names with secret texts
 * @return the secrets by name
 */
public fun secretsOf(vararg pairs: Pair<String, String>): Map<String, Secret> = secretsOf(mapOf(*pairs))

/**
 * Creates secrets by name, for environment variables and headers. In Java: `Secrets.of(map)`.
 *
 * @param texts secret texts by name
 * @return the secrets by name
 */
@JvmName("of")
public fun secretsOf(texts: Map<String, String>): Map<String, Secret> = texts.mapValues { Secret(it.value) }
