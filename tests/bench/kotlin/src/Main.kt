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

/** A session whose stream has a chunk for each line, and one with many events per chunk. */
private val id = UUID.fromString("00000000-0000-4000-8000-0000000b1600")
private val chunkedId = UUID.fromString("00000000-0000-4000-8000-0000000b1601")

/** A session with messages and tool calls of Claude Code. */
private val transcriptId = UUID.fromString("00000000-0000-4000-8000-000000007a1c")

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
    println("%-24s %12.1f %12.1f  %-9s ours ÷ peer %5.2f".format(what, ours, theirs, unit, ratio))
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

/** Measures against the server whose URL is in `AOD_BENCH_SERVER`. */
fun main() = runBlocking {
    val url = System.getenv("AOD_BENCH_SERVER")
    val client = AodClient(url, "aod_bench")
    val peer = Peer(url, "aod_bench")

    fun ourStream(id: UUID) = runBlocking {
        var characters = 0
        client.sessions.stream(id).collect { event -> event.stdout?.let { characters += it.length } }
        characters
    }
    check(client.sessions.get(id).createdAt == peer.session(id).createdAt)

    println("%-24s %12s %12s".format("", "ours", "OkHttp"))
    fun rate(nanos: Long) = EVENTS * 1e9 / nanos
    for ((id, chunks) in listOf(id to "two chunks each", chunkedId to "200 per chunk")) {
        val (characters, expected) = ourStream(id) to peer.stream(id)
        check(characters == expected) { "$characters characters of output, but the peer read $expected" }
        val (ourTime, peerTime) = compare({ ourStream(id) }) { peer.stream(id) }
        report("events, $chunks", "events/s", rate(ourTime), rate(peerTime), peerTime.toDouble() / ourTime)
    }

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
}
