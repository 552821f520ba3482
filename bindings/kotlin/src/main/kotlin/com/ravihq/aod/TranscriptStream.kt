package com.ravihq.aod

import java.util.concurrent.atomic.AtomicBoolean
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.flow

/**
 * The stream of a session as the changes of a [Transcript], returned by [Sessions.transcript].
 *
 * ```kotlin
 * client.sessions.transcript(id).collect { change ->
 *     when (change) {
 *         is TranscriptChange.ItemAdded -> println(change.item.kind)
 *         is TranscriptChange.TextAppended -> print(change.text)
 *         is TranscriptChange.TurnEnded -> println("${change.outcome}, ${change.usage?.costUsd} USD")
 *         else -> {}
 *     }
 * }
 * ```
 *
 * The flow is cold: collecting it opens the stream, after the [Transcript.cursor]. A later collector, such as one that
 * the operator `retry` starts, therefore continues where the previous one stopped. The flow can have one collector at a
 * time. It reconnects, ends and fails like an [EventStream]; when it fails, the changes of the events before the
 * failure are delivered first.
 *
 * See [Transcripts and user interfaces](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/).
 */
public class TranscriptStream internal constructor(
    private val events: EventStream,
    /**
     * The transcript that the stream fills. It contains all events received so far, including those whose changes are
     * not delivered yet: at most a few hundred events. If a collector stops early, the next one does not receive these
     * changes; the items are in [Transcript.turns].
     */
    public val transcript: Transcript,
) : Flow<TranscriptChange> {
    private val isCollected = AtomicBoolean()

    /** The state of the latest collector's connection; see [EventStream.state]. */
    public val state: StateFlow<ConnectionState> get() = events.state

    private val changes: Flow<TranscriptChange> = flow {
        batches().collect { batch -> batch.forEach { emit(it) } }
    }

    /**
     * Opens the stream (`GET /sessions/{id}/stream`), applies its events to the [transcript], and passes the changes to
     * a collector, until the stream ends.
     *
     * @param collector receives the changes
     * @throws AodException.NotFound if there is no such session
     * @throws AodException.InvalidRequest if an option of the stream is invalid, such as a negative duration
     * @throws AodException.Timeout if [StreamOptions.deadline] has passed
     * @throws AodException.Closed if the client is closed, before or while the stream is open
     * @throws AodException if the stream fails in another way
     * @throws IllegalStateException if the stream has a collector already, or the transcript is closed
     */
    override suspend fun collect(collector: FlowCollector<TranscriptChange>): Unit = changes.collect(collector)

    /**
     * Returns the turns of the transcript, to show them on a screen: first the turns that the transcript already has,
     * then all turns after each batch of changes. Turns and items that do not change stay the same objects. An item
     * whose text grows can have older [TranscriptItem.events], [TranscriptItem.raw] and [TranscriptItem.isTruncated]
     * than in the transcript, until its next [TranscriptChange.ItemUpdated].
     *
     * The first element arrives while the stream is still being opened; an exception of opening, such as
     * [AodException.NotFound], follows it.
     *
     * With `stateIn`, the flow becomes a `StateFlow`, for Compose in a view model:
     *
     * ```kotlin
     * val turns = client.sessions.transcript(id).turns()
     *     .stateIn(viewModelScope, SharingStarted.WhileSubscribed(5_000), emptyList())
     * ```
     *
     * @return a cold flow of the turns, which ends and fails like this stream
     */
    public fun turns(): Flow<List<TranscriptTurn>> = flow {
        // A cancelled collector opens nothing.
        currentCoroutineContext().ensureActive()
        var turns: TurnList? = null
        batches(onOpening = {
            val current = TurnList(transcript.turns)
            emit(current.toList())
            turns = current
        }).collect { batch ->
            val current = checkNotNull(turns)
            batch.forEach(current::apply)
            emit(current.toList())
        }
    }

    /** Returns the changes of each batch of events that makes any, and calls [onOpening] while the stream is opened. */
    private fun batches(onOpening: suspend () -> Unit = {}): Flow<List<TranscriptChange>> = flow {
        check(isCollected.compareAndSet(false, true)) { "the transcript stream has a collector already" }
        try {
            events.changes(transcript, onOpening).collect { batch -> if (batch.isNotEmpty()) emit(batch) }
        } finally {
            isCollected.set(false)
        }
    }
}

/** The turns of a transcript, which follow its changes without converting the other items. */
internal class TurnList(turns: List<TranscriptTurn>) {
    private val turns = turns.mapTo(ArrayList(), ::GrowingTurn)

    fun toList(): List<TranscriptTurn> = turns.map { it.current() }

    fun apply(change: TranscriptChange) {
        when (change) {
            is TranscriptChange.AgentUpdated -> {}
            is TranscriptChange.TurnStarted -> start(change.turn)
            is TranscriptChange.ItemAdded -> turn(change.turn)?.add(change.item)
            is TranscriptChange.ItemUpdated -> turn(change.turn)?.update(change.item)
            is TranscriptChange.TextAppended -> turn(change.turn)?.append(change.itemId, change.text)
            is TranscriptChange.ItemsDropped -> turn(change.turn)?.drop(change.count)
            is TranscriptChange.TurnEnded -> turn(change.turn)?.end(change)
            is TranscriptChange.HistoryReset -> turns.clear()
        }
    }

    private fun turn(number: Long): GrowingTurn? = turns.lastOrNull { it.number == number }

    /** Adds a turn, or continues the last one. */
    private fun start(number: Long) {
        val last = turns.lastOrNull()
        if (last?.number == number) {
            last.reopen()
        } else {
            turns += GrowingTurn(TranscriptTurn(number, emptyList(), 0, null, null, null))
        }
    }
}

/** A turn that follows the changes of its items. */
private class GrowingTurn(private var turn: TranscriptTurn) {
    private val items = ArrayList(turn.items)

    /** The position of each item, from the first that the turn ever had here. */
    private val positions = HashMap<String, Int>()
    private var dropped = 0
    private var isChanged = false

    /** The text of the item that grows, so that a text of many fragments is not copied for each of them. */
    private var growing: Pair<Int, StringBuilder>? = null

    init {
        items.forEachIndexed { index, item -> positions[item.id] = index }
    }

    val number: Long get() = turn.number

    /** Returns the turn as it is now: the same object if nothing has changed. */
    fun current(): TranscriptTurn {
        if (isChanged) {
            completeText()
            turn = turn.copy(items = ArrayList(items))
            isChanged = false
        }
        return turn
    }

    fun add(item: TranscriptItem) {
        isChanged = true
        positions[item.id] = items.size + dropped
        items += item
    }

    fun update(item: TranscriptItem) {
        val index = index(item.id) ?: return
        isChanged = true
        completeText()
        items[index] = item
    }

    fun append(id: String, text: String) {
        val index = index(id) ?: return
        isChanged = true
        if (growing?.first != index) {
            completeText()
            growing = index to StringBuilder(items[index].kind.text.orEmpty())
        }
        growing?.second?.append(text)
    }

    fun drop(count: Long) {
        isChanged = true
        completeText()
        val oldest = items.subList(0, count.toInt().coerceAtMost(items.size))
        oldest.forEach { positions.remove(it.id) }
        dropped += oldest.size
        oldest.clear()
        turn = turn.copy(droppedItems = turn.droppedItems + count)
    }

    fun end(change: TranscriptChange.TurnEnded) {
        isChanged = true
        turn = turn.copy(outcome = change.outcome, usage = change.usage, duration = change.duration)
    }

    fun reopen() {
        isChanged = true
        turn = turn.copy(outcome = null)
    }

    private fun index(id: String): Int? = positions[id]?.minus(dropped)

    private fun completeText() {
        val (index, text) = growing ?: return
        growing = null
        items[index] = items[index].let { it.copy(kind = it.kind.withText(text.toString())) }
    }
}

/** The text that grows while the item is in progress. */
private val ItemKind.text: String?
    get() = when (this) {
        is ItemKind.Message -> text
        is ItemKind.Thinking -> text
        is ItemKind.Text -> text
        else -> null
    }

private fun ItemKind.withText(text: String): ItemKind = when (this) {
    is ItemKind.Message -> copy(text = text)
    is ItemKind.Thinking -> copy(text = text)
    is ItemKind.Text -> copy(text = text)
    else -> this
}
