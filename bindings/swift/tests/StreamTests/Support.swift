import Testing

/// Checks that a cancelled task throws while it waits for another one that reads the same sequence, and that the other
/// one then ends without an error.
///
/// - Parameter readAll: Reads the sequence to its end. Each output finishes `seen`.
@MainActor func expectCancelledWaiterThrows(
    readAll: @escaping @MainActor @Sendable (_ seen: AsyncStream<Void>.Continuation?) async throws -> Void
) async throws {
    // All tasks are on one actor: when this function continues, the others have run up to where they wait.
    let (seen, seenContinuation) = AsyncStream.makeStream(of: Void.self)
    let fetching = Task { @MainActor in try await readAll(seenContinuation) }
    for await _ in seen {}
    let (started, startedContinuation) = AsyncStream.makeStream(of: Void.self)
    let waiting = Task { @MainActor in
        startedContinuation.finish()
        try await readAll(nil)
    }
    for await _ in started {}
    waiting.cancel()
    let result = await waiting.result
    #expect(throws: CancellationError.self) { try result.get() }
    try await fetching.value
}
