import AgentOnDemand
import DevServer
import Foundation
import Testing

/// Recorded transcripts produce the expected text beside them, as in Rust (`tests/transcript/transcripts.rs`), for any
/// chunking.
@Suite(.timeLimit(.minutes(10))) struct TranscriptTests {
    static let formatters: [String: @Sendable (FormatterOptions) -> any AgentOnDemand.Formatter] = [
        "claude": { ClaudeFormatter(options: $0) },
        "codex": { CodexFormatter(options: $0) },
        "gemini": { GeminiFormatter(options: $0) },
        "opencode": { OpencodeFormatter(options: $0) },
        "generic": { GenericFormatter(options: $0) },
    ]

    /// The options of the expected outputs, in their order.
    static let variants = [
        FormatterOptions(),
        FormatterOptions(plain: true, width: 60, showThinking: false, showToolResults: true),
    ]

    @Test(arguments: formatters.keys.sorted(), variants.indices)
    func transcriptsProduceTheExpectedText(runtime: String, variant: Int) throws {
        let make = try #require(Self.formatters[runtime])
        let options = Self.variants[variant]
        for transcript in try Transcript.all(of: runtime) {
            let whole = shown(by: make(options), [transcript.text])
            let expected = try transcript.expected()[variant]
            #expect(whole.map { $0 + "\n" }.joined() == expected, "\(transcript.name)")

            let scalars = shown(by: make(options), transcript.text.unicodeScalars.map { String($0) })
            #expect(scalars == whole, "\(transcript.name) in single characters")
            for _ in 0..<20 {
                let seed = UInt64.random(in: .min ... .max)
                let chunks = randomCuts(of: transcript.text, seed: seed)
                #expect(shown(by: make(options), chunks) == whole, "\(transcript.name) in chunks of seed \(seed)")
            }
        }
    }
}

/// A recorded output, `tests/data/transcripts/RUNTIME/NAME.jsonl`.
struct Transcript {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../../tests/data/transcripts").standardizedFileURL

    let file: URL
    let text: String
    var name: String { file.lastPathComponent }

    static func all(of runtime: String) throws -> [Transcript] {
        let folder = folder.appendingPathComponent(runtime)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "jsonl" }
        guard !files.isEmpty else { throw TestError("\(folder.path) has no transcripts") }
        return try files.map { Transcript(file: $0, text: try String(contentsOf: $0, encoding: .utf8)) }
    }

    /// Returns the expected outputs, one per variant.
    func expected() throws -> [String] {
        try String(contentsOf: file.deletingPathExtension().appendingPathExtension("txt"), encoding: .utf8)
            .components(separatedBy: "===== with options =====\n")
    }
}

/// Returns the lines of a formatter for some chunks, including those of its flush.
func shown(by formatter: any AgentOnDemand.Formatter, _ chunks: [String]) -> [String] {
    chunks.flatMap(formatter.feed) + formatter.flush()
}

/// Splits a text into chunks of random lengths.
private func randomCuts(of text: String, seed: UInt64) -> [String] {
    var random = Seeded(state: seed)
    let longest = [3, 40, 500, 20_000].randomElement(using: &random) ?? 3
    var rest = text.unicodeScalars[...]
    var chunks: [String] = []
    while !rest.isEmpty {
        let chunk = rest.prefix(Int.random(in: 1...longest, using: &random))
        chunks.append(String(chunk))
        rest = rest[chunk.endIndex...]
    }
    return chunks
}

/// SplitMix64, so that a failure can be reproduced from its seed.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}
