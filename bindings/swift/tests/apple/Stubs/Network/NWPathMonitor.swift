import Dispatch
import Foundation

// What `SystemReports` uses of Apple's module `Network`, written for the tests. Tests deliver the paths.

public struct NWInterface: Sendable {
    public let name: String

    public init(name: String) {
        self.name = name
    }
}

public struct NWPath: Sendable {
    public enum Status: Sendable { case satisfied, unsatisfied, requiresConnection }

    public let status: Status
    public let availableInterfaces: [NWInterface]

    public init(_ status: Status, _ interfaces: String...) {
        self.status = status
        availableInterfaces = interfaces.map(NWInterface.init)
    }
}

// Not `Sendable`: that of the system may not be, depending on the SDK.
public final class NWPathMonitor {
    public var pathUpdateHandler: (@Sendable (_ newPath: NWPath) -> Void)?
    private var queue: DispatchQueue?

    private static let lock = NSLock()
    nonisolated(unsafe) private static var started: [NWPathMonitor] = []

    public init() {}

    /// The system keeps a monitor until it is cancelled.
    public func start(queue: DispatchQueue) {
        self.queue = queue
        Self.lock.withLock { Self.started.append(self) }
    }

    public func cancel() {
        Self.lock.withLock { Self.started.removeAll { $0 === self } }
    }

    // MARK: For tests

    /// The number of monitors that are started.
    public static var count: Int { lock.withLock { started.count } }

    /// The handlers of the monitors that are started, which a monitor may still call after it was cancelled.
    public static var handlers: [@Sendable (NWPath) -> Void] {
        lock.withLock { started.compactMap(\.pathUpdateHandler) }
    }

    /// Delivers a path to the monitors that are started, on their queues.
    public static func deliver(_ path: NWPath) {
        for monitor in lock.withLock({ started }) {
            monitor.queue?.sync { monitor.pathUpdateHandler?(path) }
        }
    }
}
