#if canImport(Network)
    import Foundation
    import Network

    #if canImport(UIKit)
        import UIKit
    #elseif canImport(AppKit)
        import AppKit
    #endif

    /// Reports changes of the network, and the app's moves to the background and the foreground, to a client: see
    /// ``AodClient/systemReports``.
    ///
    /// ```swift
    /// client.systemReports.start()
    /// ```
    ///
    /// | The system | The report |
    /// |---|---|
    /// | has no network | ``NetworkReports/offline()`` |
    /// | has a network | ``NetworkReports/online()`` |
    /// | prefers another interface, such as cellular | ``NetworkReports/changed()`` |
    /// | moves the app to the background, or on macOS puts the machine to sleep | ``AodClient/suspend()`` |
    /// | moves the app to the foreground, or on macOS wakes the machine | ``AodClient/resume()`` |
    ///
    /// Clients that ``AodClient/withOptions(_:)`` returned share this object. The reports stop when all of these
    /// clients are released.
    ///
    /// The class is available on Apple's platforms only.
    public final class SystemReports: Sendable {
        private let send: @Sendable (SystemReport) -> Void
        private let observer = Locked<SystemObserver?>(nil)

        init(send: @escaping @Sendable (SystemReport) -> Void) {
            self.send = send
        }

        deinit {
            stop()
        }

        /// Starts the reports. Does nothing if they are started already.
        @MainActor public func start() {
            observer.with { observer in
                if observer == nil { observer = SystemObserver(send: send) }
            }
        }

        /// Ends the reports. If they have left the client without a network or suspended, this method reports
        /// ``NetworkReports/online()`` or ``AodClient/resume()``.
        public func stop() {
            observer.with { observer in
                observer?.end()
                observer = nil
            }
        }
    }

    /// Observes the network and the app until ``end()``.
    ///
    /// The system keeps the monitor and the handlers, which refer to the observer weakly.
    private final class SystemObserver: @unchecked Sendable {
        private let send: @Sendable (SystemReport) -> Void
        /// What was observed; nil after the end, when a handler may still be called.
        private let events = Locked<SystemEvents?>(SystemEvents())
        private let monitor = NWPathMonitor()
        // Only the initializer writes it.
        private var observations: [(center: NotificationCenter, token: any NSObjectProtocol)] = []

        @MainActor init(send: @escaping @Sendable (SystemReport) -> Void) {
            self.send = send
            monitor.pathUpdateHandler = { [weak self] path in
                self?.receive(.path(interface: path.preferredInterface))
            }
            monitor.start(queue: DispatchQueue(label: "com.ravihq.AgentOnDemand.path", qos: .utility))
            #if canImport(UIKit)
                observe(UIApplication.didEnterBackgroundNotification, .background, from: .default)
                observe(UIApplication.willEnterForegroundNotification, .foreground, from: .default)
            #elseif canImport(AppKit)
                let center = NSWorkspace.shared.notificationCenter
                observe(NSWorkspace.willSleepNotification, .background, from: center)
                observe(NSWorkspace.didWakeNotification, .foreground, from: center)
            #endif
        }

        private func observe(_ name: Notification.Name, _ event: SystemEvent, from center: NotificationCenter) {
            // On the thread of the sender, because the app may not run after it has gone to the background.
            let token = center.addObserver(forName: name, object: nil, queue: nil) { [weak self] _ in
                self?.receive(event)
            }
            observations.append((center, token))
        }

        /// Sends under the lock, so that nothing is sent after the end.
        private func receive(_ event: SystemEvent) {
            events.with { events in
                if let report = events?.report(after: event) { send(report) }
            }
        }

        func end() {
            monitor.cancel()
            for (center, token) in observations { center.removeObserver(token) }
            events.with { events in
                events?.end().forEach(send)
                events = nil
            }
        }
    }

    extension NWPath {
        /// The name of the interface that connections use; nil if there is no network.
        fileprivate var preferredInterface: String? {
            // A path that requires a connection becomes satisfied by an attempt to connect.
            status == .unsatisfied ? nil : availableInterfaces.first?.name ?? ""
        }
    }
#endif
