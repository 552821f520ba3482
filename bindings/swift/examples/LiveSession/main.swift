// Shows a session in a terminal while it runs. At the end of each turn, it reads the next prompt from standard input.
// Control-C interrupts the turn, or ends the program if no turn is running.
//
//     swift run LiveSession [prompt [file]]
//
// With a file, the session is stored there after each turn and at the end, and the next run of the program continues it.

import AgentOnDemand
import Dispatch
import Foundation
import LiveSessionModel

let arguments = CommandLine.arguments.dropFirst()
let prompt = arguments.first ?? "Say hello, and list the files here"
let file = arguments.dropFirst().first.map { URL(fileURLWithPath: $0) }

let client = try AodClient.fromEnv()
let stored = file.flatMap { try? Data(contentsOf: $0) }
// A snapshot that is damaged, or of another version of the package, is replaced.
let model =
    if let stored, let restored = try? SessionModel(client: client, restoring: stored) {
        restored
    } else {
        SessionModel(client: client)
    }

/// Creates an agent. Servers before 2026-06-25 require a runtime, and later ones a provider; servers of 2026-04-30
/// require the provider in the name of the model. Each server rejects the other two requests with 422.
func createAgent() async throws -> Agent {
    let (name, model) = ("swift-live-session", "claude-sonnet-4-6")
    do {
        return try await client.agents.create(name: name, model: model, runtime: .claude)
    } catch let error as AodError where error.kind == .validation {}
    do {
        return try await client.agents.create(name: name, model: "anthropic/\(model)", runtime: .claude)
    } catch let error as AodError where error.kind == .validation {}
    return try await client.agents.create(name: name, model: model, provider: .anthropic)
}

/// Reads a line without blocking the tasks of the program.
func readPrompt() async -> String? {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(returning: readLine()) }
    }
}

// In a terminal, the screen is drawn after each change, in the alternate buffer. Otherwise it is printed after each turn.
let isTerminal = isatty(STDOUT_FILENO) == 1

/// Writes without the buffers of the C library, which would wait for `readLine`.
func write(_ text: String) {
    FileHandle.standardOutput.write(Data(text.utf8))
}

@MainActor func draw() {
    write((isTerminal ? "\u{1B}[H\u{1B}[J" : "") + Screen(model: model).text)
}

@MainActor func save() throws {
    if let file { try model.snapshot().write(to: file, options: .atomic) }
}

@MainActor func leave() -> Never {
    try? save()
    if isTerminal { write("\u{1B}[?1049l\(Screen(model: model).text)\n") }
    // Not `exit`, which would also wait for `readLine`.
    _exit(model.error == nil ? EXIT_SUCCESS : EXIT_FAILURE)
}

signal(SIGINT, SIG_IGN)
let interrupts = DispatchSource.makeSignalSource(signal: SIGINT, queue: .main)
interrupts.setEventHandler {
    guard model.isRunning else { leave() }
    Task { await model.interrupt() }
}
interrupts.resume()

if model.sessionId == nil {
    // Since 2026-06-25, the session passes the key of the model's provider to the agent.
    let key = ProcessInfo.processInfo.environment["ANTHROPIC_API_KEY"].map { ["ANTHROPIC_API_KEY": Secret($0)] }
    await model.start(agentId: try createAgent().id, prompt: prompt, secretEnvVars: key ?? [:])
}
let running = Task { await model.run() }
if isTerminal {
    write("\u{1B}[?1049h")
    Task { for await _ in values(of: { Screen(model: model).text }) { draw() } }
}
for await isRunning in values(of: { model.isRunning }) where !isRunning {
    try save()
    if !isTerminal { draw() }
    guard model.sessionId != nil, let prompt = await readPrompt(), !prompt.isEmpty else { break }
    await model.send(prompt)
}
running.cancel()
await running.value
leave()
