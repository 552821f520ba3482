import AgentOnDemand
import DevServer
import Foundation

/// Measures the time from `task.cancel()` until the awaited call throws, and until the server has seen it.
struct CancellationBench {
    let server: DevServer
    let client: AodClient
    let tries: Int

    private let clock = ContinuousClock()

    init(server: DevServer, client: AodClient, tries: Int) {
        self.server = server
        self.client = client
        self.tries = tries
    }

    /// Cancels a call that the server never answers.
    func call() async throws {
        try await server.control("POST", "fault", ["path": "/health", "times": nil, "effect": ["stall": [:]]])
        var requests = try await stat("requests")
        var times: [Times] = []
        for _ in 0..<tries {
            let task = Task { [client, clock] in
                await thrown(on: clock) { _ = try await client.health() }
            }
            requests += 1
            try await server.control("POST", "wait", ["requests": .integer(requests)])
            let open = try await stat("open_connections")
            let cancelled = clock.now
            task.cancel()
            while try await stat("open_connections") >= open {}
            let seen = clock.now
            times.append(Times(thrown: try await task.value.get() - cancelled, seen: seen - cancelled))
        }
        try await server.control("DELETE", "fault")
        report("a call", times)
    }

    /// Cancels `next()` of a stream that receives nothing.
    func stream() async throws {
        try await server.script(["stdout": "one\n"], ["hold": "never"])
        let id = try await client.startSession().id
        var times: [Times] = []
        for _ in 0..<tries {
            let (reading, continuation) = AsyncStream.makeStream(of: Void.self)
            let task = Task { [client, clock] in
                await thrown(on: clock) {
                    for try await event in client.sessions.stream(id) where event.stdout != nil {
                        continuation.finish()
                    }
                }
            }
            for await _ in reading {}
            // When the server has responded to this, the loop waits in `next()` again.
            try await server.waitForStreams(1)
            let cancelled = clock.now
            task.cancel()
            try await server.waitForStreams(0)
            let seen = clock.now
            times.append(Times(thrown: try await task.value.get() - cancelled, seen: seen - cancelled))
        }
        report("a stream's next()", times)
    }

    private struct Times {
        let thrown: Duration
        let seen: Duration
    }

    private func stat(_ name: String) async throws -> Int64 {
        guard case .integer(let value)? = try await server.control("GET", "stats")[name] else {
            throw TestError("the server has no statistic \(name)")
        }
        return value
    }

    private func report(_ what: String, _ times: [Times]) {
        func figures(_ durations: [Duration]) -> (p50: Double, max: Double) {
            let sorted = durations.map { $0 / .milliseconds(1) }.sorted()
            return (sorted[sorted.count / 2], sorted[sorted.count - 1])
        }
        func text(_ figures: (p50: Double, max: Double)) -> String {
            String(format: "p50 %.2f ms, max %.2f ms", figures.p50, figures.max)
        }
        let thrown = figures(times.map(\.thrown))
        print("cancelling \(what), \(times.count) times: throws after \(text(thrown))")
        // This includes the time of the requests that ask the server.
        print("  the server had closed it after \(text(figures(times.map(\.seen))))")
        record(Figure(bench: "cancelling \(what)", figure: "p50", unit: "ms", ours: thrown.p50))
    }
}

/// Returns the time at which the work throws a `CancellationError`. Any other outcome is a failure.
private func thrown(
    on clock: ContinuousClock, by work: () async throws -> Void
) async -> Result<ContinuousClock.Instant, any Error> {
    do {
        try await work()
        return .failure(TestError("it ended without an error"))
    } catch is CancellationError {
        return .success(clock.now)
    } catch {
        return .failure(error)
    }
}
