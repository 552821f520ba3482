import AgentOnDemand
import DevServer
import Foundation
import Testing

import func AodNative.activeTasks

/// What is over leaves nothing behind. What they count is the whole process's: `bindings/swift/tests/run` gives them one of their
/// own.
@Suite(.serialized, .timeLimit(.minutes(10))) struct LeakTests {
    /// Works with a server and a client, lets go of the client, and waits until none of its calls, streams and connections
    /// is left: the time limit ends a wait that is in vain.
    private func leavingNothing(_ work: @Sendable (DevServer, AodClient) async throws -> Void) async throws {
        let server = try DevServer("s1")
        try await work(server, server.client())
        while activeTasks() > 0 {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    /// A leak of a hundred bytes a call would be a megabyte; pools and the allocator take some of their own.
    private func expectNoMore(than before: Resident) throws {
        let after = try Resident.now()
        #expect(after.descriptors <= before.descriptors + 16)
        #expect(after.kilobytes < before.kilobytes + 16_384)
    }

    @Test func tenThousandCallsLeaveNothing() async throws {
        try await leavingNothing { _, client in
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
            try expectNoMore(than: before)
        }
    }

    @Test func twoThousandCancelledCallsLeaveNothing() async throws {
        try await leavingNothing { server, client in
            try await server.script(["hold": "never"])
            let session = try await client.started(model: "anthropic/claude-sonnet-4-6")
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
            try await server.streams(0)
            let before = try Resident.now()
            for _ in 0..<20 { await round() }
            try await server.streams(0)
            try expectNoMore(than: before)
        }
    }

    enum Leaving: CaseIterable { case atOnce, inTheLoop, byError, byCancel, unused }

    @Test(arguments: Leaving.allCases)
    func manyStreamsLeaveNothing(_ leaving: Leaving) async throws {
        try await leavingNothing { server, client in
            try await server.script(["stdout": "one\n"], ["hold": "never"])
            let session = try await client.started(model: "anthropic/claude-sonnet-4-6")
            for _ in 0..<4 {
                await withTaskGroup(of: Void.self) { group in
                    for _ in 0..<100 {
                        group.addTask {
                            let task = Task {
                                let events = client.sessions.stream(session.id)
                                if leaving == .unused { return }
                                for try await event in events where event.stdout != nil {
                                    switch leaving {
                                    case .byError: throw CancellationError()
                                    case .byCancel: events.cancel()
                                    case .atOnce, .inTheLoop, .unused: return
                                    }
                                }
                            }
                            if leaving == .atOnce { task.cancel() }
                            _ = await task.result
                        }
                    }
                }
            }
            try await server.streams(0)
        }
    }
}

/// What this process holds.
private struct Resident {
    let descriptors: Int
    let kilobytes: Int

    static func now() throws -> Resident {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
        return Resident(
            descriptors: try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count,
            kilobytes: Int(line.filter(\.isNumber)) ?? 0)
    }
}
