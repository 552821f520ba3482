package com.ravihq.aod

import java.util.UUID
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

class FormattersTest {
    private val noFields = JsonObject(emptyMap())
    private val messageLine = """{"type":"message","role":"assistant","content":"Hello"}""" + "\n"
    private val command =
        """{"type":"item.completed","item":{"type":"command_execution","command":"make","exit_code":2}}""" + "\n"

    private fun render(formatter: Formatter, vararg chunks: String): List<String> =
        formatter.use { chunks.flatMap(it::feed) + it.flush() }

    private fun start(runtime: Runtime? = null, provider: Provider? = null) =
        StreamEvent.Start(null, runtime, provider, UUID.randomUUID(), noFields)

    private fun output(data: String, channel: OutputChannel = OutputChannel.Stdout) =
        StreamEvent.Output(1, channel, data, 1, noFields)

    @Test
    fun `a name selects the formatter`() {
        val done = """{"type":"result","subtype":"success"}""" + "\n"
        for (name in listOf("claude", "claude-oauth", "CLAUDE", "my-Claude-fork", "anthropic")) {
            assertEquals(listOf("✨ Done · agent 0.0s"), render(Formatter.of(name), done), name)
        }
        for (name in listOf("codex", "OpenAI")) {
            assertEquals(listOf("✨ Done"), render(Formatter.of(name), """{"type":"turn.completed"}"""), name)
        }
        for (name in listOf("gemini", "google")) {
            assertEquals(listOf("✉️  Hello"), render(Formatter.of(name), messageLine), name)
        }
        val text = """{"type":"text","part":{"text":"hi"}}"""
        assertEquals("✉️  hi", render(Formatter.of("OpenCode"), text).first())
        for (name in listOf("", "qwen", "openai-like")) {
            assertEquals(listOf(text), render(Formatter.of(name), text), name)
        }
    }

    @Test
    fun `a runtime or provider selects the formatter`() {
        val plain = FormatterOptions(plain = true)
        assertEquals(listOf("> Hello"), render(Formatter.of(Runtime.Gemini, plain), messageLine))
        assertEquals(listOf("> Hello"), render(Formatter.of(Provider.Unknown("google"), plain), messageLine))
        assertEquals(listOf(messageLine.trimEnd()), render(Formatter.of(Runtime.Unknown("next")), messageLine))
    }

    @Test
    fun `options change the output`() {
        fun codex(options: FormatterOptions) = render(CodexFormatter(options), command).single()
        assertEquals("🔧 Bash · make\n⚠️  Bash failed · exit 2", codex(FormatterOptions()))
        assertEquals("🔧 Bash · make", codex(FormatterOptions(showFailures = false)))
        assertEquals("$ Bas...\n! Bas...", codex(FormatterOptions(plain = true, width = 8)))
        assertEquals(
            "\u001b[36m🔧 Bash · make\u001b[0m\n\u001b[31m⚠️  Bash failed · exit 2\u001b[0m",
            codex(FormatterOptions(color = FormatterColor.ON)),
        )
        val reasoning = """{"type":"item.completed","item":{"type":"reasoning","text":"Why?"}}"""
        assertEquals(listOf("💭 Why?"), render(CodexFormatter(), reasoning))
        assertEquals(emptyList<String>(), render(CodexFormatter(FormatterOptions(showThinking = false)), reasoning))
        val result = command.replace("\"exit_code\":2", "\"exit_code\":0,\"aggregated_output\":\"built\"")
        assertEquals(listOf("🔧 Bash · make"), render(CodexFormatter(), result))
        assertEquals(
            listOf("🔧 Bash · make\n📤 Bash · built"),
            render(CodexFormatter(FormatterOptions(showToolResults = true)), result),
        )
    }

    @Test
    fun `control characters are escaped unless raw is set`() {
        assertEquals(listOf("""\x1b[1mbold"""), render(GenericFormatter(), "\u001b[1mbold\n"))
        assertEquals(listOf("\u001b[1mbold"), render(GenericFormatter(FormatterOptions(raw = true)), "\u001b[1mbold\n"))
    }

    @Test
    fun `a truncated line states how many bytes were cut`() {
        assertEquals(listOf("abc… [3 bytes cut]"), render(GenericFormatter(FormatterOptions(maxLine = 3)), "abcdef\n"))
        assertEquals(listOf("… [2 bytes cut]"), render(GenericFormatter(FormatterOptions(maxLine = 0)), "ab\n"))
    }

    @Test
    fun `automatic color is off when the output is not a terminal`() {
        // The standard output of the tests is a pipe.
        assertEquals(
            render(CodexFormatter(), command),
            render(CodexFormatter(FormatterOptions(color = FormatterColor.AUTO)), command),
        )
    }

    @Test
    fun `invalid option values are rejected`() {
        val width = assertThrows<IllegalArgumentException> { FormatterOptions(width = -1) }
        assertEquals("width is negative", width.message)
        val maxLine = assertThrows<IllegalArgumentException> { FormatterOptions(maxLine = -1) }
        assertEquals("maxLine is negative", maxLine.message)
    }

    @Test
    fun `options have value equality and a readable toString`() {
        val options = FormatterOptions(true, 80, FormatterColor.AUTO, false, true, false, true, 1000)
        val same = FormatterOptions(
            plain = true,
            width = 80,
            color = FormatterColor.AUTO,
            showThinking = false,
            showToolResults = true,
            showFailures = false,
            raw = true,
            maxLine = 1000,
        )
        assertEquals(options, same)
        assertEquals(options.hashCode(), same.hashCode())
        assertNotEquals(FormatterOptions(), options)
        assertTrue("width=80" in options.toString(), options.toString())
        assertTrue("Native" !in options.toString(), options.toString())
    }

    @Test
    fun `the start event of a session selects the formatter, with the options`() {
        val turnLine = """{"type":"turn.completed"}""" + "\n"
        for ((event, line, expected) in listOf(
            Triple(start(runtime = Runtime.Gemini), messageLine, "> Hello"),
            Triple(start(provider = Provider.Unknown("google")), messageLine, "> Hello"),
            Triple(start(runtime = Runtime.Codex), turnLine, "= Done"),
            Triple(start(), messageLine, messageLine.trimEnd()),
        )) {
            val lines = SessionFormatter(FormatterOptions(plain = true)).use {
                it.consume(event) + it.consume(output(line)) + it.flush()
            }
            assertEquals(expected, lines.joinToString(), event.toString())
        }
    }

    @Test
    fun `a turn does not continue the last line of the previous turn`(): Unit = SessionFormatter().use {
        it.consume(start(runtime = Runtime.Claude))
        assertEquals(emptyList<String>(), it.consume(output("killed in the mid")))
        assertEquals(listOf("killed in the mid"), it.consume(StreamEvent.TurnStart(2, 2, noFields)))
        assertEquals(listOf("second"), it.consume(output("second\n")))
    }

    @Test
    fun `the repeated start of a turn flushes nothing`(): Unit = SessionFormatter().use {
        it.consume(start(runtime = Runtime.Claude))
        it.consume(StreamEvent.TurnStart(2, 1, noFields))
        assertEquals(emptyList<String>(), it.consume(output("one ")))
        assertEquals(emptyList<String>(), it.consume(start(runtime = Runtime.Claude)))
        assertEquals(emptyList<String>(), it.consume(StreamEvent.TurnStart(3, 1, noFields)))
        assertEquals(listOf("one line"), it.consume(output("line\n")))
    }

    @Test
    fun `an end before the start of the agent is rendered`() {
        for ((end, expected) in listOf(
            StreamEvent.Exit(0, null, noFields) to "⚠️  Done · interrupted",
            StreamEvent.Error(0, "Session failed", noFields) to "⚠️  Done · failed",
            StreamEvent.Terminated(0, null, noFields) to "⚠️  Done · terminated",
            StreamEvent.Exit(0, 0, noFields) to "",
            StreamEvent.Exit(0, null, JsonObject(mapOf("code" to JsonPrimitive("unreadable")))) to "",
            StreamEvent.Stale(0, null, noFields) to "",
        )) {
            assertEquals(expected, SessionFormatter().use { it.consume(end) }.joinToString(), end.toString())
        }
    }

    @Test
    fun `text before the first event is passed through verbatim`(): Unit = SessionFormatter().use {
        assertEquals(listOf(messageLine.trimEnd()), it.feed(messageLine))
    }

    @Test
    fun `only stdout events are rendered`(): Unit = GenericFormatter().use {
        assertEquals(listOf("out"), it.consume(output("out\n")))
        assertEquals(emptyList<String>(), it.consume(output("err\n", OutputChannel.Stderr)))
        assertEquals(emptyList<String>(), it.consume(StreamEvent.Exit(2, 0, noFields)))
        assertEquals(emptyList<String>(), it.flush())
    }

    @Test
    fun `split surrogate pairs are joined, and unpaired surrogates are replaced`() {
        assertEquals(listOf("a🦀b"), render(GenericFormatter(), "a\ud83e", "\udd80b"))
        assertEquals(listOf("a🦀b"), render(GenericFormatter(), "a\ud83e", "", "\udd80", "b\n"))
        assertEquals(listOf("a\ufffd"), render(GenericFormatter(), "a\ud83e"))
        assertEquals(listOf("\ufffdb🦀\ufffd\ufffd"), render(GenericFormatter(), "\udd80b🦀\ud83e\ud83e", "\n"))
        GenericFormatter().use {
            it.feed("a\ud83e")
            assertEquals(listOf("a\ufffd"), it.flush())
            assertEquals(listOf("\ufffd"), it.feed("\udd80\n"))
        }
    }

    @Test
    fun `a closed formatter throws`() {
        for (formatter in listOf(ClaudeFormatter(), SessionFormatter(), Formatter.of("codex"))) {
            formatter.close()
            formatter.close()
            assertThrows<IllegalStateException> { formatter.feed("x\n") }
            assertThrows<IllegalStateException> { formatter.flush() }
        }
    }

    @Test
    fun `a custom formatter needs only feed and flush`() {
        class UppercaseFormatter : Formatter {
            override fun feed(chunk: String) = listOf(chunk.uppercase())
            override fun flush() = listOf("END")
        }
        val uppercase: Formatter = UppercaseFormatter()
        assertEquals(listOf("HI"), uppercase.consume(output("hi")))
        assertEquals(emptyList<String>(), uppercase.consume(start()))
        assertEquals(listOf("HI", "END"), render(uppercase, "hi"))
    }
}
