package com.ravihq.aod

/**
 * What the formatters of this package can be told. The defaults are emoji, no colour, full width, thinking shown, tool
 * results left out.
 *
 * ```kotlin
 * FormatterOptions(width = 100, color = FormatterColor.AUTO)
 * ```
 *
 * Java, which has no named arguments, has the [Builder]. A negative [width] or [maxLine] is an
 * [IllegalArgumentException].
 */
// No data class: its `copy` and `componentN` would change with each option that is added.
public class FormatterOptions(
    plain: Boolean = false,
    width: Int? = null,
    color: FormatterColor = FormatterColor.OFF,
    showThinking: Boolean = true,
    showToolResults: Boolean = false,
    showFailures: Boolean? = null,
    raw: Boolean = false,
    maxLine: Long = MAX_LINE,
) {
    init {
        require(width == null || width >= 0) { "width is negative" }
        require(maxLine >= 0) { "maxLine is negative" }
    }

    internal val native = NativeFormatterOptions(
        plain = plain,
        width = width?.toUInt(),
        color = color.native,
        showThinking = showThinking,
        showToolResults = showToolResults,
        showFailures = showFailures,
        raw = raw,
        maxLine = maxLine.toULong(),
    )

    /**
     * Whether marks and separators are ASCII, one character each, instead of emoji and `·`. What the agent says stays as
     * it is.
     */
    public val plain: Boolean get() = native.plain

    /**
     * The longest line to show, in columns of a terminal: a longer one ends in `…`, and none is wrapped. No limit when
     * null; a limit of 0 is one of 1.
     */
    public val width: Int? get() = native.width?.toInt()

    /** Whether lines are coloured by what they stand for. */
    public val color: FormatterColor = color

    /** Whether what the agent thinks is shown. */
    public val showThinking: Boolean get() = native.showThinking

    /** Whether what tools give back is shown, in one line each; of one that failed, that it did. */
    public val showToolResults: Boolean get() = native.showToolResults

    /** Whether tools that failed are shown. When null they are, except by [ClaudeFormatter]. */
    public val showFailures: Boolean? get() = native.showFailures

    /**
     * Whether control characters pass as they came: an agent's output may carry sequences that move the cursor or write
     * to the clipboard of whoever prints it.
     */
    public val raw: Boolean get() = native.raw

    /**
     * The longest line of output to take whole, in bytes of UTF-8; 16 MiB. A longer one is shown up to this length with
     * the number of bytes cut behind it.
     */
    public val maxLine: Long = maxLine

    /** Whether these are the same options. */
    override fun equals(other: Any?): Boolean = other is FormatterOptions && other.native == native

    override fun hashCode(): Int = native.hashCode()

    /** Shows each option by its name. */
    override fun toString(): String = native.toString().removePrefix("Native")

    /** Makes [FormatterOptions] in Java. What is not set has its default. */
    public class Builder {
        private var plain = false
        private var width: Int? = null
        private var color = FormatterColor.OFF
        private var showThinking = true
        private var showToolResults = false
        private var showFailures: Boolean? = null
        private var raw = false
        private var maxLine = MAX_LINE

        /** Sets [FormatterOptions.plain]. */
        public fun plain(plain: Boolean): Builder = apply { this.plain = plain }

        /** Sets [FormatterOptions.width]. */
        public fun width(columns: Int): Builder = apply { width = columns }

        /** Sets [FormatterOptions.color]. */
        public fun color(color: FormatterColor): Builder = apply { this.color = color }

        /** Sets [FormatterOptions.showThinking]. */
        public fun showThinking(show: Boolean): Builder = apply { showThinking = show }

        /** Sets [FormatterOptions.showToolResults]. */
        public fun showToolResults(show: Boolean): Builder = apply { showToolResults = show }

        /** Sets [FormatterOptions.showFailures]. */
        public fun showFailures(show: Boolean): Builder = apply { showFailures = show }

        /** Sets [FormatterOptions.raw]. */
        public fun raw(raw: Boolean): Builder = apply { this.raw = raw }

        /** Sets [FormatterOptions.maxLine]. */
        public fun maxLine(bytes: Long): Builder = apply { maxLine = bytes }

        /** The options as they are set. A negative width or longest line is an [IllegalArgumentException]. */
        public fun build(): FormatterOptions =
            FormatterOptions(plain, width, color, showThinking, showToolResults, showFailures, raw, maxLine)
    }

    private companion object {
        /** 16 MiB. */
        const val MAX_LINE = 16L * 1024 * 1024
    }
}

/** Whether lines are coloured, with the escape sequences of ECMA-48. */
public enum class FormatterColor(internal val native: NativeColor) {
    /** Never. */
    OFF(NativeColor.OFF),

    /** Always, whatever the environment says. */
    ON(NativeColor.ON),

    /** If the standard output is a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`; looked up by each formatter. */
    AUTO(NativeColor.AUTO),
}
