package examples.session

import com.ravihq.aod.AodClient
import com.ravihq.aod.AodException
import com.ravihq.aod.ConnectionState
import com.ravihq.aod.Outcome
import com.ravihq.aod.SessionTurn
import com.ravihq.aod.StreamOptions
import com.ravihq.aod.Transcript
import com.ravihq.aod.TranscriptStream
import com.ravihq.aod.TranscriptTurn
import com.ravihq.aod.TurnStatus
import java.util.UUID
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

/**
 * A session as the state of a screen, for Compose or any other UI.
 *
 * Nothing here depends on Android. In an app, create it in a `ViewModel`, with one [AodClient] for the process:
 *
 * ```kotlin
 * class SessionScreenViewModel(client: AodClient, id: UUID, folder: File) : ViewModel() {
 *     val session = SessionViewModel(client, id, viewModelScope, SnapshotFile(File(folder, "$id.transcript")))
 * }
 *
 * @Composable
 * fun SessionScreen(session: SessionViewModel) {
 *     val state by session.state.collectAsStateWithLifecycle()
 *     LazyColumn {
 *         items(state.rows, key = { it.key }, contentType = { it.javaClass }) { row ->
 *             when (row) {
 *                 is SessionRow.Message -> Text(row.text)
 *                 is SessionRow.ToolCall -> Text("${row.name}: ${row.status}")
 *                 // ...
 *             }
 *         }
 *     }
 * }
 * ```
 *
 * The stream of the session is open while [state] is collected, and for five seconds after that. The connection
 * therefore survives a rotation of the device, and is closed while the app is in the background; when the screen is
 * shown again, it continues after the last event. After the process was killed, it continues from the snapshot in the
 * [store].
 */
class SessionViewModel(
    private val client: AodClient,
    private val sessionId: UUID,
    private val scope: CoroutineScope,
    private val store: SnapshotStore,
) {
    /** What is known about the session besides its connection. */
    private data class Details(
        val turns: List<TranscriptTurn> = emptyList(),
        /** The prompts, by the number of their turn. */
        val prompts: Map<Long, String> = emptyMap(),
        /** The turns that were interrupted, which the output of some agents does not say. */
        val endings: Map<Long, Outcome> = emptyMap(),
        val unsentPrompt: String? = null,
        val isSending: Boolean = false,
        val error: AodException? = null,
    )

    private val details = MutableStateFlow(Details())

    /** Counts the reasons to open the stream: the screen, each prompt, each retry. */
    private val openings = MutableStateFlow(1)

    /** Created with the first collector, on its dispatcher: it reads a file, and parses it. */
    private val stream: TranscriptStream by lazy {
        client.sessions.transcript(sessionId, StreamOptions(resumeStale = true), restoredTranscript())
    }

    private val rows = SessionRows()

    /** The state of the screen. */
    val state: StateFlow<SessionUiState> = combine(followedDetails(), connection(), ::uiState)
        .flowOn(Dispatchers.IO)
        .conflate()
        .stateIn(scope, SharingStarted.WhileSubscribed(stopTimeoutMillis = 5_000), SessionUiState())

    /** Sends the next prompt. Until the server has accepted it, it is [SessionUiState.unsentPrompt]. */
    fun send(prompt: String) {
        details.update { it.copy(unsentPrompt = prompt, isSending = true) }
        launchCall {
            try {
                val turn = client.sessions.prompt(sessionId, prompt).currentTurn
                val prompts = listOfNotNull(turn).associateWith { prompt }
                details.update { it.copy(prompts = it.prompts + prompts, unsentPrompt = null) }
                openings.update { it + 1 }
            } finally {
                details.update { it.copy(isSending = false) }
            }
        }
    }

    /** Interrupts the turn. Its end arrives in the stream. Servers before 2026-06-25 do not support this. */
    fun interrupt() {
        launchCall { client.sessions.interrupt(sessionId) }
    }

    /** Opens the stream again after it failed. */
    fun retry() {
        openings.update { it + 1 }
    }

    private fun launchCall(call: suspend () -> Unit) {
        details.update { it.copy(error = null) }
        scope.launch {
            try {
                call()
            } catch (error: AodException) {
                details.update { it.copy(error = error) }
            }
        }
    }

    /** Follows the session. Never ends: further turns can follow the last one. */
    private suspend fun follow() {
        while (true) {
            val opening = openings.value
            // The turns of the snapshot are shown before the server has answered.
            details.update { it.copy(turns = it.turns.ifEmpty { stream.transcript.turns }, error = null) }
            try {
                followStream()
            } catch (error: AodException) {
                details.update { it.copy(error = error) }
            } finally {
                // Even if cancelled, for example because the app is in the background, where its process can be killed.
                store.save(stream.transcript.snapshot())
            }
            openings.first { it > opening }
        }
    }

    /** Follows the session until no turn is active. */
    private suspend fun followStream() {
        var last: Pair<Long?, Outcome?>? = null
        stream.turns().collect { turns ->
            val current = turns.lastOrNull().let { it?.number to it?.outcome }
            val ended = turns.filter { it.outcome != null }.map { it.number }.toSet()
            val known = if (current == last) emptyList() else client.sessions.turns(sessionId)
            last = current
            // Together, so that an interrupted turn neither appears as failed nor ends before its last row.
            details.update { it.copy(turns = turns).with(known, ended) }
        }
        // A turn that ended before its first output is not in the stream.
        val known = client.sessions.turns(sessionId)
        details.update { it.with(known, ended = null) }
    }

    /** How a turn ended according to the server; null while it is queued or running. */
    private fun SessionTurn.ending(): Outcome? = when (status) {
        TurnStatus.Completed -> Outcome.Success
        TurnStatus.Failed -> Outcome.Failed(exitCode?.let { "exit code $it" }.orEmpty())
        TurnStatus.Interrupted -> Outcome.Interrupted
        else -> null
    }

    /**
     * Adds what the stream does not contain: the prompts, and how turns ended. While the stream is read, this is only
     * which of the turns that have [ended] in it were interrupted, because the server knows the end of a turn before it
     * arrives in the stream. After the stream has been read, [ended] is null, and all ends are added.
     */
    private fun Details.with(known: List<SessionTurn>, ended: Set<Long>?): Details = copy(
        prompts = prompts + known.associate { it.turnNumber to it.prompt },
        endings = endings + known
            .filter { ended == null || it.turnNumber in ended && it.status == TurnStatus.Interrupted }
            .mapNotNull { turn -> turn.ending()?.let { turn.turnNumber to it } },
    )

    private fun followedDetails(): Flow<Details> = merge(details, flow<Nothing> { follow() })

    private fun connection(): Flow<ConnectionState> = flow { emitAll(stream.state) }

    private fun restoredTranscript(): Transcript = try {
        store.load()?.let(Transcript::restore)
    } catch (_: AodException.Decode) {
        // It is damaged, or from another version of the package: the stream then starts at the first event.
        null
    } ?: Transcript()

    private fun uiState(details: Details, connection: ConnectionState) = SessionUiState(
        rows = rows.of(details.turns, details.prompts, details.endings),
        usage = stream.transcript.usage,
        connection = connection,
        unsentPrompt = details.unsentPrompt,
        isSending = details.isSending,
        error = details.error,
    )
}
