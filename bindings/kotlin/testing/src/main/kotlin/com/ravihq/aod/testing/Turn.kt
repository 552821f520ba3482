package com.ravihq.aod.testing

import java.time.Duration
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/**
 * A scripted turn of an agent: what it does, and how the turn ends.
 *
 * The server prints the turn in the output format of the session's runtime: Claude Code, Codex, Gemini CLI or opencode.
 * What a runtime does not print is left out: Gemini CLI prints no thinking, and only Claude Code and opencode print
 * costs. A turn is immutable: each method returns a new one.
 *
 * See [Turns](https://ravi-hq.github.io/agent-on-demand/latest/testing/#turns).
 */
public class Turn private constructor(internal val fields: Map<String, JsonElement>) {
    /** Creates a turn that does nothing and succeeds. */
    public constructor() : this(mapOf("steps" to JsonArray(emptyList())))

    /** Adds a message of the agent. */
    public fun message(text: String): Turn = step("message", JsonPrimitive(text))

    /** Adds thinking of the agent. */
    public fun thinking(text: String): Turn = step("thinking", JsonPrimitive(text))

    /**
     * Adds a call of a tool.
     *
     * Tools have the names and arguments of Claude Code: `Bash`, `Read`, `Write`, `Edit`, `Grep`, `Glob`, `WebFetch`,
     * `WebSearch`, `Task` and `mcp__SERVER__TOOL`. The other runtimes print the calls of their own tools for the same
     * work.
     *
     * @param name The name of the tool.
     * @param input The arguments, such as `mapOf("command" to "ls")`: strings, numbers, booleans, lists and maps.
     * @param output The text of the result.
     * @param error Why the call failed, printed instead of the output; by default there is no error.
     * @param exitCode The exit code of a `Bash` command; by default 0, or 1 with an [error]. The call fails unless it
     *   is 0.
     * @param delay How long the call takes on the server's clock.
     * @param hold The name of a hold: the call does not return before [DevServer.release].
     */
    @JvmOverloads
    public fun tool(
        name: String,
        input: Map<String, Any?> = emptyMap(),
        output: String = "",
        error: String? = null,
        exitCode: Int? = null,
        delay: Duration = Duration.ZERO,
        hold: String? = null,
    ): Turn = step(
        "tool",
        jsonOf(
            mapOf(
                "name" to name, "input" to input, "output" to output, "error" to error, "exit_code" to exitCode,
                "delay_ms" to delay.toMillis(), "hold" to hold,
            ),
        ),
    )

    /**
     * Adds a plan, or a change of the plan.
     *
     * @param steps The status of each step, by its text.
     */
    public fun plan(steps: Map<String, PlanStatus>): Turn =
        step("plan", jsonOf(steps.map { (text, status) -> mapOf("text" to text, "status" to status.value) }))

    /** Adds a chunk on standard output, verbatim. */
    public fun stdout(data: String): Turn = step("stdout", JsonPrimitive(data))

    /** Adds a chunk on standard error, verbatim. */
    public fun stderr(data: String): Turn = step("stderr", JsonPrimitive(data))

    /** Adds a delay on the server's clock. */
    public fun delay(delay: Duration): Turn = step("delay_ms", JsonPrimitive(delay.toMillis()))

    /** Adds a hold: the turn waits here until [DevServer.release] is called with this name. */
    public fun hold(name: String): Turn = step("hold", JsonPrimitive(name))

    /**
     * Sets what the runtime reports at the end of the turn.
     *
     * @param inputTokens The input tokens, including those read from a cache; 2400 by default.
     * @param cachedInputTokens The input tokens that were read from a cache; 1800 by default.
     * @param outputTokens The output tokens; 160 by default.
     * @param costUsd The cost in US dollars; 0.0042 by default.
     * @param duration How long the agent worked; 1.84 s by default. It is only printed: the turn does not take longer.
     */
    @JvmOverloads
    public fun usage(
        inputTokens: Long? = null,
        cachedInputTokens: Long? = null,
        outputTokens: Long? = null,
        costUsd: Double? = null,
        duration: Duration? = null,
    ): Turn {
        val given = mapOf(
            "input_tokens" to inputTokens, "cached_input_tokens" to cachedInputTokens, "output_tokens" to outputTokens,
            "cost_usd" to costUsd, "duration_ms" to duration?.toMillis(),
        ).filterValues { it != null }
        return with("usage", jsonOf(given))
    }

    /** Makes the turn fail with an error of the runtime. */
    public fun fail(reason: String): Turn = with("end", jsonOf(mapOf("failed" to reason)))

    /** Makes the runtime disappear after the last step: the turn fails without an exit code. */
    public fun crash(): Turn = with("end", JsonPrimitive("crash"))

    /** Makes the turn run until it is interrupted, or its session is terminated. */
    public fun hang(): Turn = with("end", JsonPrimitive("hang"))

    /** Sets the exit code of the runtime: by default 0 after a success, else 1. Ignored after [crash] and [hang]. */
    public fun exitCode(code: Int): Turn = with("exit_code", JsonPrimitive(code))

    private fun step(kind: String, value: JsonElement): Turn {
        val steps = fields.getValue("steps") as JsonArray
        return with("steps", JsonArray(steps + JsonObject(mapOf(kind to value))))
    }

    private fun with(name: String, value: JsonElement): Turn = Turn(fields + (name to value))
}

/** The status of a step of a plan. Codex only prints whether a step is completed. */
public enum class PlanStatus(internal val value: String) {
    /** Not started. */
    PENDING("pending"),

    /** In progress. */
    IN_PROGRESS("in_progress"),

    /** Done. */
    COMPLETED("completed"),
}

internal fun jsonOf(value: Any?): JsonElement = when (value) {
    is JsonElement -> value
    is Map<*, *> -> JsonObject(value.entries.associate { (key, item) -> key.toString() to jsonOf(item) })
    is Iterable<*> -> JsonArray(value.map(::jsonOf))
    is String? -> JsonPrimitive(value)
    is Number? -> JsonPrimitive(value)
    is Boolean? -> JsonPrimitive(value)
    else -> throw IllegalArgumentException("not JSON: ${value!!::class.java.name}")
}
