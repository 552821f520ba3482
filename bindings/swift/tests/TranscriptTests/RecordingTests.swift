import AgentOnDemand
import Foundation
import Testing

/// A recorded output, `tests/data/transcripts/RUNTIME/NAME.jsonl`.
struct Recording: Sendable, CustomTestStringConvertible {
    let runtime: String
    let name: String
    let text: String

    var testDescription: String { "\(runtime)/\(name)" }

    static let all: [Recording] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../../tests/data/transcripts").standardizedFileURL
        let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0.hasSuffix(".jsonl") }.sorted().map { path in
            let parts = path.split(separator: "/").map(String.init)
            let text = try? String(contentsOf: folder.appendingPathComponent(path), encoding: .utf8)
            return Recording(runtime: parts[0], name: parts[1], text: text ?? "")
        }
    }()

    /// The text in chunks of a number of Unicode scalars.
    func chunks(of length: Int) -> [String] {
        var rest = text.unicodeScalars[...]
        var chunks: [String] = []
        while !rest.isEmpty {
            let chunk = rest.prefix(length)
            chunks.append(String(chunk))
            rest = rest[chunk.endIndex...]
        }
        return chunks
    }
}

@Suite(.timeLimit(.minutes(10))) struct RecordingTests {
    @Test func thereAreRecordingsOfEachRuntime() {
        #expect(Set(Recording.all.map(\.runtime)) == ["claude", "codex", "gemini", "generic", "opencode"])
    }

    @Test(arguments: Recording.all)
    func typedValuesAreThoseOfTheCore(recording: Recording) throws {
        func json(_ chunks: [String]) throws -> String {
            let transcript = Transcript(runtime: recording.runtime)
            for chunk in chunks { transcript.feed(chunk) }
            transcript.finish()
            #expect(try coreJSON(of: transcript) == typedJSON(of: transcript))
            return try transcript.json()
        }
        let whole = try json([recording.text])
        for length in [1, 2, 7, 100, 4096] {
            #expect(try json(recording.chunks(of: length)) == whole, "in chunks of \(length)")
        }
    }

    @Test(arguments: Recording.all)
    func continuesFromASnapshotAtAnyCut(recording: Recording) throws {
        let whole = Transcript(runtime: recording.runtime)
        whole.feed(recording.text)
        whole.finish()
        let scalars = recording.text.unicodeScalars
        for _ in 0..<20 {
            let cut = Int.random(in: 0..<scalars.count)
            let transcript = Transcript(runtime: recording.runtime)
            transcript.feed(String(scalars.prefix(cut)))
            let restored = try Transcript(restoring: transcript.snapshot())
            restored.feed(String(scalars.dropFirst(cut)))
            restored.finish()
            #expect(try restored.json() == whole.json(), "cut at \(cut)")
        }
    }
}
