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
func caught<Value>(_ work: () throws -> Value) throws(AodError) -> Value {
    do {
        return try work()
    } catch {
        throw AodError(of: error)
    }
}

/// The error that callers see for one of the library.
func facade(_ error: any Error) -> any Error {
    if case CallError.Failed(let facts) = error, facts.kind == .cancelled {
        return CancellationError()
    }
    return AodError(of: error)
}

extension AodError {
    /// The error for one of the library's, or of the boundary to it. What those say may hold anything, and is not shown.
    init(of error: any Error) {
        switch error {
        case CallError.Failed(let facts): self.init(facts: facts)
        case is DecodingError: self.init(kind: .decode, text: "a value of the answer cannot be read")
        default: self.init(kind: .other, text: "a defect of the library: \(type(of: error))")
        }
    }
}
