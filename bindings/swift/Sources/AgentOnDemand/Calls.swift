import AodNative

/// Makes calls of the library, which know nothing of tasks and throw errors of their own.
struct Calls: Sendable {
    let native: NativeClient

    /// Makes a call that ends with the task that waits for it.
    func make<Value: Sendable>(
        _ call: @Sendable (NativeClient, Cancellation) async throws -> Value
    ) async throws -> Value {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            do {
                return try await call(native, cancellation)
            } catch {
                throw facade(error)
            }
        } onCancel: {
            cancellation.cancel()
        }
    }
}

/// Does something that throws an error of the library, and throws the façade's for it.
func caught<Value>(_ work: () throws -> Value) throws -> Value {
    do {
        return try work()
    } catch {
        throw facade(error)
    }
}

/// The error that callers see for one of the library.
func facade(_ error: any Error) -> any Error {
    guard case CallError.Failed(let facts) = error else {
        // A panic or a broken boundary; what it says is the library's own.
        return AodError(kind: .other, text: "\(error)")
    }
    return facts.kind == .cancelled ? CancellationError() : AodError(facts: facts)
}
