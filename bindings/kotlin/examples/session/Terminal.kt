package examples.session

import com.ravihq.aod.AodClient
import com.ravihq.aod.AodException
import com.ravihq.aod.ConnectionState
import com.ravihq.aod.CreateAgent
import com.ravihq.aod.ItemStatus
import com.ravihq.aod.Outcome
import com.ravihq.aod.Provider
import com.ravihq.aod.Runtime
import com.ravihq.aod.StepStatus
import com.ravihq.aod.TokenUsage
import java.io.File
import java.util.UUID
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking

/**
 * Shows a session in the terminal. Lines of standard input are prompts, and `/stop` interrupts the turn. With the id of
 * a session as argument, the program shows that session, and continues where its last run stopped.
 */
fun main(arguments: Array<String>): Unit = runBlocking {
    AodClient.fromEnv().use { client ->
        val id = arguments.firstOrNull()?.let(UUID::fromString)
            ?: client.sessions.create(createAgent(client), "Fix the failing test").id
        // In an app, this is the `viewModelScope`, and the file is in a folder of the app.
        val scope = CoroutineScope(Dispatchers.Default)
        val snapshot = SnapshotFile(File(System.getProperty("java.io.tmpdir"), "$id.transcript"))
        val session = SessionViewModel(client, id, scope, snapshot)

        val isTerminal = System.console() != null
        val screen = launch(Dispatchers.IO) {
            session.state.collect { if (isTerminal) print(CLEAR + it.toText().lines().takeLast(30).joinToString("\n")) }
        }
        for (line in generateSequence(::readlnOrNull)) {
            if (line == "/stop") {
                session.interrupt()
            } else if (line.isNotBlank()) {
                val turns = session.await { it.canSend }.turns
                session.send(line)
                session.await { it.turns > turns }
            }
        }
        // The rows of the snapshot are shown before the server has answered.
        val last = session.await { it.canSend && it.connection == ConnectionState.Closed }
        screen.cancelAndJoin()
        println("${if (isTerminal) CLEAR else ""}session $id\n${last.toText()}")
        scope.coroutineContext.job.cancelAndJoin()
    }
}

private const val CLEAR = "\u001b[H\u001b[2J"

private suspend fun SessionViewModel.await(condition: (SessionUiState) -> Boolean): SessionUiState =
    state.first { condition(it) || it.error != null }

private val SessionUiState.turns: Int get() = rows.count { it is SessionRow.Prompt }

/** Creates an agent. Each generation of servers accepts one of these, and rejects the others. */
private suspend fun createAgent(client: AodClient): UUID {
    val requests = listOf(
        CreateAgent("session", "claude-sonnet-4-6", provider = Provider.Anthropic),
        CreateAgent("session", "anthropic/claude-sonnet-4-6", runtime = Runtime.Claude),
        CreateAgent("session", "claude-sonnet-4-6", runtime = Runtime.Claude),
    )
    return requests.dropLast(1).firstNotNullOfOrNull { request ->
        try {
            client.agents.create(request).id
        } catch (_: AodException.Validation) {
            null
        }
    } ?: client.agents.create(requests.last()).id
}

/** Returns the screen as text, as a composable would show it. */
internal fun SessionUiState.toText(): String = buildString {
    rows.forEach { appendLine(it.toText()) }
    unsentPrompt?.let { appendLine("> $it (${if (isSending) "sending" else "not sent"})") }
    error?.let { appendLine("error: ${it.message}") }
    append(listOfNotNull(connection.toText(), usage?.toText()).joinToString(prefix = "[", postfix = "]"))
}

private fun SessionRow.toText(): String = when (this) {
    is SessionRow.Prompt -> "> $text"
    is SessionRow.Message -> if (isComplete) text else "$text…"
    is SessionRow.Thinking -> "(thinking) $text"
    is SessionRow.ToolCall -> {
        val mark = when (status) {
            ItemStatus.IN_PROGRESS -> "…"
            ItemStatus.COMPLETED -> "✓"
            ItemStatus.FAILED, ItemStatus.DECLINED, ItemStatus.INTERRUPTED -> "✗"
        }
        "$mark $name $subject".trimEnd() + result?.text?.lines().orEmpty().joinToString("") { "\n    $it" }
    }
    is SessionRow.Plan -> steps.joinToString("\n") { step ->
        val mark = when (step.status) {
            StepStatus.PENDING -> " "
            StepStatus.IN_PROGRESS -> "…"
            StepStatus.COMPLETED -> "x"
            StepStatus.CANCELLED -> "-"
        }
        "[$mark] ${step.text}"
    }
    is SessionRow.Notice -> "$level: $text"
    is SessionRow.Output -> text
    is SessionRow.TurnEnd -> listOfNotNull(
        outcome.toText(),
        usage?.toText(),
        duration?.let { "${it.toMillis()} ms" },
    ).joinToString(prefix = "-- ")
}

private fun Outcome.toText(): String = when (this) {
    is Outcome.Success -> "done"
    is Outcome.Failed -> "failed: $reason"
    is Outcome.MaxTurns -> "stopped at the limit of model calls"
    is Outcome.Interrupted -> "interrupted"
    is Outcome.Unknown -> "ended"
}

private fun TokenUsage.toText(): String = listOfNotNull(
    inputTokens?.let { "$it input tokens" },
    outputTokens?.let { "$it output tokens" },
    costUsd?.let { "$%.4f".format(it) },
).joinToString()

private fun ConnectionState.toText(): String = when (this) {
    is ConnectionState.Connecting -> "connecting"
    is ConnectionState.Live, is ConnectionState.HistoryReset -> "live"
    is ConnectionState.Resuming -> "reconnecting, attempt $attempt"
    is ConnectionState.WaitingForNetwork -> "waiting for the network"
    is ConnectionState.Closed -> "closed"
}
