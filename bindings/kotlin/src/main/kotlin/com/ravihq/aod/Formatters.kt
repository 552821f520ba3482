package com.ravihq.aod

/** The formatter of Claude Code's `stream-json`. */
public class ClaudeFormatter(options: FormatterOptions = FormatterOptions()) :
    Formatter by CoreFormatter(Runtime.Claude.value, options)

/** The formatter of the output of Codex, `codex exec --json`. */
public class CodexFormatter(options: FormatterOptions = FormatterOptions()) :
    Formatter by CoreFormatter(Runtime.Codex.value, options)

/** The formatter of Gemini CLI's `stream-json` and `json`. */
public class GeminiFormatter(options: FormatterOptions = FormatterOptions()) :
    Formatter by CoreFormatter(Runtime.Gemini.value, options)

/** The formatter of the output of opencode, `opencode run --format json`. */
public class OpencodeFormatter(options: FormatterOptions = FormatterOptions()) :
    Formatter by CoreFormatter(Runtime.Opencode.value, options)

/** The formatter of any other program: its lines are shown as they are. */
public class GenericFormatter(options: FormatterOptions = FormatterOptions()) :
    Formatter by CoreFormatter("", options)

/**
 * The formatter of a session's whole stream, whose [StreamEvent.Start] picks the one of its runtime as [Formatter.of]
 * does.
 *
 * It is flushed when a further turn starts, whose output is another process's. What is fed before any event is shown as it
 * is.
 */
public class SessionFormatter private constructor(private val core: CoreFormatter) : Formatter by core {
    /** With options for the formatter that is picked. */
    @JvmOverloads
    public constructor(options: FormatterOptions = FormatterOptions()) : this(CoreFormatter(null, options))

    /** Takes an event of a session's stream, in order from the first, and gives what the lines that it completes show. */
    override fun consume(event: StreamEvent): List<String> = when (event) {
        is StreamEvent.Start -> core.pick(event)
        is StreamEvent.TurnStart -> flush()
        else -> core.consume(event)
    }
}

/** A formatter of the core's, by the name of a runtime or provider; without one it waits for a session's start. */
internal class CoreFormatter(name: String?, options: FormatterOptions) : Formatter {
    private val native: OutputFormatter

    init {
        NativeThreads.prepare()
        native = mapErrors { OutputFormatter(name, options.native) }
    }

    /** The first half of a surrogate pair, when a chunk ended with it. */
    private var half = ""

    override fun feed(chunk: String): List<String> {
        val text = half + chunk
        half = text.takeLast(1).filter(Char::isHighSurrogate)
        return fed(text.removeSuffix(half))
    }

    override fun flush(): List<String> {
        val unpaired = half
        half = ""
        val lines = if (unpaired.isEmpty()) emptyList() else fed(unpaired)
        return lines + mapErrors { native.flush() }
    }

    fun pick(start: StreamEvent.Start): List<String> = mapErrors { native.consume(start.toNative()) }

    override fun close(): Unit = native.close()

    private fun fed(text: String): List<String> = mapErrors { native.feed(text.wellFormed()) }
}

/** The text with a replacement character for each surrogate that stands alone, which UTF-8 has no form for. */
private fun String.wellFormed(): String {
    if (none(Char::isSurrogate)) return this
    val paired = StringBuilder(this)
    var at = 0
    while (at < length) {
        if (at + 1 < length && Character.isSurrogatePair(this[at], this[at + 1])) {
            at += 2
        } else {
            if (this[at].isSurrogate()) paired.setCharAt(at, '\uFFFD')
            at++
        }
    }
    return paired.toString()
}
