package com.ravihq.aod

import java.util.UUID
import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.assertThrows

class FormattersTest {
    private val nothing = JsonObject(emptyMap())
    private val said = """{"type":"message","role":"assistant","content":"Hello"}""" + "\n"
    private val command =
        """{"type":"item.completed","item":{"type":"command_execution","command":"make","exit_code":2}}""" + "\n"

    private fun shown(formatter: Formatter, vararg chunks: String): List<String> =
        formatter.use { chunks.flatMap(it::feed) + it.flush() }

    private fun start(runtime: Runtime? = null, provider: Provider? = null) =
        StreamEvent.Start(null, runtime, provider, UUID.randomUUID(), nothing)

    private fun output(data: String, channel: OutputChannel = OutputChannel.Stdout) =
        StreamEvent.Output(1, channel, data, 1, nothing)

    @Test
    fun `a name picks the formatter`() {
        val done = """{"type":"result","subtype":"success"}""" + "\n"
        for (name in listOf("claude", "claude-oauth", "CLAUDE", "my-Claude-fork", "anthropic")) {
            assertEquals(listOf("✨ Done · agent 0.0s"), shown(Formatter.of(name), done), name)
        }
        for (name in listOf("codex", "OpenAI")) {
            assertEquals(listOf("✨ Done"), shown(Formatter.of(name), """{"type":"turn.completed"}"""), name)
        }
        for (name in listOf("gemini", "google")) {
            assertEquals(listOf("✉️  Hello"), shown(Formatter.of(name), said), name)
        }
        val text = """{"type":"text","part":{"text":"hi"}}"""
        assertEquals("✉️  hi", shown(Formatter.of("OpenCode"), text).first())
        for (name in listOf("", "qwen", "openai-like")) {
            assertEquals(listOf(text), shown(Formatter.of(name), text), name)
        }
    }

    @Test
    fun `a runtime or provider picks the formatter`() {
        val plain = FormatterOptions(plain = true)
        assertEquals(listOf("> Hello"), shown(Formatter.of(Runtime.Gemini, plain), said))
        assertEquals(listOf("> Hello"), shown(Formatter.of(Provider.Unknown("google"), plain), said))
        assertEquals(listOf(said.trimEnd()), shown(Formatter.of(Runtime.Unknown("next")), said))
    }

    @Test
    fun `options change what is shown`() {
        fun codex(options: FormatterOptions) = shown(CodexFormatter(options), command).single()
        assertEquals("🔧 Bash · make\n⚠️  Bash failed · exit 2", codex(FormatterOptions()))
        assertEquals("🔧 Bash · make", codex(FormatterOptions(showFailures = false)))
        assertEquals("$ Bas...\n! Bas...", codex(FormatterOptions(plain = true, width = 8)))
        assertEquals(
            "\u001b[36m🔧 Bash · make\u001b[0m\n\u001b[31m⚠️  Bash failed · exit 2\u001b[0m",
            codex(FormatterOptions(color = FormatterColor.ON)),
        )
        val thought = """{"type":"item.completed","item":{"type":"reasoning","text":"Why?"}}"""
        assertEquals(listOf("💭 Why?"), shown(CodexFormatter(), thought))
        assertEquals(emptyList<String>(), shown(CodexFormatter(FormatterOptions(showThinking = false)), thought))
        val result = command.replace("\"exit_code\":2", "\"exit_code\":0,\"aggregated_output\":\"built\"")
        assertEquals(listOf("🔧 Bash · make"), shown(CodexFormatter(), result))
        assertEquals(
            listOf("🔧 Bash · make\n📤 Bash · built"),
            shown(CodexFormatter(FormatterOptions(showToolResults = true)), result),
        )
    }

    @Test
    fun `control characters are shown unless they are asked for`() {
        assertEquals(listOf("""\x1b[1mbold"""), shown(GenericFormatter(), "\u001b[1mbold\n"))
        assertEquals(listOf("\u001b[1mbold"), shown(GenericFormatter(FormatterOptions(raw = true)), "\u001b[1mbold\n"))
    }

    @Test
    fun `a line that is too long says how much of it was cut`() {
        assertEquals(listOf("abc… [3 bytes cut]"), shown(GenericFormatter(FormatterOptions(maxLine = 3)), "abcdef\n"))
        assertEquals(listOf("… [2 bytes cut]"), shown(GenericFormatter(FormatterOptions(maxLine = 0)), "ab\n"))
    }

    @Test
    fun `colour that depends on the terminal is none where the output is none`() {
        // The standard output of the tests goes to a pipe.
        assertEquals(
            shown(CodexFormatter(), command),
            shown(CodexFormatter(FormatterOptions(color = FormatterColor.AUTO)), command),
        )
    }

    @Test
    fun `a value that an option cannot have is refused at once`() {
        val width = assertThrows<IllegalArgumentException> { FormatterOptions(width = -1) }
        assertEquals("width is negative", width.message)
        val maxLine = assertThrows<IllegalArgumentException> { FormatterOptions(maxLine = -1) }
        assertEquals("maxLine is negative", maxLine.message)
    }

    @Test
    fun `options are equal when each of them is, and show themselves`() {
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
    fun `a session's start picks the formatter, with the options`() {
        for ((event, expected) in listOf(
            start(runtime = Runtime.Gemini) to "> Hello",
            start(provider = Provider.Unknown("google")) to "> Hello",
            start(runtime = Runtime.Codex) to "",
            start() to said.trimEnd(),
        )) {
            val lines = SessionFormatter(FormatterOptions(plain = true)).use {
                it.consume(event) + it.consume(output(said)) + it.flush()
            }
            assertEquals(expected, lines.joinToString(), event.toString())
        }
    }

    @Test
    fun `a session's further turn does not continue the line of the one before`(): Unit = SessionFormatter().use {
        it.consume(start(runtime = Runtime.Claude))
        assertEquals(emptyList<String>(), it.consume(output("killed in the mid")))
        assertEquals(listOf("killed in the mid"), it.consume(StreamEvent.TurnStart(2, 2, nothing)))
        assertEquals(listOf("second"), it.consume(output("second\n")))
    }

    @Test
    fun `what is fed before any event is shown as it is`(): Unit = SessionFormatter().use {
        assertEquals(listOf(said.trimEnd()), it.feed(said))
    }

    @Test
    fun `only the standard output in events is shown`(): Unit = GenericFormatter().use {
        assertEquals(listOf("out"), it.consume(output("out\n")))
        assertEquals(emptyList<String>(), it.consume(output("err\n", OutputChannel.Stderr)))
        assertEquals(emptyList<String>(), it.consume(StreamEvent.Exit(2, 0, nothing)))
        assertEquals(emptyList<String>(), it.flush())
    }

    @Test
    fun `a character that is cut in two is put together, and half a character is replaced`() {
        assertEquals(listOf("a🦀b"), shown(GenericFormatter(), "a\ud83e", "\udd80b"))
        assertEquals(listOf("a🦀b"), shown(GenericFormatter(), "a\ud83e", "", "\udd80", "b\n"))
        assertEquals(listOf("a\ufffd"), shown(GenericFormatter(), "a\ud83e"))
        assertEquals(listOf("\ufffdb🦀\ufffd\ufffd"), shown(GenericFormatter(), "\udd80b🦀\ud83e\ud83e", "\n"))
        GenericFormatter().use {
            it.feed("a\ud83e")
            assertEquals(listOf("a\ufffd"), it.flush())
            assertEquals(listOf("\ufffd"), it.feed("\udd80\n"))
        }
    }

    @Test
    fun `a formatter that was closed says so`() {
        for (formatter in listOf(ClaudeFormatter(), SessionFormatter(), Formatter.of("codex"))) {
            formatter.close()
            formatter.close()
            assertThrows<IllegalStateException> { formatter.feed("x\n") }
            assertThrows<IllegalStateException> { formatter.flush() }
        }
    }

    @Test
    fun `a formatter of one's own needs no more than to feed and to flush`() {
        class Shouting : Formatter {
            override fun feed(chunk: String) = listOf(chunk.uppercase())
            override fun flush() = listOf("END")
        }
        val shouting: Formatter = Shouting()
        assertEquals(listOf("HI"), shouting.consume(output("hi")))
        assertEquals(emptyList<String>(), shouting.consume(start()))
        assertEquals(listOf("HI", "END"), shown(shouting, "hi"))
    }
}
