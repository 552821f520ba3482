// swift-tools-version: 6.0

import PackageDescription

// Compares the package with Foundation's URLSession and Codable on the same typed work: `tests/bench/swift/run`.
let package = Package(
    name: "Bench",
    platforms: [.macOS(.v14)],
    dependencies: [
        .package(path: "../../../dist/swift/AgentOnDemand"),
        .package(path: "../../../bindings/swift/tests/devserver"),
    ],
    targets: [
        .executableTarget(
            name: "Bench",
            dependencies: [
                .product(name: "AgentOnDemand", package: "AgentOnDemand"),
                .product(name: "DevServer", package: "devserver"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
