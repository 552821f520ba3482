#if os(macOS) || os(Linux)
    import Dispatch
    import Foundation

    /// The process of a development server. It ends when it is released, or when this process ends.
    final class Program: @unchecked Sendable {
        private let process = Process()
        private let input = Pipe()
        private let output = Pipe()
        /// Ends with the process.
        private let end: Task<Void, Never>
        private let ended: AsyncStream<Never>.Continuation

        /// Finds the program: that of `AOD_DEVSERVER`, or else one on the `PATH`.
        init(arguments: [String]) throws {
            process.executableURL = try Self.find()
            process.arguments = arguments + ["--exit-with-stdin"]
            process.standardInput = input
            process.standardOutput = output
            let (end, continuation) = AsyncStream.makeStream(of: Never.self)
            process.terminationHandler = { _ in continuation.finish() }
            self.end = Task {
                for await _ in end {}
            }
            ended = continuation
        }

        deinit {
            closeInput()
        }

        private static func find() throws -> URL {
            let environment = ProcessInfo.processInfo.environment
            if let path = environment["AOD_DEVSERVER"] {
                return URL(fileURLWithPath: path)
            }
            let folders = environment["PATH", default: ""].split(separator: ":")
            let paths = folders.map { "\($0)/aod-devserver" }
            guard let path = paths.first(where: FileManager.default.isExecutableFile) else {
                let remedy = "put it on the PATH, or set AOD_DEVSERVER to its path"
                throw DevServerError("aod-devserver was not found: \(remedy)")
            }
            return URL(fileURLWithPath: path)
        }

        /// Starts the process, and returns the first line of its output. Waits on a thread that no task runs on.
        func start() async throws -> String {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(with: Result { try self.run() })
                }
            }
        }

        private func run() throws -> String {
            do {
                try Self.starting.withLock(process.run)
            } catch {
                // A process that does not start has no end.
                ended.finish()
                throw error
            }
            let limit = Task { await kill(after: 60) }
            defer { limit.cancel() }
            var line = Data()
            while line.last != UInt8(ascii: "\n") {
                let more = output.fileHandleForReading.availableData
                if more.isEmpty {
                    throw DevServerError("aod-devserver ended before it printed its URL")
                }
                line += more
            }
            return String(decoding: line, as: UTF8.self).trimmingCharacters(in: .newlines)
        }

        /// Processes that start at the same time would inherit each other's pipes and keep them open.
        private static let starting = NSLock()

        /// Ends the process and waits for its end.
        func stop() async {
            closeInput()
            let limit = Task { await kill(after: 10) }
            await end.value
            limit.cancel()
        }

        /// The end of its input ends the process. A signal may not: on Linux, `Process` blocks signals in its children.
        private func closeInput() {
            try? input.fileHandleForWriting.close()
        }

        /// Kills the process after this number of seconds, unless the task is cancelled.
        private func kill(after seconds: UInt64) async {
            do {
                try await Task.sleep(nanoseconds: seconds * 1_000_000_000)
                _ = Foundation.kill(process.processIdentifier, SIGKILL)
            } catch {
                // It has ended in time.
            }
        }
    }
#endif
