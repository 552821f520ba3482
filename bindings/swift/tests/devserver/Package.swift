// swift-tools-version: 6.0

import PackageDescription

// Extends the testing kit for tests and benchmarks.
let package = Package(
    name: "DevServer",
    platforms: [.macOS(.v14)],
    products: [.library(name: "DevServer", targets: ["DevServer"])],
    dependencies: [.package(path: "../../../../dist/swift/AgentOnDemand")],
    targets: [
        .target(
            name: "DevServer",
            dependencies: [
                .product(name: "AgentOnDemand", package: "AgentOnDemand"),
                .product(name: "AgentOnDemandTesting", package: "AgentOnDemand"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
