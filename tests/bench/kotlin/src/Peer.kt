@file:UseSerializers(UuidSerializer::class, InstantSerializer::class)

import java.io.IOException
import java.time.Instant
import java.util.UUID
import java.util.concurrent.CompletableFuture
import kotlin.coroutines.resumeWithException
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.serialization.KSerializer
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.UseSerializers
import kotlinx.serialization.descriptors.PrimitiveKind
import kotlinx.serialization.descriptors.PrimitiveSerialDescriptor
import kotlinx.serialization.encoding.Decoder
import kotlinx.serialization.encoding.Encoder
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import okhttp3.Call
import okhttp3.Callback
import okhttp3.Dispatcher
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.Response
import okhttp3.sse.EventSource
import okhttp3.sse.EventSourceListener
import okhttp3.sse.EventSources

/** A careful client on OkHttp: without reconnection, deduplication of events, or open enums. */
class Peer(private val url: String, private val token: String) : AutoCloseable {
    // No lower limit for concurrent calls to one host than in total; 5 by default.
    private val http = OkHttpClient.Builder()
        .dispatcher(Dispatcher().apply { maxRequestsPerHost = maxRequests })
        .build()
    private val json = Json { ignoreUnknownKeys = true }

    /** Retrieves a session, and blocks the calling thread. */
    fun session(id: UUID): PeerSession = session(http.newCall(request("/sessions/$id")).execute())

    /** Retrieves a session in a suspending, cancellable call, as the SDK does. */
    suspend fun sessionSuspending(id: UUID): PeerSession {
        val call = http.newCall(request("/sessions/$id"))
        val response = suspendCancellableCoroutine { continuation ->
            continuation.invokeOnCancellation { call.cancel() }
            call.enqueue(
                object : Callback {
                    override fun onResponse(call: Call, response: Response) =
                        continuation.resume(response) { _, late, _ -> late.close() }

                    override fun onFailure(call: Call, e: IOException) = continuation.resumeWithException(e)
                },
            )
        }
        return session(response)
    }

    private fun session(response: Response): PeerSession = response.use {
        check(it.isSuccessful) { it.code }
        json.decodeFromString(it.body.string())
    }

    /** Reads a stream to its end, and returns the number of characters of output. */
    fun stream(id: UUID): Int {
        var characters = 0
        stream(id) { characters += it.length }
        return characters
    }

    /** Reads a stream to its end, and returns its messages and tool calls. */
    fun transcript(id: UUID): List<PeerItem> {
        val transcript = PeerTranscript(json)
        stream(id, transcript::read)
        return transcript.items
    }

    /** Returns the messages and tool calls of the output of Claude Code. */
    fun transcript(output: String): List<PeerItem> = PeerTranscript(json).apply { read(output) }.items

    private fun stream(id: UUID, onOutput: (String) -> Unit) {
        val ended = CompletableFuture<Unit>()
        val listener = object : EventSourceListener() {
            override fun onEvent(eventSource: EventSource, id: String?, type: String?, data: String) {
                when (val event = json.decodeFromString<PeerEvent>(data)) {
                    is PeerEvent.Output -> onOutput(event.data)
                    is PeerEvent.Exit -> ended.complete(Unit)
                    else -> {}
                }
            }

            override fun onFailure(eventSource: EventSource, t: Throwable?, response: Response?) {
                ended.completeExceptionally(t ?: IllegalStateException("the stream failed"))
            }
        }
        EventSources.createFactory(http).newEventSource(request("/sessions/$id/stream"), listener)
        ended.join()
    }

    private fun request(path: String) =
        Request.Builder().url(url + path).header("Authorization", "Bearer $token").build()

    override fun close() {
        http.dispatcher.executorService.shutdown()
        http.connectionPool.evictAll()
    }
}

@Serializable
data class PeerSession(
    val id: UUID,
    @SerialName("agent_id") val agentId: UUID? = null,
    @SerialName("environment_id") val environmentId: UUID? = null,
    val runtime: String? = null,
    val status: PeerStatus,
    @SerialName("exit_code") val exitCode: Long? = null,
    @SerialName("created_at") val createdAt: Instant,
    @SerialName("updated_at") val updatedAt: Instant,
    @SerialName("turn_count") val turnCount: Long = 0,
    @SerialName("current_turn") val currentTurn: Long? = null,
)

@Serializable
enum class PeerStatus {
    @SerialName("pending") PENDING,
    @SerialName("running") RUNNING,
    @SerialName("completed") COMPLETED,
    @SerialName("failed") FAILED,
    @SerialName("terminated") TERMINATED,
}

@Serializable
enum class PeerChannel {
    @SerialName("stdout") STDOUT,
    @SerialName("stderr") STDERR,
}

@Serializable
sealed interface PeerEvent {
    @Serializable
    @SerialName("start")
    data class Start(@SerialName("session_id") val sessionId: UUID? = null, val runtime: String? = null) : PeerEvent

    @Serializable
    @SerialName("turn_start")
    data class TurnStart(val id: Long? = null, val turn: Long? = null) : PeerEvent

    @Serializable
    @SerialName("output")
    data class Output(
        val id: Long? = null,
        val stream: PeerChannel,
        val data: String,
        val turn: Long? = null,
    ) : PeerEvent

    @Serializable
    @SerialName("exit")
    data class Exit(val id: Long? = null, val code: Long? = null) : PeerEvent
}

/** A message or a tool call, as an app for Claude Code only would declare it. */
data class PeerItem(val text: String?, val tool: String?, val input: JsonObject?, var result: String? = null)

/** Reads whole lines of Claude Code, without limits, other runtimes, or lines that are not events. */
class PeerTranscript(private val json: Json) {
    val items = mutableListOf<PeerItem>()
    private val calls = HashMap<String, PeerItem>()

    fun read(output: String) {
        for (line in output.lineSequence()) {
            if (line.isNotEmpty()) json.decodeFromString<PeerLine>(line).message.content.forEach(::add)
        }
    }

    private fun add(block: PeerBlock) {
        when (block) {
            is PeerBlock.Text -> items += PeerItem(block.text, null, null)
            is PeerBlock.ToolUse -> {
                val call = PeerItem(null, block.name, block.input)
                calls[block.id] = call
                items += call
            }
            is PeerBlock.ToolResult -> calls.getValue(block.call).result = block.content
        }
    }
}

@Serializable
data class PeerLine(val message: PeerMessage)

@Serializable
data class PeerMessage(val id: String? = null, val content: List<PeerBlock>)

@Serializable
sealed interface PeerBlock {
    @Serializable
    @SerialName("text")
    data class Text(val text: String) : PeerBlock

    @Serializable
    @SerialName("tool_use")
    data class ToolUse(val id: String, val name: String, val input: JsonObject) : PeerBlock

    @Serializable
    @SerialName("tool_result")
    data class ToolResult(@SerialName("tool_use_id") val call: String, val content: String) : PeerBlock
}

object UuidSerializer : KSerializer<UUID> {
    override val descriptor = PrimitiveSerialDescriptor("UUID", PrimitiveKind.STRING)
    override fun deserialize(decoder: Decoder): UUID = UUID.fromString(decoder.decodeString())
    override fun serialize(encoder: Encoder, value: UUID) = encoder.encodeString(value.toString())
}

object InstantSerializer : KSerializer<Instant> {
    override val descriptor = PrimitiveSerialDescriptor("Instant", PrimitiveKind.STRING)
    override fun deserialize(decoder: Decoder): Instant =
        java.time.OffsetDateTime.parse(decoder.decodeString()).toInstant()

    override fun serialize(encoder: Encoder, value: Instant) = encoder.encodeString(value.toString())
}
