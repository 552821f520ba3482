import Foundation

// What `SystemReports` uses of AppKit, written for the tests. On the main actor, as it may be in some SDKs.

@MainActor public final class NSWorkspace {
    public static let shared = NSWorkspace()
    public static let willSleepNotification = Notification.Name("NSWorkspaceWillSleepNotification")
    public static let didWakeNotification = Notification.Name("NSWorkspaceDidWakeNotification")

    public let notificationCenter = NotificationCenter()
}
