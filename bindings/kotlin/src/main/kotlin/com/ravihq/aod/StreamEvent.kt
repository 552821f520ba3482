@file:JvmName("StreamEvents")

package com.ravihq.aod

import java.util.UUID
import kotlinx.serialization.json.JsonObject

/**
 * One event of a session's stream.
 *
 * An event of a type that this version does not know, or that it cannot read, is [Unknown], with its text; it never ends
 * a stream. `extra` holds the fields of an event that this version does not know.
 */
public sealed interface StreamEvent {
    /** The id of the log row that the event stands for, or as its class says. */
    public val id: Long?

    /** `start`: the first event. */
    public data class Start(
        /** No server so far gives this event an id. */
        override val id: Long?,
        /** The agent's runtime (S0 and S1 servers). */
        val runtime: Runtime?,
        /** The agent's provider (S2 servers). */
        val provider: Provider?,
        /** The session. */
        val sessionId: UUID?,
        val extra: JsonObject,
    ) : StreamEvent

    /** `stage`: a step of preparing the sandbox began, or ended. */
    public data class Stage(
        /** The id of the log row. */
        override val id: Long?,
        /** The step: `create_sprite`, `provision_setup`, `runtime_start` and others. */
        val stage: String,
        /** How far it is. */
        val state: StageState,
        /** How long it took, in milliseconds; on `done` and `failed`. */
        val durationMs: Long?,
        /** Why it failed. */
        val message: String?,
        val extra: JsonObject,
    ) : StreamEvent

    /** `turn_start`: output of another turn follows. */
    public data class TurnStart(
        /** The id of the output row that **follows**: resuming from it loses that output. */
        override val id: Long?,
        /** The turn, from 1. */
        val turn: Long?,
        val extra: JsonObject,
    ) : StreamEvent

    /** `output`: a piece of what the agent printed. */
    public data class Output(
        /** The id of the log row. */
        override val id: Long?,
        /** Where it was printed. */
        val stream: OutputChannel,
        /** The text: many lines, one, or part of one. The server cuts it anywhere. */
        val data: String,
        /** The turn it belongs to, from 1; some rows have none. */
        val turn: Long?,
        val extra: JsonObject,
    ) : StreamEvent

    /** `exit`, terminal: the session ended with an exit code, 0 or not. */
    public data class Exit(
        /** The id of the last log row; 0 if there is none. */
        override val id: Long?,
        /** The agent's exit code. */
        val code: Long?,
        val extra: JsonObject,
    ) : StreamEvent

    /**
     * `error`, terminal: the session failed without an exit code. The reason is in an earlier failed stage or in the
     * output of stderr.
     */
    public data class Error(
        /** The id of the last log row; 0 if there is none. */
        override val id: Long?,
        /** Always `Session failed` so far. */
        val message: String?,
        val extra: JsonObject,
    ) : StreamEvent

    /** `terminated`, terminal: the session was terminated by a caller. */
    public data class Terminated(
        /** The id of the last log row; 0 if there is none. */
        override val id: Long?,
        /** Always `Session terminated` so far. */
        val message: String?,
        val extra: JsonObject,
    ) : StreamEvent

    /**
     * `stale`, terminal for the stream only: the server saw no output for ten minutes and stopped waiting. The session
     * goes on.
     */
    public data class Stale(
        /** The id of the last log row; 0 if there is none. */
        override val id: Long?,
        /** `No output for 600s`. */
        val message: String?,
        val extra: JsonObject,
    ) : StreamEvent

    /** An event that this version does not know or cannot read. */
    public data class Unknown(
        /** The event's `id`, if it has one that can be read. */
        override val id: Long?,
        /** The event's `type`; empty if it has none that can be read. */
        val type: String,
        /** The event's data as it came; JSON or not. */
        val raw: String,
    ) : StreamEvent
}

/** Whether the server ends the stream after this event: `exit`, `error`, `terminated` and `stale`. */
public val StreamEvent.isTerminal: Boolean
    get() = this is StreamEvent.Exit || this is StreamEvent.Error || this is StreamEvent.Terminated ||
        this is StreamEvent.Stale

/** What the agent printed on stdout; null for everything else. */
public val StreamEvent.stdout: String?
    get() = (this as? StreamEvent.Output)?.takeIf { it.stream == OutputChannel.Stdout }?.data

/** What the agent printed, on stdout and stderr alike; null for all events but `output`. */
public val StreamEvent.text: String?
    get() = (this as? StreamEvent.Output)?.data

/** The agent's exit code; null for all events but `exit`. */
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

/** What a formatter is told of it; the fields that this version does not know are not for it. */
internal fun StreamEvent.Start.toNative(): NativeEvent =
    NativeEvent.Start(StartEvent(id, runtime, provider, sessionId, JsonObject(emptyMap())))
