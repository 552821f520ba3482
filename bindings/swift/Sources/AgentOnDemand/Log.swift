import AodNative
import Foundation

#if canImport(os)
    import os
#endif

/// Passes the warnings and info messages of the native library to the unified log, or on Linux its warnings to standard
/// error.
final class Log: LogSink {
    /// Starts passing them, once.
    static let forwarding: Void = forwardLog(sink: Log())

    func log(isWarning: Bool, text: String) {
        #if canImport(os)
            Logger(subsystem: "AgentOnDemand", category: "client").log(
                level: isWarning ? .error : .info, "\(text, privacy: .public)")
        #else
            if isWarning {
                FileHandle.standardError.write(Data("AgentOnDemand: \(text)\n".utf8))
            }
        #endif
    }
}
