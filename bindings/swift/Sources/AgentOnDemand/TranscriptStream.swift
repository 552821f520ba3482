import AodNative

/// The stream of a session as the changes of a ``Transcript``: see ``Sessions/transcript(_:options:continuing:)``.
///
/// See [Transcripts and user interfaces](https://ravi-hq.github.io/agent-on-demand/latest/guide/transcripts/).
///
/// ```swift
/// for try await change in client.sessions.transcript(id) {
///     switch change {
///     case .itemAdded(_, let item): print(item.kind)
///     case .textAppended(_, _, let text): print(text, terminator: "")
///     case .turnEnded(_, let outcome, _, _): print(outcome)
///     default: break
///     }
/// }
/// ```
///
/// It reconnects, ends and fails like an ``EventStream``. Leaving the loop closes the connection. So does cancelling
/// the task; the loop then throws a `CancellationError`, and no further change is delivered. All iterators share the
/// stream, and each change is delivered to one of them. Leaving one loop, or cancelling its task, ends the others
/// without an error.
public final class TranscriptStream: AsyncSequence, Sendable {
    public typealias Element = TranscriptChange

    /// The underlying stream, for its ``EventStream/connectionStates`` and ``EventStream/cancel()``. Do not iterate
    /// over it: the events that you read would be missing in the transcript.
    public let stream: EventStream

    /// The transcript that the stream fills.
    ///
    /// It contains all events received so far, including those whose changes are not delivered yet: at most a few
    /// hundred events.
    public let transcript: Transcript

    fileprivate let prefetcher = Prefetcher<TranscriptChange>()

    init(stream: EventStream, transcript: Transcript) {
        self.stream = stream
        self.transcript = transcript
    }

    /// Creates an iterator, which shares the stream with all others.
    ///
    /// - Returns: The iterator.
    public func makeAsyncIterator() -> Iterator {
        let token = IteratorToken { [prefetcher, stream] in
            prefetcher.close()
            stream.end()
        }
        return Iterator(changes: self, token: token)
    }

    /// Iterates over the changes of a transcript.
    ///
    /// The stream ends when the iterator is released after the first ``next()``. Copies share one iterator.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let changes: TranscriptStream
        fileprivate var token: IteratorToken

        /// Waits for the next change.
        ///
        /// - Returns: The change; nil at the end of the stream, and after an error was thrown.
        /// - Throws: An ``AodError`` if the stream fails, once; a `CancellationError` if the task is cancelled.
        public mutating func next() async throws -> TranscriptChange? {
            try await next(isolation: nil)
        }

        /// Waits for the next change without leaving the caller's actor.
        ///
        /// - Parameter actor: The actor to stay on.
        /// - Returns: The change; nil at the end of the stream, and after an error was thrown.
        /// - Throws: An ``AodError`` if the stream fails, once; a `CancellationError` if the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> TranscriptChange? {
            token.use()
            return try await changes.prefetcher.next(isolation: actor, from: changes)
        }

        /// Starts to open the stream, without waiting for it.
        fileprivate mutating func startOpening() {
            token.use()
            changes.stream.startOpening()
        }
    }

    /// Returns the turns of the transcript, to show them on a screen: first the turns that the transcript already has,
    /// then all turns after each batch of changes.
    ///
    /// The first element arrives while the stream is still being opened; an error of opening, such as that there is no
    /// such session, follows it.
    ///
    /// ```swift
    /// // In a view, with `@State private var turns: [TranscriptTurn] = []`:
    /// .task {
    ///     do {
    ///         for try await current in client.sessions.transcript(id).turns() { turns = current }
    ///     } catch { print(error) }
    /// }
    /// ```
    ///
    /// The turns and the changes come from the same stream: iterate over either this sequence or the changes. Only
    /// items that change are converted again. An item whose text grows can have older `events`, `raw` and `isTruncated`
    /// than in the transcript, until its next `itemUpdated`.
    ///
    /// - Returns: The turns, as a sequence that reads this stream, and ends and fails like it.
    public func turns() -> Turns {
        Turns(changes: self)
    }

    /// The turns of a transcript that a stream fills: see ``TranscriptStream/turns()``.
    public struct Turns: AsyncSequence, Sendable {
        public typealias Element = [TranscriptTurn]

        fileprivate let changes: TranscriptStream

        /// Creates an iterator, which shares the stream with all others.
        ///
        /// - Returns: The iterator.
        public func makeAsyncIterator() -> Iterator {
            Iterator(changes: changes.makeAsyncIterator())
        }

        /// Iterates over the turns.
        ///
        /// The stream ends when the iterator is released after the first ``next()``.
        public struct Iterator: AsyncIteratorProtocol {
            fileprivate var changes: TranscriptStream.Iterator
            private var turns: TurnList?

            fileprivate init(changes: TranscriptStream.Iterator) {
                self.changes = changes
            }

            /// Returns the turns. The first call returns those that the transcript already has, and starts to open the
            /// stream; each further call waits for the next changes.
            ///
            /// - Returns: All turns; nil at the end of the stream, and after an error was thrown.
            /// - Throws: An ``AodError`` if the stream fails, once; a `CancellationError` if the task is cancelled.
            public mutating func next() async throws -> [TranscriptTurn]? {
                try await next(isolation: nil)
            }

            /// Returns the turns, without leaving the caller's actor. The first call returns those that the transcript
            /// already has, and starts to open the stream; each further call waits for the next changes.
            ///
            /// - Parameter actor: The actor to stay on.
            /// - Returns: All turns; nil at the end of the stream, and after an error was thrown.
            /// - Throws: An ``AodError`` if the stream fails, once; a `CancellationError` if the task is cancelled.
            public mutating func next(isolation actor: isolated (any Actor)?) async throws -> [TranscriptTurn]? {
                // A cancelled task opens nothing: waiting for its next change throws.
                if turns == nil && !Task.isCancelled {
                    turns = TurnList(changes.changes.transcript.turns)
                    changes.startOpening()
                    return turns?.current()
                }
                guard let change = try await changes.next(isolation: actor) else { return nil }
                turns?.apply(change)
                for change in changes.changes.prefetcher.takeBuffered() { turns?.apply(change) }
                return turns?.current()
            }
        }
    }
}

extension TranscriptStream: PrefetchSource {
    /// Waits for the changes of the next events, or the end.
    func nextBatch(isolation: isolated (any Actor)?) async -> Batch<TranscriptChange> {
        await stream.nextChanges(of: transcript, isolation: isolation)
    }

    func abandon() {
        stream.abandon()
    }
}

/// The turns of a transcript, which follow its changes without converting the other items.
struct TurnList: Sendable {
    private var turns: [GrowingTurn]

    init(_ turns: [TranscriptTurn]) {
        self.turns = turns.map(GrowingTurn.init)
    }

    mutating func current() -> [TranscriptTurn] {
        turns.indices.map { turns[$0].current() }
    }

    mutating func apply(_ change: TranscriptChange) {
        switch change {
        case .agentUpdated: break
        case .turnStarted(let number): start(number)
        case .itemAdded(let number, let item): update(number) { $0.add(item) }
        case .itemUpdated(let number, let item): update(number) { $0.update(item) }
        case .textAppended(let number, let id, let text): update(number) { $0.append(text, to: id) }
        case .itemsDropped(let number, let count): update(number) { $0.drop(count) }
        case .turnEnded(let number, let outcome, let usage, let duration):
            update(number) { $0.end(outcome, usage, duration) }
        case .historyReset: turns = []
        }
    }

    private mutating func update(_ number: Int64, _ change: (inout GrowingTurn) -> Void) {
        guard let index = turns.lastIndex(where: { $0.number == number }) else { return }
        change(&turns[index])
    }

    /// Adds a turn, or continues the last one.
    private mutating func start(_ number: Int64) {
        if let last = turns.indices.last, turns[last].number == number {
            turns[last].reopen()
        } else {
            let turn = TranscriptTurn(
                number: number, items: [], droppedItems: 0, outcome: nil, usage: nil, duration: nil)
            turns.append(GrowingTurn(turn))
        }
    }
}

/// A turn that follows the changes of its items.
private struct GrowingTurn: Sendable {
    let number: Int64
    private var items: [TranscriptItem]
    private var droppedItems: Int64
    private var outcome: Outcome?
    private var usage: TokenUsage?
    private var duration: Double?

    /// The position of each item, counted from the first that the turn ever had here.
    private var positions: [String: Int]
    private var dropped = 0
    /// The text of the item that grows, so that a text of many fragments is not copied for each of them.
    private var growing: (index: Int, text: String)?
    /// The turn as it is now, unless it has changed.
    private var unchanged: TranscriptTurn?

    init(_ turn: TranscriptTurn) {
        number = turn.number
        items = turn.items
        droppedItems = turn.droppedItems
        outcome = turn.outcome
        usage = turn.usage
        duration = turn.duration
        positions = Dictionary(zip(turn.items.map(\.id), 0...)) { _, last in last }
        unchanged = turn
    }

    mutating func current() -> TranscriptTurn {
        if let unchanged { return unchanged }
        completeText()
        let turn = TranscriptTurn(
            number: number, items: items, droppedItems: droppedItems, outcome: outcome, usage: usage,
            duration: duration)
        unchanged = turn
        return turn
    }

    mutating func add(_ item: TranscriptItem) {
        unchanged = nil
        positions[item.id] = items.count + dropped
        items.append(item)
    }

    mutating func update(_ item: TranscriptItem) {
        guard let index = index(of: item.id) else { return }
        unchanged = nil
        completeText()
        items[index] = item
    }

    mutating func append(_ text: String, to id: String) {
        guard let index = index(of: id) else { return }
        unchanged = nil
        if growing?.index != index {
            completeText()
            growing = (index, items[index].kind.growingText)
        }
        growing?.text += text
    }

    mutating func drop(_ count: Int64) {
        unchanged = nil
        completeText()
        let oldest = items.prefix(Int(clamping: count))
        for item in oldest { positions[item.id] = nil }
        dropped += oldest.count
        items.removeFirst(oldest.count)
        droppedItems += count
    }

    mutating func end(_ outcome: Outcome, _ usage: TokenUsage?, _ duration: Double?) {
        unchanged = nil
        self.outcome = outcome
        self.usage = usage
        self.duration = duration
    }

    mutating func reopen() {
        unchanged = nil
        outcome = nil
    }

    private func index(of id: String) -> Int? {
        positions[id].map { $0 - dropped }
    }

    private mutating func completeText() {
        guard let (index, text) = growing else { return }
        growing = nil
        let item = items[index]
        items[index] = TranscriptItem(
            id: item.id, runtimeId: item.runtimeId, parent: item.parent, status: item.status,
            kind: item.kind.with(text), events: item.events, isTruncated: item.isTruncated, raw: item.raw,
            rawCut: item.rawCut)
    }
}

extension ItemKind {
    /// The text that grows while the item is in progress.
    fileprivate var growingText: String {
        switch self {
        case .message(_, let text), .thinking(let text), .text(_, let text): text
        default: ""
        }
    }

    fileprivate func with(_ text: String) -> ItemKind {
        switch self {
        case .message(let role, _): .message(role: role, text: text)
        case .thinking: .thinking(text: text)
        case .text(let stream, _): .text(stream: stream, text: text)
        default: self
        }
    }
}
