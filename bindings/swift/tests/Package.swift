// swift-tools-version: 6.0

import PackageDescription

// Tests the finished package, as users have it: `cargo bindgen package swift` builds it.
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
        .package(path: "../examples"),
    ],
    targets: [
        .testTarget(name: "CallTests", dependencies: dependencies, path: "CallTests"),
        .testTarget(
            name: "ExampleTests",
            dependencies: dependencies + [.product(name: "LiveSessionModel", package: "examples")],
            path: "ExampleTests"),
        .testTarget(name: "FormatterTests", dependencies: dependencies, path: "FormatterTests"),
        .testTarget(name: "LeakTests", dependencies: dependencies, path: "LeakTests"),
        .testTarget(name: "StreamTests", dependencies: dependencies, path: "StreamTests"),
        .testTarget(
            name: "TestingTests",
            dependencies: [
                .product(name: "AgentOnDemand", package: "AgentOnDemand"),
                .product(name: "AgentOnDemandTesting", package: "AgentOnDemand"),
            ],
            path: "TestingTests"),
        .testTarget(name: "TranscriptTests", dependencies: dependencies, path: "TranscriptTests"),
        .testTarget(name: "ScenarioTests", dependencies: dependencies, path: "ScenarioTests"),
    ],
    swiftLanguageModes: [.v6]
)
