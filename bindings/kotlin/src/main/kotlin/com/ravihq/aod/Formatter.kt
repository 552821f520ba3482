package com.ravihq.aod

/**
 * Turns the standard output of an agent into lines that a person reads.
 *
 * The lines depend only on the text, never on where it was cut. Control characters are shown as escapes and not
 * executed, unless they are asked for as they are. What cannot be understood is shown as it came.
 */
public open class Formatter internal constructor(private val native: OutputFormatter) : AutoCloseable {
    /** Takes the next piece of output, cut anywhere, and gives what the lines that it completes show. */
    public fun feed(chunk: String): List<String> = translated { native.feed(chunk) }

    /** Takes an event of a session's stream: the standard output in it is fed, everything else shows nothing. */
    public fun consume(event: StreamEvent): List<String> = event.stdout?.let(::feed).orEmpty()

    /** Gives what the unfinished last line shows. To be called when the output has ended; harmless at other times. */
    public fun flush(): List<String> = translated { native.flush() }

    /** Frees the formatter. */
    override fun close(): Unit = native.close()

    public companion object {
        /**
         * The formatter for a runtime or provider by its word, such as `claude` or `anthropic`.
         *
         * @param raw whether control characters pass as they came: an agent's output may carry sequences that move the
         * cursor or write to the clipboard of whoever prints it
         * @param maxLine the longest line of output to take whole, in bytes; 16 MiB
         */
        @JvmStatic
        @JvmOverloads
        public fun forRuntime(word: String, raw: Boolean = false, maxLine: Long = LONGEST): Formatter =
            Formatter(native(word, raw, maxLine))

        /** The formatter for a runtime; the parameters are those of the other. */
        @JvmStatic
        @JvmOverloads
        public fun forRuntime(runtime: Runtime, raw: Boolean = false, maxLine: Long = LONGEST): Formatter =
            forRuntime(runtime.word, raw, maxLine)

        /** The formatter for the runtime that serves a provider's models; the parameters are those of the other. */
        @JvmStatic
        @JvmOverloads
        public fun forRuntime(provider: Provider, raw: Boolean = false, maxLine: Long = LONGEST): Formatter =
            forRuntime(provider.word, raw, maxLine)

        /** 16 MiB. */
        internal const val LONGEST = 16L * 1024 * 1024

        internal fun native(word: String, raw: Boolean, maxLine: Long): OutputFormatter {
            require(maxLine >= 0) { "maxLine is negative" }
            return translated { OutputFormatter(word, FormatterOptions(raw, maxLine.toULong())) }
        }
    }
}

/** The formatter of Claude Code's `stream-json`. */
public class ClaudeFormatter @JvmOverloads constructor(raw: Boolean = false, maxLine: Long = 16L * 1024 * 1024) :
    Formatter(native("claude", raw, maxLine))
