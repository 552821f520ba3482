import AodNative
import Foundation

#if canImport(os)
    import os
#endif

/// The log of the library: by default warnings and info messages, to the unified log with the subsystem `AgentOnDemand` and
/// the category `client`, or on Linux warnings to standard error.
///
/// See [Logs](https://ravi-hq.github.io/agent-on-demand/latest/guide/observability/#logs).
///
/// ```swift
/// AodLog.send(from: .debug) { entry in
///     print(entry.level, entry.text)
/// }
/// ```
///
/// At the level `debug`, the log also contains attempts, retries, delays and states of connections. It never contains
/// the content of requests or responses.
public enum AodLog {
    /// The level of an entry.
    public enum Level: Int, Sendable, Hashable, Comparable {
        /// Attempts, retries and states of connections.
        case debug
        /// An unusual event that needs no action.
        case info
        /// A problem that a developer should look at.
        case warning

        /// Compares two levels.
        ///
        /// - Parameters:
        ///   - lhs: A level.
        ///   - rhs: Another level.
        /// - Returns: Whether the first one is below the second.
        public static func < (lhs: Level, rhs: Level) -> Bool { lhs.rawValue < rhs.rawValue }
    }

    /// One entry.
    public struct Entry: Sendable, Hashable {
        /// The level.
        public let level: Level
        /// The module of the library that wrote the entry, such as `aod::transport`.
        public let module: String
        /// One line, without secrets.
        public let text: String
    }

    /// Sends the entries of all clients of the process to a function instead of the default log.
    ///
    /// - Parameters:
    ///   - level: The lowest level to send. Default: `info`.
    ///   - handler: Receives the entries, one at a time, on a thread of the library. Up to 256 entries are buffered; further
    ///     ones are discarded.
    public static func send(from level: Level = .info, to handler: @escaping @Sendable (Entry) -> Void) {
        forwarding
        current.with { $0 = handler }
        setLogLevel(level: level.native)
    }

    /// Discards all entries from now on, of all clients of the process.
    public static func turnOff() {
        forwarding
        setLogLevel(level: nil)
    }

    /// Starts the default log, once.
    static let forwarding: Void = {
        forwardLog(sink: Forwarder())
        setLogLevel(level: .info)
    }()

    private static let current = Locked<@Sendable (Entry) -> Void>(logToSystem)

    private final class Forwarder: LogSink {
        func log(level: NativeLogLevel, target: String, text: String) {
            let handler = current.with { $0 }
            handler(Entry(level: Level(level), module: target, text: text))
        }
    }

    @Sendable
    private static func logToSystem(_ entry: Entry) {
        #if canImport(os)
            Logger(subsystem: "AgentOnDemand", category: "client").log(
                level: entry.level.system, "\(entry.text, privacy: .public)")
        #else
            if entry.level == .warning {
                FileHandle.standardError.write(Data("AgentOnDemand: \(entry.text)\n".utf8))
            }
        #endif
    }
}

extension AodLog.Level {
    init(_ level: NativeLogLevel) {
        switch level {
        case .warning: self = .warning
        case .info: self = .info
        case .debug: self = .debug
        }
    }

    var native: NativeLogLevel {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        }
    }

    #if canImport(os)
        var system: OSLogType {
            switch self {
            case .debug: .debug
            case .info: .info
            case .warning: .error
            }
        }
    #endif
}
