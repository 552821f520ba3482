// swift-tools-version: 6.0

import PackageDescription

// Compiles `SystemReports` on Linux, with stubs of Apple's modules, and tests it with them: `AOD_STUB` is UIKit or
// AppKit. This shows what it reports after which path and notification. It does not show what the systems deliver: that
// needs a device, and is not tested here.
let framework = Context.environment["AOD_STUB"] ?? "UIKit"

let package = Package(
    name: "Apple",
    platforms: [.macOS(.v14)],
    targets: [
        .target(name: "Network", path: "Stubs/Network"),
        .target(name: framework, path: "Stubs/\(framework)"),
        // Links to the sources of the package.
        .target(name: "Adapter", dependencies: ["Network", .target(name: framework)], path: "Adapter"),
        .testTarget(name: "AdapterTests", dependencies: ["Adapter"], path: "AdapterTests"),
    ],
    swiftLanguageModes: [.v6]
)
