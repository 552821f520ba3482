// swift-tools-version: 6.0

import PackageDescription

// The tests of the finished package, as a user of it has it: `cargo bindgen package swift` makes it.
let dependencies: [Target.Dependency] = [
    .product(name: "AgentOnDemand", package: "AgentOnDemand"),
    .product(name: "DevServer", package: "devserver"),
]

let package = Package(
    name: "AgentOnDemandTests",
    platforms: [.macOS(.v14)],
    dependencies: [
        .package(path: "../../../dist/swift/AgentOnDemand"),
        .package(path: "devserver"),
    ],
    targets: [
        .testTarget(name: "CallTests", dependencies: dependencies, path: "CallTests"),
        .testTarget(name: "FormatterTests", dependencies: dependencies, path: "FormatterTests"),
        .testTarget(name: "LeakTests", dependencies: dependencies, path: "LeakTests"),
        .testTarget(name: "StreamTests", dependencies: dependencies, path: "StreamTests"),
        .testTarget(name: "ScenarioTests", dependencies: dependencies, path: "ScenarioTests"),
    ],
    swiftLanguageModes: [.v6]
)
