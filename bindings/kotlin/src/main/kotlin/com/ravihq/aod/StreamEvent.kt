@file:JvmName("StreamEvents")

package com.ravihq.aod

import java.util.UUID
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject

/**
 * An event of a session's stream (`GET /sessions/{id}/stream`).
 *
 * The server keeps the `stage` and `output` events of a session in a log, in which they have ascending ids. A terminal
 * event (`exit`, `error`, `terminated` or `stale`) ends the stream.
 *
 * An event of an unknown type, or one that cannot be parsed, is [Unknown] with its raw text; it does not end the
 * stream. A field of an event is null if the server did not send it, and `extra` contains the fields that this version
 * does not know.
 *
 * See [Events](https://ravi-hq.github.io/agent-on-demand/latest/guide/concepts/#events).
 */
public sealed interface StreamEvent {
    /**
     * The id of a [Stage] or [Output] in the session's log. For a [TurnStart] it is the id of the output that follows,
     * and for a terminal event that of the last event in the log. A [Start] has no id.
     */
    public val id: Long?

    /**
     * The position to resume from after this event, for [StreamOptions.since]. Null for events without an id: the
     * position is then that of the event before.
     *
     * It is the [id], except for a [TurnStart], whose id is that of the output that follows, and for an [Unknown]
     * event, which may use ids in the same way: for these events, it is the id minus 1. A stream that resumes there
     * misses nothing. It repeats the [TurnStart], an [Unknown] event that has an id of its own, and the events that
     * [StreamOptions.since] lists.
     */
    public val cursor: Long?
        get() = if (this is TurnStart || this is Unknown) id?.let { if (it == Long.MIN_VALUE) it else it - 1 } else id

    /** `start`: the first event of every stream. */
    public data class Start(
        /** Null: servers send this event without an id. */
        override val id: Long?,
        /** The runtime of the agent; from servers before 2026-06-25. */
        val runtime: Runtime?,
        /** The provider of the agent; from servers since 2026-06-25. */
        val provider: Provider?,
        /** The id of the session. */
        val sessionId: UUID?,
        /** The fields that this version does not know. */
        val extra: JsonObject,
    ) : StreamEvent

    /** `stage`: a step of provisioning the sandbox, or of starting the agent, started, succeeded or failed. */
    public data class Stage(
        /** The id of the event in the session's log. A stream can resume from it. */
        override val id: Long?,
        /** The name of the step; [StageName.Unknown] with an empty value if the server did not send it. */
        val stage: StageName,
        /** The state of the step. */
        val state: StageState,
        /** The duration of the step in milliseconds; only in `done` and `failed` events. */
        val durationMs: Long?,
        /** The reason for the failure; only in `failed` events. */
        val message: String?,
        /** The fields that this version does not know. */
        val extra: JsonObject,
    ) : StreamEvent

    /** `turn_start`: the output of another turn follows. */
    public data class TurnStart(
        /** The id of the output event that **follows**. Do not resume from it: the stream would skip that output. */
        override val id: Long?,
        /** The number of the turn, from 1. */
        val turn: Long?,
        /** The fields that this version does not know. */
        val extra: JsonObject,
    ) : StreamEvent

    /** `output`: a chunk of the output of the agent. */
    public data class Output(
        /** The id of the event in the session's log. A stream can resume from it. */
        override val id: Long?,
        /** The channel: stdout or stderr. */
        val stream: OutputChannel,
        /** The text: any number of lines, or part of one. A chunk can end anywhere. */
        val data: String,
        /** The number of the turn, from 1; null for output outside a turn. */
        val turn: Long?,
        /** The fields that this version does not know. */
        val extra: JsonObject,
    ) : StreamEvent

    /** `exit`, terminal: the agent exited, with code 0 or another. */
    public data class Exit(
        /** The id of the last `stage` or `output` event; 0 if the log is empty. */
        override val id: Long?,
        /** The exit code of the agent; null if the turn was interrupted before the agent started. */
        val code: Long?,
        /** The fields that this version does not know. */
        val extra: JsonObject,
    ) : StreamEvent

    /**
     * `error`, terminal: the session failed without an exit code. The reason is in an earlier failed
     * [StreamEvent.Stage], or in the output on stderr.
     */
    public data class Error(
        /** The id of the last `stage` or `output` event; 0 if the log is empty. */
        override val id: Long?,
        /** The server's message, `Session failed`. */
        val message: String?,
        /** The fields that this version does not know. */
        val extra: JsonObject,
    ) : StreamEvent

    /** `terminated`, terminal: the session was terminated by [Sessions.terminate]. */
    public data class Terminated(
        /** The id of the last `stage` or `output` event; 0 if the log is empty. */
        override val id: Long?,
        /** The server's message, `Session terminated`. */
        val message: String?,
        /** The fields that this version does not know. */
        val extra: JsonObject,
    ) : StreamEvent

    /**
     * `stale`, terminal: there was no output for ten minutes, and the server ended the stream. The session continues;
     * see [StreamOptions.resumeStale].
     */
    public data class Stale(
        /** The id of the last `stage` or `output` event; 0 if the log is empty. */
        override val id: Long?,
        /** The server's message, such as `No output for 600s`. */
        val message: String?,
        /** The fields that this version does not know. */
        val extra: JsonObject,
    ) : StreamEvent

    /** An event of a type that this version does not know, or one that cannot be parsed. */
    public data class Unknown(
        /** The `id` of the event; null if the event has no valid `id`. */
        override val id: Long?,
        /** The `type` of the event; empty if the event has no valid `type`. */
        val type: String,
        /** The data of the event verbatim, JSON or not. */
        val raw: String,
    ) : StreamEvent
}

/** Whether this is a terminal event: `exit`, `error`, `terminated` or `stale`. */
public val StreamEvent.isTerminal: Boolean
    get() = this is StreamEvent.Exit || this is StreamEvent.Error || this is StreamEvent.Terminated ||
        this is StreamEvent.Stale

/** The text that the agent printed to stdout; null for other events, and for stderr. */
public val StreamEvent.stdout: String?
    get() = (this as? StreamEvent.Output)?.takeIf { it.stream == OutputChannel.Stdout }?.data

/** The text that the agent printed to stdout or stderr; null for events other than `output`. */
public val StreamEvent.text: String?
    get() = (this as? StreamEvent.Output)?.data

/**
 * The exit code of the agent; null for events other than `exit`, and if the turn was interrupted before the agent
 * started.
 */
public val StreamEvent.exitCode: Long?
    get() = (this as? StreamEvent.Exit)?.code

/**
 * Returns the event in the format of a `text/event-stream` (Server-Sent Events), to relay it to a browser.
 *
 * The `data` is the JSON object of the event, with the fields that the server sent. The `id` is the
 * [StreamEvent.cursor], so the `Last-Event-ID` of a browser that reconnects is the position to resume from, for
 * [StreamOptions.since]. An event without a cursor has no `id` line. There is no `event` line, so an `EventSource`
 * receives each event as `message`.
 *
 * @return the text, including the blank line at its end
 * @throws AodException.InvalidRequest if a text of an event that the program created has an unpaired surrogate
 */
public fun StreamEvent.toSse(): String = mapErrors { eventToSse(toNative()) }

/** Calls a function with each event of a run and the cursor after it. */
internal inline fun EventRun.forEach(action: (StreamEvent, Long?) -> Unit): Unit = when (this) {
    is EventRun.Output -> {
        val lengths = utf16Lengths ?: lengths
        var start = 0
        ids.forEachIndexed { index, id ->
            val end = start + lengths[index].toInt()
            action(StreamEvent.Output(id, stream, texts.substring(start, end), turn, NO_FIELDS), id)
            start = end
        }
    }
    is EventRun.Other -> events.forEachIndexed { index, event -> action(event.toEvent(), cursors[index]) }
}

internal fun NativeEvent.toEvent(): StreamEvent = when (this) {
    is NativeEvent.Start -> StreamEvent.Start(event.id, event.runtime, event.provider, event.sessionId, event.extra)
    is NativeEvent.Stage ->
        StreamEvent.Stage(event.id, event.stage, event.state, event.durationMs, event.message, event.extra)
    is NativeEvent.TurnStart -> StreamEvent.TurnStart(event.id, event.turn, event.extra)
    is NativeEvent.Output -> StreamEvent.Output(event.id, event.stream, event.data, event.turn, event.extra)
    is NativeEvent.Exit -> StreamEvent.Exit(event.id, event.code, event.extra)
    is NativeEvent.Error -> StreamEvent.Error(event.id, event.message, event.extra)
    is NativeEvent.Terminated -> StreamEvent.Terminated(event.id, event.message, event.extra)
    is NativeEvent.Stale -> StreamEvent.Stale(event.id, event.message, event.extra)
    is NativeEvent.Unknown -> StreamEvent.Unknown(event.id, event.eventType, event.raw)
}

/** Converts an event with all its fields. */
internal fun StreamEvent.toNative(): NativeEvent = toNative { it }

/** Converts an event without the unknown fields, which formatters and transcripts do not use. */
internal fun StreamEvent.toNativeWithoutExtra(): NativeEvent =
    // A code that cannot be read is among the unknown fields: it says nothing about an interruption.
    toNative { if ("code" in it) UNREADABLE_CODE else NO_FIELDS }

private inline fun StreamEvent.toNative(fields: (JsonObject) -> JsonObject): NativeEvent = when (this) {
    is StreamEvent.Start -> NativeEvent.Start(StartEvent(id, runtime, provider, sessionId, fields(extra)))
    is StreamEvent.Stage -> NativeEvent.Stage(StageEvent(id, stage, state, durationMs, message, fields(extra)))
    is StreamEvent.TurnStart -> NativeEvent.TurnStart(TurnStartEvent(id, turn, fields(extra)))
    is StreamEvent.Output -> NativeEvent.Output(OutputEvent(id, stream, data.wellFormed(), turn, fields(extra)))
    is StreamEvent.Exit -> NativeEvent.Exit(ExitEvent(id, code, fields(extra)))
    is StreamEvent.Error -> NativeEvent.Error(ErrorEvent(id, message, fields(extra)))
    is StreamEvent.Terminated -> NativeEvent.Terminated(TerminatedEvent(id, message, fields(extra)))
    is StreamEvent.Stale -> NativeEvent.Stale(StaleEvent(id, message, fields(extra)))
    is StreamEvent.Unknown -> NativeEvent.Unknown(UnknownEvent(type.wellFormed(), id, raw.wellFormed()))
}

private val NO_FIELDS = JsonObject(emptyMap())
private val UNREADABLE_CODE = JsonObject(mapOf("code" to JsonNull))
