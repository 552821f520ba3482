import AgentOnDemand
import Foundation
import Testing

/// How a formatter is picked.
@Suite(.timeLimit(.minutes(10))) struct ChoiceTests {
    /// A line of each program, and its formatted text.
    private static let lines = [
        "claude": (#"{"type":"result","subtype":"success"}"#, "✨ Done · agent 0.0s"),
        "codex": (#"{"type":"turn.completed"}"#, "✨ Done"),
        "gemini": (#"{"type":"init"}"#, "⚙️  Session init"),
        "opencode": (#"{"type":"text","part":{"text":"hi"}}"#, "✉️  hi"),
        "generic": ("as it is", "as it is"),
    ]

    private func expect(_ formatter: any AgentOnDemand.Formatter, isFor program: String) throws {
        if program == "generic" {
            for (line, _) in Self.lines.values {
                #expect(formatter.feed(line + "\n") == [line])
            }
        } else {
            let (line, expected) = try #require(Self.lines[program])
            #expect(formatter.feed(line + "\n") == [expected])
        }
    }

    @Test(
        arguments: [
            (.claude, "claude"), ("claude-oauth", "claude"), ("CLAUDE", "claude"), ("my-Claude-fork", "claude"),
            (.codex, "codex"), ("Codex-CLI", "codex"), ("my-gemini", "gemini"), ("OpenCode", "opencode"),
            ("", "generic"), ("qwen", "generic"), ("claud", "generic"),
        ] as [(Runtime, String)])
    func aRuntimePicksItsFormatter(runtime: Runtime, program: String) throws {
        try expect(RuntimeFormatter(runtime: runtime), isFor: program)
    }

    @Test(
        arguments: [
            (.anthropic, "claude"), ("openai", "codex"), ("OpenAI", "codex"), ("google", "gemini"),
            ("anthropic-like", "generic"), ("googly", "generic"),
        ] as [(Provider, String)])
    func aProviderPicksTheFormatterOfItsRuntime(provider: Provider, program: String) throws {
        try expect(RuntimeFormatter(provider: provider), isFor: program)
    }

    @Test func optionsReachThePickedFormatter() {
        let plain = FormatterOptions(plain: true)
        let ended = "{\"type\":\"turn.completed\"}\n"
        #expect(RuntimeFormatter(runtime: .codex, options: plain).feed(ended) == ["= Done"])
        #expect(RuntimeFormatter(provider: "openai", options: plain).feed(ended) == ["= Done"])
    }

    @Test func theStartEventPicksTheFormatterOfASession() throws {
        let said = #"{"type":"message","role":"assistant","content":"Hello"}"#
        let ended = #"{"type":"turn.completed"}"#
        for (start, line, expected) in [
            (#"{"type":"start","runtime":"gemini"}"#, said, "✉️  Hello"),
            (#"{"type":"start","provider":"google"}"#, said, "✉️  Hello"),
            (#"{"type":"start","provider":"openai"}"#, ended, "✨ Done"),
            (#"{"type":"start","runtime":"next"}"#, said, said),
            (#"{"type":"start"}"#, said, said),
        ] {
            let formatter = SessionFormatter()
            var lines = try formatter.consume(event(start))
            lines += try formatter.consume(stdout(line))
            #expect(lines + formatter.flush() == [expected], "\(start)")
        }
    }

    @Test func optionsOfASessionFormatterReachThePickedOne() throws {
        let formatter = SessionFormatter(options: FormatterOptions(plain: true))
        #expect(try formatter.consume(event(#"{"type":"start","runtime":"codex"}"#)) == [])
        #expect(try formatter.consume(stdout("{\"type\":\"turn.completed\"}\n")) == ["= Done"])
    }

    @Test func aTurnDoesNotContinueThePreviousTurnsLine() throws {
        let formatter = SessionFormatter()
        #expect(try formatter.consume(event(#"{"type":"start","runtime":"claude"}"#)) == [])
        #expect(try formatter.consume(stdout("killed in the mid")) == [])
        #expect(try formatter.consume(event(#"{"type":"turn_start","turn":2}"#)) == ["killed in the mid"])
    }

    @Test func theRepeatedStartOfATurnFlushesNothing() throws {
        let formatter = SessionFormatter()
        for half in ["one ", "line\n"] {
            #expect(try formatter.consume(event(#"{"type":"start","runtime":"claude"}"#)) == [])
            #expect(try formatter.consume(event(#"{"type":"turn_start","turn":1}"#)) == [])
            #expect(try formatter.consume(stdout(half)) == (half == "one " ? [] : ["one line"]))
        }
    }

    @Test func anEndBeforeTheStartOfTheAgentIsShown() throws {
        for (end, expected) in [
            (#"{"type":"exit","code":null}"#, ["⚠️  Done · interrupted"]),
            (#"{"type":"error"}"#, ["⚠️  Done · failed"]),
            (#"{"type":"terminated"}"#, ["⚠️  Done · terminated"]),
            (#"{"type":"exit","code":0}"#, []),
            (#"{"type":"exit","code":"unreadable"}"#, []),
            (#"{"type":"stale"}"#, []),
        ] {
            #expect(try SessionFormatter().consume(event(end)) == expected, "\(end)")
        }
    }

    @Test func unknownFieldsDoNotReachTheFormatter() {
        // Nested deeper than the library parses.
        let extra: [String: JSONValue] = ["next": (0..<200).reduce(.null) { value, _ in [value] }]
        let formatter = SessionFormatter()
        #expect(formatter.consume(.start(event: StartEvent(runtime: .codex, extra: extra))) == [])
        let said = OutputEvent(stream: .stdout, data: "{\"type\":\"turn.completed\"}\n", extra: extra)
        #expect(formatter.consume(.output(event: said)) == ["✨ Done"])
        #expect(formatter.consume(.turnStart(event: TurnStartEvent(turn: 2, extra: extra))) == [])
        #expect(formatter.consume(.exit(event: ExitEvent(code: 0, extra: extra))) == [])
    }

    @Test func onlyStandardOutputIsShown() throws {
        let formatter: any AgentOnDemand.Formatter = UppercaseFormatter()
        #expect(try formatter.consume(stdout("hi")) == ["HI"])
        #expect(try formatter.consume(event(#"{"type":"output","stream":"stderr","data":"warning"}"#)) == [])
        #expect(try formatter.consume(event(#"{"type":"stage","stage":"clone","state":"started"}"#)) == [])
    }

    @Test func copiesShareTheirState() async {
        let formatter = GenericFormatter()
        let copy = formatter
        #expect(formatter.feed("one ") == [])
        #expect(await Task.detached { copy.feed("line\n") }.value == ["one line"])
    }
}

/// A custom formatter.
struct UppercaseFormatter: AgentOnDemand.Formatter {
    func feed(_ chunk: String) -> [String] { [chunk.uppercased()] }
    func flush() -> [String] { ["END"] }
}

private func event(_ json: String) throws -> StreamEvent {
    try JSONDecoder().decode(StreamEvent.self, from: Data(json.utf8))
}

private func stdout(_ text: String) throws -> StreamEvent {
    try event(#"{"type":"output","stream":"stdout","data":\#(JSONValue.string(text).text)}"#)
}
