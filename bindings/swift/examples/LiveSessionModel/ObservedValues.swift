import Observation

/// Returns the value of an expression that reads a model, and its value after each change of the model. A slow reader
/// misses values, but never the last one.
///
/// Views of SwiftUI do not need it; other programs do. From Swift 6.2, `Observations` of the module `Observation` does
/// the same.
@MainActor public func values<Value: Sendable>(
    of expression: @escaping @MainActor () -> Value
) -> AsyncStream<Value> {
    let (values, continuation) = AsyncStream.makeStream(of: Value.self, bufferingPolicy: .bufferingNewest(1))
    let task = Task {
        while !Task.isCancelled {
            let (change, observed) = AsyncStream.makeStream(of: Never.self)
            continuation.yield(withObservationTracking(expression) { observed.finish() })
            // The model changes immediately after `finish`, and this task continues after that.
            for await _ in change {}
        }
    }
    continuation.onTermination = { _ in task.cancel() }
    return values
}
