import com.ravihq.aod.AodClient
import com.ravihq.aod.Transcript
import com.ravihq.aod.stdout
import java.io.File
import java.util.UUID
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

private const val EVENTS = 100_000
private const val CALLS = 3_200
private const val ITEMS = 60_000
private const val CONCURRENCY = 64

private val rounds = System.getenv("AOD_BENCH_REPEAT")?.toInt() ?: 9

private val id = UUID.fromString("6d1f0a52-9a6e-4f0e-9f44-2b8a4c1f7d10")

private val transcriptId = UUID.fromString("0a9e6d35-6f6c-4b0e-8c8a-57c1d3d0c4a1")

private val session = """
    {"id": "$id", "agent_id": "$id", "environment_id": "$id", "runtime": "claude",
     "status": "completed", "exit_code": 0, "created_at": "2026-04-22T05:15:16.901234+00:00",
     "updated_at": "2026-04-22T05:16:17.101234+00:00", "resources": [], "turn_count": 1, "current_turn": 1}
""".trimIndent()

/** The stream of a session with output of Claude Code: JSON in JSON, about 120 bytes per event. */
private val stream = buildString {
    append("data: {\"type\": \"start\", \"runtime\": \"claude\", \"session_id\": \"$id\"}\n\n")
    append("id: 1\ndata: {\"type\": \"turn_start\", \"id\": 1, \"turn\": 1}\n\n")
    for (row in 1..EVENTS) {
        val text = "{\\\"type\\\":\\\"assistant\\\",\\\"text\\\":\\\"line $row of the work\\\"}\\n"
        append("id: $row\ndata: {\"type\": \"output\", \"id\": $row, \"stream\": \"stdout\", ")
        append("\"data\": \"$text\", \"turn\": 1}\n\n")
    }
    append("id: $EVENTS\ndata: {\"type\": \"exit\", \"id\": $EVENTS, \"code\": 0}\n\n")
}

/** Output of Claude Code: messages and tool calls with their results, about 190 bytes per line. */
private val output = buildString {
    for (item in 1..ITEMS step 2) {
        append("""{"type":"assistant","message":{"id":"m$item","model":"claude","content":[{"type":"text",""")
        append(""""text":"I look at line $item of the work, and then run its tests."}]},"session_id":"$id"}""" + "\n")
        append("""{"type":"assistant","message":{"id":"n$item","model":"claude","content":[{"type":"tool_use",""")
        append(""""id":"t$item","name":"Bash","input":{"command":"cargo test $item"}}]},"session_id":"$id"}""" + "\n")
        append("""{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t$item",""")
        append(""""content":"running 12 tests\\nok. 12 passed; 0 failed"}]},"session_id":"$id"}""" + "\n")
    }
}

/** The stream of a session with this output: two lines per event. */
private val transcriptStream = buildString {
    append("data: {\"type\": \"start\", \"runtime\": \"claude\", \"session_id\": \"$transcriptId\"}\n\n")
    append("id: 1\ndata: {\"type\": \"turn_start\", \"id\": 1, \"turn\": 1}\n\n")
    var row = 0
    for (lines in output.lineSequence().filter(String::isNotEmpty).chunked(2)) {
        row++
        val data = JsonPrimitive(lines.joinToString("") { "$it\n" })
        append("id: $row\ndata: {\"type\": \"output\", \"id\": $row, \"stream\": \"stdout\", ")
        append("\"data\": $data, \"turn\": 1}\n\n")
    }
    append("id: $row\ndata: {\"type\": \"exit\", \"id\": $row, \"code\": 0}\n\n")
}

/** Runs the work, and returns its duration in nanoseconds. */
private inline fun timed(work: () -> Unit): Long {
    val start = System.nanoTime()
    work()
    return System.nanoTime() - start
}

/** Returns the median durations of both, measured alternately so that other load affects both. */
private fun compare(ours: () -> Unit, theirs: () -> Unit): Pair<Long, Long> {
    repeat(minOf(3, rounds)) {
        ours()
        theirs()
    }
    val times = List(rounds) { timed(ours) to timed(theirs) }
    return times.map { it.first }.sorted()[rounds / 2] to times.map { it.second }.sorted()[rounds / 2]
}

/** Prints a figure, and appends it to the file that `AOD_BENCH_RESULTS` names, if it does. */
private fun report(
    what: String,
    unit: String,
    ours: Double,
    theirs: Double,
    ratio: Double,
    figure: String = "wall",
    peer: String = "OkHttp, kotlinx.serialization",
) {
    println("%-22s %12.1f %12.1f  %-9s ours ÷ peer %5.2f".format(what, ours, theirs, unit, ratio))
    val line = buildJsonObject {
        put("bench", what)
        put("figure", figure)
        put("unit", unit)
        put("ours", ours)
        put("peer", peer)
        put("theirs", theirs)
    }
    System.getenv("AOD_BENCH_RESULTS")?.let { File(it).appendText("$line\n") }
}

fun main() = runBlocking {
    val responses = mapOf(
        "/sessions/$id" to response("application/json", session.toByteArray()),
        "/sessions/$id/stream" to response("text/event-stream", stream.toByteArray()),
        "/sessions/$transcriptId/stream" to response("text/event-stream", transcriptStream.toByteArray()),
    )
    // The request that confirms the last event gets only that event.
    val confirmation = response("text/event-stream", "data: {\"type\": \"exit\", \"code\": 0}\n\n".toByteArray())
    val server = Server { path, resumes -> if (resumes) confirmation else responses.getValue(path.substringBefore('?')) }
    val client = AodClient(server.url, "aod_bench")
    val peer = Peer(server.url, "aod_bench")

    val expected = peer.stream(id)
    fun ourStream() = runBlocking {
        var characters = 0
        client.sessions.stream(id).collect { event -> event.stdout?.let { characters += it.length } }
        check(characters == expected) { "$characters characters of output, but the peer read $expected" }
    }
    check(client.sessions.get(id).createdAt == peer.session(id).createdAt)

    println("%-22s %12s %12s".format("", "ours", "OkHttp"))
    val (ourStream, peerStream) = compare(::ourStream) { peer.stream(id) }
    fun rate(nanos: Long) = EVENTS * 1e9 / nanos
    report("events of a stream", "events/s", rate(ourStream), rate(peerStream), peerStream.toDouble() / ourStream)

    // A change for each line: an item, or the result of a tool call.
    val changes = ITEMS / 2 * 3
    fun changes(nanos: Long) = changes * 1e9 / nanos
    fun ourTranscript() = Transcript("claude").use { transcript ->
        val made = output.chunked(64 * 1024).sumOf { transcript.feed(it).size }
        check(made in changes..changes + 10) { "$made changes for $changes lines" }
    }
    fun ourTranscriptStream() = runBlocking {
        var made = 0
        val stream = client.sessions.transcript(transcriptId)
        stream.collect { made++ }
        stream.transcript.close()
        check(made in changes..changes + 10) { "$made changes for $changes lines" }
    }
    val (ourFeed, peerFeed) = compare(::ourTranscript) { peer.transcript(output) }
    report(
        "transcript of output",
        "changes/s",
        changes(ourFeed),
        changes(peerFeed),
        peerFeed.toDouble() / ourFeed,
        peer = "kotlinx.serialization",
    )
    val (ourChanges, peerChanges) = compare(::ourTranscriptStream) { peer.transcript(transcriptId) }
    report(
        "transcript of a stream",
        "changes/s",
        changes(ourChanges),
        changes(peerChanges),
        peerChanges.toDouble() / ourChanges,
    )

    fun calls(what: String, ours: suspend () -> Unit, theirs: suspend () -> Unit) {
        val (ourTime, peerTime) = compare({ runBlocking { ours() } }, { runBlocking { theirs() } })
        fun perCall(nanos: Long) = nanos / 1e3 / CALLS
        report(what, "µs", perCall(ourTime), perCall(peerTime), peerTime.toDouble() / ourTime)
    }
    suspend fun concurrently(call: suspend () -> Unit) = coroutineScope {
        repeat(CONCURRENCY) { launch { repeat(CALLS / CONCURRENCY) { call() } } }
    }
    val ourCalls = suspend { repeat(CALLS) { client.sessions.get(id) } }
    calls("get, both suspend", ourCalls) { repeat(CALLS) { peer.sessionSuspending(id) } }
    calls("get, peer blocks", ourCalls) { repeat(CALLS) { peer.session(id) } }
    calls("get, $CONCURRENCY at once", { concurrently { client.sessions.get(id) } }) {
        concurrently { peer.sessionSuspending(id) }
    }

    val jars = System.getProperty("java.class.path").split(File.pathSeparator).map(::File).filter(File::isFile)
    fun size(vararg names: String) = jars.filter { jar -> names.any(jar.name::startsWith) }.sumOf(File::length) / 1e6
    val (ourSize, peerSize) = size("aod-sdk", "jna") to size("okhttp", "okio")
    report("jars without Kotlin", "MB", ourSize, peerSize, ourSize / peerSize, "size", "OkHttp")
    println("%.1f MB of that are the jar of the SDK with its native libraries".format(size("aod-sdk")))

    client.close()
    peer.close()
    server.close()
}
