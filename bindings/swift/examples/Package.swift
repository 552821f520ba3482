// swift-tools-version: 6.0

import PackageDescription

// One task per target: `swift run Quickstart`. They read AOD_API_URL and AOD_API_TOKEN.
let package = Package(
    name: "Examples",
    platforms: [.macOS(.v13)],
    dependencies: [.package(path: "../../../dist/swift/AgentOnDemand")],
    targets: ["Quickstart", "Stream", "Resume", "Concurrent", "Errors", "Listen"].map { name in
        Target.executableTarget(
            name: name,
            dependencies: [.product(name: "AgentOnDemand", package: "AgentOnDemand")],
            path: name)
    },
    swiftLanguageModes: [.v6]
)
