import AgentOnDemand
import Testing

/// The effect of each option.
@Suite(.timeLimit(.minutes(10))) struct OptionsTests {
    private static let said = #"""
        {"type":"item.completed","item":{"type":"agent_message","text":"0123456789\nab\n日本語日本語"}}
        """#
    private static let thought = #"{"type":"item.completed","item":{"type":"reasoning","text":"Why?"}}"#
    private static let failed = """
        {"type":"item.completed","item":{"type":"command_execution","command":"make",\
        "aggregated_output":"No rule.","exit_code":2}}
        """

    private func codex(_ options: FormatterOptions, _ line: String) -> [String] {
        shown(by: CodexFormatter(options: options), [line + "\n"])
    }

    @Test func plainMarksAreASCII() {
        #expect(codex(FormatterOptions(), #"{"type":"turn.completed"}"#) == ["✨ Done"])
        #expect(codex(FormatterOptions(plain: true), #"{"type":"turn.completed"}"#) == ["= Done"])
    }

    @Test(
        arguments: [
            (nil, "✉️  0123456789\nab\n日本語日本語"), (12, "✉️  0123456…\nab\n日本語日本語"),
            (8, "✉️  012…\nab\n日本語…"), (1, "…\n…\n…"), (0, "…\n…\n…"), (-1, "…\n…\n…"),
        ] as [(Int?, String)])
    func linesAreCutToTheWidth(width: Int?, expected: String) {
        #expect(codex(FormatterOptions(width: width), Self.said) == [expected])
    }

    @Test func coloursDistinguishSuccessFromFailure() {
        let coloured = FormatterOptions(color: .on)
        #expect(codex(coloured, #"{"type":"turn.completed"}"#) == ["\u{1b}[32m✨ Done\u{1b}[0m"])
        #expect(codex(coloured, #"{"type":"turn.failed"}"#) == ["\u{1b}[31m⚠️  Done\u{1b}[0m"])
    }

    @Test func thinkingCanBeHidden() {
        #expect(codex(FormatterOptions(), Self.thought) == ["💭 Why?"])
        #expect(codex(FormatterOptions(showThinking: false), Self.thought) == [])
    }

    @Test func toolResultsAreShownOnRequest() {
        let output = """
            {"type":"assistant","message":{"content":[\
            {"type":"tool_use","id":"c","name":"Bash","input":{"command":"ls"}}]}}
            {"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"c","content":"Makefile"}]}}

            """
        let lines = { shown(by: ClaudeFormatter(options: $0), [output]) }
        #expect(lines(FormatterOptions()) == ["🔧 Bash · ls"])
        #expect(lines(FormatterOptions(showToolResults: true)) == ["🔧 Bash · ls", "📤 Bash · Makefile"])
    }

    @Test func failuresCanBeShownOrHidden() {
        let failure = ["🔧 Bash · make\n⚠️  Bash failed · exit 2"]
        #expect(codex(FormatterOptions(), Self.failed) == failure)
        #expect(codex(FormatterOptions(showFailures: true), Self.failed) == failure)
        #expect(codex(FormatterOptions(showFailures: false), Self.failed) == ["🔧 Bash · make"])
        let bad = "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":true}\n"
        let claude = { shown(by: ClaudeFormatter(options: $0), [bad]) }
        #expect(claude(FormatterOptions()) == ["✨ Done · agent 0.0s"])
        #expect(claude(FormatterOptions(showFailures: true)) == ["⚠️  Done · agent 0.0s"])
    }

    @Test func controlCharactersPassThroughOnlyOnRequest() {
        let lines = { shown(by: GenericFormatter(options: $0), ["\u{1b}[2Jgone\n"]) }
        #expect(lines(FormatterOptions()) == [#"\x1b[2Jgone"#])
        #expect(lines(FormatterOptions(raw: true)) == ["\u{1b}[2Jgone"])
    }

    @Test func longLinesAreCutAtTheLimit() {
        let lines = { shown(by: GenericFormatter(options: FormatterOptions(maxLine: $0)), ["0123456789\nab\n"]) }
        #expect(lines(nil) == ["0123456789", "ab"])
        #expect(lines(4) == ["0123… [6 bytes cut]", "ab"])
        #expect(lines(-1) == lines(0))
        #expect(lines(.max) == lines(nil))
    }

    @Test func optionsAreHashable() {
        var options = FormatterOptions()
        #expect(options == FormatterOptions())
        options.color = .auto
        #expect(Set([options, FormatterOptions(), FormatterOptions(color: .auto)]).count == 2)
    }
}
