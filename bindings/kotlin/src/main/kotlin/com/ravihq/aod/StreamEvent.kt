@file:JvmName("StreamEvents")

package com.ravihq.aod

import java.util.UUID
import kotlinx.serialization.json.JsonObject

/**
 * An event of a session's stream (`GET /sessions/{id}/stream`).
 *
 * An event of an unknown type, or one that cannot be parsed, is [Unknown] with its raw text; it does not end the
 * stream. `extra` holds the fields of an event that this version does not know.
 */
public sealed interface StreamEvent {
    /** The id of the log row of the event; see the subclasses for exceptions. */
    public val id: Long?

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

    /** `stage`: a step of provisioning the sandbox started, succeeded or failed. */
    public data class Stage(
        /** The id of the log row. */
        override val id: Long?,
        /** The name of the step, such as `create_sprite`, `provision_setup` or `runtime_start`. */
        val stage: String,
        /** The state of the step. */
        val state: StageState,
        /** The duration of the step in milliseconds; in `done` and `failed` events. */
        val durationMs: Long?,
        /** The reason of a failure; in `failed` events. */
        val message: String?,
        /** The fields that this version does not know. */
        val extra: JsonObject,
    ) : StreamEvent

    /** `turn_start`: the output of another turn follows. */
    public data class TurnStart(
        /** The id of the output event that **follows**: resuming from it would skip that output. */
        override val id: Long?,
        /** The number of the turn, from 1. */
        val turn: Long?,
        /** The fields that this version does not know. */
        val extra: JsonObject,
    ) : StreamEvent

    /** `output`: a chunk of the output of the agent. */
    public data class Output(
        /** The id of the log row. */
        override val id: Long?,
        /** The channel: stdout or stderr. */
        val stream: OutputChannel,
        /** The text: any number of lines, or part of one. Chunks end anywhere. */
        val data: String,
        /** The number of the turn, from 1; null for output outside a turn. */
        val turn: Long?,
        /** The fields that this version does not know. */
        val extra: JsonObject,
    ) : StreamEvent

    /** `exit`, terminal: the agent exited, with code 0 or another. */
    public data class Exit(
        /** The id of the last log row; 0 without any. */
        override val id: Long?,
        /** The exit code of the agent. */
        val code: Long?,
        /** The fields that this version does not know. */
        val extra: JsonObject,
    ) : StreamEvent

    /**
     * `error`, terminal: the session failed without an exit code. The reason is in an earlier failed
     * [StreamEvent.Stage], or on stderr.
     */
    public data class Error(
        /** The id of the last log row; 0 without any. */
        override val id: Long?,
        /** `Session failed`. */
        val message: String?,
        /** The fields that this version does not know. */
        val extra: JsonObject,
    ) : StreamEvent

    /** `terminated`, terminal: the session was terminated by [Sessions.terminate]. */
    public data class Terminated(
        /** The id of the last log row; 0 without any. */
        override val id: Long?,
        /** `Session terminated`. */
        val message: String?,
        /** The fields that this version does not know. */
        val extra: JsonObject,
    ) : StreamEvent

    /**
     * `stale`, terminal for the stream only: there was no output for ten minutes. The session continues; see
     * [StreamOptions.resumeStale].
     */
    public data class Stale(
        /** The id of the last log row; 0 without any. */
        override val id: Long?,
        /** `No output for 600s`. */
        val message: String?,
        /** The fields that this version does not know. */
        val extra: JsonObject,
    ) : StreamEvent

    /** An event of an unknown type, or one that cannot be parsed. */
    public data class Unknown(
        /** The `id` of the event; null without a valid one. */
        override val id: Long?,
        /** The `type` of the event; empty without a valid one. */
        val type: String,
        /** The data of the event verbatim, JSON or not. */
        val raw: String,
    ) : StreamEvent
}

/** Whether this event is the last of its stream: `exit`, `error`, `terminated` or `stale`. */
public val StreamEvent.isTerminal: Boolean
    get() = this is StreamEvent.Exit || this is StreamEvent.Error || this is StreamEvent.Terminated ||
        this is StreamEvent.Stale

/** The text that the agent printed to stdout; null for other events, and for stderr. */
public val StreamEvent.stdout: String?
    get() = (this as? StreamEvent.Output)?.takeIf { it.stream == OutputChannel.Stdout }?.data

/** The text that the agent printed to stdout or stderr; null for other events than `output`. */
public val StreamEvent.text: String?
    get() = (this as? StreamEvent.Output)?.data

/** The exit code of the agent; null for other events than `exit`. */
public val StreamEvent.exitCode: Long?
    get() = (this as? StreamEvent.Exit)?.code

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

/** Converts an event that a formatter uses besides output, without the unknown fields; null for other events. */
internal fun StreamEvent.toFormatterEvent(): NativeEvent? {
    val noFields = JsonObject(emptyMap())
    return when (this) {
        is StreamEvent.Start -> NativeEvent.Start(StartEvent(id, runtime, provider, sessionId, noFields))
        is StreamEvent.TurnStart -> NativeEvent.TurnStart(TurnStartEvent(id, turn, noFields))
        // A code that cannot be read says nothing about an interruption.
        is StreamEvent.Exit -> if ("code" in extra) null else NativeEvent.Exit(ExitEvent(id, code, noFields))
        is StreamEvent.Error -> NativeEvent.Error(ErrorEvent(id, message, noFields))
        is StreamEvent.Terminated -> NativeEvent.Terminated(TerminatedEvent(id, message, noFields))
        else -> null
    }
}
