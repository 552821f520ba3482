package com.ravihq.aod

/**
 * Options of the formatters of this package. By default they use emoji and no color, do not truncate lines, show
 * thinking, and hide tool results.
 *
 * ```kotlin
 * FormatterOptions(width = 100, color = FormatterColor.AUTO)
 * ```
 *
 * In Java, use the [Builder].
 *
 * @param plain whether marks and separators are ASCII; off by default
 * @param width the maximum line width in terminal columns; no limit by default
 * @param color whether lines are colored; off by default
 * @param showThinking whether the thinking of the agent is shown; on by default
 * @param showToolResults whether the results of tool calls are shown; off by default
 * @param showFailures whether failed tool calls are shown; by default they are, except by [ClaudeFormatter]
 * @param raw whether control characters are passed through instead of escaped; off by default
 * @param maxLine the maximum length of an input line, in bytes of UTF-8; 16 MiB by default
 * @throws IllegalArgumentException if [width] or [maxLine] is negative
 */
// Not a data class: its `copy` and `componentN` would change with each option that is added.
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
     * Whether marks and separators are ASCII, one character each, instead of emoji and `·`. The text of the agent is
     * not changed.
     */
    public val plain: Boolean get() = native.plain

    /**
     * The maximum line width in terminal columns. Longer lines are truncated, not wrapped, and end in `…`, or in `...`
     * if [plain] is set. Null means no limit; 0 is treated as 1.
     */
    public val width: Int? get() = native.width?.toInt()

    /** Whether lines are colored by their kind. */
    public val color: FormatterColor = color

    /** Whether the thinking of the agent is shown. */
    public val showThinking: Boolean get() = native.showThinking

    /** Whether the result of each tool call, or its failure, is shown in one line. */
    public val showToolResults: Boolean get() = native.showToolResults

    /** Whether failed tool calls are shown. If null, they are, except by [ClaudeFormatter]. */
    public val showFailures: Boolean? get() = native.showFailures

    /**
     * Whether control characters are passed through instead of escaped. They are escaped by default, because the output
     * of an agent can contain sequences that move the terminal's cursor or write to the clipboard.
     */
    public val raw: Boolean get() = native.raw

    /**
     * The maximum length of an input line, in bytes of UTF-8; 16 MiB by default. A longer line is cut, and ends with
     * the number of bytes that were cut.
     */
    public val maxLine: Long = maxLine

    /** Returns whether the other object has the same options. */
    override fun equals(other: Any?): Boolean = other is FormatterOptions && other.native == native

    /** Returns the same hash code for the same options. */
    override fun hashCode(): Int = native.hashCode()

    /** Returns the options by name. */
    override fun toString(): String = native.toString().removePrefix("Native")

    /**
     * Builds [FormatterOptions] in Java. Options that are not set have their default.
     *
     * ```java
     * new FormatterOptions.Builder().width(100).color(FormatterColor.AUTO).build()
     * ```
     */
    public class Builder {
        private var plain = false
        private var width: Int? = null
        private var color = FormatterColor.OFF
        private var showThinking = true
        private var showToolResults = false
        private var showFailures: Boolean? = null
        private var raw = false
        private var maxLine = MAX_LINE

        /**
         * Sets [FormatterOptions.plain].
         *
         * @param plain whether marks and separators are ASCII
         * @return this builder
         */
        public fun plain(plain: Boolean): Builder = apply { this.plain = plain }

        /**
         * Sets [FormatterOptions.width].
         *
         * @param columns the maximum line width in terminal columns
         * @return this builder
         */
        public fun width(columns: Int): Builder = apply { width = columns }

        /**
         * Sets [FormatterOptions.color].
         *
         * @param color whether lines are colored
         * @return this builder
         */
        public fun color(color: FormatterColor): Builder = apply { this.color = color }

        /**
         * Sets [FormatterOptions.showThinking].
         *
         * @param show whether thinking is shown
         * @return this builder
         */
        public fun showThinking(show: Boolean): Builder = apply { showThinking = show }

        /**
         * Sets [FormatterOptions.showToolResults].
         *
         * @param show whether results are shown
         * @return this builder
         */
        public fun showToolResults(show: Boolean): Builder = apply { showToolResults = show }

        /**
         * Sets [FormatterOptions.showFailures].
         *
         * @param show whether failed tool calls are shown
         * @return this builder
         */
        public fun showFailures(show: Boolean): Builder = apply { showFailures = show }

        /**
         * Sets [FormatterOptions.raw].
         *
         * @param raw whether control characters are passed through
         * @return this builder
         */
        public fun raw(raw: Boolean): Builder = apply { this.raw = raw }

        /**
         * Sets [FormatterOptions.maxLine].
         *
         * @param bytes the maximum length of an input line, in bytes of UTF-8
         * @return this builder
         */
        public fun maxLine(bytes: Long): Builder = apply { maxLine = bytes }

        /**
         * Builds the options.
         *
         * @return options with the values that are set
         * @throws IllegalArgumentException if the width or the maximum line length is negative
         */
        public fun build(): FormatterOptions =
            FormatterOptions(plain, width, color, showThinking, showToolResults, showFailures, raw, maxLine)
    }

    private companion object {
        /** 16 MiB. */
        const val MAX_LINE = 16L * 1024 * 1024
    }
}

/** Whether lines are colored, with ANSI escape sequences (ECMA-48). */
public enum class FormatterColor(internal val native: NativeColor) {
    /** Never. */
    OFF(NativeColor.OFF),

    /** Always, regardless of the environment. */
    ON(NativeColor.ON),

    /**
     * If the standard output is a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`. Each formatter checks this
     * when it is created.
     */
    AUTO(NativeColor.AUTO),
}
