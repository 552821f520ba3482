package com.ravihq.aod

/**
 * Formats the output of Claude Code, `claude --output-format stream-json`.
 *
 * @param options how the lines look
 * @throws AodException.Configuration if there is no native library for this platform
 */
public class ClaudeFormatter(options: FormatterOptions = FormatterOptions()) :
    Formatter by CoreFormatter(Runtime.Claude.value, options)

/**
 * Formats the output of Codex, `codex exec --json`.
 *
 * @param options how the lines look
 * @throws AodException.Configuration if there is no native library for this platform
 */
public class CodexFormatter(options: FormatterOptions = FormatterOptions()) :
    Formatter by CoreFormatter(Runtime.Codex.value, options)

/**
 * Formats the output of Gemini CLI, `gemini --output-format stream-json` or `json`.
 *
 * @param options how the lines look
 * @throws AodException.Configuration if there is no native library for this platform
 */
public class GeminiFormatter(options: FormatterOptions = FormatterOptions()) :
    Formatter by CoreFormatter(Runtime.Gemini.value, options)

/**
 * Formats the output of opencode, `opencode run --format json`.
 *
 * @param options how the lines look
 * @throws AodException.Configuration if there is no native library for this platform
 */
public class OpencodeFormatter(options: FormatterOptions = FormatterOptions()) :
    Formatter by CoreFormatter(Runtime.Opencode.value, options)

/**
 * Shows the lines of any program's output verbatim, with control characters escaped. Empty lines are dropped.
 *
 * @param options how the lines look
 * @throws AodException.Configuration if there is no native library for this platform
 */
public class GenericFormatter(options: FormatterOptions = FormatterOptions()) :
    Formatter by CoreFormatter("", options)

/**
 * Formats the whole event stream of a session. The [StreamEvent.Start] selects the formatter of the session's runtime
 * or provider, as [Formatter.of] does.
 *
 * It flushes itself when a further turn starts, because the output of each turn comes from a new process. A resumed
 * stream repeats the start of the current turn, which flushes nothing. Output before the [StreamEvent.Start] is shown
 * verbatim.
 *
 * An interruption before the agent started is shown as `⚠️  Done · interrupted`. A session that fails or is terminated
 * without output in its last turn is shown as `⚠️  Done · failed` or `⚠️  Done · terminated`.
 *
 * ```kotlin
 * SessionFormatter().use { formatter ->
 *     client.sessions.stream(id).collect { formatter.consume(it).forEach(::println) }
 *     formatter.flush().forEach(::println)
 * }
 * ```
 */
public class SessionFormatter private constructor(private val core: CoreFormatter) : Formatter by core {
    private val turns = Turns()

    /**
     * Creates a formatter of one session.
     *
     * @param options how the lines look
     * @throws AodException.Configuration if there is no native library for this platform
     */
    @JvmOverloads
    public constructor(options: FormatterOptions = FormatterOptions()) : this(CoreFormatter(null, options))

    /**
     * Takes an event of the session's stream.
     *
     * @param event the next event, in order, beginning with the first of the stream
     * @return the rendering of the lines that the event completes
     * @throws IllegalStateException if the formatter is closed
     */
    override fun consume(event: StreamEvent): List<String> {
        // Flushed here too, with the half of a surrogate pair that the core does not have.
        val flushed = if (turns.isAnother(event)) flush() else emptyList()
        val isOutput = event is StreamEvent.Output
        return flushed + if (isOutput) core.consume(event) else core.consumeNative(event.toNativeWithoutExtra())
    }
}

/** The turns of one session, each of which has the output of another process. */
internal class Turns {
    private var turn: Long? = null
    private var hasOutput = false

    /** Records an event, and returns whether it starts another turn than that of the earlier output. */
    fun isAnother(event: StreamEvent): Boolean {
        if (event is StreamEvent.Output) hasOutput = true
        if (event !is StreamEvent.TurnStart) return false
        val continues = event.turn != null && event.turn == turn
        turn = event.turn
        return hasOutput && !continues
    }
}

/** A native formatter, selected by the name of a runtime or provider, or without a name by a session's start event. */
internal class CoreFormatter(name: String?, options: FormatterOptions) : Formatter {
    private val native: OutputFormatter

    init {
        NativeThreads.prepare()
        native = mapErrors { OutputFormatter(name, options.native) }
    }

    private val chunks = TextChunks()

    override fun feed(chunk: String): List<String> = feedNative(chunks.next(chunk))

    override fun flush(): List<String> {
        val rest = chunks.rest()
        val lines = if (rest.isEmpty()) emptyList() else feedNative(rest)
        return lines + mapErrors { native.flush() }
    }

    override val hasPending: Boolean
        get() = chunks.isPending || mapErrors { native.hasPending() }

    fun consumeNative(event: NativeEvent): List<String> = mapErrors { native.consume(event) }

    override fun close(): Unit = native.close()

    private fun feedNative(text: String): List<String> = mapErrors { native.feed(text) }
}
