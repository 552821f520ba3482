package com.ravihq.aod

import java.io.File
import kotlin.random.Random
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.TestFactory

/** Whole transcripts show what was written beside them and reviewed for the core, however they are cut. */
class TranscriptsTest {
    private val folder = File("../../tests/data/transcripts")

    private val formatters: Map<String, (FormatterOptions) -> Formatter> = mapOf(
        "claude" to ::ClaudeFormatter,
        "codex" to ::CodexFormatter,
        "gemini" to ::GeminiFormatter,
        "generic" to ::GenericFormatter,
        "opencode" to ::OpencodeFormatter,
    )

    /** What the names of expected outputs end in, and the options they are for. */
    private val variants = mapOf(
        "txt" to FormatterOptions(),
        "options.txt" to FormatterOptions(plain = true, width = 60, showThinking = false, showToolResults = true),
    )

    @TestFactory
    fun `a transcript shows the same lines as in the core, however it is cut`(): List<DynamicTest> {
        val runtimes = checkNotNull(folder.list { file, name -> file.resolve(name).isDirectory })
        assertEquals(formatters.keys, runtimes.toSet())
        return runtimes.sorted().flatMap { runtime ->
            val transcripts = checkNotNull(folder.resolve(runtime).listFiles { file -> file.extension == "jsonl" }).sorted()
            assertTrue(transcripts.isNotEmpty(), runtime)
            transcripts.flatMap { transcript ->
                variants.map { (extension, options) ->
                    val expected = transcript.resolveSibling("${transcript.nameWithoutExtension}.$extension")
                    dynamicTest("$runtime/${expected.name}") {
                        val make = { formatters.getValue(runtime)(options) }
                        showsWhatIsExpected(transcript.readText(), expected.readText(), make)
                    }
                }
            }
        }
    }

    private fun showsWhatIsExpected(text: String, expected: String, make: () -> Formatter) {
        assertEquals(expected, shown(make, listOf(text)), "whole")
        // Characters of UTF-16: those beyond the basic plane are cut in two.
        assertEquals(expected, shown(make, text.chunked(1)), "single characters")
        repeat(20) {
            val seed = Random.nextInt()
            assertEquals(expected, shown(make, randomCuts(text, Random(seed))), "chunks of seed $seed")
        }
    }

    private fun shown(make: () -> Formatter, chunks: List<String>): String = make().use { formatter ->
        (chunks.flatMap(formatter::feed) + formatter.flush()).joinToString("") { "$it\n" }
    }

    private fun randomCuts(text: String, random: Random): List<String> {
        val longest = listOf(3, 40, 500, 20_000).random(random)
        val ends = generateSequence(0) { it + random.nextInt(1, longest + 1) }.takeWhile { it < text.length } + text.length
        return ends.zipWithNext(text::substring).toList()
    }
}
