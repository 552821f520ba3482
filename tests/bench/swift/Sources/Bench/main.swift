import AgentOnDemand
import DevServer
import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

// Each figure is the median of several rounds, in which both implementations run alternately.
let rounds = ProcessInfo.processInfo.environment["AOD_BENCH_REPEAT"].flatMap { Int($0) } ?? 7
let gets = 1000

/// A session whose stream has a chunk for each line, and one with many events per chunk.
let id = UUID(uuidString: "00000000-0000-4000-8000-0000000b1600")!
let chunkedId = UUID(uuidString: "00000000-0000-4000-8000-0000000b1601")!
/// A session with messages and tool calls of Claude Code.
let transcriptId = UUID(uuidString: "00000000-0000-4000-8000-000000007a1c")!

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

func seconds(_ work: () async throws -> Void) async throws -> Double {
    let clock = ContinuousClock()
    let time = try await clock.measure(work)
    return Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
}

guard let url = ProcessInfo.processInfo.environment["AOD_BENCH_SERVER"] else {
    fatalError("AOD_BENCH_SERVER is not set")
}
let client = try AodClient(baseURL: URL(string: url)!, token: "aod_bench")

func request(_ id: UUID, _ path: String = "") -> URLRequest {
    var request = URLRequest(url: URL(string: "\(url)/sessions/\(id.uuidString.lowercased())\(path)")!)
    request.setValue("Bearer aod_bench", forHTTPHeaderField: "Authorization")
    return request
}

func report(
    _ what: String, _ unit: String, _ ours: Double, _ theirs: Double, _ ratio: Double,
    peer: String = "URLSession, Codable"
) {
    print(String(format: "%@: ours %.1f %@, %@ %.1f %@, ratio %.2f", what, ours, unit, peer, theirs, unit, ratio))
    record(Figure(bench: what, figure: "wall", unit: unit, ours: ours, peer: peer, theirs: theirs))
}
var (ours, theirs): ([Double], [Double]) = ([], [])
for (id, chunks) in [(id, "two chunks each"), (chunkedId, "200 per chunk")] {
    var events = 0
    (ours, theirs) = ([], [])
    for _ in 0..<rounds {
        ours.append(
            try await seconds {
                events = 0
                for try await _ in client.sessions.stream(id) { events += 1 }
            })
        theirs.append(
            try await seconds {
                let count = try await PeerStream().read(request(id, "/stream"))
                precondition(count == events, "\(count) events instead of \(events)")
            })
    }
    let perSecond = (ours: Double(events) / median(ours), theirs: Double(events) / median(theirs))
    report(
        "events, \(chunks)", "k events/s", perSecond.ours / 1e3, perSecond.theirs / 1e3,
        perSecond.ours / perSecond.theirs)
}

let items = 60_000
// About 64 KiB each.
let chunks = stride(from: 0, to: items / 2, by: 100).map { first in
    (first..<first + 100).map(PeerTranscript.lines).joined()
}
// A change for each line: an item, or the result of a tool call.
let lines = items / 2 * 3
(ours, theirs) = ([], [])
var streamed: [Double] = []
for _ in 0..<rounds {
    ours.append(
        try await seconds {
            let transcript = Transcript(runtime: "claude")
            let changes = chunks.reduce(0) { $0 + transcript.feed($1).count }
            precondition(changes >= lines, "\(changes) changes for \(lines) lines")
        })
    streamed.append(
        try await seconds {
            var changes = 0
            for try await _ in client.sessions.transcript(transcriptId) { changes += 1 }
            precondition(changes >= lines, "\(changes) changes for \(lines) lines")
        })
    theirs.append(
        try await seconds {
            var transcript = PeerTranscript()
            for chunk in chunks { try transcript.read(chunk) }
            precondition(transcript.items.count == items)
        })
}
let changes = (
    ours: Double(lines) / median(ours), streamed: Double(lines) / median(streamed),
    theirs: Double(lines) / median(theirs)
)
report(
    "transcript of output", "k changes/s", changes.ours / 1e3, changes.theirs / 1e3, changes.ours / changes.theirs,
    peer: "Codable")
print(String(format: "transcript of a stream: ours %.1f k changes/s", changes.streamed / 1e3))
record(
    Figure(bench: "transcript of a stream", figure: "wall", unit: "k changes/s", ours: changes.streamed / 1e3))

(ours, theirs) = ([], [])
let peer = PeerClient(request(id))
for _ in 0..<rounds {
    ours.append(try await seconds { for _ in 0..<gets { _ = try await client.sessions.get(id) } })
    theirs.append(try await seconds { for _ in 0..<gets { _ = try await peer.get() } })
}
let each = (ours: median(ours) / Double(gets), theirs: median(theirs) / Double(gets))
report("get", "µs", each.ours * 1e6, each.theirs * 1e6, each.theirs / each.ours)

let server = try await DevServer(generation: "2026-04-21")
let cancellation = CancellationBench(server: server, client: try server.client(), tries: 200)
try await cancellation.call()
try await cancellation.stream()
