import Foundation
import Network
import Testing

@testable import Adapter

#if canImport(UIKit)
    import UIKit
#elseif canImport(AppKit)
    import AppKit
#endif

/// `client.systemReports`, with stubs of Apple's modules: what the systems deliver is not tested here.
@Suite(.serialized, .timeLimit(.minutes(1))) @MainActor struct SystemReportsTests {
    private final class Recorder: Sendable {
        private let reports = Locked<[SystemReport]>([])
        var sent: [SystemReport] { reports.with { $0 } }
        func append(_ report: SystemReport) { reports.with { $0.append(report) } }
    }

    private let recorder = Recorder()
    private let wifi = NWPath(.satisfied, "en0", "pdp_ip0")
    private let cellular = NWPath(.satisfied, "pdp_ip0")
    private let nothing = NWPath(.unsatisfied)

    private func started() -> SystemReports {
        let reports = SystemReports(send: recorder.append)
        reports.start()
        return reports
    }

    private func enterBackground() {
        #if canImport(UIKit)
            NotificationCenter.default.post(name: UIApplication.didEnterBackgroundNotification, object: nil)
        #else
            NSWorkspace.shared.notificationCenter.post(name: NSWorkspace.willSleepNotification, object: nil)
        #endif
    }

    private func enterForeground() {
        #if canImport(UIKit)
            NotificationCenter.default.post(name: UIApplication.willEnterForegroundNotification, object: nil)
        #else
            NSWorkspace.shared.notificationCenter.post(name: NSWorkspace.didWakeNotification, object: nil)
        #endif
    }

    @Test func pathsBecomeReports() {
        let reports = started()
        for path in [wifi, nothing, nothing, wifi, cellular, cellular] { NWPathMonitor.deliver(path) }
        #expect(recorder.sent == [.online, .offline, .online, .changed, .online])
        reports.stop()
    }

    @Test func aPathThatRequiresAConnectionIsANetwork() {
        let reports = started()
        NWPathMonitor.deliver(nothing)
        NWPathMonitor.deliver(NWPath(.requiresConnection))
        #expect(recorder.sent == [.offline, .online])
        reports.stop()
    }

    @Test func notificationsOfTheAppBecomeReports() {
        let reports = started()
        enterForeground()
        #expect(recorder.sent == [])
        enterBackground()
        enterBackground()
        enterForeground()
        enterForeground()
        #expect(recorder.sent == [.suspend, .resume])
        reports.stop()
    }

    @Test func stoppingRevokesTheReportsAndEndsThem() throws {
        let reports = started()
        let handler = try #require(NWPathMonitor.handlers.first)
        NWPathMonitor.deliver(nothing)
        enterBackground()
        reports.stop()
        let sent = recorder.sent
        #expect(sent == [.offline, .suspend, .online, .resume])
        // A handler that was called at the same time.
        handler(nothing)
        NWPathMonitor.deliver(nothing)
        enterForeground()
        enterBackground()
        reports.stop()
        #expect(recorder.sent == sent)
        #expect(NWPathMonitor.count == 0)
    }

    @Test func stoppingWithANetworkReportsNothing() {
        let reports = started()
        NWPathMonitor.deliver(wifi)
        enterBackground()
        enterForeground()
        reports.stop()
        #expect(recorder.sent == [.online, .suspend, .resume])
    }

    @Test func startingAgainStartsOnce() {
        let reports = started()
        reports.start()
        #expect(NWPathMonitor.count == 1)
        reports.stop()
        reports.start()
        NWPathMonitor.deliver(cellular)
        #expect(recorder.sent == [.online])
        reports.stop()
    }

    @Test func releasingEndsTheReports() {
        weak var released: SystemReports?
        do {
            let reports = started()
            released = reports
            #expect(NWPathMonitor.count == 1)
            NWPathMonitor.deliver(nothing)
        }
        #expect(released == nil)
        #expect(NWPathMonitor.count == 0)
        enterBackground()
        #expect(recorder.sent == [.offline, .online])
    }
}
