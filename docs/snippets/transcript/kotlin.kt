package transcript

import com.ravihq.aod.AodClient
import com.ravihq.aod.ItemKind
import com.ravihq.aod.Runtime
import com.ravihq.aod.Transcript
import com.ravihq.aod.TranscriptChange
import kotlinx.coroutines.runBlocking

fun main(): Unit = runBlocking {
    AodClient.fromEnv().use { client ->
        val agent = client.agents.ensure("reviewer", "claude-sonnet-4-6", runtime = Runtime.Claude)
        val session = client.sessions.create(agent.id, "Fix the failing test")

        // region changes
        val changes = client.sessions.transcript(session.id)
        changes.collect { change ->
            when (change) {
                is TranscriptChange.ItemAdded -> when (val kind = change.item.kind) {
                    is ItemKind.Message -> println(kind.text)
                    is ItemKind.ToolCall -> println("calls ${kind.call.name}")
                    else -> {}
                }
                is TranscriptChange.TextAppended -> print(change.text)
                is TranscriptChange.TurnEnded -> println("ended: ${change.outcome}")
                else -> {}
            }
        }
        // endregion

        // region snapshot
        val stored = changes.transcript.snapshot()

        Transcript.restore(stored).use { transcript ->
            client.sessions.transcript(session.id, transcript = transcript).collect {}
            println(transcript.finalText)
        }
        // endregion
    }
}
