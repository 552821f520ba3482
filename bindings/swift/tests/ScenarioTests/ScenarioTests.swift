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
        let expected = try String(contentsOf: file.appendingPathExtension("jsonl"), encoding: .utf8)
        let found = try await Runner(JSONValue(parsing: text)).run()
        let (lines, foundLines) = (expected.split(separator: "\n"), found.split(separator: "\n"))
        for (index, line) in lines.enumerated() where index < foundLines.count {
            try #require(foundLines[index] == line, "line \(index + 1)")
        }
        #expect(found == expected)
    }
}
