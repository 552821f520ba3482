// swift-tools-version: 6.0

import PackageDescription

// Starts the development server for tests and benchmarks.
let package = Package(
    name: "DevServer",
    platforms: [.macOS(.v14)],
    products: [.library(name: "DevServer", targets: ["DevServer"])],
    dependencies: [.package(path: "../../../../dist/swift/AgentOnDemand")],
    targets: [
        .target(name: "DevServer", dependencies: [.product(name: "AgentOnDemand", package: "AgentOnDemand")])
    ],
    swiftLanguageModes: [.v6]
)
