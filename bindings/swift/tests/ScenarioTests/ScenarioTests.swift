import AgentOnDemand
import DevServer
import Foundation
import Testing

/// The scenarios that all languages run: tests/scenarios/README.md.
@Suite(.timeLimit(.minutes(10))) struct ScenarioTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../../tests/scenarios").standardizedFileURL

    /// All scenarios, or the one that `AOD_SCENARIO` names.
    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let names = files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
        let one = ProcessInfo.processInfo.environment["AOD_SCENARIO"]
        return names.filter { one == nil || one == $0 }
    }()

    @Test func thereAreScenarios() {
        #expect(!Self.names.isEmpty)
    }

    @Test(arguments: names)
    func theTranscriptMatches(name: String) async throws {
        let file = Self.folder.appendingPathComponent(name)
        let text = try String(contentsOf: file.appendingPathExtension("json"), encoding: .utf8)
        // The transcript is read from the text, because its lines are compared byte for byte.
        let recorded = try #require(text.range(of: ",\n  \"transcript\": [\n"))
        #expect(text.hasSuffix("\n  ]\n}\n"))
        let lines = text[recorded.upperBound...].dropLast("\n  ]\n}\n".count).split(separator: "\n").map {
            let line = $0.dropFirst(4)
            return line.last == "," ? line.dropLast() : line
        }
        let found = try await Runner(JSONValue(parsing: text)).run().split(separator: "\n")
        for (index, (line, foundLine)) in zip(lines, found).enumerated() {
            try #require(foundLine == line, "line \(index + 1)")
        }
        #expect(found.count == lines.count)
    }
}
