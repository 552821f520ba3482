import AodNative

/// Provides the API tokens of a client, for tokens that expire.
///
/// It is called before the first request, and again when the server rejects a token with 401: the request is then sent
/// again, with the new token, at most once per attempt; if the server rejects the new token too, the call fails.
/// Requests that need a token at the same time wait for the same one. An open stream continues where it was. The time
/// that the provider takes counts towards the time limits of the call. The provider is called in a task of its own. It
/// must not make calls with the same client: they would wait for the token that it has not returned yet.
///
/// An error of the provider ends a call, and a stream that is being opened, with an ``AodError`` of kind `auth` whose
/// ``AodError/underlyingError`` is that error. An open stream reconnects later. A token that is empty, or contains
/// whitespace, a control character or a non-ASCII character, is an ``AodError`` of kind `configuration`, which also
/// ends an open stream.
///
/// See [Tokens that expire](https://ravi-hq.github.io/agent-on-demand/latest/guide/configuration/#tokens-that-expire).
///
/// - Parameter rejected: The token that the server rejected; nil before the first request.
/// - Returns: The token to use from now on.
public typealias TokenProvider = @Sendable (_ rejected: Secret?) async throws -> Secret

/// Passes the tokens of a provider to the library.
final class TokenForwarder: TokenSource {
    private let provider: TokenProvider

    init(_ provider: @escaping TokenProvider) {
        self.provider = provider
    }

    func request(rejected: Secret?, reply: TokenReply) {
        Task { [provider] in
            do {
                reply.token(token: try await provider(rejected))
            } catch {
                // Only its type: its description may contain anything.
                reply.failure(number: TokenFailures.add(error), reason: "\(type(of: error))")
            }
        }
    }
}

/// What token providers threw most recently, by number: the library returns only the number.
enum TokenFailures {
    private static let capacity: UInt64 = 16
    private static let recent = Locked((next: UInt64(0), errors: [UInt64: any Error]()))

    static func add(_ error: any Error) -> UInt64 {
        recent.with { recent in
            let number = recent.next
            recent.next += 1
            recent.errors[number] = error
            if number >= capacity { recent.errors[number - capacity] = nil }
            return number
        }
    }

    static func find(_ number: UInt64) -> (any Error)? {
        recent.with { $0.errors[number] }
    }
}
