import AodNative

/// Makes calls of the library, which know nothing of tasks and throw errors of their own.
struct CallRunner: Sendable {
    let native: NativeClient

    /// Makes a call that ends with the task that waits for it.
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

/// Does something that throws an error of the library, and throws the public error for it.
func mappingErrors<Value>(_ work: () throws -> Value) throws(AodError) -> Value {
    do {
        return try work()
    } catch {
        throw AodError(from: error)
    }
}

/// The error that callers see for one of the library.
func publicError(from error: any Error) -> any Error {
    if case CallError.Failed(let info) = error, info.kind == .cancelled {
        return CancellationError()
    }
    return AodError(from: error)
}

extension AodError {
    /// The error for one of the library's, or of the boundary to it. What those say may hold anything, and is not shown.
    init(from error: any Error) {
        switch error {
        case CallError.Failed(let info): self.init(info: info)
        case is DecodingError: self.init(kind: .decode, text: "a value of the answer cannot be read")
        default: self.init(kind: .other, text: "internal error: \(type(of: error))")
        }
    }
}
