import AgentOnDemand
import DevServer
import Foundation
import Testing

import func AodNative.activeTasks

/// Calls and streams release all their resources. The tests count those of the whole process, so
/// `bindings/swift/tests/run` runs them in a separate one.
@Suite(.serialized, .timeLimit(.minutes(10))) struct LeakTests {
    /// Runs work with a server and a client, releases the client, and waits until no call, stream or connection is
    /// left. If one leaks, the test reaches its time limit.
    private func withoutLeaks(_ work: @Sendable (DevServer, AodClient) async throws -> Void) async throws {
        let server = try await DevServer()
        try await work(server, server.client())
        while activeTasks() > 0 {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    /// Checks that the process has not grown. The margins are for pools and the allocator; a leak of 100 bytes per call
    /// would exceed them.
    private func expectNoGrowth(since before: Resident) throws {
        let after = try Resident.now()
        #expect(after.descriptors <= before.descriptors + 16)
        #expect(after.kilobytes < before.kilobytes + 16_384)
    }

    @Test func tenThousandCallsDoNotLeak() async throws {
        try await withoutLeaks { _, client in
            func calls(_ each: Int) async throws {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            for _ in 0..<each { _ = try await client.health() }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            try await calls(125)
            let before = try Resident.now()
            try await calls(1250)
            try expectNoGrowth(since: before)
        }
    }

    @Test func twoThousandCancelledCallsDoNotLeak() async throws {
        try await withoutLeaks { server, client in
            try await server.script(["hold": "never"])
            let session = try await client.startSession(model: "anthropic/claude-sonnet-4-6")
            func round() async {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<100 {
                        group.addTask {
                            let task = Task { try await client.sessions.waitForCompletion(session.id) }
                            task.cancel()
                            _ = await task.result
                        }
                    }
                }
            }
            await round()
            try await server.waitForStreams(0)
            let before = try Resident.now()
            for _ in 0..<20 { await round() }
            try await server.waitForStreams(0)
            try expectNoGrowth(since: before)
        }
    }

    enum Ending: CaseIterable { case atOnce, inTheLoop, byError, byCancel, unused }

    @Test(arguments: Ending.allCases)
    func manyStreamsDoNotLeak(_ ending: Ending) async throws {
        try await withoutLeaks { server, client in
            try await server.script(["stdout": "one\n"], ["hold": "never"])
            let session = try await client.startSession(model: "anthropic/claude-sonnet-4-6")
            for _ in 0..<4 {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<100 {
                        group.addTask {
                            let task = Task {
                                let events = client.sessions.stream(session.id)
                                if ending == .unused { return }
                                for try await event in events where event.stdout != nil {
                                    switch ending {
                                    case .byError: throw CancellationError()
                                    case .byCancel: events.cancel()
                                    case .atOnce, .inTheLoop, .unused: return
                                    }
                                }
                            }
                            if ending == .atOnce { task.cancel() }
                            _ = await task.result
                        }
                    }
                }
            }
            try await server.waitForStreams(0)
        }
    }

    @Test func aTokenProviderIsReleasedWithItsClient() async throws {
        final class Account: Sendable {
            let token: Secret
            init(token: Secret) { self.token = token }
        }
        struct Reference { weak var account: Account? }

        let server = try await DevServer(generation: "2026-04-21")
        func used() async throws -> Reference {
            let account = Account(token: server.token)
            var configuration = AodClient.Configuration()
            configuration.noProxy = true
            let client = try AodClient(
                baseURL: server.url, tokenProvider: { _ in account.token }, configuration: configuration)
            _ = try await client.agents.list()
            client.network.changed()
            return Reference(account: account)
        }
        let reference = try await used()
        while reference.account != nil {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test(arguments: [Ending.inTheLoop, .byCancel, .unused])
    func manyWatchedSessionsDoNotLeak(_ ending: Ending) async throws {
        try await withoutLeaks { server, client in
            try await server.script(["stdout": "one\n"], ["hold": "never"])
            var ids: [UUID] = []
            for _ in 0..<4 {
                ids.append(try await client.startSession(model: "anthropic/claude-sonnet-4-6").id)
            }
            for _ in 0..<4 {
                await withTaskGroup(of: Void.self) { [ids] group in
                    for _ in 0..<25 {
                        group.addTask {
                            let events = client.sessions.watch(ids)
                            if ending == .unused { return }
                            do {
                                for try await item in events where try item.event.get().stdout != nil {
                                    if ending == .inTheLoop { return }
                                    events.cancel()
                                }
                            } catch {
                                Issue.record(error)
                            }
                        }
                    }
                }
            }
            try await server.waitForStreams(0)
        }
    }
}

/// The resources of this process.
private struct Resident {
    let descriptors: Int
    let kilobytes: Int

    static func now() throws -> Resident {
        #if os(Linux)
            let folder = "/proc/self/fd"
            let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        #else
            // No file has the memory of the process, which the tests compare only on Linux.
            let folder = "/dev/fd"
            let line = ""
        #endif
        return Resident(
            descriptors: try FileManager.default.contentsOfDirectory(atPath: folder).count,
            kilobytes: Int(line.filter(\.isNumber)) ?? 0)
    }
}
