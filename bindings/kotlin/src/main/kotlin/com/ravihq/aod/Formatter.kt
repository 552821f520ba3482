package com.ravihq.aod

/**
 * Turns the standard output of an agent, in chunks, into lines that a person reads.
 *
 * Each string given back is what came of one line of output. It may hold newlines, but does not end with one.
 *
 * [SessionFormatter] suits any session; [ClaudeFormatter], [CodexFormatter], [GeminiFormatter], [OpencodeFormatter] and
 * [GenericFormatter] are for the output of one program, and [Formatter.of] picks one of them by name. Write a class of
 * this type for an agent program of your own:
 *
 * ```kotlin
 * class Shouting : Formatter {
 *     override fun feed(chunk: String) = listOf(chunk.trimEnd().uppercase())
 *     override fun flush() = emptyList<String>()
 * }
 * client.sessions.stream(id).pretty { Shouting() }.collect(::println)
 * ```
 *
 * The formatters of this package promise that their lines depend only on the text, never on where it was cut; that memory
 * is bounded; that nothing in the output makes them fail: what cannot be understood is shown as it came; and that
 * control characters are shown as escapes and not executed, unless [FormatterOptions.raw] asks for them as they are.
 * Each holds memory outside the JVM, which [close] frees. One formatter is for one output, and for one thread at a time.
 */
public interface Formatter : AutoCloseable {
    /** Takes the next piece of output, cut anywhere, and gives what the lines that it completes show. */
    public fun feed(chunk: String): List<String>

    /** Takes an event of a session's stream: the standard output in it is fed, everything else shows nothing. */
    public fun consume(event: StreamEvent): List<String> = event.stdout?.let(::feed).orEmpty()

    /**
     * Gives what is left: what the unfinished last line shows, and what waited for more. To be called when the output
     * has ended; harmless at other times.
     */
    public fun flush(): List<String>

    /**
     * Frees what the formatter holds, which nothing may be asked of afterwards: those of this package answer with an
     * [IllegalStateException]. Closing it again does nothing.
     */
    override fun close() {}

    public companion object {
        /**
         * The formatter for a runtime by what its name contains, `claude`, `codex`, `gemini` or `opencode`, or for the
         * runtime of a provider by its name, `anthropic`, `openai` or `google`, in any case. The output of any other is
         * shown as it is.
         */
        @JvmStatic
        @JvmOverloads
        public fun of(name: String, options: FormatterOptions = FormatterOptions()): Formatter =
            CoreFormatter(name, options)

        /** The formatter for a runtime. */
        @JvmStatic
        @JvmOverloads
        public fun of(runtime: Runtime, options: FormatterOptions = FormatterOptions()): Formatter =
            of(runtime.value, options)

        /** The formatter for the runtime that serves a provider's models. */
        @JvmStatic
        @JvmOverloads
        public fun of(provider: Provider, options: FormatterOptions = FormatterOptions()): Formatter =
            of(provider.value, options)
    }
}
