import AgentOnDemand
import Foundation
import Testing

@Suite(.timeLimit(.minutes(10))) struct TranscriptTests {
    private static func message(_ text: String) -> String {
        """
        {"type":"item.completed","item":{"id":"\(text)","type":"agent_message","text":"\(text)"}}

        """
    }

    private static func output(_ id: Int64, _ data: String, _ stream: OutputChannel = .stdout) -> StreamEvent {
        .output(event: OutputEvent(id: id, stream: stream, data: data, turn: 1, extra: [:]))
    }

    /// A session of Codex with each type of event.
    private static let events: [StreamEvent] = [
        .start(event: StartEvent(runtime: .codex, extra: [:])),
        .stage(event: StageEvent(id: 1, stage: "runtime_start", state: .done, durationMs: 10, extra: [:])),
        .turnStart(event: TurnStartEvent(id: 2, turn: 1, extra: [:])),
        output(2, String(message("One").dropLast(20))),
        output(3, "warning\n", .stderr),
        output(4, String(message("One").suffix(20))),
        .unknown(event: UnknownEvent(eventType: "new", id: 5, raw: "{}")),
        .stale(event: StaleEvent(id: 5, extra: [:])),
        .turnStart(event: TurnStartEvent(id: 6, turn: 2, extra: [:])),
        output(6, message("Two")),
        .exit(event: ExitEvent(id: 6, code: 0, extra: [:])),
    ]

    @Test func eventsBecomeTurnsWithItems() throws {
        let transcript = Transcript()
        let changes = Self.events.flatMap { transcript.apply($0) }
        #expect(try coreJSON(of: transcript) == typedJSON(of: transcript))
        let turns = transcript.turns
        #expect(turns.map(\.id) == [1, 2])
        #expect(
            turns[0].items.map(\.kind) == [
                .text(stream: .stderr, text: "warning"), .message(role: .agent, text: "One"),
            ])
        #expect(turns[0].items.last?.events?.last == 4)
        #expect(turns[0].items.last?.status == .completed)
        #expect(turns.map(\.outcome) == [.unknown, .success])
        #expect(transcript.agent?.runtime == "codex")
        #expect(transcript.finalText == "Two")
        #expect(transcript.cursor == 6)
        #expect(changes.last == .turnEnded(turn: 2, outcome: .success, usage: nil, duration: nil))
        #expect(Transcript().apply(Self.events) == changes)
    }

    @Test func theEndOfASessionDeterminesHowTheTurnEnded() {
        let cases: [(StreamEvent, Outcome?)] = [
            (.exit(event: ExitEvent(id: 9, code: 0, extra: [:])), .success),
            (.exit(event: ExitEvent(id: 9, code: 3, extra: [:])), .failed(reason: "exit code 3")),
            (.exit(event: ExitEvent(id: 9, extra: [:])), .interrupted),
            (.exit(event: ExitEvent(id: 9, extra: ["code": .number(.infinity)])), .unknown),
            (.error(event: ErrorEvent(id: 9, extra: ["new": .number(.nan)])), .failed(reason: "")),
            (.terminated(event: TerminatedEvent(id: 9, extra: [:])), .interrupted),
            (.stale(event: StaleEvent(id: 9, extra: [:])), nil),
        ]
        for (end, expected) in cases {
            let transcript = Transcript(runtime: "generic")
            transcript.apply([Self.output(1, "hi\n"), end])
            #expect(transcript.turns.map(\.outcome) == [expected], "\(end)")
            if case .stale = end { continue }
            #expect(transcript.cursor == 9)
        }
    }

    @Test func anotherHistoryOfTheSessionReplacesAllTurns() {
        let transcript = Transcript()
        transcript.apply(Self.events)
        #expect(transcript.apply(Array(Self.events.dropFirst())).first == .historyReset)
        #expect(transcript.turns.map(\.number) == [1, 2])
        #expect(transcript.apply(Self.events[1]) == [.historyReset])
        #expect(transcript.turns.isEmpty)
    }

    @Test func aFailedStageIsANotice() {
        let transcript = Transcript()
        let stage = StageEvent(id: 1, stage: "clone", state: .failed, message: "no such branch", extra: [:])
        transcript.apply(.stage(event: stage))
        let notice = ItemKind.notice(level: .error, text: "clone failed: no such branch")
        #expect(transcript.turns.flatMap(\.items).map(\.kind) == [notice])
    }

    @Test func anEmptyTranscriptHasNothing() {
        let transcript = Transcript()
        #expect(transcript.finish().isEmpty)
        #expect(transcript.turns.isEmpty)
        #expect(transcript.usage == nil)
        #expect(transcript.agent == nil)
        #expect(transcript.cursor == nil)
        #expect(transcript.finalText == nil)
    }

    @Test func aTextThatGrowsIsAppended() throws {
        let transcript = Transcript(runtime: "gemini")
        let changes = ["Hel", "lo", " world"].map { fragment in
            transcript.feed(
                #"{"type":"message","role":"assistant","content":"\#(fragment)","delta":true}"# + "\n")
        }
        let item = try #require(transcript.turns.first?.items.first)
        #expect(item.kind == .message(role: .agent, text: "Hello world"))
        #expect(changes.last == [.textAppended(turn: 1, itemId: item.id, text: " world")])
    }

    @Test func limitsCutTextsAndDropItems() throws {
        let cut = Transcript(runtime: "codex", limits: TranscriptLimits(text: 3, raw: 10))
        cut.feed(Self.message("long text"))
        let item = try #require(cut.turns.first?.items.first)
        #expect(item.kind == .message(role: .agent, text: "lon"))
        #expect(item.isTruncated)
        #expect(item.raw.count == 10)
        #expect(item.rawCut == Int64(Self.message("long text").utf8.count - 1 - 10))

        let few = Transcript(runtime: "codex", limits: TranscriptLimits(items: 8))
        let changes = (1...9).flatMap { few.feed(Self.message("\($0)")) }
        #expect(changes.contains(.itemsDropped(turn: 1, count: 2)))
        #expect(few.turns.map(\.droppedItems) == [2])
        #expect(Transcript(limits: TranscriptLimits(line: -1)).feed("x\n").count > 1)
    }

    @Test(arguments: ["", "hunter2", "{}", #"{"version": 999}"#])
    func bytesThatAreNoSnapshotAreRefused(text: String) throws {
        do {
            _ = try Transcript(restoring: Data(text.utf8))
            Issue.record("restored")
        } catch {
            #expect(error.kind == .decode)
            #expect(!"\(error)".contains("hunter2"))
        }
    }

    @Test func aTranscriptIsUsedFromManyTasks() async {
        let transcript = Transcript(runtime: "codex")
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<50 { transcript.feed(Self.message("\(task)-\(number)")) }
                    _ = transcript.turns
                }
            }
        }
        #expect(transcript.turns.flatMap(\.items).count == 400)
    }
}
