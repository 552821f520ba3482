package com.ravihq.aod

import java.io.File
import java.util.UUID
import kotlin.random.Random
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.assertThrows

class TranscriptTest {
    private val noFields = JsonObject(emptyMap())

    private fun message(text: String) =
        """{"type":"item.completed","item":{"id":"$text","type":"agent_message","text":"$text"}}""" + "\n"

    private fun output(id: Long, data: String, channel: OutputChannel = OutputChannel.Stdout) =
        StreamEvent.Output(id, channel, data, 1, noFields)

    /** A session of Codex with each type of event. */
    private val events = listOf(
        StreamEvent.Start(null, Runtime.Codex, null, UUID.randomUUID(), noFields),
        StreamEvent.Stage(1, StageName.RuntimeStart, StageState.Done, 10, null, noFields),
        StreamEvent.TurnStart(2, 1, noFields),
        output(2, message("One").dropLast(20)),
        output(3, "warning\n", OutputChannel.Stderr),
        output(4, message("One").takeLast(20)),
        StreamEvent.Unknown(5, "new", "{}"),
        StreamEvent.Stale(5, null, noFields),
        StreamEvent.TurnStart(6, 2, noFields),
        output(6, message("Two")),
        StreamEvent.Exit(6, 0, noFields),
    )

    private val recordings =
        File("../../tests/data/transcripts").walk().filter { it.extension == "jsonl" }.sorted().toList()

    private fun eachRecording(test: (runtime: String, text: String) -> Unit): List<DynamicTest> =
        recordings.map { file ->
            val runtime = file.parentFile.name
            dynamicTest("$runtime/${file.name}") { test(runtime, file.readText()) }
        }

    @TestFactory
    fun `the typed values of a recording are those of the core, for any split into chunks`(): List<DynamicTest> =
        eachRecording { runtime, text ->
            fun json(chunks: List<String>) = Transcript(runtime).use { transcript ->
                chunks.forEach(transcript::feed)
                transcript.finish()
                assertEquals(transcript.coreJson(), transcript.typedJson())
                transcript.toJson()
            }
            val whole = json(listOf(text))
            // UTF-16 code units: surrogate pairs are split.
            assertEquals(whole, json(text.chunked(1)), "single characters")
            for (length in listOf(2, 7, 100, 4096)) {
                assertEquals(whole, json(text.chunked(length)), "chunks of $length")
            }
        }

    @Test
    fun `the recordings have every kind of item and tool, and nearly every field`() {
        val names = mutableSetOf<String>()
        fun visit(json: JsonElement) {
            when (json) {
                is JsonArray -> json.forEach(::visit)
                is JsonObject -> for ((name, value) in json) {
                    names += if (name == "kind" || name == "type") value.jsonPrimitive.content else name
                    if (name != "input") visit(value)
                }
                else -> {}
            }
        }
        for (file in recordings) {
            Transcript(file.parentFile.name).use { transcript ->
                transcript.feed(file.readText())
                transcript.finish()
                visit(transcript.coreJson())
            }
        }
        val kinds = "message thinking tool_call plan notice text event"
        val tools = "shell read write edit search glob web_fetch web_search agent mcp other"
        // The tests below have the others: events, the cuts, and the rest of the outcomes.
        val fields = "cache_write_tokens cached_input_tokens change cost_usd cwd duration_ms exit_code files is_error " +
            "level model output_tokens parent path pattern prompt query raw reason reasoning_tokens role runtime_id server " +
            "session_id source status steps stream tools url"
        assertEquals(emptySet<String>(), "$kinds $tools $fields failed success".split(" ").toSet() - names)
    }

    @TestFactory
    fun `the changes of a recording give its turns`(): List<DynamicTest> = eachRecording { runtime, text ->
        Transcript(runtime, TranscriptLimits(items = 16)).use { transcript ->
            val turns = TurnList(emptyList())
            for (chunk in text.chunked(100)) {
                transcript.feed(chunk).forEach(turns::apply)
                turns.toList()
            }
            transcript.finish().forEach(turns::apply)
            assertEquals(transcript.turns, turns.toList())
        }
    }

    @TestFactory
    fun `a recording continues from a snapshot at any cut`(): List<DynamicTest> = eachRecording { runtime, text ->
        val expected = Transcript(runtime).use {
            it.feed(text)
            it.finish()
            it.toJson()
        }
        repeat(20) {
            val cut = Random.nextInt(text.length).let { if (text[it].isLowSurrogate()) it + 1 else it }
            val snapshot = Transcript(runtime).use { transcript ->
                transcript.feed(text.take(cut))
                transcript.snapshot()
            }
            Transcript.restore(snapshot).use { transcript ->
                transcript.feed(text.drop(cut))
                transcript.finish()
                assertEquals(expected, transcript.toJson(), "cut at $cut")
            }
        }
    }

    @Test
    fun `events become turns with items`(): Unit = Transcript().use { transcript ->
        val changes = events.flatMap(transcript::apply)
        assertEquals(transcript.coreJson(), transcript.typedJson())
        val (first, second) = transcript.turns
        val (warning, message) = first.items
        assertEquals(ItemKind.Text(StandardStream.STDERR, "warning"), warning.kind)
        assertEquals(ItemKind.Message(Role.AGENT, "One"), message.kind)
        assertEquals(4L, message.events?.last)
        assertEquals(ItemStatus.COMPLETED, message.status)
        assertEquals(Outcome.Unknown, first.outcome)
        assertEquals(Outcome.Success, second.outcome)
        assertEquals("codex", transcript.agent?.runtime)
        assertEquals("Two", transcript.finalText)
        assertEquals(6L, transcript.cursor)
        assertEquals(TranscriptChange.TurnEnded(2, Outcome.Success, null, null), changes.last())
    }

    @Test
    fun `events give the same changes one by one and together`() {
        val together = Transcript().use { it.apply(events) }
        val single = Transcript().use { events.flatMap(it::apply) }
        assertEquals(single, together)
    }

    @Test
    fun `the end of a session determines how the turn ended`() {
        for ((end, expected) in listOf(
            StreamEvent.Exit(9, 0, noFields) to Outcome.Success,
            StreamEvent.Exit(9, 3, noFields) to Outcome.Failed("exit code 3"),
            StreamEvent.Exit(9, null, noFields) to Outcome.Interrupted,
            StreamEvent.Exit(9, null, JsonObject(mapOf("code" to JsonNull))) to Outcome.Unknown,
            StreamEvent.Error(9, "Session failed", noFields) to Outcome.Failed(""),
            StreamEvent.Terminated(9, null, noFields) to Outcome.Interrupted,
            StreamEvent.Stale(9, null, noFields) to null,
        )) {
            Transcript("generic").use { transcript ->
                transcript.apply(listOf(output(1, "hi\n"), end))
                assertEquals(expected, transcript.turns.single().outcome, end.toString())
                assertEquals(if (end is StreamEvent.Stale) 1L else 9L, transcript.cursor)
            }
        }
    }

    @Test
    fun `another history of the session replaces all turns`(): Unit = Transcript().use { transcript ->
        val turns = TurnList(emptyList())
        for (event in events + events.drop(1)) transcript.apply(event).forEach(turns::apply)
        assertEquals(transcript.turns, turns.toList())
        assertEquals(listOf(1L, 2L), transcript.turns.map { it.number })
        assertEquals(TranscriptChange.HistoryReset, transcript.apply(events[1]).first())
        assertEquals(emptyList<TranscriptTurn>(), transcript.turns)
    }

    @Test
    fun `a failed stage is a notice`(): Unit = Transcript().use { transcript ->
        val clone = StageName.of("clone")
        transcript.apply(StreamEvent.Stage(1, clone, StageState.Failed, 5, "no such branch", noFields))
        val kind = transcript.turns.single().items.single().kind
        assertEquals(ItemKind.Notice(NoticeLevel.ERROR, "clone failed: no such branch"), kind)
    }

    @Test
    fun `an empty transcript has nothing`(): Unit = Transcript().use {
        assertEquals(emptyList<TranscriptTurn>(), it.turns)
        assertEquals(listOf(null, null, null, null), listOf(it.usage, it.agent, it.cursor, it.finalText))
        assertEquals(emptyList<TranscriptChange>(), it.finish())
    }

    @Test
    fun `split surrogate pairs are joined, and unpaired surrogates are replaced`(): Unit =
        Transcript("generic").use { transcript ->
            for (chunk in listOf("a\ud83e", "\udd80b\ud83e", "c", "d\ud83e")) transcript.feed(chunk)
            transcript.finish()
            val text = "a🦀b\ufffdcd\ufffd"
            assertEquals(ItemKind.Text(StandardStream.STDOUT, text), transcript.turns.single().items.single().kind)
            transcript.apply(output(1, "\ud83e\n"))
            assertEquals(ItemKind.Text(StandardStream.STDOUT, "\ufffd"), transcript.turns[1].items.single().kind)
        }

    @Test
    fun `limits cut texts and drop items`() {
        Transcript("codex", TranscriptLimits(text = 3, raw = 10)).use { transcript ->
            transcript.feed(message("long text"))
            val item = transcript.turns.single().items.single()
            assertEquals(ItemKind.Message(Role.AGENT, "lon"), item.kind)
            assertTrue(item.isTruncated)
            assertEquals(10, item.raw.length)
            assertEquals(message("long text").trim().length - 10L, item.rawCut)
        }
        Transcript("codex", TranscriptLimits(items = 8)).use { transcript ->
            val changes = (1..9).flatMap { transcript.feed(message("$it")) }
            assertEquals(listOf(2L), changes.filterIsInstance<TranscriptChange.ItemsDropped>().map { it.count })
            assertEquals(2L, transcript.turns.single().droppedItems)
        }
        val thrown = assertThrows<IllegalArgumentException> { TranscriptLimits(line = -1) }
        assertEquals("a limit is negative", thrown.message)
    }

    @Test
    fun `bytes that are no snapshot are refused`() {
        for (bytes in listOf("", "hunter2", "{}", """{"version": 999}""")) {
            val thrown = assertThrows<AodException.Decode>(bytes) { Transcript.restore(bytes.toByteArray()) }
            assertTrue("hunter2" !in thrown.toString(), thrown.toString())
        }
    }

    @Test
    fun `a closed transcript throws`() {
        val transcript = Transcript()
        transcript.close()
        transcript.close()
        assertThrows<IllegalStateException> { transcript.feed("x\n") }
        assertThrows<IllegalStateException> { transcript.turns }
        assertThrows<IllegalStateException> { transcript.apply(events) }
    }

    @Test
    fun `items and turns that do not change keep their object`(): Unit = Transcript().use { transcript ->
        val turns = TurnList(emptyList())
        val states = events.map { event ->
            transcript.apply(event).forEach(turns::apply)
            turns.toList()
        }
        val last = states.last()
        val previous = states[states.size - 2]
        assertEquals(transcript.turns, last)
        assertSame(previous[0], last[0])
        assertSame(previous[1].items.single(), last[1].items.single())
    }

    @Test
    fun `a text that grows is appended`(): Unit = Transcript("gemini").use { transcript ->
        fun fragment(text: String) = """{"type":"message","role":"assistant","content":"$text","delta":true}""" + "\n"
        val turns = TurnList(emptyList())
        val changes = listOf("Hel", "lo", " world").map { transcript.feed(fragment(it)) }
        changes.flatten().forEach(turns::apply)
        assertEquals(ItemKind.Message(Role.AGENT, "Hello world"), turns.toList().single().items.single().kind)
        val appended = changes.last().single() as TranscriptChange.TextAppended
        assertEquals(" world", appended.text)
        assertEquals(turns.toList().single().items.single().id, appended.itemId)
    }
}
