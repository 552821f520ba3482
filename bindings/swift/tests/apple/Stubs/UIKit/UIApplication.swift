import Foundation

// What `SystemReports` uses of UIKit, written for the tests. On the main actor, as it may be in some SDKs.

@MainActor public final class UIApplication {
    public static let didEnterBackgroundNotification = Notification.Name("UIApplicationDidEnterBackgroundNotification")
    public static let willEnterForegroundNotification = Notification.Name(
        "UIApplicationWillEnterForegroundNotification")
}
