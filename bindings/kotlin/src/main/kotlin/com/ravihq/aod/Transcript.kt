package com.ravihq.aod

/**
 * What an agent printed, as data: turns with their messages, thinking, tool calls, plans and notices.
 *
 * The model is the same for Claude Code, Codex, Gemini CLI and opencode; the output of other programs becomes
 * [ItemKind.Text]. A tool call and its result are one item, and a message that is printed in fragments grows.
 *
 * [Sessions.transcript] fills a transcript from the stream of a session. Events from elsewhere, such as those of an
 * [EventListener], are passed to [apply], and stored output to [feed]. These methods return the changes that they make.
 *
 * ```kotlin
 * Transcript("claude").use { transcript ->
 *     transcript.feed(client.sessions.run(agent.id, "Fix the failing test").stdout)
 *     transcript.finish()
 *     for (item in transcript.turns.flatMap { it.items }) {
 *         when (val kind = item.kind) {
 *             is ItemKind.Message -> println(kind.text)
 *             is ItemKind.ToolCall -> println("${kind.call.name}: ${item.status}")
 *             else -> {}
 *         }
 *     }
 *     println("${transcript.usage?.outputTokens} tokens")
 * }
 * ```
 *
 * A transcript guarantees that
 *
 * - each nonblank line of standard output and standard error is in an item, as [TranscriptItem.raw] or as
 *   [ItemKind.Text], or is counted as cut or dropped;
 * - the turns depend only on the output, not on how it is split into chunks, and not on a [snapshot] in between;
 * - memory is bounded by the [TranscriptLimits];
 * - no output makes it fail: a line that is not an event of the runtime becomes [ItemKind.Text].
 *
 * It holds native memory, which [close] or the garbage collector frees. All members can be called from any thread; pass
 * chunks to [feed] from one thread at a time. After [close] they throw an [IllegalStateException].
 *
 * See [Transcripts and user interfaces](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/).
 */
public class Transcript private constructor(internal val native: NativeTranscript) : AutoCloseable {
    private val chunks = TextChunks()

    /**
     * Creates an empty transcript.
     *
     * @param runtime the name of a runtime, such as `claude`, or of a provider, as [Formatter.of] accepts it. By
     * default the [StreamEvent.Start] of the session selects it; that event does not change a runtime that is given
     * here
     * @param limits how much the transcript keeps
     * @throws AodException.Configuration if there is no native library for this platform
     */
    @JvmOverloads
    public constructor(runtime: String? = null, limits: TranscriptLimits = TranscriptLimits()) : this(
        loaded { NativeTranscript(runtime, limits.toNative()) },
    )

    /**
     * Applies an event of a session.
     *
     * The start of the next turn, and the terminal event of the session, end the current turn. A resumed stream repeats
     * the start of the current turn, which changes nothing.
     *
     * If output or a stage is at or before the [cursor], or the start of a turn is before it, the event belongs to
     * another history of the session: all turns are discarded, and the first change is [TranscriptChange.HistoryReset].
     * Do not apply output or a stage twice. A stream repeats neither, unless it is opened without reconnection.
     *
     * @param event the next event, in order, beginning with the first of the stream or the one after [cursor]
     * @return the changes that the event makes, in order
     */
    public fun apply(event: StreamEvent): List<TranscriptChange> = apply(listOf(event))

    /**
     * Applies several events of a session, as [EventListener.onEvents] receives them, which is faster than one by one.
     * One call returns at most one [TranscriptChange.ItemUpdated] per item and at most one
     * [TranscriptChange.AgentUpdated]; each has the final state.
     *
     * @param events the next events, in order
     * @return the changes that the events make, in order
     */
    public fun apply(events: List<StreamEvent>): List<TranscriptChange> =
        mapErrors { native.apply(events.map(StreamEvent::toNativeWithoutExtra)) }

    /**
     * Reads output from elsewhere, such as [RunResult.stdout]. Name the runtime in the constructor.
     *
     * @param chunk the next piece of standard output, which may end anywhere
     * @return the changes that the chunk makes, in order
     */
    public fun feed(chunk: String): List<TranscriptChange> = mapErrors { native.feed(chunks.next(chunk)) }

    /**
     * Ends the output that was passed to [feed]: reads an incomplete last line, and ends the turn. Output that follows
     * belongs to a new turn. The terminal event of a session does the same with [apply].
     *
     * @return the changes, in order
     */
    public fun finish(): List<TranscriptChange> {
        val rest = chunks.rest()
        return mapErrors { (if (rest.isEmpty()) emptyList() else native.feed(rest)) + native.finish() }
    }

    /**
     * The turns, in order. Each access copies all of them: to follow a transcript, use the changes, or
     * [TranscriptStream.turns].
     */
    public val turns: List<TranscriptTurn> get() = mapErrors { native.turns() }

    /**
     * The tokens and the cost of all turns that have ended. Null if the runtime reported no usage. The source is
     * [UsageSource.PARTIAL] if one of these turns has items but no usage, unless it failed.
     */
    public val usage: TokenUsage? get() = mapErrors { native.usage() }

    /** What is known about the agent. Null before the runtime is selected. */
    public val agent: AgentInfo? get() = mapErrors { native.agent() }

    /**
     * The position after the last applied event that has a position; null if no such event was applied. A stream of the
     * session with this position as [StreamOptions.since] completes the transcript without a gap or a repeated item.
     * The start of a turn does not change the cursor.
     */
    public val cursor: Long? get() = mapErrors { native.cursor() }

    /**
     * The last message of the agent itself, not of a subagent, in the last turn; null before the agent has written a
     * message in that turn.
     */
    public val finalText: String? get() = mapErrors { native.finalText() }

    /**
     * Returns everything as bytes: the turns, half-read lines, the limits, and the cursor.
     *
     * Store the bytes as one value. An app that is killed at any time then continues from the last stored value:
     * [restore] it, and pass the transcript to [Sessions.transcript]. If the last chunk passed to [feed] ends with the
     * first half of a surrogate pair, that half is not included.
     *
     * @return the snapshot, which [restore] reads, except in a version of the library with another snapshot format
     */
    public fun snapshot(): ByteArray = mapErrors { native.snapshot() }

    /**
     * Returns the transcript as JSON: an object with `agent`, `turns`, `usage` and `cursor`, the same in each language
     * of the SDK. It cannot be read back: use [snapshot] to restore the transcript later.
     *
     * @return the JSON text
     */
    public fun toJson(): String = mapErrors { native.toJson() }

    /** Frees the memory of the transcript. Closing it again has no effect. */
    override fun close(): Unit = native.close()

    /** Restores transcripts. */
    public companion object {
        /**
         * Creates the transcript of a snapshot.
         *
         * ```kotlin
         * val transcript = try {
         *     Transcript.restore(file.readBytes())
         * } catch (_: AodException.Decode) {
         *     Transcript() // reads the session from its first event
         * }
         * val complete = File("${file.path}.new")
         * client.sessions.transcript(id, transcript = transcript).collect {
         *     complete.writeBytes(transcript.snapshot())
         *     Files.move(complete.toPath(), file.toPath(), ATOMIC_MOVE)
         * }
         * ```
         *
         * @param snapshot the bytes that [snapshot] returned
         * @return a new transcript, to be closed by the caller
         * @throws AodException.Decode if the bytes are not a snapshot, the snapshot is damaged, or it has a snapshot
         * format that this version of the library does not read
         * @throws AodException.Configuration if there is no native library for this platform
         */
        @JvmStatic
        public fun restore(snapshot: ByteArray): Transcript =
            Transcript(loaded { NativeTranscript.restore(snapshot) })

        private inline fun loaded(create: () -> NativeTranscript): NativeTranscript {
            NativeThreads.prepare()
            return mapErrors(create)
        }
    }
}

/**
 * The limits of a [Transcript]. Items say what was cut, and turns count the items that were dropped.
 *
 * ```kotlin
 * Transcript(limits = TranscriptLimits(text = 20_000, items = 2_000))
 * ```
 *
 * @throws IllegalArgumentException if a limit is negative
 */
public data class TranscriptLimits @JvmOverloads constructor(
    /**
     * The size limit of a line of output, in bytes of UTF-8; 16 MiB by default. A longer line is not read as an event:
     * it becomes an [ItemKind.Text] with its first part.
     */
    val line: Long = 16L * 1024 * 1024,
    /**
     * The size limit of each text of an item, in bytes of UTF-8: of a message, a command, a result, the arguments;
     * 1 MiB by default. It is also that of [AgentInfo.tools], and of the reason of a failed turn.
     */
    val text: Long = 1024L * 1024,
    /** How much of the output an item keeps in [TranscriptItem.raw], in bytes of UTF-8; 64 KiB by default. */
    val raw: Long = 64L * 1024,
    /**
     * How many items the transcript keeps; 100,000 by default. When it has more, the oldest items are dropped until
     * seven eighths of this number are left.
     */
    val items: Long = 100_000,
    /**
     * The size limit of all items together, in bytes of memory; 256 MiB by default. When they exceed it, the oldest
     * items are dropped until the others take up at most seven eighths of the limit.
     */
    val bytes: Long = 256L * 1024 * 1024,
) {
    init {
        require(listOf(line, text, raw, items, bytes).all { it >= 0 }) { "a limit is negative" }
    }

    internal fun toNative(): NativeTranscriptLimits = NativeTranscriptLimits(
        line = line.toULong(),
        text = text.toULong(),
        raw = raw.toULong(),
        items = items.toULong(),
        bytes = bytes.toULong(),
    )
}
