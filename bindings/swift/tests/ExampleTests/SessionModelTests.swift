import AgentOnDemand
import DevServer
import Foundation
import LiveSessionModel
import Testing

/// The model of the example `LiveSession`.
@Suite(.timeLimit(.minutes(10))) @MainActor struct SessionModelTests {
    let server: DevServer
    let client: AodClient

    init() async throws {
        // The oldest servers that can interrupt a turn.
        server = try await DevServer(generation: "2026-06-25")
        client = try server.client()
    }

    /// Creates the model of a session whose first prompt the server has accepted.
    private func started(_ prompt: String) async throws -> SessionModel {
        let agent = try await client.agents.create(name: "a", model: "claude-sonnet-4-6", provider: .anthropic)
        let model = SessionModel(client: client)
        #expect(await model.start(agentId: agent.id, prompt: prompt, secretEnvVars: ["ANTHROPIC_API_KEY": "key"]))
        return model
    }

    /// Runs a model, as a view does while it is visible, during some actions.
    private func running(_ model: SessionModel, _ actions: () async throws -> Void) async throws {
        let view = Task { await model.run() }
        defer { view.cancel() }
        try await actions()
        view.cancel()
        await view.value
    }

    private func wait(until condition: @escaping @MainActor () -> Bool) async {
        for await isMet in values(of: condition) where isMet { return }
    }

    /// Answers prompts that contain a text with a message, and then waits until a hold is released.
    private func script(_ prompt: String, message: String, hold: String) async throws {
        let line = #"{"type":"assistant","message":{"content":[{"type":"text","text":"\#(message)"}]}}"# + "\n"
        try await server.control(
            "POST", "script",
            ["prompt": .string(prompt), "script": ["steps": [["stdout": .string(line)], ["hold": .string(hold)]]]])
    }

    private func outcomes(_ model: SessionModel) -> [Outcome] {
        model.rows.compactMap { if case .end(let outcome, _, _) = $0.content { outcome } else { nil } }
    }

    private func prompts(_ model: SessionModel) -> [String] {
        model.rows.compactMap { if case .prompt(let prompt) = $0.content { prompt } else { nil } }
    }

    private func messages(_ model: SessionModel) -> [String] {
        model.rows.compactMap { if case .item(.message(_, let text), _) = $0.content { text } else { nil } }
    }

    @Test func aSessionIsShownToItsEnd() async throws {
        let model = try await started("Say hello")
        #expect(model.isRunning)
        try await running(model) { await wait { !model.isRunning } }

        #expect(prompts(model) == ["Say hello"])
        #expect(messages(model).first == "On it: Say hello")
        #expect(outcomes(model) == [.success])
        #expect(Set(model.rows.map(\.id)).count == model.rows.count)
        let tools = model.rows.compactMap { row -> ToolCall? in
            guard case .item(.toolCall(let call), .completed) = row.content else { return nil }
            return call
        }
        #expect(tools.first?.tool == .shell(command: "ls -a /workspace"))
        #expect(tools.first?.result?.text == ".\n..\nREADME.md\nsrc")
        let plans = model.rows.compactMap { row -> [PlanStep]? in
            guard case .item(.plan(let steps), _) = row.content else { return nil }
            return steps
        }
        #expect(plans.last?.map(\.status) == [.completed, .inProgress])
        #expect(model.usage?.costUsd == 0.0042)
        #expect(model.agent?.model == "claude-sonnet-4-6")
        #expect(model.connection == .closed)
        #expect(model.error == nil)
    }

    @Test func aFollowUpPromptContinuesTheSession() async throws {
        let model = try await started("Say hello")
        try await running(model) {
            await wait { !model.isRunning }
            let first = model.rows
            #expect(await model.send("And again"))
            #expect(model.isRunning)
            await wait { !model.isRunning }
            #expect(Array(model.rows.prefix(first.count)) == first)
        }
        #expect(prompts(model) == ["Say hello", "And again"])
        #expect(outcomes(model) == [.success, .success])
        #expect(model.usage?.costUsd == 0.0084)
    }

    @Test func anInterruptedTurnEndsAndTheSessionAcceptsAnotherPrompt() async throws {
        try await script("long", message: "Working", hold: "never")
        let model = try await started("Something long")
        try await running(model) {
            await wait { messages(model) == ["Working"] }
            #expect(model.isRunning)
            #expect(model.connection == .live)
            #expect(await model.send("Too early") == false)
            await model.interrupt()
            await wait { !model.isRunning }
            #expect(outcomes(model) == [.interrupted])

            #expect(await model.send("Say hello"))
            await wait { !model.isRunning }
        }
        #expect(outcomes(model) == [.interrupted, .success])
        #expect(model.error == nil)
    }

    @Test func aTurnThatIsInterruptedBeforeItsFirstOutputHasAnOutcome() async throws {
        try await server.control(
            "POST", "script", ["prompt": "long", "script": ["steps": [["hold": "never"]]]])
        let model = try await started("Something long")
        try await running(model) {
            try await server.waitForStreams(1)
            await model.interrupt()
            await wait { !model.isRunning }
        }
        #expect(prompts(model) == ["Something long"])
        #expect(outcomes(model) == [.interrupted])
    }

    @Test func aRestoredModelHasTheSameRowsAndContinues() async throws {
        try await script("long", message: "Working", hold: "go")
        let model = try await started("Something long")
        try await running(model) { await wait { messages(model) == ["Working"] } }
        let whileRunning = try model.snapshot()

        // The app is launched again while the turn is running.
        let restored = try SessionModel(client: client, restoring: whileRunning)
        #expect(restored.rows == model.rows)
        #expect(restored.isRunning)
        try await running(restored) {
            try await server.control("POST", "release", ["name": "go"])
            await wait { !restored.isRunning }
            #expect(outcomes(restored) == [.success])
            #expect(await restored.send("Say hello"))
            await wait { !restored.isRunning }
        }

        // And again after the turn: no request is needed to show the rows.
        let ended = try SessionModel(client: client, restoring: try restored.snapshot())
        #expect(ended.rows == restored.rows)
        #expect(ended.usage == restored.usage)
        #expect(ended.agent == restored.agent)
        try await running(ended) { await wait { !ended.isRunning } }
        #expect(ended.rows == restored.rows)

        // The first model has missed all of this. A view that shows it again completes it.
        try await running(model) { await wait { !model.isRunning } }
        #expect(model.rows == restored.rows)
    }

    @Test func theConnectionIsClosedWithTheViewAndTheTurnContinues() async throws {
        try await script("long", message: "Working", hold: "go")
        let model = try await started("Something long")
        try await running(model) { await wait { messages(model) == ["Working"] } }
        try await server.waitForStreams(0)
        #expect(model.connection == .closed)
        #expect(model.isRunning)
        #expect(outcomes(model) == [])

        // A second view appears before the first has disappeared.
        let first = Task { await model.run() }
        try await server.waitForStreams(1)
        try await running(model) {
            first.cancel()
            await first.value
            try await server.control("POST", "release", ["name": "go"])
            await wait { !model.isRunning }
        }
        #expect(messages(model) == ["Working"])
        #expect(outcomes(model) == [.success])
    }

    @Test func errorsOfActionsAndOfTheConnectionAreShown() async throws {
        let model = SessionModel(client: client)
        #expect(await model.start(agentId: UUID(), prompt: "Say hello") == false)
        #expect(model.error?.kind == .notFound)
        #expect(!model.isRunning)

        let unknown = SessionModel(client: client, sessionId: UUID())
        try await running(unknown) { await wait { !unknown.isRunning } }
        #expect(unknown.error?.kind == .notFound)
        #expect(unknown.connection == .closed)
    }
}
