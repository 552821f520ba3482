package examples.session

import com.ravihq.aod.AodException
import com.ravihq.aod.ConnectionState
import com.ravihq.aod.ItemKind
import com.ravihq.aod.ItemStatus
import com.ravihq.aod.NoticeLevel
import com.ravihq.aod.Outcome
import com.ravihq.aod.PlanStep
import com.ravihq.aod.Role
import com.ravihq.aod.TokenUsage
import com.ravihq.aod.Tool
import com.ravihq.aod.ToolResult
import com.ravihq.aod.TranscriptItem
import com.ravihq.aod.TranscriptTurn
import java.time.Duration
import java.util.IdentityHashMap

/** What the screen of a session shows. */
data class SessionUiState(
    /** The content of the list. While a turn is running, rows that do not change stay the same objects. */
    val rows: List<SessionRow> = emptyList(),
    /** The tokens and the cost of the turns that have ended; null if the agent reports none. */
    val usage: TokenUsage? = null,
    val connection: ConnectionState = ConnectionState.Connecting,
    /** The prompt that the server has not accepted, because it is being sent or because of an error. */
    val unsentPrompt: String? = null,
    val isSending: Boolean = false,
    /** Why the last call or the stream failed. */
    val error: AodException? = null,
) {
    /** How the last turn ended; null while it is queued or running. */
    val outcome: Outcome? get() = (rows.lastOrNull() as? SessionRow.TurnEnd)?.outcome

    /** Whether the turn can be interrupted. */
    val isRunning: Boolean get() = outcome == null

    /** Whether a prompt can be sent. */
    val canSend: Boolean get() = !isRunning && !isSending
}

/** A row of the list. */
sealed interface SessionRow {
    /** Identifies the row in the list. It stays the same while the row changes, and after a restart. */
    val key: String

    data class Prompt(override val key: String, val text: String) : SessionRow

    /** A message, whose text grows while [isComplete] is false. Messages of subagents are [isNested]. */
    data class Message(
        override val key: String,
        val text: String,
        val isComplete: Boolean,
        val isNested: Boolean,
    ) : SessionRow

    data class Thinking(override val key: String, val text: String, val isNested: Boolean) : SessionRow

    data class ToolCall(
        override val key: String,
        val name: String,
        /** What the call does, such as the command or the path; empty if only the name is known. */
        val subject: String,
        val status: ItemStatus,
        /** Null until the tool has returned. */
        val result: ToolResult?,
        val isNested: Boolean,
    ) : SessionRow

    data class Plan(override val key: String, val steps: List<PlanStep>) : SessionRow

    data class Notice(override val key: String, val level: NoticeLevel, val text: String) : SessionRow

    /** Output that is not in the format of the agent, such as the output of a script. */
    data class Output(override val key: String, val text: String) : SessionRow

    data class TurnEnd(
        override val key: String,
        val outcome: Outcome,
        val usage: TokenUsage?,
        val duration: Duration?,
    ) : SessionRow
}

/** Converts turns into rows. Not thread-safe. */
internal class SessionRows {
    /** The rows of the items of the last list, so that only the items that changed are converted. */
    private var rowsOfItems = IdentityHashMap<TranscriptItem, SessionRow>()

    fun of(turns: List<TranscriptTurn>, prompts: Map<Long, String>, endings: Map<Long, Outcome>): List<SessionRow> {
        val known = rowsOfItems
        rowsOfItems = IdentityHashMap()
        val turnsByNumber = turns.associateBy { it.number }
        return (turnsByNumber.keys + prompts.keys).sorted().flatMap { number ->
            val turn = turnsByNumber[number]
            val prompt = prompts[number]
            val ending = endings[number]
            // An interrupted agent can end as if it had failed. A turn without output is not in the transcript.
            val outcome = if (ending == Outcome.Interrupted || turn == null) ending else turn.outcome
            buildList {
                prompt?.let { add(SessionRow.Prompt("prompt-$number", it)) }
                for (item in turn?.items.orEmpty()) {
                    val row = known[item] ?: item.toRow() ?: continue
                    rowsOfItems[item] = row
                    // Some agents repeat the prompt.
                    if (!item.isPrompt(prompt)) add(row)
                }
                outcome?.let { add(SessionRow.TurnEnd("end-$number", it, turn?.usage, turn?.duration)) }
            }
        }
    }

    private fun TranscriptItem.isPrompt(prompt: String?): Boolean =
        (kind as? ItemKind.Message)?.let { it.role == Role.USER && it.text.trim() == prompt?.trim() } ?: false

    /** Returns null for an event of the agent that is not for users. */
    private fun TranscriptItem.toRow(): SessionRow? {
        val isNested = parent != null
        return when (val kind = kind) {
            is ItemKind.Message -> SessionRow.Message(id, kind.text, status != ItemStatus.IN_PROGRESS, isNested)
            is ItemKind.Thinking -> SessionRow.Thinking(id, kind.text, isNested)
            is ItemKind.ToolCall -> with(kind.call) {
                SessionRow.ToolCall(id, name, tool.subject(), status, result, isNested)
            }
            is ItemKind.Plan -> SessionRow.Plan(id, kind.steps)
            is ItemKind.Notice -> SessionRow.Notice(id, kind.level, kind.text)
            is ItemKind.Text -> SessionRow.Output(id, kind.text)
            is ItemKind.Event -> null
        }
    }

    private fun Tool.subject(): String = when (this) {
        is Tool.Shell -> command
        is Tool.Read -> path
        is Tool.Write -> path
        is Tool.Edit -> files.joinToString { it.path }
        is Tool.Search -> pattern
        is Tool.Glob -> pattern
        is Tool.WebFetch -> url
        is Tool.WebSearch -> query
        is Tool.Agent -> prompt
        is Tool.Mcp -> "$server/$tool"
        is Tool.Other -> ""
    }
}
