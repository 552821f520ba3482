// swift-tools-version: 6.0

import PackageDescription

let dependencies: [Target.Dependency] = [.product(name: "AgentOnDemand", package: "AgentOnDemand")]

// One task per target: `swift run Quickstart`. They read AOD_API_URL and AOD_API_TOKEN.
let package = Package(
    name: "Examples",
    // Observation, which LiveSessionModel uses, needs macOS 14 and iOS 17.
    platforms: [.macOS(.v14), .iOS(.v17)],
    products: [.library(name: "LiveSessionModel", targets: ["LiveSessionModel"])],
    dependencies: [.package(path: "../../../dist/swift/AgentOnDemand")],
    targets: ["Quickstart", "Stream", "Resume", "Concurrent", "Errors", "Listen"].map { name in
        Target.executableTarget(name: name, dependencies: dependencies, path: name)
    } + [
        // The model of a screen for SwiftUI, and a program that shows it in a terminal.
        .target(name: "LiveSessionModel", dependencies: dependencies, path: "LiveSessionModel"),
        .executableTarget(
            name: "LiveSession", dependencies: dependencies + ["LiveSessionModel"], path: "LiveSession"),
    ],
    swiftLanguageModes: [.v6]
)
