package com.ravihq.aod

/**
 * Turns the standard output of an agent, in chunks, into human-readable lines.
 *
 * Each returned string is the rendering of one line of output. It may contain newlines, but does not end with one.
 *
 * [SessionFormatter] suits any session. [ClaudeFormatter], [CodexFormatter], [GeminiFormatter], [OpencodeFormatter] and
 * [GenericFormatter] are for the output of one program, and [Formatter.of] selects one of them by name. Implement this
 * interface for another agent program:
 *
 * ```kotlin
 * class UppercaseFormatter : Formatter {
 *     override fun feed(chunk: String) = listOf(chunk.trimEnd().uppercase())
 *     override fun flush() = emptyList<String>()
 * }
 * client.sessions.stream(id).pretty { UppercaseFormatter() }.collect(::println)
 * ```
 *
 * The formatters of this package guarantee that
 *
 * - the lines depend only on the text, not on where it is split into chunks;
 * - memory is bounded: a line is buffered up to [FormatterOptions.maxLine];
 * - no output makes them fail: a line that is not an event of the program is shown verbatim, even if it is a JSON
 *   object;
 * - control characters are escaped, unless [FormatterOptions.raw] is set.
 *
 * Each of them holds native memory, which [close] frees. Use one formatter for the output of one session, from one
 * thread at a time.
 *
 * See [Transcripts](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/#lines-for-a-terminal).
 */
public interface Formatter : AutoCloseable {
    /**
     * Takes the next chunk of output.
     *
     * @param chunk a piece of the text, which may end anywhere
     * @return the rendering of the lines that the chunk completes
     * @throws IllegalStateException if the formatter is closed
     */
    public fun feed(chunk: String): List<String>

    /**
     * Takes an event of a session's stream. By default the stdout of the agent is passed to [feed], and other events
     * return no lines.
     *
     * @param event the next event, in order
     * @return the rendering of the lines that the event completes
     * @throws IllegalStateException if the formatter is closed
     */
    public fun consume(event: StreamEvent): List<String> = event.stdout?.let(::feed).orEmpty()

    /**
     * Renders what is buffered, such as an incomplete last line. Call it when the output has ended.
     *
     * @return the remaining lines; an empty list if nothing is buffered
     * @throws IllegalStateException if the formatter is closed
     */
    public fun flush(): List<String>

    /**
     * Whether the formatter holds output that it has not returned as lines: an incomplete line, or an event that a
     * later one may complete. False by default.
     *
     * While it is false, a new formatter can continue from the [EventStream.cursor] of that moment, for example in
     * another process, and no line is lost or cut: pass the cursor as [StreamOptions.since]. The new formatter knows
     * only the output after the cursor: it does not know earlier totals, the names of tools that were called before, or
     * whether the line for the start of the session was shown.
     *
     * @throws IllegalStateException if the formatter is closed
     */
    public val hasPending: Boolean get() = false

    /**
     * Frees the memory of the formatter. After that, the other methods of the formatters of this package throw an
     * [IllegalStateException]. Closing it again has no effect.
     */
    override fun close() {}

    /** Selects formatters. */
    public companion object {
        /**
         * Creates the formatter for a runtime whose name contains `claude`, `codex`, `gemini` or `opencode`, or for the
         * provider `anthropic`, `openai` or `google`, ignoring case. For any other name, the formatter shows the same
         * lines as [GenericFormatter].
         *
         * @param name the name of a runtime or provider
         * @param options how the lines look
         * @return a new formatter, to be closed by the caller
         * @throws AodException.Configuration if there is no native library for this platform
         */
        @JvmStatic
        @JvmOverloads
        public fun of(name: String, options: FormatterOptions = FormatterOptions()): Formatter =
            CoreFormatter(name, options)

        /**
         * Creates the formatter for a runtime.
         *
         * @param runtime the program that runs the agent, such as [Agent.runtime]
         * @param options how the lines look
         * @return a new formatter, to be closed by the caller
         * @throws AodException.Configuration if there is no native library for this platform
         */
        @JvmStatic
        @JvmOverloads
        public fun of(runtime: Runtime, options: FormatterOptions = FormatterOptions()): Formatter =
            of(runtime.value, options)

        /**
         * Creates the formatter for the program that runs a provider's models.
         *
         * @param provider the provider of the model, such as [Agent.provider]
         * @param options how the lines look
         * @return a new formatter, to be closed by the caller
         * @throws AodException.Configuration if there is no native library for this platform
         */
        @JvmStatic
        @JvmOverloads
        public fun of(provider: Provider, options: FormatterOptions = FormatterOptions()): Formatter =
            of(provider.value, options)
    }
}
