import AodNative

/// Runs calls of the native library: cancels them with the task, and maps their errors.
struct CallRunner: Sendable {
    let native: NativeClient

    /// Runs a call that is cancelled when the current task is.
    func run<Value: Sendable>(
        _ call: @Sendable (NativeClient, CancellationToken) async throws -> Value
    ) async throws -> Value {
        let cancellation = CancellationToken()
        return try await withTaskCancellationHandler {
            do {
                return try await call(native, cancellation)
            } catch {
                throw publicError(from: error)
            }
        } onCancel: {
            cancellation.cancel()
        }
    }
}

/// Runs work that throws native errors, and throws the public error instead.
func mappingErrors<Value>(_ work: () throws -> Value) throws(AodError) -> Value {
    do {
        return try work()
    } catch {
        throw AodError(from: error)
    }
}

/// Returns the public error for a native one.
func publicError(from error: any Error) -> any Error {
    if case CallError.Failed(let info) = error, info.kind == .cancelled {
        return CancellationError()
    }
    return AodError(from: error)
}

extension AodError {
    /// Maps an error of the library or of the generated bindings. The text of the latter may contain any value, and is
    /// not shown.
    init(from error: any Error) {
        switch error {
        case CallError.Failed(let info): self.init(info: info)
        case is DecodingError: self.init(kind: .decode, text: "a value in the response cannot be read")
        default: self.init(kind: .other, text: "internal error: \(type(of: error))")
        }
    }
}
