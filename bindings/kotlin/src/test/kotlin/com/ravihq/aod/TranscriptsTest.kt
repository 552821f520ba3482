package com.ravihq.aod

import java.io.File
import kotlin.random.Random
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.TestFactory

/** Tests that whole transcripts give the reviewed output files of the core, for any split into chunks. */
class TranscriptsTest {
    private val folder = File("../../tests/data/transcripts")

    private val formatters: Map<String, (FormatterOptions) -> Formatter> = mapOf(
        "claude" to ::ClaudeFormatter,
        "codex" to ::CodexFormatter,
        "gemini" to ::GeminiFormatter,
        "generic" to ::GenericFormatter,
        "opencode" to ::OpencodeFormatter,
    )

    /** The options of the expected outputs, in their order. */
    private val variants = listOf(
        FormatterOptions(),
        FormatterOptions(plain = true, width = 60, showThinking = false, showToolResults = true),
    )

    @TestFactory
    fun `a transcript gives the same lines as in the core for any split into chunks`(): List<DynamicTest> {
        val runtimes = checkNotNull(folder.list { file, name -> file.resolve(name).isDirectory })
        assertEquals(formatters.keys, runtimes.toSet())
        return runtimes.sorted().flatMap { runtime ->
            val files = folder.resolve(runtime).listFiles { file -> file.extension == "jsonl" }
            val transcripts = checkNotNull(files).sorted()
            assertTrue(transcripts.isNotEmpty(), runtime)
            transcripts.flatMap { transcript ->
                val file = transcript.resolveSibling("${transcript.nameWithoutExtension}.txt")
                val outputs = file.readText().split("===== with options =====\n")
                assertEquals(variants.size, outputs.size, file.path)
                variants.zip(outputs).map { (options, expected) ->
                    dynamicTest("$runtime/${transcript.name} $options") {
                        val create = { formatters.getValue(runtime)(options) }
                        assertOutput(transcript.readText(), expected, create)
                    }
                }
            }
        }
    }

    private fun assertOutput(text: String, expected: String, create: () -> Formatter) {
        assertEquals(expected, render(create, listOf(text)), "whole")
        // UTF-16 code units: surrogate pairs are split.
        assertEquals(expected, render(create, text.chunked(1)), "single characters")
        repeat(20) {
            val seed = Random.nextInt()
            assertEquals(expected, render(create, randomChunks(text, Random(seed))), "chunks of seed $seed")
        }
    }

    private fun render(create: () -> Formatter, chunks: List<String>): String = create().use { formatter ->
        (chunks.flatMap(formatter::feed) + formatter.flush()).joinToString("") { "$it\n" }
    }

    private fun randomChunks(text: String, random: Random): List<String> {
        val longest = listOf(3, 40, 500, 20_000).random(random)
        val cuts = generateSequence(0) { it + random.nextInt(1, longest + 1) }.takeWhile { it < text.length }
        return (cuts + text.length).zipWithNext(text::substring).toList()
    }
}
