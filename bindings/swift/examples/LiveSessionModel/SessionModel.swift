import AgentOnDemand
import Foundation
import Observation

/// A session for a screen: its rows, usage and cost, the state of the connection, and errors.
///
/// A view shows the model, and owns the task that follows the session. When the view disappears, the task is cancelled
/// and the connection closed; the agent continues to work. When the view appears again, the session is followed from
/// the same position.
///
/// ```swift
/// struct SessionView: View {
///     let model: SessionModel
///     @State private var prompt = ""
///
///     var body: some View {
///         List(model.rows) { row in RowView(row: row) }
///             .task { await model.run() }
///         TextField("Prompt", text: $prompt)
///             .onSubmit { Task { if await model.send(prompt) { prompt = "" } } }
///             .disabled(model.isRunning)
///         Button("Stop") { Task { await model.interrupt() } }
///             .disabled(!model.isRunning)
///     }
/// }
/// ```
@MainActor @Observable public final class SessionModel {
    /// The prompts, the items of the agent, and the end of each turn, in order.
    public private(set) var rows: [SessionRow] = []
    /// Whether a turn is queued or running: the session accepts no other prompt until it ends. Also true before
    /// ``run()`` has asked the server.
    public private(set) var isRunning: Bool
    /// The tokens and the cost of all turns that have ended; nil if the agent reported none.
    public private(set) var usage: TokenUsage?
    /// The runtime, the model and the tools of the agent, once it has started.
    public private(set) var agent: AgentInfo?
    /// The state of the connection; nil before the session is followed for the first time.
    public private(set) var connection: ConnectionState?
    /// The error of the last action, or of the connection. The next action removes it.
    public private(set) var error: AodError?
    /// The id of the session; nil before ``start(agentId:prompt:secretEnvVars:)``.
    public private(set) var sessionId: UUID?

    private let client: AodClient
    /// Everything that the agent printed, with the position in the stream.
    private let transcript: Transcript
    /// The turns on the server, with their prompts.
    private var sessionTurns: [SessionTurn] = []
    private var turns: [TranscriptTurn] = []
    @ObservationIgnored private var running: Task<Void, Never>?
    @ObservationIgnored private var requests: AsyncStream<Void>.Continuation?

    /// Creates the model of a new session, or of an existing one.
    public init(client: AodClient, sessionId: UUID? = nil) {
        self.client = client
        self.sessionId = sessionId
        isRunning = sessionId != nil
        transcript = Transcript()
    }

    // MARK: Actions of the user

    /// Creates the session with its first prompt.
    ///
    /// - Returns: Whether the server accepted the prompt; if not, see ``error``.
    @discardableResult
    public func start(agentId: UUID, prompt: String, secretEnvVars: [String: Secret] = [:]) async -> Bool {
        guard sessionId == nil else { return false }
        return await submit {
            try await client.sessions.create(agentId: agentId, prompt: prompt, secretEnvVars: secretEnvVars)
        }
    }

    /// Sends the next prompt.
    ///
    /// - Returns: Whether the server accepted the prompt; if not, see ``error``.
    @discardableResult
    public func send(_ prompt: String) async -> Bool {
        guard let sessionId else { return false }
        return await submit { try await client.sessions.prompt(sessionId, prompt) }
    }

    /// Interrupts the turn, whose end then arrives like any other. Servers before 2026-06-25 cannot interrupt a turn.
    public func interrupt() async {
        guard let sessionId else { return }
        error = nil
        await reportingErrors {
            do {
                try await client.sessions.interrupt(sessionId)
            } catch let error as AodError where error.conflict == .noActiveTurn {
                // The turn has ended in the meantime.
            }
        }
    }

    /// Follows the session again after its stream has failed.
    public func reconnect() {
        error = nil
        requests?.yield()
    }

    private func submit(_ request: () async throws -> SessionAck) async -> Bool {
        guard !isRunning else { return false }
        isRunning = true
        error = nil
        let isAccepted = await reportingErrors { sessionId = try await request().id }
        if isAccepted {
            requests?.yield()
        } else {
            isRunning = false
        }
        return isAccepted
    }

    /// Stores the error of an action. A cancelled action stores no error: its caller no longer waits for it.
    @discardableResult
    private func reportingErrors(_ action: () async throws -> Void) async -> Bool {
        do {
            try await action()
            return true
        } catch {
            self.error = error as? AodError
            return false
        }
    }

    // MARK: Following the session

    /// Follows the session, turn after turn, until the task is cancelled.
    ///
    /// If another task already runs this method, such as the task of a view that is being removed, this call first
    /// waits for the end of that task.
    public func run() async {
        let task = Task { [previous = running] in
            await previous?.value
            await followTurns()
        }
        running = task
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func followTurns() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        requests = continuation
        continuation.yield()
        for await _ in stream {
            await followTurn()
        }
    }

    /// Reads the stream from the position of the transcript to the end of the current turn.
    private func followTurn() async {
        guard let sessionId else { return }
        isRunning = true
        let changes = client.sessions.transcript(
            sessionId, options: StreamOptions(resumeStale: true), continuing: transcript)
        async let states: Void = observe(changes.stream.connectionStates)
        await reportingErrors {
            sessionTurns = try await client.sessions.turns(sessionId)
            for try await turns in changes.turns() {
                show(turns)
            }
            // A turn that was interrupted before its first output is not in the transcript.
            sessionTurns = try await client.sessions.turns(sessionId)
        }
        changes.stream.cancel()
        await states
        connection = .closed
        show(turns)
        // The connection was closed with the task. The turn continues.
        if !Task.isCancelled { isRunning = false }
    }

    private func observe(_ states: AsyncStream<ConnectionState>) async {
        for await state in states { connection = state }
    }

    private func show(_ turns: [TranscriptTurn]) {
        self.turns = turns
        agent = transcript.agent
        usage = transcript.usage
        rows = SessionRow.rows(of: turns, sessionTurns)
    }

    // MARK: Relaunching the app

    private struct Snapshot: Codable {
        let sessionId: UUID?
        let sessionTurns: [SessionTurn]
        let transcript: Data
    }

    /// Returns everything that is shown, and the position in the stream, as one value to store.
    public func snapshot() throws -> Data {
        let snapshot = Snapshot(
            sessionId: sessionId, sessionTurns: sessionTurns, transcript: transcript.snapshot())
        return try JSONEncoder().encode(snapshot)
    }

    /// Creates the model of a snapshot, which shows the same rows. ``run()`` continues after them.
    public init(client: AodClient, restoring snapshot: Data) throws {
        let snapshot = try JSONDecoder().decode(Snapshot.self, from: snapshot)
        self.client = client
        sessionId = snapshot.sessionId
        isRunning = snapshot.sessionId != nil
        sessionTurns = snapshot.sessionTurns
        transcript = try Transcript(restoring: snapshot.transcript)
        show(transcript.turns)
    }
}
