/// What the system notifies an app of, as far as it concerns the connections of a client.
enum SystemEvent: Sendable, Hashable {
    /// The network path was updated. `interface` is the name of the preferred interface; nil if there is no network.
    case path(interface: String?)
    /// The app went to the background, or the machine goes to sleep.
    case background
    /// The app comes to the foreground, or the machine has woken.
    case foreground
}

/// A report to a client: see ``NetworkReports``, ``AodClient/suspend()`` and ``AodClient/resume()``.
enum SystemReport: Sendable, Hashable {
    case offline, online, changed, suspend, resume
}

/// Decides what to report after each event. It does not need the system.
struct SystemEvents: Sendable {
    private enum Path: Hashable {
        case unknown
        case unavailable
        case available(interface: String)
    }

    private var path = Path.unknown
    private var isSuspended = false

    /// Returns what to report after an event; nil if it changes nothing.
    mutating func report(after event: SystemEvent) -> SystemReport? {
        switch event {
        case .path(nil):
            defer { path = .unavailable }
            return path == .unavailable ? nil : .offline
        case .path(let interface?):
            defer { path = .available(interface: interface) }
            if case .available(let previous) = path, previous != interface { return .changed }
            // Also if the path was available before, because streams may wait for their next attempt.
            return .online
        case .background:
            defer { isSuspended = true }
            return isSuspended ? nil : .suspend
        case .foreground:
            defer { isSuspended = false }
            return isSuspended ? .resume : nil
        }
    }

    /// Returns the reports that undo the previous ones, without which streams could wait indefinitely.
    mutating func end() -> [SystemReport] {
        defer { self = SystemEvents() }
        return (path == .unavailable ? [.online] : []) + (isSuspended ? [.resume] : [])
    }
}
