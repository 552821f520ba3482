// swift-tools-version: 6.0

import PackageDescription

// What a user of the package has: the README's example, which `tests/swift/run` takes out of it.
let package = Package(
    name: "Consumer",
    platforms: [.macOS(.v13)],
    dependencies: [.package(path: "../../../dist/swift/AgentOnDemand")],
    targets: [
        .executableTarget(
            name: "Quickstart",
            dependencies: [.product(name: "AgentOnDemand", package: "AgentOnDemand")])
    ],
    swiftLanguageModes: [.v6]
)
