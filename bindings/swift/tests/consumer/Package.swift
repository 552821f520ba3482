// swift-tools-version: 6.0

import PackageDescription

let dependencies: [Target.Dependency] = [.product(name: "AgentOnDemand", package: "AgentOnDemand")]

// Depends on the package as a user does. `bindings/swift/tests/run` extracts the sources from the README and the DocC
// catalog.
let package = Package(
    name: "Consumer",
    platforms: [.macOS(.v13)],
    dependencies: [.package(path: "../../../../dist/swift/AgentOnDemand")],
    targets: [
        .executableTarget(name: "Quickstart", dependencies: dependencies),
        .executableTarget(name: "Overview", dependencies: dependencies),
    ],
    swiftLanguageModes: [.v6]
)
