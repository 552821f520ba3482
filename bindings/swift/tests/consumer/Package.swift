// swift-tools-version: 6.0

import PackageDescription

let dependencies: [Target.Dependency] = [.product(name: "AgentOnDemand", package: "AgentOnDemand")]

// What a user of the package has: the examples of the README and of the pages, which `bindings/swift/tests/run` takes
// out of them.
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
